"""Drills are shared by rows, kept apart from each other, written down, and have a deadline of their own."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_restore as full
from rounds.checks import test_table_restore as single
from rounds.fixtures.one_drill import the_only_drill
from rounds.fixtures.restored import drill_ends_at
from rounds.look import key_of
from rounds.looking import Looking
from rounds.probe import KEPT, PROBES, CouldNotLook
from rounds.targets import RestoreDrill

from .facts import BACKUPS, DRILL

Row = Callable[..., Any]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(KEPT, "folder", tmp_path / "state")
    return tmp_path / "state"


def test_rows_of_one_drill_share_one_restore(row: Row) -> None:
    probe = PROBES["restored"]
    rows = [
        row(full.FullRestore, drill=DRILL, tables=["orders"], took="1h", acts=True),
        row(full.FullRestore, drill=DRILL, tables=["customers"], share="50%", acts=True),
        row(single.TableRestore, drill=DRILL, table="orders", acts=True),
    ]
    assert len({key_of(probe, each) for each in rows}) == 1
    longer = row(full.FullRestore, drill=DRILL, tables=["orders"], deadline="2h", acts=True)
    assert key_of(probe, longer) != key_of(probe, rows[0])


def test_a_drill_has_half_an_hour_unless_it_or_the_row_says_otherwise(row: Row) -> None:
    probe = PROBES["restored"]
    deadlines = []
    for drill, given in (
        (DRILL, {}),
        (DRILL.model_copy(update={"deadline": 7200.0, "name": "long"}), {}),
        (DRILL, {"deadline": "10m"}),
    ):
        looking = Looking(in_all=0)
        looking.start([(probe, row(full.FullRestore, drill=drill, tables=["orders"], acts=True, **given))])
        deadlines.append(looking.looks[0].deadline)
    assert deadlines == [1800, 7200, 600]


def test_a_drill_ends_a_little_before_its_look_is_given_up_on() -> None:
    left = [drill_ends_at(DRILL, deadline) - time.monotonic() for deadline in (None, 60.0, 7200.0)]
    assert left == pytest.approx([1785, 54, 7185], abs=1)


def test_a_drill_is_alone(state: Path) -> None:
    with pytest.raises(ValidationError, match="parallel"):
        RestoreDrill(name="d", system="shop", backups=BACKUPS, parallel=2)
    with the_only_drill(BACKUPS, time.monotonic() + 5):
        assert list(state.iterdir())
        with pytest.raises(CouldNotLook, match="another drill of dumps"), the_only_drill(BACKUPS, time.monotonic()):
            pass
        other = BACKUPS.model_copy(update={"name": "others"})
        with the_only_drill(other, time.monotonic()):
            pass


def test_the_second_drill_of_the_same_backups_waits_for_the_first(state: Path) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait()
        with the_only_drill(BACKUPS, time.monotonic() + 10):
            order.append("second")

    waiting = threading.Thread(target=second)
    waiting.start()
    with the_only_drill(BACKUPS, time.monotonic() + 10):
        inside.set()
        waiting.join(0.3)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]
    assert state.is_dir()


def test_a_state_folder_that_cannot_be_written_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(KEPT, "folder", tmp_path / "file")
    with pytest.raises(CouldNotLook, match="nothing keeps two drills apart"), the_only_drill(BACKUPS, 0):
        pass


def test_a_drill_refuses_what_would_not_be_a_question(tmp_path: Path) -> None:
    base = {"name": "d", "system": "shop", "backups": BACKUPS}
    assert tmp_path.is_dir()
    for wrong in (
        {"conditions": {"x": "DELETE FROM orders"}},
        {"conditions": {" ": "SELECT true"}},
        {"dump": "("},
        {"disk": "much"},
    ):
        with pytest.raises(ValidationError):
            RestoreDrill.model_validate(base | wrong)
