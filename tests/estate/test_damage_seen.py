"""Each damage is seen by the rows that are meant to see it, in a sentence; and nothing healthy is."""

import pytest
from backup_eyes import looked, target
from shop import close, until

from rounds.estate import dumps
from rounds.estate.damage import DAMAGES, KINDS, Damage, Kind
from rounds.outcome import Outcome

FORMS: list[Kind] = ["packed", "custom", "plain", "directory", "archive"]
SAME_IN_OLDER = {("base", "copied-afresh-under-a-new-name"), ("redis", "copied-afresh-under-a-new-name")}
"""All backups of these kinds hold the same in this shop."""
VERDICTS = {"half-the-size": Outcome.WARNING, "needs-a-role": Outcome.OK}
VERDICTS |= dict.fromkeys(["needs-an-extension", "wal-missing"], Outcome.UNKNOWN)
"""All others are critical. A drill that could not be carried out is unknown, and says what it lacks."""
SENTENCES = {
    "newest-missing": "age of the newest backup is 27",
    "days-missing": "without a backup is",
    "old-one-touched": "between its name and its modification is 24 h",
    "copied-under-a-new-name": "between its name and its modification is",
    "newest-is-a-folder": " is a folder",
    "in-progress": " is still being written",
    "left-over": "names by no rule is 1",
    "world-readable": "files that allow too much is",
    "half-the-size": "share of the usual size is",
    "another-database": "Is it of another database?",
    "without-a-table": " is missing (",
    "without-rows-of-a-table": " is 0",
    "without-an-index": "the index on the day is there is no",
    "a-fifth-of-the-rows-gone": " is 80 %",
    "broken-statement": "syntax error",
    "needs-an-extension": "the dump needs the extension shelf_marks",
    "needs-a-role": "departed_",
    "wal-missing": "it holds no write-ahead log",
    "archive-without-members": " holds nothing",
    "empty-dump-packed": " is empty",
    "cut-before-packing": "it is cut short",
    "heap-page-damaged": "checksum mismatch",
    "heap-page-damaged-before": "invalid page in block",
}


def kinds_of(at: int, damage: Damage) -> list[Kind]:
    """What only a drill can see of a dump is tried in one form each, in turn; what finding sees, in a few of all."""
    if damage.seen_by == "finding":
        return sorted(damage.kinds & {"packed", "directory", "sqlite"})
    if damage.seen_by == "reading":
        return sorted(damage.kinds)
    turn = [each for each in (*FORMS[at % len(FORMS) :], *FORMS) if each in damage.kinds][:1]
    return turn + sorted(damage.kinds - set(FORMS))


CASES = [(kind, name) for at, (name, damage) in enumerate(DAMAGES.items()) for kind in kinds_of(at, damage)]
CASES = [case for case in CASES if case not in SAME_IN_OLDER]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind}-{name}" for kind, name in CASES])
def test_each_damage_turns_red_and_says_what_is_wrong(shop, row, kind, name):
    damage = DAMAGES[name]
    with damage(shop.backups(kind)):
        seen = looked(shop, row, kind, "restoring" if damage.seen_by == "nobody" else damage.seen_by)
    assert seen.outcome is VERDICTS.get(name, Outcome.CRITICAL), seen.summary
    notes = " ".join(f"{each.sentence} {each.note}" for each in seen.observations)
    assert SENTENCES.get(name, "") in notes, notes


def test_no_damage_is_left_out():
    assert {name for _, name in CASES} == set(DAMAGES)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_is_seen_of_a_backup_that_is_healthy(shop, row, kind):
    shop.backups(kind)
    for sight in ("finding", "reading", "restoring"):
        seen = looked(shop, row, kind, sight)
        assert seen.outcome is Outcome.OK, seen.summary


ODD = r"""'', '\.', E'a\tb\nc\\', 'Ünï cödé 🐘', '-- PostgreSQL database dump complete', 'COPY x FROM stdin;', '$$', NULL"""
HEALTHY: list[tuple[Kind, str, tuple[str, ...]]] = [
    ("plain", ".sql", ("--clean", "--if-exists")), ("plain", ".sql", ("--inserts",)), ("plain", ".sql", ("--no-owner",)),
    ("packed", ".sql.gz", ()), ("packed", ".sql.bz2", ()), ("packed", ".sql.xz", ()), ("packed", ".sql.zst", ()),
    ("packed", ".sql.gz", ("--rows-per-insert=50",)), ("packed", ".sql.gz", ("--column-inserts",)),
    ("archive", ".tar", ()), ("archive", ".tar.gz", ()), ("archive", ".tar.bz2", ()), ("archive", ".tar.xz", ()),
    ("archive", ".tar.zst", ()), ("custom", ".dump", ()), ("custom", ".dump", ("-Z0",)), ("custom", ".dump", ("-Z9",)),
    ("directory", "", ()), ("directory", "", ("-j2",)), ("directory", "", ("-Z0",)),
]  # fmt: skip


@pytest.fixture
def made(shop):
    """A week of backups with awkward rows in them, as they are made anew each night."""

    def put(kind, suffix, options, run):
        folder = shop.root / "healthy" / f"{run}"
        folder.mkdir(parents=True)
        path = folder / f"shop_{shop.nights[-1]:%Y%m%d_%H%M%S}{suffix}"
        odd = [f"CREATE TABLE odd AS SELECT unnest(ARRAY[{ODD}]) AS words, {run} AS run, random() AS chance",
               f"INSERT INTO odd SELECT md5(random()::text), n FROM generate_series(1, {run * 100}) n"]  # noqa: S608 # fmt: skip
        with dumps.scratch(shop.database, [*odd, until(shop.nights[-1])]) as name:
            if kind == "archive":
                dumps.archive(path, {"database.sql": dumps.dumped(shop.database, *options, of=name)})
            else:
                dumps.dump(
                    shop.database, path, *options, form=kind if kind in ("custom", "directory") else "plain", of=name
                )
        for each in dumps.past(path, f"shop_%Y%m%d_%H%M%S{suffix}", shop.nights):
            close(each)
        return target(shop, kind, folder, suffix)

    return put


ONE_OF_EACH_KIND = {kind: run for run, (kind, _, _) in reversed(list(enumerate(HEALTHY)))}.values()
RUNS = [pytest.param(run, marks=() if run in ONE_OF_EACH_KIND else pytest.mark.nightly) for run in range(len(HEALTHY))]


@pytest.mark.parametrize("run", RUNS)
def test_none_of_20_healthy_runs_turns_red(shop, row, made, run):
    kind, suffix, options = HEALTHY[run]
    backups = made(kind, suffix, options, run)
    for sight in ("finding", "reading", "restoring"):
        seen = looked(shop, row, kind, sight, backups)
        assert seen.outcome is Outcome.OK, seen.summary
