"""What the docs claim, a test reads."""

import inspect
import re
from pathlib import Path

import pytest

from rounds.cli import parser
from rounds.commands.checks import manual
from rounds.inventory.schema import models_of
from rounds.select import own_checks
from rounds.targets import kinds

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_manual_of_checks_is_what_the_code_says():
    assert (ROOT / "docs" / "checks.md").read_text().splitlines() == list(manual([]))


@pytest.mark.parametrize(
    ("name", "function"), [(name, each[0]) for name, each in sorted(models_of([own_checks()]).items())]
)
def test_every_check_says_what_holds_and_what_to_do(name, function):
    said, _, remedy = (inspect.getdoc(function) or "").partition("Remedy:")
    assert said.strip().endswith("."), f"{name} says what must hold"
    assert len(remedy.split()) >= 5, f"{name} says what to do next"


def test_the_inventory_page_names_every_kind_of_target():
    page = (ROOT / "docs" / "inventory.md").read_text()
    assert {f"`{kind}`" for kind in kinds()} <= set(re.findall(r"^\| (`[a-z-]+`)", page, re.MULTILINE))


def test_the_readme_names_only_commands_and_options_that_there_are():
    for words in re.findall(r"`rounds ([^`…]+)`", README):
        line = [word.strip("\"'") for word in re.findall(r"\"[^\"]*\"|'[^']*'|\S+", words.partition(" -- ")[0])]
        line = ["inventory" if word == "expectations" and line[0] == "schema" else word for word in line]
        parser().parse_args(line)


def test_the_readmes_folders_are_there():
    for folder in re.findall(r"`([a-z./]+/)`", README.partition("## Where things are")[2]):
        assert (ROOT / folder).is_dir()
