"""Logs that another program hands out: files of another host, a journal."""

import gzip
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.fixtures import connection, log_remote
from rounds.fixtures.log_window import LogWindow, last_lines
from rounds.fixtures.logs import LogRecords
from rounds.probe import CouldNotLook, RunbookDisagrees, Unreachable
from rounds.targets import Host, Log

MakeLog = Callable[..., Log]
Count = Callable[..., LogRecords]
Stamped = Callable[[float, str], str]
RECORDED = Path(__file__).parent / "recorded"
STAND_IN = '#!/bin/sh\necho "$*" >> {asked}\nshift 2\nexec "$@"\n'  # docker exec NAME sh -c …: it does that here


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was asked of a container, each command a line; the container is here."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(STAND_IN.format(asked=tmp_path / "asked"))
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    connection.log_out()
    return tmp_path / "asked"


@pytest.fixture
def far_log(app_log: MakeLog, asked: Path) -> Callable[..., Log]:  # noqa: ARG001 - docker stands there
    def made(**other: object) -> Log:
        return app_log(host=Host(name="far", system="shop", connection="docker://far"), **other)

    return made


def errors(seen: LogRecords) -> int:
    return sum(tally.count for tally in seen.kinds.values())


def test_a_file_of_another_host_is_read_with_its_rotated_ones(
    far_log: MakeLog, path: Path, stamped: Stamped, asked: Path
) -> None:
    path.write_text(stamped(1, "ERROR four"))
    path.with_suffix(".log.1").write_text(stamped(2, "INFO three"))
    path.with_suffix(".log.2.gz").write_bytes(gzip.compress(stamped(3, "ERROR two").encode()))
    path.with_suffix(".log.3").write_text(stamped(50, "ERROR one"))
    for hours, name in ((2, "app.log.1"), (3, "app.log.2.gz"), (50, "app.log.3")):
        os.utime(path.with_name(name), (time.time() - hours * 3600,) * 2)
    assert [record.message for record in LogWindow(far_log(), 86_400)] == ["two", "three", "four"]
    assert len(re.findall("^exec far", asked.read_text(), re.MULTILINE)) == 4
    assert last_lines(far_log(), 5) == [path.read_text().rstrip()]


@pytest.mark.usefixtures("state")
def test_only_what_is_new_is_fetched(
    far_log: MakeLog, path: Path, stamped: Stamped, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(stamped(1, "INFO " + "x" * 900) * 2_000 + stamped(1, "ERROR one"))
    assert errors(count(far_log())) == 1
    with path.open("a") as file:
        file.write(stamped(0, "ERROR two"))
    fetched: list[int] = []
    kept = log_remote.RemoteFile.read
    monkeypatch.setattr(
        log_remote.RemoteFile,
        "read",
        lambda *given: fetched.append(len(data := kept(*given))) or data,  # type: ignore[func-returns-value]
    )
    seen = count(far_log())
    assert (errors(seen), seen.records) == (2, 2_002)
    assert sum(fetched) < 20_000


def test_the_window_of_a_large_file_is_found_there(
    far_log: MakeLog, path: Path, stamped: Stamped, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("".join(stamped(50 - number / 1000, "INFO " + "x" * 200) for number in range(49_900)))
    monkeypatch.setattr(log_remote, "MOST_BYTES", 8_000_000)
    assert len(list(LogWindow(far_log(), 3600))) in range(895, 905)
    with pytest.raises(CouldNotLook, match="more than 8 MB to fetch"):
        list(LogWindow(far_log(), 86_400 * 30))


def test_a_file_that_is_not_there_or_not_for_us_is_no_log_without_errors(
    far_log: MakeLog, path: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunbookDisagrees, match=r"app\.log does not exist on far"):
        list(LogWindow(far_log(), 60))
    path.mkdir()
    with pytest.raises(CouldNotLook, match="no regular file"):
        list(LogWindow(far_log(), 60))
    unreachable = far_log().model_copy(update={"host": Host(name="gone", connection="ssh://127.0.0.1:1")})
    with pytest.raises(Unreachable):
        list(LogWindow(unreachable, 60))
    assert tmp_path


def test_names_of_files_are_no_commands(far_log: MakeLog, tmp_path: Path, stamped: Stamped) -> None:
    folder = tmp_path / "it's $(touch gone)"
    folder.mkdir()
    (folder / "a b.log").write_text(stamped(1, "INFO live"))
    (folder / "a b.log.1").write_text(stamped(2, "INFO old"))
    log = far_log(path=str(folder / "a b.log"), rotated="a b.log.*")
    assert sorted(record.message for record in LogWindow(log, 86_400)) == ["live", "old"]
    assert not (tmp_path / "gone").exists()


@pytest.fixture
def journal(tmp_path: Path) -> Host:
    """A host with a journalctl that says what a real one said, a minute ago; another minute earlier for older ones."""
    said = (RECORDED / "journalctl.json").read_text()
    ago = f'"__REALTIME_TIMESTAMP":"{int((time.time() - 60) * 1e6)}"'
    (tmp_path / "said").write_text(re.sub(r'"__REALTIME_TIMESTAMP":"\d+"', ago, said))
    program = tmp_path / "journalctl"
    program.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/journal-asked\ncat {tmp_path}/said\n')
    program.chmod(0o755)
    return Host(name="app", path=str(tmp_path))


def test_the_journal_of_a_unit_is_read_with_time_and_priority(tmp_path: Path, journal: Host) -> None:
    log = Log(name="shop", unit="shop.service", host=journal)
    records = list(LogWindow(log, 3600))
    assert [record.field("level") for record in records] == ["ERROR", "ERROR", "INFO", "ERROR", "WARNING"]
    assert records[2].message == 'plain info with é and "quotes"'
    assert records[3].text.endswith("KeyError: 'a'")
    assert records[4].message == "bytes \ufffd\0 no text"
    assert records[0].when == pytest.approx(time.time() - 60, abs=10)
    asked = (tmp_path / "journal-asked").read_text()
    assert re.search(r"-o json --output-fields=MESSAGE,PRIORITY -u shop\.service --since @\d{10}$", asked)


def test_a_journal_s_messages_may_tell_the_level_themselves(journal: Host) -> None:
    pattern = r"^(?P<time>\S+) [A-Z]+ (?P<level>ERROR|WARNING|INFO)\b"
    log = Log(name="shop", unit="shop.service", host=journal, pattern=pattern)
    assert [record.message for record in LogWindow(log, 3600)] == ["second line"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'No journal files were opened due to insufficient permissions.'; exit 1", "insufficient permissions"),
        ("yes 'xxxxxxxxxxxxxxxxxxxxxxxxxxx' | head -c 3000000", "more than 1 MB"),
        ("exit 127", "no journalctl"),
    ],
)
def test_a_journal_that_cannot_be_read_is_no_log_without_errors(
    tmp_path: Path, journal: Host, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setattr(log_remote, "MOST_BYTES", 1_000_000)
    (tmp_path / "journalctl").write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(CouldNotLook, match=words):
        list(LogWindow(Log(name="shop", unit="shop.service", host=journal), 3600))


def test_a_journal_without_an_entry_has_no_record(tmp_path: Path, journal: Host, count: Count) -> None:
    (tmp_path / "said").write_text("")
    seen = count(Log(name="shop", unit="shop.service", host=journal))
    assert (seen.records, seen.newest_age_seconds, seen.silent) == (0, None, ("shop",))
