"""Where the history is, for rounds and commands alike: an option, or the value in pytest's own configuration."""

import argparse
import os
import re
from pathlib import Path

from pydantic import SecretStr, TypeAdapter, ValidationError

from rounds.history import KEPT_DAYS, History
from rounds.invocation import folder_of, mistake_in, setting
from rounds.quantities import read
from rounds.secret import Secret

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


def shared_url(given: str) -> SecretStr | None:
    """The URL of a shared history, `${NAME}` filled from the environment; nothing given is none. Raises ValueError."""
    if not given:
        return None
    for match in _VARIABLE.finditer(given):
        if match["default"] is None and not os.environ.get(match["name"]):
            raise ValueError(f"the variable {match['name']} is not set")
    filled = _VARIABLE.sub(lambda match: os.environ.get(match["name"]) or match["default"] or "", given)
    try:
        url: SecretStr = TypeAdapter(Secret).validate_python(filled)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    if not re.match(r"postgres(?:ql)?://", url.get_secret_value()):
        raise ValueError("postgresql://user:password@host/database is due, as ${NAME} or file:/path")
    return url


def shared_url_of_option(given: str) -> SecretStr | None:
    """The same of an option: everybody on a machine sees what stands on a command line. Raises ValueError."""
    if why := mistake_in(given):
        raise ValueError(why)
    return shared_url(given)


def kept_days(given: str) -> float:
    """For how long history is kept; nothing given is 400 days. Raises ValueError."""
    days = read(given, "s") / 86400 if given else KEPT_DAYS
    if days < 1:
        raise ValueError(f"{given!r} is less than a day, and rounds compare with the day before")
    return days


def add_place(words: argparse.ArgumentParser) -> None:
    """The options of a command that reads or writes the history."""
    words.add_argument("--state", metavar="DIR", type=Path, help="where history is kept (default: as rounds have it)")
    words.add_argument("--history", metavar="URL", help="a PostgreSQL with the history: '${NAME}' or file:/path")


def history_of(options: argparse.Namespace) -> History:
    """The history that rounds in this folder use. Raises ValueError with plain words for a person."""
    here = Path.cwd()
    state = options.state or folder_of("rounds_state", ".rounds")
    try:
        kept = kept_days(setting("rounds_keep", here))
        if options.history:
            return History(state, shared_url_of_option(options.history), kept)
        url = None if options.state else shared_url(setting("rounds_history", here))
    except ValueError as error:
        raise ValueError(f"where the history is: {error}") from None
    return History(state, url, kept)
