"""The pytest plugin: turns a pytest run over a folder of systems into a round. Any other pytest run it leaves alone."""

import gc
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rounds.settings import Settings, add_options, read_settings
from rounds.text import say

if TYPE_CHECKING:
    from rounds.running import Running
    from rounds.secret import Redactor
    from rounds.select import Selection
    from rounds.turn import Turn


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    settings = read_settings(config)
    if settings is None:
        return
    gc.disable()  # until everything is there that lasts as long as the round, see pytest_collection_finish
    config.add_cleanup(gc.enable)
    from rounds import fixtures  # noqa: PLC0415
    from rounds.environment import let_look_threads_read_the_environment  # noqa: PLC0415
    from rounds.history import History  # noqa: PLC0415 - a pytest run that is no round imports none of this
    from rounds.judging import Judging  # noqa: PLC0415
    from rounds.loggers import let_look_threads_make_loggers  # noqa: PLC0415
    from rounds.looking import Looking  # noqa: PLC0415
    from rounds.probe import KEPT, Later  # noqa: PLC0415
    from rounds.running import Running  # noqa: PLC0415
    from rounds.secret import Redactor  # noqa: PLC0415
    from rounds.select import Selection, is_worker  # noqa: PLC0415
    from rounds.targets import secrets_of  # noqa: PLC0415

    turn = None if is_worker(config) else _take_turn(settings, config)
    _prepare(config)
    let_look_threads_make_loggers()
    let_look_threads_read_the_environment(config)
    manager = config.pluginmanager
    probes = Later(fixtures.__name__, Path(next(iter(fixtures.__path__))))
    manager.register(probes.plugin, "rounds-probes")
    config.add_cleanup(partial(setattr, KEPT, "folder", KEPT.folder))
    KEPT.folder = settings.state
    selection = Selection(settings, config)
    redactor = Redactor()
    for target in selection.inventory.targets:
        for secret in secrets_of(target):
            redactor.learn(secret)
    if settings.history is not None:
        redactor.learn(settings.history.get_secret_value())
    looking = Looking(settings.parallel, time.monotonic() + settings.deadline_seconds)
    judging = Judging(looking, History(settings.state, settings.history, settings.kept_days), redactor)
    manager.register(selection, "rounds-selection")
    manager.register(judging, "rounds-judging")
    if any("retry" in row.data for row in selection.inventory.rows):
        from rounds.retrying import Retrying  # noqa: PLC0415 - most rounds need none

        manager.register(Retrying(looking, judging), "rounds-retrying")
    if turn:
        running = Running(settings, selection, looking, redactor.clean)
        running.told.problems += [turn.problem] if turn.problem else []
        running.told.notices += [redactor.clean(notice) for notice in selection.inventory.notices]
        if (settings.systems / "alerts.yaml").exists():
            _register_alerts(manager, settings, selection, running, redactor)
        judging.progress = running.progress
        manager.register(running, "rounds-running")


def _register_alerts(
    manager: pytest.PytestPluginManager,
    settings: Settings,
    selection: "Selection",
    running: "Running",
    redactor: "Redactor",
) -> None:
    """Somebody is to be told."""
    from rounds.alerting.alerts import Alerts, alerting_of, rows_of  # noqa: PLC0415 - only where somebody is told

    alerting = alerting_of(settings.systems, selection.inventory.own_mistakes, redactor)
    if alerting is not None:
        rows = partial(rows_of, selection.inventory)
        alerts = Alerts(alerting, lambda: running.told, running.history.store, redactor.clean, rows)
        alerts.ends_at = running.looking.ends_at
        manager.register(alerts, "rounds-alerts")


def _take_turn(settings: Settings, config: pytest.Config) -> "Turn":
    """Before anything is read: a second round of a batch ends here, as unknown, and leaves no report behind."""
    from rounds.turn import TurnTaken, take  # noqa: PLC0415

    try:
        turn = take(settings.state, settings.batch, config.invocation_params.args, settings.wait_seconds)
    except TurnTaken as taken:
        pytest.exit(str(taken), pytest.ExitCode.TESTS_FAILED)
    config.add_cleanup(turn.end)
    if turn.died:
        say(f"the {settings.batch} round before this one died before its end: {turn.died}", sys.stderr)
    return turn


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What was made so far stays to the end: to search it for garbage again and again would cost a sixth of a round."""
    if session.config.pluginmanager.hasplugin("rounds-selection"):
        gc.freeze()
        gc.enable()


def _prepare(config: pytest.Config) -> None:
    """Let pytest go on after a file that cannot be collected, and leave the telling to the round."""
    option: Any = config.option
    option.continue_on_collection_errors = True
    if getattr(option, "verbose", 1) <= 0:
        option.verbose = -2
        option.tbstyle = "no"
        option.reportchars = ""
        option.disable_warnings = True


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, str] | None:
    """No dots and letters: the round tells at its end."""
    if getattr(config.option, "verbose", 0) != -2 or not config.pluginmanager.hasplugin("rounds-running"):
        return None
    if report.when != "call" and not report.failed and not report.skipped:
        return "", "", ""
    category = "error" if report.failed and report.when != "call" else report.outcome
    return category, "", ""
