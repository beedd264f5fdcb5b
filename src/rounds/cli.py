"""The command `rounds`: one subcommand a module in `rounds.commands`."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

import rounds
import rounds.commands


def parser(given: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of the command, with the subcommand that is asked for, or else with all in `rounds.commands`.

    To import all of them takes longer than the start of a round.
    """
    top = argparse.ArgumentParser(
        prog="rounds", description="Runbooks as pytest checks: look at running systems, judge, record, tell."
    )
    top.add_argument("--version", action="version", version=f"rounds {rounds.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    names = [module.name for module in pkgutil.iter_modules(rounds.commands.__path__)]
    asked = [word for word in given[:1] if word in names]
    for name in asked or names:
        importlib.import_module(f"rounds.commands.{name}").add(commands)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand and return its exit code; a mistake in the words given is 4, as pytest has it."""
    given = sys.argv[1:] if arguments is None else arguments
    own, extra = _split(given)
    try:
        options = parser(own).parse_args(own)
    except SystemExit as error:
        return 4 if error.code else 0
    options.extra = extra
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141


def _split(given: list[str]) -> tuple[list[str], list[str]]:
    """What stands behind `--` is not ours."""
    if "--" not in given:
        return given, []
    at = given.index("--")
    return given[:at], given[at + 1 :]
