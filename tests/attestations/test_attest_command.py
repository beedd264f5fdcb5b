"""`rounds attest` as people use it: a real process, a real file."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rounds.attestation import Attestation, add_attestation, read_attestations
from rounds.cli import main
from rounds.commands import attest

from .conftest import Shop, made_in

REVIEW = ("shop.recovery.review", "--by", "eve", "--note", "read all of it")


def lines(shop: Shop) -> list[dict[str, str]]:
    return [json.loads(line) for line in shop.file.read_text().splitlines() if line]


def test_a_record_is_one_line_with_who_when_and_what(shop: Shop) -> None:
    status, said = shop.attest(*REVIEW)
    assert status == 0
    (told,) = lines(shop)
    stamp = datetime.fromisoformat(told.pop("at"))
    assert abs(stamp - datetime.now(UTC)) < timedelta(minutes=1)
    assert told == {"id": "shop.recovery.review", "by": "eve", "note": "read all of it"}
    assert f"it holds until {stamp + timedelta(days=31):%Y-%m-%d %H:%M} UTC" in said
    assert f"critical from {stamp + timedelta(days=34):%Y-%m-%d}" in said
    assert "written to systems/shop/attestations.jsonl" in said


def test_the_file_is_only_ever_added_to(shop: Shop) -> None:
    shop.attest(*REVIEW, "--at", "2026-01-02")
    before = shop.file.read_bytes()
    shop.attest(*REVIEW)
    assert shop.file.read_bytes().startswith(before)
    assert len(lines(shop)) == 2


def test_a_note_of_several_lines_stays_one_line(shop: Shop) -> None:
    assert shop.attest(*REVIEW[:-1], "switched over\n  and back \N{CHECK MARK}")[0] == 0
    assert [told["note"] for told in lines(shop)] == ["switched over and back \N{CHECK MARK}"]


def test_an_end_that_an_editor_left_off_does_not_swallow_the_next_line(shop: Shop) -> None:
    shop.attest(*REVIEW)
    shop.file.write_text(shop.file.read_text().rstrip("\n"))
    shop.attest(*REVIEW)
    assert len(lines(shop)) == 2


def test_two_who_record_at_once_lose_nothing(shop: Shop) -> None:
    running = [shop.start("attest", "shop.recovery.review", "--by", f"p{each}", "--note", "x" * 5000) for each in "123"]
    for process in running:
        assert process.wait(timeout=60) == 0
        process.communicate()
    assert sorted(told["by"] for told in lines(shop)) == ["p1", "p2", "p3"]


def test_many_writers_of_one_file_never_mix_their_lines(tmp_path: Path) -> None:
    path, count = tmp_path / "said.jsonl", 50
    children = []
    for who in "abcd":
        if not (child := os.fork()):
            for _ in range(count):
                add_attestation(path, Attestation("a.b.c", time.time(), who, who * 3000))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    found = read_attestations(path) or ()
    assert len(found) == 4 * count
    assert all(set(each.note) == {each.by} for each in found)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shop.recovery.reviev", "--by", "eve", "--note", "x"), "did you mean 'shop.recovery.review'?"),
        (("shop.health.disk", "--by", "eve", "--note", "x"), "is checked by disk-usage: no person's word"),
        (("shop.recovery.review", "--note", "x"), "--by must be given"),
        (("shop.recovery.review", "--by", " ", "--note", ""), "--by and --note must be given"),
        (("shop.recovery.failover", "--by", "eve", "--note", "x"), "--result must be given"),
        ((*REVIEW, "--at", "2126-01-01"), "lies in the future"),
        ((*REVIEW, "--at", "last week"), "no time can be read"),
        ((*REVIEW, "--at", "2026-01-01T12:00"), "add the zone"),
        ((*REVIEW[:-1], "x" * 20_000), "too much for one line"),
        (("--by", "eve"), "which row?"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_is_written(
    shop: Shop, words: tuple[str, ...], said: str
) -> None:
    status, told = shop.attest(*words)
    assert status == 4
    assert said in told
    assert not shop.file.exists() or not shop.file.read_text()


def test_what_lies_before_the_last_one_is_refused(shop: Shop) -> None:
    shop.attest(*REVIEW, "--at", "2026-03-04T12:00Z")
    status, said = shop.attest(*REVIEW, "--at", "2026-03-04")
    assert status == 4
    assert "lies before the last one, by eve, 2026-03-04 12:00 UTC" in said
    assert shop.attest("shop.recovery.drill", *REVIEW[1:], "--at", "2026-03-04")[0] == 0, "of another row"
    assert len(lines(shop)) == 2


def test_a_result_is_recorded_as_it_was_also_a_bad_one(shop: Shop) -> None:
    assert shop.attest("shop.recovery.failover", *REVIEW[1:], "--result", "failed: no quorum")[0] == 0
    assert lines(shop)[0]["result"] == "failed: no quorum"


def test_nothing_is_added_to_a_file_with_a_broken_line(shop: Shop) -> None:
    shop.file.write_text('{"id": "a"\n')
    status, said = shop.attest(*REVIEW)
    assert status == 4
    assert "attestations.jsonl:1: is no JSON" in said
    assert shop.file.read_text() == '{"id": "a"\n'


def test_a_target_of_another_kind_or_none_is_told(shop: Shop) -> None:
    rows = shop.file.parent / "expectations.yaml"
    rows.write_text(rows.read_text().replace("attestations: said", "attestations: web"))
    assert "names no target of kind attestations: 'web'" in shop.attest(*REVIEW)[1]
    inventory = shop.file.parent / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("path:", "pfad:"))
    rows.write_text(rows.read_text().replace("attestations: web", "attestations: said"))
    assert "inventory.yaml:3: targets.said.path: path is missing" in shop.attest(*REVIEW)[1]


def test_a_row_without_a_timed_cadence_or_an_age_is_told(shop: Shop) -> None:
    rows = shop.file.parent / "expectations.yaml"
    rows.write_text(rows.read_text().replace("age: 30d, ", ""))
    status, said = shop.attest("shop.recovery.drill", *REVIEW[1:])
    assert status == 4
    assert "expectations.yaml:4: shop.recovery.drill: a row that is not daily" in said


def test_a_folder_that_is_not_there_is_told(shop: Shop) -> None:
    inventory = shop.file.parent / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("attestations.jsonl", "no/such.jsonl"))
    status, said = shop.attest(*REVIEW)
    assert status == 4
    assert "there is no folder systems/shop/no" in said


def test_a_file_that_may_not_be_written_is_told(
    as_nobody: Callable[[], AbstractContextManager[None]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def added_by_nobody(path: Path, told: Attestation) -> None:
        with as_nobody():
            add_attestation(path, told)

    monkeypatch.setattr(attest, "add_attestation", added_by_nobody)
    with tempfile.TemporaryDirectory() as folder:
        shop = made_in(Path(folder))
        add_attestation(shop.file, Attestation("shop.recovery.drill", 1.8e9, "eve", "done"))
        Path(folder).chmod(0o755)
        for path in (shop.file.parent, shop.file.parent.parent, shop.file):
            path.chmod(0o555)
        status = main(["attest", *REVIEW, "--systems", f"{folder}/systems"])
    assert status == 4
    said = capsys.readouterr().err
    assert "attestations.jsonl cannot be written: Permission denied; nothing was recorded" in said


def test_the_list_begins_with_what_is_most_urgent(shop: Shop) -> None:
    shop.attest(*REVIEW)
    shop.attest("shop.recovery.drill", *REVIEW[1:], "--at", f"{datetime.now(UTC) - timedelta(days=27):%Y-%m-%d}")
    status, said = shop.attest()
    first, second, third = said.splitlines()
    assert status == 0
    assert first.split(maxsplit=1) == ["shop.recovery.failover", "never attested"]
    assert "shop.recovery.drill     soon: due in " in second
    assert "by eve: read all of it" in second
    assert "shop.recovery.review    ok: due in 3" in third
    assert shop.attest("shop.recovery.drill", "--list")[1].split() == second.split()


def test_what_is_overdue_is_listed_so(shop: Shop) -> None:
    shop.attest(*REVIEW, "--at", "2026-01-02")
    assert "shop.recovery.review    overdue: due since" in shop.attest("--list")[1]


def test_a_list_without_rows_says_what_is_missing(shop: Shop) -> None:
    (shop.file.parent / "expectations.yaml").write_text("[]\n")
    assert shop.attest() == (4, "no row has the check attestation-fresh; " + shop.attest()[1].partition("; ")[2])
