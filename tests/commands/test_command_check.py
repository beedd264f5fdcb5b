"""What is said of a command that was run."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_commands as checks
from rounds.fixtures.commands import Ended
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Host

REPORT = "PASS alpha\nFAIL beta: refused\nPASS gamma\n3 sources tested, 1 failing, took 1.5 s\n"
GOOD = REPORT.replace("FAIL beta: refused", "PASS beta").replace("1 failing", "0 failing")
READS = [r"^(?P<sources>\d+) sources tested, (?P<failing>\S+) failing"]
LIMITS = {"sources": {"at_least": 3}, "failing": {"at_most": 0}}

Judge = Callable[..., Observer]


@pytest.fixture
def judge(row: Callable[..., Any]) -> Judge:
    def judged(output: str, ended: int | None = 0, seconds: float = 1.0, **given: Any) -> Observer:
        observer = Observer()
        expected = row(checks.Command, host=Host(name="app"), **({"command": ["cli", "check"]} | given))
        checks.test_command(expected, Ended(ended, output, "", seconds), observer)
        return observer

    return judged


def test_a_report_without_failures_is_green(judge: Judge) -> None:
    seen = judge(GOOD, reads=READS, limits=LIMITS, must_match="^3 sources", must_not_match="^FAIL")
    assert seen.outcome is Outcome.OK


def test_exit_status_0_does_not_hide_the_failures_that_were_printed(judge: Judge) -> None:
    assert judge(REPORT, reads=READS, limits=LIMITS).outcome is Outcome.CRITICAL
    assert judge(REPORT, must_not_match="^FAIL").outcome is Outcome.CRITICAL
    counted = judge(REPORT, counts={"failures": "^FAIL ", "passes": "^PASS "}, limits={"failures": {"at_most": 0}})
    assert counted.outcome is Outcome.CRITICAL
    assert "beta: refused" in judge(REPORT, must_not_match="^FAIL.*").summary


def test_too_few_sources_are_not_a_clean_report(judge: Judge) -> None:
    assert judge(GOOD.replace("3 sources", "2 sources"), reads=READS, limits=LIMITS).outcome is Outcome.CRITICAL


@pytest.mark.parametrize("output", ["", "Usage: cli COMMAND\n", "three sources tested, no failing\n"])
def test_a_figure_that_is_not_told_is_critical(judge: Judge, output: str) -> None:
    assert judge(output, reads=READS, limits=LIMITS).outcome is Outcome.CRITICAL
    assert judge(output, reads=READS).outcome is Outcome.CRITICAL
    assert judge(output, must_match="sources tested, 0").outcome is Outcome.CRITICAL


def test_a_word_where_a_figure_is_due_is_critical(judge: Judge) -> None:
    assert judge(GOOD.replace("0 failing", "n/a failing"), reads=READS, limits=LIMITS).outcome is Outcome.CRITICAL
    assert judge(GOOD.replace("0 failing", "nan failing"), reads=READS, limits=LIMITS).outcome is Outcome.UNKNOWN


def test_nothing_printed_is_no_absence_of_failures(judge: Judge) -> None:
    assert judge("", must_not_match="FAIL").outcome is Outcome.UNKNOWN
    assert judge(" \n", counts={"failures": "FAIL"}, limits={"failures": {"at_most": 0}}).outcome is Outcome.UNKNOWN
    assert judge("").outcome is Outcome.OK


def test_of_several_figures_under_one_name_the_worst_counts(judge: Judge) -> None:
    output = "a: 0 failing\nb: 4 failing\nc: 1 failing\n"
    seen = judge(output, reads=[r"(?P<failing>\d+) failing"], limits={"failing": {"at_most": 3}})
    assert seen.observations[-1].value == 4
    seen = judge(output, reads=[r"(?P<failing>\d+) failing"], limits={"failing": {"at_least": 0}})
    assert (seen.outcome, seen.observations[-1].value) == (Outcome.OK, 0)


def test_words_are_compared_as_words(judge: Judge) -> None:
    row = {"reads": [r"^(?P<component>\w+)$"], "limits": {"component": {"exactly": ["healthy", "ok"]}}}
    assert judge("healthy\nok\n", **row).outcome is Outcome.OK
    assert judge("healthy\nunhealthy\n", **row).outcome is Outcome.CRITICAL


def test_figures_have_the_unit_of_their_limit(judge: Judge) -> None:
    row = {"reads": [r"size: (?P<size>.+)$"], "limits": {"size": {"at_most": "2 MB", "unit": "B"}}}
    assert judge("size: 1,500,000", **row).outcome is Outcome.OK
    assert judge("size: 1.5MB", **row).outcome is Outcome.OK
    assert judge("size: 3 MB", **row).outcome is Outcome.CRITICAL
    warned = judge(
        "size: 3 MB",
        reads=row["reads"],
        limits={"size": {"at_most": {"warning": "2MB", "critical": "4MB"}, "unit": "B"}},
    )
    assert warned.outcome is Outcome.WARNING


def test_figures_without_a_limit_are_recorded(judge: Judge) -> None:
    seen = judge(
        "hits 91 misses 9 version v1.2", reads=[r"hits (?P<hits>\d+) misses (?P<misses>\d+)", r"(?P<version>v\S+)"]
    )
    assert [(each.name, each.value) for each in seen.observations[2:]] == [
        ("hits", 91),
        ("misses", 9),
        ("version", "v1.2"),
    ]


def test_the_exit_status_counts_and_another_may_be_expected(judge: Judge) -> None:
    failed = judge("could not connect\n", 2)
    assert failed.outcome is Outcome.CRITICAL
    assert "could not connect" in failed.summary
    assert judge("x", 2, status=[0, 2]).outcome is Outcome.OK
    assert judge("x", 0, status=1).outcome is Outcome.CRITICAL


def test_a_command_that_was_stopped_is_critical_whatever_it_had_printed(judge: Judge) -> None:
    seen = judge(GOOD, None, 30.0, reads=READS, limits=LIMITS)
    assert seen.outcome is Outcome.CRITICAL
    assert len(seen.observations) == 1


def test_a_slow_command_warns(judge: Judge) -> None:
    assert judge("x", seconds=9, slow="5s").outcome is Outcome.WARNING
    assert judge("x", seconds=4, slow="5s").outcome is Outcome.OK


def test_what_a_command_with_secrets_prints_is_not_shown(judge: Judge) -> None:
    seen = judge("FAIL with s3cret\n", 1, env_file="/etc/cli.env", must_not_match="FAIL.*")
    assert seen.outcome is Outcome.CRITICAL
    assert "s3cret" not in "".join(each.sentence for each in seen.observations)


def test_arguments_are_quoted_and_the_look_lasts_as_long_as_the_command_may(row: Callable[..., Any]) -> None:
    expected = row(
        checks.Command, host=Host(name="app"), command=["cli", "a b", "$(reboot)", "it's", 7], timeout="5min"
    )
    assert expected.command == "cli 'a b' '$(reboot)' 'it'\"'\"'s' 7"
    assert expected.deadline == 320


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"command": []}, "command"),
        ({"command": "  "}, "nothing to run"),
        ({"command": "psql postgresql://app:hunter2@db/shop -c 1"}, "process list"),
        ({"command": "mysqladmin --password=hunter2 status"}, "process list"),
        ({"command": ["cli", "--api-token", "abcdef"]}, "process list"),
        ({"env": {"PGPASSWORD": "hunter2"}}, "looks like a secret"),
        ({"env": {"DATABASE": "postgresql://app:hunter2@db/shop"}}, "looks like a secret"),
        ({"env": {"a b": "c"}}, "no name of a variable"),
        ({"reads": ["no group"]}, "no named group"),
        ({"reads": READS, "limits": {"failed": {"at_most": 0}}}, "no group or count 'failed'; did you mean 'failing'"),
        ({"reads": READS, "limits": {"failing": {"at_most": 0, "at_least": 1}}}, "one of at_most, at_least, exactly"),
        ({"reads": READS, "limits": {"failing": {}}}, "one of at_most, at_least, exactly"),
        ({"reads": READS, "limits": {"failing": {"at_most": "5 MB"}}}, "is a size"),
        ({"timeout": "10 MB"}, "is a size"),
    ],
)
def test_a_row_that_cannot_work_is_refused_without_telling_secrets(
    row: Callable[..., Any], given: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told) as refused:
        row(checks.Command, host=Host(name="app"), **({"command": "cli"} | given))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "command",
    [
        "cli --token-file /run/token",
        "psql -U app -w",
        'cli --password="$PASSWORD"',
        "curl http://localhost:8000/health",
        "cli --password $CLI_PASSWORD",
    ],
)
def test_commands_without_secrets_are_taken(row: Callable[..., Any], command: str) -> None:
    assert row(checks.Command, host=Host(name="app"), command=command).command == command
