"""The systems that come with an embedded estate, as commands name them."""

import argparse

from rounds.inventory.mistakes import nearest

EVERY = "all"


class NoEstate(Exception):  # noqa: N818 - it names what is not there
    """There is no such estate, its parts are not installed, or one of them did not start."""


def add_systems(words: argparse.ArgumentParser, default: str) -> None:
    words.add_argument(
        "systems", nargs="*", default=[default], metavar="SYSTEM", help=f"a system, or {EVERY} (default: {default})"
    )


def chosen(given: list[str]) -> list[str]:
    """The systems that were named. Raises NoEstate with the nearest right word, or when the extra is missing."""
    try:
        from rounds.estate import SYSTEMS  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        raise NoEstate(f"estates need the extra; from the clone: pip install '.[demo]' ({error})") from None
    for name in given:
        if name not in (*SYSTEMS, EVERY):
            raise NoEstate(f"there is no estate of {name!r}{nearest(name, [*SYSTEMS, EVERY])}")
    return list(SYSTEMS) if EVERY in given else list(dict.fromkeys(given))
