"""What stands in the rooms is in the wheel, too."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
ROOMS = {"rounds": "src/rounds", "rounds.checks": "checks", "rounds.fixtures": "fixtures", "rounds.estate": "estate",
         "rounds.systems": "systems"}  # fmt: skip


def test_every_folder_with_modules_is_a_package_of_the_wheel():
    found = set()
    for room, folder in ROOMS.items():
        for path in (ROOT / folder).rglob("*.py"):
            inner = path.parent.relative_to(ROOT / folder).parts
            found.add(".".join([room, *inner]))
    assert found == set(SETUP["packages"])


def test_every_file_that_is_no_module_is_in_the_wheel():
    left_out = []
    for room, folder in ROOMS.items():
        patterns = SETUP["package-data"].get(room, [])
        home = ROOT / folder
        shipped = {path for pattern in patterns for path in home.glob(pattern)}
        shipped |= {path for inner, given in SETUP["package-data"].items() if inner.startswith(f"{room}.")
                    for pattern in given for path in (home / inner.removeprefix(f"{room}.")).glob(pattern)}  # fmt: skip
        left_out += [path for path in home.rglob("*") if path.is_file() and path not in shipped
                     and path.suffix not in (".py", ".pyc")]  # fmt: skip
    assert left_out == []
