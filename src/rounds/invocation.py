"""The pytest line of a round: what `rounds run` prints and runs, and what a person may type instead."""

import argparse
import re
from pathlib import Path

_CONFIGURATIONS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
# Loading every installed plugin costs more than a small round; where pytest is configured, that decides.
_PLUGINS = ["--disable-plugin-autoload", "--import-mode=importlib", "-p", "rounds.plugin", "-p", "xdist.plugin"]


def pytest_line(options: argparse.Namespace, folder: Path) -> list[str]:
    """The pytest command line that does the same round."""
    line = ["pytest"]
    if options.batch:
        line += ["-m", re.sub(r"(?<=[a-z])-(?=[a-z])", "_", options.batch)]  # markers have no hyphens
    if options.systems or not _is_configured(folder):
        line += [f"--systems={options.systems or 'systems'}"]  # one word: pytest takes a folder for its root otherwise
    if not _is_configured(folder):
        line += _PLUGINS
    for name in ("system", "id"):
        for value in getattr(options, name):
            line += [f"--{name}", value]
    line += ["--round-deadline", options.deadline] if options.deadline else []
    line += ["--round-wait", options.wait] if getattr(options, "wait", None) else []
    line += [f"--reports={options.reports}"] if options.reports else []
    line += [f"--state={options.state}"] if options.state else []
    line += [f"--history={options.history}"] if getattr(options, "history", None) else []
    line += [f"--keep={options.keep}"] if getattr(options, "keep", None) else []
    line += ["--fail-on-warning"] if options.strict else []
    line += ["--rounds-durations"] if getattr(options, "durations", False) else []
    line += ["-p", "no:terminal"] if options.quiet else []
    return [*line, *options.extra]


def mistake_in(history: str) -> str:
    """What is wrong with the URL of a history on a command line, which everybody on the machine may see."""
    login = history.partition("://")[2].rpartition("@")[0]
    secret = login.partition(":")[2]
    in_query = re.search(r"[?&]\w*password=(?!\$\{)", history)
    if not in_query and (not secret or re.fullmatch(r"\$\{\w+\}", secret)):
        return ""
    return "a password on the command line is seen by all: give '${NAME}', in single quotes, or file:/path"


def setting(name: str, folder: Path) -> str:
    """A value of pytest's own configuration, here or above, before pytest runs, or without; empty if not there."""
    return _found(name, folder)[0]


def folder_of(name: str, otherwise: str) -> Path:
    """A folder of that configuration: like pytest's own, it is meant from where the configuration stands."""
    value, place = _found(name, Path.cwd())
    return place / value if value else Path(otherwise)


def reports_folder(given: Path | None) -> Path:
    """Where rounds leave their reports, for the commands that read them: an option, or as rounds are configured."""
    return given or folder_of("rounds_reports", "reports")


def _found(name: str, folder: Path) -> tuple[str, Path]:
    line = re.compile(rf"^[ \t]*{name}[ \t]*=[ \t]*[\"']?([^\"'#\r\n]*)", re.MULTILINE)
    found = [(match[1].strip(), path.parent) for path, text in _configured(folder) if (match := line.search(text))]
    return found[0] if found else ("", folder)


def _is_configured(folder: Path) -> bool:
    """Whether pytest's own configuration turns rounds on."""
    return any("rounds_systems" in text for _, text in _configured(folder))


def _configured(folder: Path) -> list[tuple[Path, str]]:
    """The files that pytest may be configured in, with their texts: of the nearest folder, here or above, with any."""
    for place in (folder, *folder.parents):
        found = [place / name for name in _CONFIGURATIONS if (place / name).is_file()]
        if found:
            return [(path, path.read_text(encoding="utf-8", errors="replace")) for path in found]
    return []
