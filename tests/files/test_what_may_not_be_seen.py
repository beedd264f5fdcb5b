"""What nobody lets us see is not missing, and no error of Python's; and a time is read as what it is."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import file_cache, log_files, logrotate, logs, run_reports  # noqa: F401 - they bring their probes
from rounds.fixtures.stamps import moment
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import FileCache, Log, Logrotate, RunReport

CACHE = {"name": "c", "kinds": {"pages": {"files": "*.json", "ttl": "1h"}}}
FORM = {"name": "l", "pattern": r"^(?P<time>\S+) (?P<level>\w+) "}
COUNT: tuple[Any, ...] = ((), 86_400.0, ("ERROR",), (), {}, None, (), False, None)


@pytest.fixture
def closed(tmp_path: Path, as_nobody: Callable[[], AbstractContextManager[None]]) -> Iterator[Path]:
    """A folder that nobody else may look into, and we are somebody else."""
    folder = tmp_path / "closed"
    (folder / "in").mkdir(parents=True)
    (folder / "file").write_text("{}")
    for each in (*reversed(tmp_path.parents[:2]), tmp_path):
        each.chmod(0o755)
    folder.chmod(0o700 if os.geteuid() == 0 else 0)
    with as_nobody():
        yield folder
    folder.chmod(0o700)


def test_what_may_not_be_looked_at_is_unknown_in_plain_words(closed: Path) -> None:
    file, folder, none = str(closed / "file"), str(closed / "in"), "/var/lib/none"
    for name, given in (
        ("log_files", (Log.model_validate({**FORM, "path": f"{folder}/app.log"}),)),
        ("log_counts", (Log.model_validate({**FORM, "path": file}), *COUNT)),
        ("cache_folder", (FileCache.model_validate({**CACHE, "path": folder}),)),
        ("last_run", (RunReport(name="r", path=file, time="began"),)),
        ("rotations", (Logrotate(name="l", configuration=file, state=none),)),
        ("rotations", (Logrotate(name="l", configuration="/etc/hostname", state=file),)),
    ):
        with pytest.raises(CouldNotLook, match=r"/closed.*Permission denied") as told:
            PROBES[name].look(*given)
        assert not isinstance(told.value, RunbookDisagrees)
        assert "Errno" not in str(told.value)


def test_the_first_stamp_of_a_log_is_read_as_its_other_probes_read_it(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(json.dumps({"event.created": "2026-07-01 10:00:00,123"}) + "\n")
    log = Log.model_validate({"name": "l", "path": str(path), "json_fields": {"time": "event.created"}})
    assert PROBES["log_files"].look(log).oldest_record_epoch_seconds == pytest.approx(1_782_900_000.123)


def test_a_date_of_fourteen_digits_is_no_number_of_seconds() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()
    assert moment("20260701120000") == noon
    assert [moment(f"{noon:.0f}{zeros}") for zeros in ("", "000", "000000", "0" * 9)] == [noon] * 4
    assert [moment(text) for text in ("99999999999999", "202607011200", "٣" * 10)] == [None] * 3
    assert moment("01 01", "%d %d") is None
