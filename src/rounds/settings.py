"""Settings of a round: pytest options and ini values with one meaning each, read in one place."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True)
class Settings:
    """Where the systems, reports and state are, which systems and ids are meant, and how long the round may take."""

    systems: Path
    reports: Path
    state: Path
    only_systems: tuple[str, ...]
    only_ids: tuple[str, ...]
    batch: str
    deadline_seconds: float
    parallel: int
    fail_on_warning: bool
    durations: bool = False
    wait_seconds: float = 0.0
    longest_waiver_seconds: float = 90 * 86_400.0
    history: "SecretStr | None" = None
    kept_days: float = 400.0


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and ini values of Rounds."""
    group = parser.getgroup("rounds", "rounds: checks over running systems")
    group.addoption("--systems", metavar="DIR", help="folder with one folder a system (ini: rounds_systems)")
    group.addoption("--system", action="append", default=[], metavar="NAME", help="only this system; may be repeated")
    group.addoption(
        "--id",
        action="append",
        default=[],
        metavar="ID",
        help="only this expectation (* matches any text); may be repeated",
    )
    group.addoption("--batch", metavar="NAME", help="name of the batch; the word given to -m when left out")
    group.addoption("--reports", metavar="DIR", help="where reports go (ini: rounds_reports; default: reports)")
    group.addoption("--state", metavar="DIR", help="where history is kept (ini: rounds_state; default: .rounds)")
    group.addoption(
        "--history", metavar="URL", help="a PostgreSQL with the history: '${NAME}' or file:/path (ini: rounds_history)"
    )
    group.addoption("--keep", metavar="TIME", help="for how long history is kept (ini: rounds_keep; default: 400d)")
    group.addoption(
        "--round-deadline", metavar="TIME", help="the whole round ends after this, e.g. 10m (ini: rounds_deadline)"
    )
    group.addoption("--round-wait", metavar="TIME", help="wait this long while another round of the batch runs")
    group.addoption("--fail-on-warning", action="store_true", help="a warning makes the round fail, too")
    group.addoption("--rounds-durations", action="store_true", help="say for each system where the time went")
    parser.addini("rounds_systems", "folder with one folder a system; setting it turns rounds on", default="")
    parser.addini("rounds_reports", "where reports go", default="reports")
    parser.addini("rounds_state", "where history is kept", default=".rounds")
    parser.addini(
        "rounds_history", "a PostgreSQL with the history, that runners share; not in the state folder", default=""
    )
    parser.addini("rounds_keep", "for how long history is kept", default="400d")
    parser.addini("rounds_deadline", "the whole round ends after this", default="1h")
    parser.addini("rounds_longest_waiver", "the longest time that something may be waived", default="90d")
    parser.addini("rounds_parallel", "the most looks at once, over all targets", default="128")


def read_settings(config: pytest.Config) -> Settings | None:
    """The settings of this run, or None when this pytest run is no round. Raises pytest.UsageError."""
    given = config.getoption("systems") or config.getini("rounds_systems")
    if not given or config.option.collectonly:
        return None
    from rounds.quantities import read  # noqa: PLC0415 - a pytest run that is no round does not import pydantic

    deadline = config.getoption("round_deadline") or config.getini("rounds_deadline")
    try:
        seconds = read(deadline, "s")
    except ValueError as error:
        raise pytest.UsageError(f"--round-deadline: {error}") from None
    try:
        wait = read(config.getoption("round_wait") or "0s", "s")
    except ValueError as error:
        raise pytest.UsageError(f"--round-wait: {error}") from None
    try:
        longest_waiver = read(config.getini("rounds_longest_waiver"), "s")
    except ValueError as error:
        raise pytest.UsageError(f"rounds_longest_waiver: {error}") from None
    return Settings(
        systems=_below(config, given),
        reports=_below(config, config.getoption("reports") or config.getini("rounds_reports")),
        state=_below(config, config.getoption("state") or config.getini("rounds_state")),
        only_systems=tuple(config.getoption("system")),
        only_ids=tuple(config.getoption("id")),
        batch=_slug(config.getoption("batch") or "") or _batch(config),
        deadline_seconds=seconds,
        parallel=_at_least_one(config.getini("rounds_parallel")),
        fail_on_warning=config.getoption("fail_on_warning"),
        durations=config.getoption("rounds_durations"),
        wait_seconds=wait,
        longest_waiver_seconds=longest_waiver,
        history=_shared_history(config),
        kept_days=_kept_days(config),
    )


def _shared_history(config: pytest.Config) -> "SecretStr | None":
    from rounds.history_place import shared_url, shared_url_of_option  # noqa: PLC0415 - as above

    option = config.getoption("history")
    try:
        return shared_url_of_option(option) if option else shared_url(config.getini("rounds_history"))
    except ValueError as error:
        raise pytest.UsageError(f"{'--history' if option else 'rounds_history'}: {error}") from None


def _kept_days(config: pytest.Config) -> float:
    from rounds.history_place import kept_days  # noqa: PLC0415 - as above

    try:
        return kept_days(config.getoption("keep") or config.getini("rounds_keep"))
    except ValueError as error:
        raise pytest.UsageError(f"--keep: {error}") from None


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60]


def _at_least_one(given: str) -> int:
    if not given.isdigit() or int(given) < 1:
        raise pytest.UsageError(f"rounds_parallel: {given!r} is not a number of looks, such as 128")
    return int(given)


def _batch(config: pytest.Config) -> str:
    """The word given to -m; a round over a part of it has a name of its own: no status takes it for the whole."""
    name = _slug(str(config.getoption("markexpr") or "all"))
    name = "-".join([name, *sorted(config.getoption("system"))])
    by_hand = config.args_source is pytest.Config.ArgsSource.ARGS
    narrowed = any(config.getoption(option, default=None) for option in ("id", "keyword", "deselect", "lf"))
    return f"{name}-part" if narrowed or by_hand else name


def _below(config: pytest.Config, folder: str) -> Path:
    return (config.rootpath / folder).resolve()
