"""The looks at logs: what is counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rounds.probe import PROBES
from rounds.targets import Compose, Host, Log

MakeLog = Callable[..., Log]
DAY = 86_400.0
DATABASE = r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.\d{3} UTC \[\d+\] (?P<code>[0-9A-Z]{5}) (?P<level>[A-Z]+):  "
ACCESS = r'^\S+ \S+ \S+ \[(?P<time>[^\]]+)\] "[^"]*" (?P<status>\d{3}) \d+ "[^"]*" "[^"]*" (?P<seconds>[\d.]+|-)$'
EVENT = r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) bigshot\.security: event=\S+(?: id=(?P<id>\d+))?"
ACKNOWLEDGED = r" bigshot\.security: event-acknowledged id=(?P<id>\d+)\b"


def stamped(hours_ago: float, text: str) -> str:
    return f"{datetime.now(UTC) - timedelta(hours=hours_ago):%Y-%m-%d %H:%M:%S},123 {text}\n"


def look(log: Log, matching: dict[str, str] | None = None, acknowledged_by: str | None = None) -> Any:
    return PROBES["log_records"].look(log, DAY, matching or {}, acknowledged_by)


def test_records_are_counted_by_level_and_code(app_log: MakeLog, path: Path) -> None:
    stamp = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.104 UTC [88]"
    path.write_text(f"{stamp} 00000 LOG:  ready\n{stamp} 42P01 ERROR:  no relation\n{stamp} 57P01 FATAL:  ended\n")
    seen = look(app_log(pattern=DATABASE))
    counts = {kind: tally.count for kind, tally in seen.kinds.items()}
    assert counts == {("LOG", "00000"): 1, ("ERROR", "42P01"): 1, ("FATAL", "57P01"): 1}
    assert seen.records == 3


def test_a_compose_service_s_log_is_read_as_a_file_is(app_log: MakeLog, tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    answer = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.104 UTC [1] 53300 FATAL:  sorry, too many clients already"
    docker.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\necho "{answer}"\n')
    docker.chmod(0o755)
    compose = Compose(name="compose", host=Host(name="app", path=str(tmp_path)), file="/srv/prod.yml")
    seen = look(app_log(path=None, compose=compose, service="database", pattern=DATABASE))
    assert list(seen.kinds) == [("FATAL", "53300")]
    asked = (tmp_path / "asked").read_text()
    assert asked == "compose -f /srv/prod.yml logs --no-color --no-log-prefix --since 24h database\n"


def test_only_a_few_lines_are_kept_and_only_their_beginnings(app_log: MakeLog, path: Path) -> None:
    path.write_text("".join(stamped(1, f"ERROR {number:04} {'x' * 500}") for number in range(50)))
    newest = look(app_log()).kinds[("ERROR", "")].newest
    assert [line[30:34] for line in newest] == ["0047", "0048", "0049"]
    assert max(map(len, newest)) == 200


def test_a_record_counts_for_the_first_pattern_that_fits_it(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "WARNING bigshot.auth: failed login") + stamped(1, "INFO sync done, failed: 0"))
    seen = look(app_log(), {"failed logins": "failed login", "anything": "failed", "nothing": "never"})
    assert {name: tally.count for name, tally in seen.matches.items()} == {
        "failed logins": 1, "anything": 1, "nothing": 0,
    }  # fmt: skip


def test_what_stands_between_records_matches_no_pattern(app_log: MakeLog, path: Path) -> None:
    path.write_text(stamped(1, "ERROR broke") + "  raise Unauthorized('failed login')\n")
    assert look(app_log(), {"any": "(?i)unauthorized"}).matches["any"].count == 0


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["WARNING bigshot.security: event=escalation id=1"], 1),
        (["WARNING bigshot.security: event=escalation id=1", "INFO bigshot.security: event-acknowledged id=1"], 0),
        (["WARNING bigshot.security: event=escalation id=1", "INFO bigshot.security: event-acknowledged id=11"], 1),
        (["INFO bigshot.security: event-acknowledged id=1", "WARNING bigshot.security: event=escalation id=1"], 1),
        (["WARNING bigshot.security: event=x id=1"] * 2 + ["INFO bigshot.security: event-acknowledged id=1"], 0),
        (["WARNING bigshot.security: event=escalation", "INFO bigshot.security: event-acknowledged id=1"], 1),
        (["INFO bigshot.security: event=login id=1"], 0),
    ],
)
def test_an_event_is_settled_by_a_later_acknowledgement_of_the_same_id(
    app_log: MakeLog, path: Path, lines: list[str], left: int
) -> None:
    path.write_text("".join(stamped(1, line) for line in lines))
    assert look(app_log(), {"events": EVENT}, ACKNOWLEDGED).matches["events"].count == left


def request(status: int, seconds: str, size: int = 45123) -> str:
    stamp = f"{datetime.now(UTC) - timedelta(minutes=1):%d/%b/%Y:%H:%M:%S +0000}"
    return f'198.51.100.7 - - [{stamp}] "GET /a%20b HTTP/1.1" {status} {size} "-" "Mozilla/5.0 (X11)" {seconds}\n'


@pytest.fixture
def access_log(app_log: MakeLog) -> Log:
    return app_log(pattern=ACCESS, time_format="%d/%b/%Y:%H:%M:%S %z")


def requests(log: Log) -> Any:
    return PROBES["log_requests"].look(log, 3600.0)


def test_the_status_counts_and_not_what_looks_like_one(access_log: Log, path: Path) -> None:
    path.write_text(request(200, "0.010", 45123) * 3 + request(502, "0.001", 404))
    seen = requests(access_log)
    assert seen.statuses == {"200": 3, "502": 1}
    assert seen.count == 4


def test_percentiles_are_those_of_the_sorted_times(access_log: Log, path: Path) -> None:
    path.write_text("".join(request(200, f"{number / 1000:.3f}") for number in range(100, 0, -1)))
    seen = requests(access_log)
    assert (seen.seconds_p50, seen.seconds_p95, seen.seconds_p99, seen.timed) == (0.050, 0.095, 0.099, 100)


def test_upgraded_connections_and_missing_times_do_not_count_as_answers(access_log: Log, path: Path) -> None:
    path.write_text(request(101, "3600.000") + request(499, "-") + request(200, "0.020"))
    seen = requests(access_log)
    assert (seen.count, seen.timed, seen.seconds_p99) == (3, 1, 0.020)


def test_a_log_without_times_has_no_percentiles(app_log: MakeLog, path: Path) -> None:
    path.write_text(request(200, "0.020"))
    pattern = ACCESS.replace("?P<seconds>", "?:")
    seen = requests(app_log(pattern=pattern, time_format="%d/%b/%Y:%H:%M:%S %z"))
    assert (seen.count, seen.timed, seen.seconds_p95) == (1, 0, None)


def test_a_time_that_can_be_none_is_told_and_not_taken(access_log: Log, path: Path) -> None:
    times = ("-5", "nan", "inf", "999999999", "0.1, 0.2", "0.020", "-")
    path.write_text("".join(request(200, seconds) for seconds in times))
    anything = access_log.model_copy(update={"pattern": ACCESS.replace(r"[\d.]+|-", ".+")})
    seen = requests(anything)
    assert (seen.count, seen.timed, seen.absurd_times, seen.seconds_p99) == (7, 1, 5, 0.020)


def test_a_status_that_is_none_makes_a_stray_line(access_log: Log, path: Path) -> None:
    path.write_text("".join(request(status, "0.1") for status in (0, 99, 100, 599, 600, 999)).replace('" 0 ', '" 000 '))
    seen = requests(access_log.model_copy(update={"pattern": ACCESS.replace(r"\d{3}", r"\d+")}))
    assert (seen.statuses, seen.stray_lines) == ({"100": 1, "599": 1}, 4)


def test_times_are_read_from_a_log_without_statuses_too(app_log: MakeLog, path: Path) -> None:
    path.write_text(request(200, "0.020"))
    seen = requests(app_log(pattern=ACCESS.replace("?P<status>", "?:"), time_format="%d/%b/%Y:%H:%M:%S %z"))
    assert (seen.count, seen.timed, seen.seconds_p95) == (1, 1, 0.020)


def test_requests_of_the_future_are_stray(access_log: Log, path: Path) -> None:
    path.write_text(request(500, "0.1").replace(f"{datetime.now(UTC):%Y}:", "2099:") + request(200, "0.1"))
    seen = requests(access_log)
    assert (seen.statuses, seen.stray_lines) == ({"200": 1}, 1)
