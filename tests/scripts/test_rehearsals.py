"""Rehearsals: what is run is run apart, and what could do harm is not run at all."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.fixtures import rehearsals
from rounds.fixtures.rehearsals import why_not
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Host

from .conftest import GOOD

Judge = Callable[..., Observer]
GIVEN = {"DB_NAME": "rounds_none", "BACKUP_DIR": "{scratch}/backups"}
TMP = Path("/tmp")  # noqa: S108 - rehearsals make their folders there
SCRATCH = f"{TMP}/rounds-rehearsal-test"
PREFIX = f"rounds-rehearsal-{os.getpid()}-"
BEGIN = '#!/bin/bash\nset -euo pipefail\nd="$BACKUP_DIR"; n="$DB_NAME"\n'


@pytest.fixture(autouse=True)
def _folders_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drills rehearse beside us."""
    monkeypatch.setattr(rehearsals, "_PREFIX", f"{TMP}/{PREFIX}")


@pytest.fixture
def failing(tmp_path: Path) -> Host:
    """A host with a pg_dump that says of every database that it does not exist; nobody may run it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pg_dump").write_text('#!/bin/sh\necho "FATAL: database does not exist" >&2\nexit 1\n')
    (folder / "pg_dump").chmod(0o755)
    for each in (*reversed(tmp_path.parents[:-2]), tmp_path):
        each.chmod(0o755)
    return Host(name="app", path=str(folder))


def leftovers() -> list[str]:
    return [path.name for path in TMP.glob(f"{PREFIX}*")]


def rehearse(judge: Judge, text: str, host: Host, **more: object) -> Observer:
    return judge(text, host, rehearse=GIVEN, acts=True, **more)


def said(seen: Observer) -> str:
    return "; ".join(each.sentence for each in seen.observations if each.name.startswith("rehearsal"))


def test_a_careful_script_fails_and_keeps_the_old_backups(judge: Judge, failing: Host) -> None:
    seen = rehearse(judge, GOOD, failing)
    assert seen.outcome is Outcome.OK, seen.summary
    assert "it failed, as it should: FATAL: database does not exist" in said(seen)
    assert not leftovers()


def test_a_script_that_goes_on_is_critical_and_the_loss_is_counted(judge: Judge, failing: Host) -> None:
    text = BEGIN + 'pg_dump "$n" > "$d/new" || true\nfind "$d" -name "*.backup" -mtime +30 -delete\n'
    seen = rehearse(judge, text, failing)
    assert seen.outcome is Outcome.CRITICAL
    assert "it ended with 0 although it could save nothing" in said(seen)
    assert "backups/old.backup" in said(seen)
    assert not leftovers()


def test_a_script_that_deletes_first_is_critical_though_it_fails(judge: Judge, failing: Host) -> None:
    text = BEGIN + 'rm -f "$d"/*.gz\npg_dump "$n" | gzip > "$d/new.gz"\n'
    seen = rehearse(judge, text, failing)
    assert seen.outcome is Outcome.CRITICAL
    assert "old backups lost is 3" in said(seen)
    assert "it failed, as it should" in said(seen)


def test_it_sees_nothing_of_our_environment_and_is_nobody(
    judge: Judge, failing: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "hush")
    monkeypatch.setenv("BUCKET", "shop")
    text = BEGIN + ': "$d" "$n"\necho "$HOME ${BUCKET:-none} ${PGPASSWORD:-none} $(id -u) $(pwd)" >&2\nfalse\n'
    seen = rehearse(judge, text, failing, saves=":")
    home, bucket, password, user, folder = (
        said(seen).partition("as it should: ")[2].partition(";")[0].rstrip(")").split()
    )
    assert (bucket, password) == ("none", "none")
    assert home == folder
    assert home.startswith(f"{TMP}/{PREFIX}")
    assert user == str(os.geteuid() or 65534)


def test_what_waits_for_ever_is_stopped_and_what_is_missing_is_told(judge: Judge, failing: Host) -> None:
    begun = time.monotonic()
    seen = rehearse(judge, BEGIN + 'echo "$d$n"\nsleep 600\n', failing, timeout="1s", saves="sleep")
    assert time.monotonic() - begun < 10
    assert seen.outcome is Outcome.UNKNOWN
    assert "it waits for something" in said(seen)
    assert not leftovers()
    seen = rehearse(judge, BEGIN + 'echo "$d$n"\nmake-a-backup\n', failing, saves="make", harmless=["make-a-backup"])
    assert "a program is missing there" in said(seen)


def test_the_script_itself_is_never_touched(judge: Judge, failing: Host, tmp_path: Path) -> None:
    rehearse(judge, GOOD, failing)
    assert (tmp_path / "backup.sh").read_text() == GOOD


def test_a_script_that_changed_since_it_was_read_is_not_run(
    script: Callable[[str], str], failing: Host, tmp_path: Path
) -> None:
    path = script(GOOD)
    other = tmp_path / "bin" / "head"
    other.write_text(f'#!/bin/sh\n/usr/bin/head "$@"\necho touch {tmp_path}/ran >> {path}\n')
    other.chmod(0o755)
    with pytest.raises(CouldNotLook, match="was not rehearsed on app"):
        PROBES["rehearsals"].look(failing, (path,), GIVEN, (), ("old.gz",), 5.0)
    assert not leftovers()


def test_what_a_killed_rehearsal_left_is_taken_away_by_the_next(judge: Judge, failing: Host) -> None:
    old = TMP / f"{PREFIX}of-a-killed-round"
    (old / "tmp").mkdir(parents=True)
    subprocess.run(["touch", "-d", "2 hours ago", str(old)], check=True)
    rehearse(judge, GOOD, failing)
    assert not old.exists()


def test_without_variables_nothing_is_run(judge: Judge, tmp_path: Path) -> None:
    judge(f"#!/bin/bash\nset -e\ntouch {tmp_path}/ran\npg_dump\n")
    assert not (tmp_path / "ran").exists()


def test_each_of_several_scripts_is_given_what_it_uses_and_one_that_uses_nothing_is_refused(
    tmp_path: Path, failing: Host
) -> None:
    texts = {
        "first": '#!/bin/bash\nset -e\npg_dump --dbname "$DB_NAME"\n',
        "second": '#!/bin/bash\nset -e\necho "${DB_NAME-none} given"; ls "$BACKUP_DIR"; false\n'.replace(
            "DB_NAME", "DB"
        ),
        "third": "#!/bin/bash\npg_dump\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    paths = tuple(str(tmp_path / name) for name in texts)
    first, second, third = PROBES["rehearsals"].look(failing, paths, GIVEN, (), ("old.sql",), 20.0)
    assert (first.refusal, first.status) == ("", 1)
    assert (second.refusal, second.status) == ("", 1)
    assert third.refusal == "it uses none of the variables that are given"


def refused(body: str, begin: str = BEGIN, **harmless: tuple[str, ...]) -> str:
    given = {name: value.replace("{scratch}", SCRATCH) for name, value in GIVEN.items()}
    return why_not((begin + body).encode(), given, SCRATCH, **harmless)


def test_the_variables_must_come_from_outside() -> None:
    assert refused("", '#!/bin/bash\nDB_NAME="shop"\nd=$BACKUP_DIR\n') == "it sets DB_NAME itself, line 2"
    assert refused("", "#!/bin/bash\nd=$BACKUP_DIR\n") == "it does not use DB_NAME"
    assert refused("", '#!/bin/bash\nDB_NAME="${DB_NAME:-shop}"\nd=${BACKUP_DIR:?}; echo $DB_NAME\n') == ""
    for line in ("export DB_NAME=x", "read -r DB_NAME", "unset DB_NAME", "for DB_NAME in a b; do :; done",
                 "printf -v DB_NAME %s x", 'read -r "DB_NAME"', "local DB_NAME=shop"):  # fmt: skip
        assert refused(line).startswith("it sets DB_NAME itself"), line


@pytest.mark.parametrize(
    "body",
    [
        "rm -rf /srv/backups", "rm -rf /", "find /srv -delete", 'rm -rf "$OTHER/backups"', 'rm -rf "$d/../.."', 'rm -rf "$d"/..',
        "rm -rf ~root/x", 'cp "$d/x" /srv', "cd /srv", 'cd "$d" && cd ..', "echo x > /srv/x", "echo x >> $(cat /etc/where)",
        'w=/srv; rm -rf "$w"', 'w="$d /srv"; rm -rf $w', 'rm -rf "${d%/*}"', 'rm -rf "${d/rounds/x}"', "rm -rf {/srv,/x}",
        "source /etc/backup.env", ". ./env", "eval rm x", "ssh db rm x", "sudo rm x", "docker exec x y", "bash -c 'rm x'",
        "psql -c 'drop table x'", "curl x", "python3 x", "/opt/tool", '"$TOOL" x', "$(echo rm) x", "xargs rm", "time rm -rf /srv",
        "command rm -rf /srv", "builtin cd /srv", "exec /opt/tool", "env X=1 rm x", "nohup rm x", "ln -s /srv x",
        'find "$d" -exec sh -c x {} +', 'find "$d" -fprint /srv/x', 'tar -cf/srv/x "$d"', 'tar --file=/srv/x "$d"',
        'tar -C "$d" --to-command=x -xf y', "dd if=/dev/zero of=/srv/x", "sort -o /srv/x y", "date -s now", "hostname x",
        'clean() { rm -rf "$1"; }; clean /srv', 'clean() { rm -rf "${1:-x}"; }; clean /srv', 'set -- /srv; rm -rf "$1"',
        'for w in /srv /opt; do rm -rf "$w"; done', 'for w in $(cat list); do rm -rf "$w"; done', 'rm -rf "${list[@]}"',
        'list=(/srv); rm -rf "${list[0]}"', 'while read -r w; do rm -rf "$w"; done < list', 'rm -rf "${!w}"',
        'for i in 1 2; do rm -rf "$w"; w=/srv; done', 'for i in 1 2 3; do rm -rf "$w"; w="$v"; v=/srv; done',
        "trap 'rm -rf /srv' EXIT", 'trap "rm -rf /srv" EXIT', 'w=/srv; trap "rm -rf \\$w" EXIT', 'trap "$handler" EXIT',
        "HOME=/srv; cd", "HOME=/srv cd", "TMPDIR=/srv; x=$(mktemp); rm $x", "IFS=:; w=$d:/srv; rm -rf $w", "mktemp /srv/x.XXX",
        "declare -n r=DB_NAME; r=shop", 'w=$d; w+=/../..; rm -rf "$w"', "cat <<E\n$(rm -rf /srv)\nE", 'echo "$(rm -rf /srv)"',
        'if [ -n "$(rm -rf /srv)" ]; then :; fi', "case $(rm -rf /srv) in *) ;; esac", "for w in $(rm -rf /srv); do :; done",
        "rm -rf /srv &", "( rm -rf /srv )", "{ rm -rf /srv; }", "! rm -rf /srv", "a[$(rm -rf /srv)]=1", "cat < <(rm -rf /srv)",
        'cat <<< "$(rm -rf /srv)"', "echo x | tee /srv/x", "echo x > >(cat)", "aws s3 rm s3://shop/x", "aws s3api delete-bucket",
        'x=s3; rm -rf "$_"', 'rm -rf "$PATH"', 'rm -rf "$0"', 'rm -rf "$(dirname "$0")"', "alias ls='rm -rf /srv'; ls",
        "uniq a /srv/b", "ssh() { :; }; unset -f ssh; ssh x", "tool x; tool() { :; }", "f() { rm -rf /srv; }; f() { :; }; f", "if x; then ssh() { :; }; fi; ssh y", "coproc rm -rf /srv", "cp -s a b",
        "if true; then", 'x=$(cat y); read -r "$x"', "pg_dump -f /srv/x", "gzip -c x > /srv/y", "echo x &> /srv/y", "echo x >| /srv/y",
    ],
)  # fmt: skip
def test_what_could_reach_anything_else_is_not_run(body: str) -> None:
    assert refused(body), body


@pytest.mark.parametrize(
    "body",
    [
        'rm -rf "$d/old"', 'find "$d" -name "*.gz" -mtime +30 -delete', 'find "$d" -exec rm {} +', "mkdir -p work; rm -rf work",
        't=$(mktemp -d); trap \'rm -rf "$t"\' EXIT', 'for w in "$d"/*.gz; do rm -- "$w"; done', 'pg_dump -f "$d/$n-$(date +%F)" "$n"',
        'pg_dump "$n" | gzip > "$d/$n.gz" 2>> "$d/log"', 'save() { pg_dump "$n" > "$d/x"; }\nsave', 'echo "$1" >&2', "ls /srv",
        "IFS=$'\\n\\t'", 'tar -czf "$d/x.tgz" -C "$d" .', "echo done > /dev/null", "command -v pg_dump >/dev/null || exit 1",
        'aws s3 cp x "s3://$DB_NAME/x"', 'log() { echo "$*" >&2; }\nlog hello',
    ],
)  # fmt: skip
def test_what_stays_in_its_folder_may_run(body: str) -> None:
    assert refused(body) == ""


def test_a_row_may_name_more_commands() -> None:
    assert refused("notify-ops failed") == "line 4: it runs notify-ops, of which nobody knows here what it would do"
    assert refused("notify-ops failed", harmless=("notify-ops",)) == ""
