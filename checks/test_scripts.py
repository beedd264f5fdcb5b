"""Backup scripts fail loudly, and delete nothing that they have not replaced."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from rounds.checks.acting import Acting
from rounds.fixtures.rehearsals import Rehearsal
from rounds.fixtures.scripts import Found, Script
from rounds.judge import Observer
from rounds.limits import Limit, at_most, exactly
from rounds.pattern import Pattern
from rounds.quantities import Duration
from rounds.secret import logins
from rounds.targets import Host

SAVES = (
    r"(?:\S*/)?(?:pg_\w*(?:dump|dumpall|basebackup)|mysqldump|mongodump|tar|cp|rsync|restic|borg|aws s3 (?:cp|sync))\b"
)
STOPS = {
    "errexit": "stops on errors",
    "nounset": "stops on unset variables",
    "pipefail": "stops when a pipe fails",
}
LETTERS = {"errexit": "e", "nounset": "u", "pipefail": "pipefail"}


class ScriptSafety(Acting):
    """Shell scripts that make backups: read only, unless there is something to `rehearse`.

    A rehearsal runs a copy of each script in a folder of its own, with old backups in it, an environment of only these
    variables, and as nobody if Rounds is root: `{DB_NAME: no_such_database, BACKUP_DIR: "{scratch}"}`. It is refused
    unless the script takes all of them from its environment and can write nowhere else.
    """

    host: Host
    scripts: Annotated[tuple[str, ...], Field(min_length=1, description="paths on the host")]
    saves: Annotated[Pattern, Field(description="fits the beginning of commands that make or copy the backup")] = SAVES
    requires: tuple[Literal["errexit", "nounset", "pipefail"], ...] = ("errexit", "nounset", "pipefail")
    superusers: Annotated[tuple[str, ...], Field(description="of the database: no backup connects as one")] = (
        "postgres",
    )
    unquoted: Limit = at_most(0)
    rehearse: Annotated[
        dict[str, str], Field(default_factory=dict, description="variables for a rehearsal; {scratch} is its folder")
    ]
    harmless: Annotated[tuple[str, ...], Field(description="more commands that may run in a rehearsal")] = ()
    samples: Annotated[tuple[str, ...], Field(description="names of the old backups that must survive it")] = (
        "old.backup", "old.dump", "old.sql", "old.sql.gz", "old.gz", "old.tar.gz", "old.zst",
    )  # fmt: skip
    timeout: Annotated[Duration, Field(ge=1, le=240, description="of a rehearsal")] = 60.0

    @property
    def would_act(self) -> bool:
        return bool(self.rehearse)

    @field_validator("rehearse")
    @classmethod
    def _hold_no_secret(cls, rehearse: dict[str, str]) -> dict[str, str]:
        if any(logins(value) for value in rehearse.values()):
            raise ValueError("a password does not belong in a rehearsal: what it connects to is not there anyway")
        return rehearse

    @field_validator("rehearse")
    @classmethod
    def _stay_in_the_scratch_folder(cls, rehearse: dict[str, str]) -> dict[str, str]:
        if any(".." in value for value in rehearse.values()):
            raise ValueError("a rehearsal stays in its folder: write {scratch}/name, without ..")
        return rehearse

    @model_validator(mode="after")
    def _samples_are_names(self) -> "ScriptSafety":
        if any("/" in name or not name.strip() for name in self.samples):
            raise ValueError("samples are names of files, without folders")
        return self


def test_script_safety(
    expected: ScriptSafety, script_texts: tuple[Script, ...], rehearsals: tuple[Rehearsal, ...], observe: Observer
) -> None:
    """A backup script stops and says so when anything fails, and deletes old backups only after that.

    Remedy: begin it with `#!/usr/bin/env bash` and `set -euo pipefail`, quote every variable, delete last, connect as a
    user of its own whose password is in ~/.pgpass; then run it with the name of a database that does not exist.
    """
    for script in script_texts:
        name = script.path.rpartition("/")[2]
        if script.strange:
            observe.unknown(name, script.strange)
        elif script.invalid:
            observe.critical(name, script.invalid, "not valid")
        else:
            _observe_script(name, script, expected, observe)
    for rehearsal in rehearsals:
        _observe_rehearsal(f"rehearsal of {rehearsal.path.rpartition('/')[2]}", rehearsal, observe)


def _observe_script(name: str, script: Script, expected: ScriptSafety, observe: Observer) -> None:
    _observe_interpreter(f"{name}: interpreter line", script, observe)
    for option in expected.requires:
        if option != "pipefail" or script.pipes:
            _observe_option(f"{name} {STOPS[option]}", option, script, observe)
    if not script.saves:
        observe.unknown(
            f"{name}: commands that save", f"none fits {expected.saves}, so nobody can tell what comes first"
        )
    else:
        observe(f"{name}: commands that save", script.saves)
    for what, found, limit in (
        ("lines that switch it off", script.switched_off, at_most(warning=0)),
        ("variables without quotes", script.unquoted, expected.unquoted),
        ("deletions after a failure", script.too_early, at_most(0)),
        ("failures that are passed over", script.passed_over, at_most(0)),
        ("superusers and passwords", script.logins, at_most(0)),
    ):
        observe(f"{name}: {what}", len(found), limit, note=_told(found))


def _observe_interpreter(name: str, script: Script, observe: Observer) -> None:
    if script.first_line.endswith("\r"):
        observe.critical(name, "it ends with a carriage return, so no such interpreter is found", 1)
    elif script.interpreter_line == 1 and not script.first_line.startswith("#!"):
        observe.critical(name, "something invisible stands before it", 1)
    elif script.interpreter_line == 0:
        observe.critical(name, "there is none: who starts it decides which shell runs it", "missing")
    else:
        observe(
            name, script.interpreter_line, exactly(1), note="" if script.interpreter_line == 1 else "it is a comment"
        )


def _observe_option(name: str, option: str, script: Script, observe: Observer) -> None:
    since = (script.since or {}).get(option, 0)
    options = script.interpreter_options
    if since and (not script.first_command or since <= script.first_command):
        observe(name, "yes", exactly("yes"), note=f"line {since}")
    elif since:
        observe.critical(
            name, f"only from line {since} on; the first command stands on line {script.first_command}", "late"
        )
    elif option == "pipefail" and script.shell != "bash":
        observe.critical(name, f"{script.shell} knows no such thing: write it for bash, or do without the pipe", "no")
    elif option in options or any(LETTERS[option] in word for word in options.split() if word.startswith("-")):
        observe.critical(name, "only its interpreter line says so, which `bash SCRIPT` does not read", "not always")
    else:
        observe.critical(name, f"add `set -o {option}` before its first command", "no")


def _observe_rehearsal(name: str, rehearsal: Rehearsal, observe: Observer) -> None:
    if rehearsal.refusal:
        observe.unknown(name, f"it cannot be rehearsed safely: {rehearsal.refusal}")
        return
    if rehearsal.status is None:
        observe.unknown(name, "it had to be stopped: it waits for something")
    elif rehearsal.status in (126, 127):
        observe.unknown(name, f"a program is missing there: {rehearsal.last_words}", rehearsal.status)
    elif rehearsal.status == 0:
        observe.critical(name, "it ended with 0 although it could save nothing", 0)
    else:
        observe(name, rehearsal.status, note=f"it failed, as it should: {rehearsal.last_words}")
    observe(f"{name}: old backups lost", len(rehearsal.lost), at_most(0), note=", ".join(rehearsal.lost[:5]))


def _told(found: tuple[Found, ...]) -> str:
    return "; ".join(map(str, found[:5]))
