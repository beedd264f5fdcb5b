"""Which failures a backup script passes over, and what its traps delete."""

from collections.abc import Callable

import pytest

from rounds.judge import Observer
from rounds.outcome import Outcome

Judge = Callable[..., Observer]
STRICT = "#!/bin/bash\nset -euo pipefail\n"
DUMP = 'pg_dump -f "$d/new" shop\n'


@pytest.mark.parametrize(
    "text",
    [
        'pg_dump shop > "$d/new" || true\n',
        'pg_dump shop > "$d/new" || { echo failed; }\necho done\n',
        'if pg_dump shop > "$d/new"; then echo ok; fi\n',
        'if pg_dump shop > "$d/new"; then echo ok; else echo failed; fi\n',
        'pg_dump shop > "$d/new" && gzip "$d/new"\necho done\n',
        'pg_dump shop > "$d/new" || { echo failed; exit 0; }\n',
        'pg_dump shop > "$d/new" &\nwait\n',
        'save() { local all=$(pg_dump shop); echo "$all" > "$d/new"; }\nsave\n',
        'failed=0\npg_dump shop > "$d/new" || failed=1\necho "$failed"\n',
    ],
)
def test_a_script_that_ends_well_although_nothing_was_saved_is_critical(judge: Judge, text: str) -> None:
    seen = judge(STRICT + text)
    assert seen.outcome is Outcome.CRITICAL, seen.summary
    assert "the script ends with 0 although pg_dump failed" in seen.summary


@pytest.mark.parametrize(
    "text",
    [
        'failed=0\npg_dump shop > "$d/new" || failed=1\nexit "$failed"\n',
        'failed=0\nif ! pg_dump shop > "$d/new"; then failed=1; fi\nif ((failed)); then exit 1; fi\n',
        'failed=0\nif pg_dump shop > "$d/new"; then echo ok; else failed=1; fi\n[ "$failed" = 0 ] || exit 1\n',
        'pg_dump shop > "$d/new" &\nother=$!\nwait "$other"\n',
        'until pg_dump shop > "$d/new"; do sleep 9; done\necho done\n',
        'if [ "$1" = full ]; then pg_dump shop > "$d/new"; fi\n',
        'case "$1" in full) pg_dump shop > "$d/new" ;; *) cp -a a b ;; esac\necho done\n',
    ],
)
def test_a_failure_may_be_kept_in_mind_until_the_end(judge: Judge, text: str) -> None:
    seen = judge(STRICT + text)
    assert seen.outcome is Outcome.OK, seen.summary


@pytest.mark.parametrize(
    ("trap", "outcome"),
    [
        ("trap 'rm -f \"$d\"/*.backup' EXIT\n", Outcome.CRITICAL),
        ("trap 'find \"$d\" -delete' EXIT\n", Outcome.CRITICAL),
        ("trap 'rm -f \"$d/new.part\"' EXIT\n", Outcome.OK),
        ("trap '/bin/rm -f \"$d/new\"' ERR\n", Outcome.OK),
        ("trap 'rm -f \"$d\"/*.part' EXIT\n", Outcome.OK),
        ("w=$(mktemp -d)\ntrap 'rm -rf \"$w\"/*' EXIT\n", Outcome.OK),
    ],
)
def test_a_trap_that_deletes_more_than_its_own_is_critical(judge: Judge, trap: str, outcome: Outcome) -> None:
    seen = judge(STRICT + trap + DUMP)
    assert seen.outcome is outcome, seen.summary
    assert outcome is Outcome.OK or "whatever has failed" in seen.summary


def test_what_deletes_as_somebody_else_deletes_too(judge: Judge) -> None:
    for line in ('sudo find "$d" -mtime +30 -delete\n', 'nice -n 19 /bin/rm -f "$d"/*.old\n'):
        assert "deletions after a failure" in judge(STRICT + line + DUMP).summary
        assert judge(STRICT + DUMP + line).outcome is Outcome.OK
