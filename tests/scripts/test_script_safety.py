"""What is said of a backup script that is only read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_scripts as checks
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Host

from .conftest import GOOD

Judge = Callable[..., Observer]
STRICT = "#!/bin/bash\nset -euo pipefail\n"
DUMP = 'pg_dump -f "$d/new" shop\n'
DELETE = 'find "$d" -mtime +30 -delete\n'


def test_a_careful_script_is_ok(judge: Judge) -> None:
    seen = judge(GOOD)
    assert seen.outcome is Outcome.OK, seen.summary


def test_a_script_as_guides_print_it_is_critical_for_each_of_its_faults(judge: Judge) -> None:
    seen = judge(
        """\
        # A backup for cron
        #!/bin/bash
        WHERE="/srv/backups"
        WHO="postgres"
        pg_dump -U $WHO -d shop -f "$WHERE/shop.backup"
        find $WHERE -name "*.backup" -mtime +30 -delete
        """
    )
    bad = {
        each.name.partition("backup.sh")[2].strip(": "): each.note for each in seen.observations if each.verdict.is_bad
    }
    assert bad == {
        "interpreter line": "it is a comment",
        "stops on errors": "add `set -o errexit` before its first command",
        "stops on unset variables": "add `set -o nounset` before its first command",
        "variables without quotes": "line 6: $WHERE without quotes for find",
        "deletions after a failure": "line 6: find is reached also when pg_dump on line 5 fails",
        "failures that are passed over": "line 5: the script ends with 0 although pg_dump failed",
        "superusers and passwords": "line 5: pg_dump connects as a superuser",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DUMP, "interpreter line is missing"),
        ("\n" + STRICT + DUMP, "it is a comment"),
        (b"\xef\xbb\xbf" + (STRICT + DUMP).encode(), "something invisible"),
        ("#!/bin/bash\r\nset -euo pipefail\r\n", "carriage return"),
        ("#!/bin/bash -eu\n" + DUMP, "only its interpreter line says so"),
        ("#!/usr/bin/env -S bash -euo pipefail\n" + DUMP, "only its interpreter line says so"),
        ("#!/bin/bash\n" + DUMP + "set -euo pipefail\n", "only from line 3 on; the first command stands on line 2"),
        ("#!/bin/bash\nnow=$(date)\nset -eu\n" + DUMP, "only from line 3 on"),
        ("#!/bin/bash\nset -e\nset +e\n" + DUMP, "add `set -o errexit`"),
        ("#!/bin/bash\nset -e\n" + DUMP, "add `set -o nounset`"),
        ("#!/bin/bash\nset -eu\npg_dump shop | gzip > x\n", "add `set -o pipefail`"),
        ("#!/bin/sh\nset -eu\npg_dump shop | gzip > x\n", "sh knows no such thing"),
        (STRICT + "if true; then\n", "backup.sh is not valid"),
        (STRICT + DUMP + "echo 'open\n", "not valid"),
    ],
)  # fmt: skip
def test_a_script_that_does_not_stop_says_why(judge: Judge, text: str | bytes, said: str) -> None:
    seen = judge(text)
    assert seen.outcome is Outcome.CRITICAL
    assert said in seen.summary


@pytest.mark.parametrize(
    "begin",
    [
        "set -euo pipefail\n",
        "set -e\nset -u\nset -o pipefail\n",
        "set -o errexit -o nounset -o pipefail\n",
        "set -Eeuo pipefail; shopt -s inherit_errexit\n",
        "set -u -o pipefail\ntrap 'echo failed >&2; exit 1' ERR\n",
        "umask 077\nexport LC_ALL=C\nd=/srv\ntidy() { rm -f /x; }\nset -euo pipefail\n",
    ],
)
def test_there_are_several_ways_to_stop(judge: Judge, begin: str) -> None:
    seen = judge(f"#!/bin/bash\n{begin}pg_dump shop | gzip > new\n")
    assert seen.outcome is Outcome.OK, seen.summary


def test_what_is_switched_off_for_a_while_is_told(judge: Judge) -> None:
    seen = judge(STRICT + "set +e\nmkdir x\nset -e\n" + DUMP)
    assert seen.outcome is Outcome.WARNING
    assert "line 3: errexit is switched off" in seen.summary


@pytest.mark.parametrize(
    "middle",
    [
        DUMP,
        'pg_dump shop > "$d/new" || exit 1\n',
        'pg_dump shop > "$d/new" || { echo failed; exit 1; }\n',
        'die() { echo "$1"; exit 1; }\npg_dump shop > "$d/new" || die no\n',
        'if ! pg_dump shop > "$d/new"; then exit 1; fi\n',
        'if pg_dump shop > "$d/new"; then echo ok; else exit 1; fi\n',
        'set +e\npg_dump shop > "$d/new"\nif [ $? -ne 0 ]; then exit 1; fi\nset -e\n',
        'save() { pg_dump "$1" > "$d/$1"; }\nsave shop\nsave users\n',
        'for each in a b; do pg_dump "$each" > "$d/$each"; done\n',
        'pg_dump shop | gzip > "$d/new"\n',
        '( cd "$d"; pg_dump shop > new )\n',
        "dump=$(pg_dump shop)\n",
        'pg_dump shop > "$d/new" && ',
        'pg_dump shop > "$d/new" && gzip "$d/new" && ',
    ],
)  # fmt: skip
def test_what_deletes_after_a_success_is_good(judge: Judge, middle: str) -> None:
    seen = judge(f"{STRICT}{middle}{DELETE}")
    assert seen.outcome in (Outcome.OK, Outcome.WARNING), seen.summary
    assert "deletions" not in seen.summary or seen.outcome is Outcome.OK


@pytest.mark.parametrize(
    "middle",
    [
        f"set +e\n{DUMP}",
        'pg_dump shop > "$d/new" || true\n',
        'pg_dump shop > "$d/new" || echo failed\n',
        'pg_dump shop > "$d/new" && gzip "$d/new"\n',
        '{ pg_dump shop > "$d/new"; echo done; } || exit 1\n',
        'if ! pg_dump shop > "$d/new"; then echo failed; fi\n',
        'pg_dump shop > "$d/new" &\n',
        'pg_dump shop > "$d/new" ; ',
        'set +o pipefail\npg_dump shop | gzip > "$d/new"\n',
        'save() { local all=$(pg_dump shop); echo "$all" > "$d/new"; }\nsave\n',
        'save() { pg_dump shop > "$d/new"; echo done; }\nif save; then echo ok; fi\n',
        '! pg_dump shop > "$d/new"\n',
        "",
    ],
)  # fmt: skip
def test_what_deletes_although_nothing_was_saved_is_critical(judge: Judge, middle: str) -> None:
    strict = "#!/bin/bash\nset -uo pipefail\n" if middle.endswith("; ") else STRICT
    seen = judge(f"{strict}{middle}{DELETE}pg_dump users > x\n")
    assert seen.outcome is Outcome.CRITICAL
    assert "deletions after a failure" in seen.summary


@pytest.mark.parametrize(
    "line",
    [
        'rm -f "$d"/*.old', "rm -rf /srv/old", 'find "$d" -type f -exec rm {} +', "aws s3 rm s3://shop/old",
        "aws s3 sync . s3://shop --delete", 'ls "$d" | head -1 | xargs rm', "rsync -a --delete a/ b/",
    ],
)  # fmt: skip
def test_there_are_several_ways_to_delete(judge: Judge, line: str) -> None:
    assert judge(f"{STRICT}{line}\n{DUMP}").outcome is Outcome.CRITICAL
    assert judge(f"{STRICT}{DUMP}{line}\n").outcome is Outcome.OK


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rm -rf $d/old", "$d without quotes for rm"),
        ("rm -rf ${d}", "${d} without quotes for rm"),
        ("rm $(ls -t | tail -1)", "without quotes for rm"),
        ('pg_dump users > $d/"x y"', "$d without quotes as a file that is written to"),
        ('rm -rf "$d"/"$e"', ""),
        ("cat $d", ""),
        ('for f in $d/*; do echo "$f"; done', ""),
    ],
)
def test_variables_need_quotes_where_they_can_do_harm(judge: Judge, line: str, said: str) -> None:
    seen = judge(f"{STRICT}{DUMP}{line}\n")
    assert seen.outcome is (Outcome.CRITICAL if said else Outcome.OK)
    assert said in seen.summary


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pg_dump -U postgres shop", "connects as a superuser"),
        ("pg_dump -Upostgres shop", "connects as a superuser"),
        ("pg_dump --username=postgres shop", "connects as a superuser"),
        ('who=postgres\npg_dump -U "$who" shop', "line 4: pg_dump connects as a superuser"),
        ('pg_dump -U "${WHO:-postgres}" shop', "connects as a superuser"),
        ("pg_dump postgresql://postgres@db/shop", "connects as a superuser"),
        ("pg_dump 'host=db user=postgres'", "connects as a superuser"),
        ("sudo -u postgres pg_dump shop", "connects as a superuser"),
        ("export PGUSER=postgres\npg_dump shop", "makes a superuser"),
        ("pg_dump postgresql://shop:hush@db/shop", "given a password in the open"),
        ('url=postgresql://shop:hush@db/shop\npg_dump "$url"', "given a password in the open"),
        ("mysqldump --password=hush shop", "given a password in the open"),
        ("pg_dump -U backup shop", ""),
        ('pg_dump -U "$DB_USER" shop', ""),
        ('pg_dump "$DATABASE_URL"', ""),
        ("pg_dump postgresql://backup@db/postgres", ""),
    ],
)
def test_superusers_and_passwords_are_named_but_never_told(judge: Judge, line: str, said: str) -> None:
    seen = judge(f"{STRICT}{line}\n")
    assert seen.outcome is (Outcome.CRITICAL if said else Outcome.OK), seen.summary
    assert said in seen.summary
    assert "hush" not in str(seen.observations)


def test_what_nobody_can_judge_is_unknown(judge: Judge) -> None:
    assert "it is empty" in judge("\n").summary
    assert "names another interpreter" in judge("#!/usr/bin/python3\nprint()\n").summary
    seen = judge(STRICT + "/opt/make-backup\n" + DELETE)
    assert seen.outcome is Outcome.CRITICAL
    assert "none fits" in seen.summary
    assert judge(STRICT + "/opt/make-backup\n" + DELETE, saves="/opt/make-backup").outcome is Outcome.OK


def test_a_row_may_ask_for_less(judge: Judge) -> None:
    text = "#!/bin/bash\nset -e\n" + DUMP
    assert judge(text, requires=["errexit"]).outcome is Outcome.OK
    assert judge(STRICT + "pg_dump -U postgres shop\n", superusers=[]).outcome is Outcome.OK


def test_nothing_of_a_script_is_run(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = tmp_path / "ran"
    (tmp_path / "env").write_text(f"touch {trace}\n")
    monkeypatch.setenv("BASH_ENV", str(tmp_path / "env"))
    judge(f"#!/bin/bash\ntouch {trace}\nx=$(touch {trace})\n")
    assert not trace.exists()


def test_a_script_that_is_not_there_or_may_not_be_read_is_no_look(tmp_path: Path) -> None:
    look = PROBES["script_texts"].look
    with pytest.raises(RunbookDisagrees, match="there is no script"):
        look(Host(name="app"), (str(tmp_path / "none.sh"),), "x", ())
    with pytest.raises(CouldNotLook, match="no regular file"):
        look(Host(name="app"), (str(tmp_path),), "x", ())
    (tmp_path / "large.sh").write_bytes(b"#" * 600_000)
    with pytest.raises(CouldNotLook, match="larger than 500 kB"):
        look(Host(name="app"), (str(tmp_path / "large.sh"),), "x", ())
    refusing = tmp_path / "bin" / "head"  # root may read everything, and a shell does not stay somebody else
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho head: Permission denied >&2; exit 1\n")
    refusing.chmod(0o755)
    with pytest.raises(CouldNotLook, match=r"cannot be read on app: .*Permission denied"):
        look(Host(name="app", path=str(refusing.parent)), (str(tmp_path / "large.sh"),), "x", ())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rehearse": {"DB_NAME": "none"}}, "acts: true"),
        ({"rehearse": {"URL": "postgresql://a:hush@b/c"}, "acts": True}, "a password does not belong"),
        ({"rehearse": {"DIR": "{scratch}/../x"}, "acts": True}, "without"),
        ({"samples": ["../x"]}, "without folders"),
        ({"scripts": []}, "at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(row: Callable[..., Any], given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        row(checks.ScriptSafety, host=Host(name="app"), **({"scripts": ["/x"]} | given))
