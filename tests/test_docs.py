"""What the docs claim, a test reads."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rounds.cli import main, parser
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


def test_the_readmes_configuration_turns_a_bare_pytest_run_into_a_round(tmp_path):
    (tmp_path / "pytest.toml").write_text(re.findall(r"```toml\n(.*?)```", README, re.DOTALL)[0])
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)
    (folder / "inventory.yaml").write_text("targets:\n  web: {kind: host}\n")
    row = "- {id: shop.resources.disk, check: disk-usage, host: web, used: 100%, when: [daily], runbook: Daily}\n"
    (folder / "expectations.yaml").write_text(row)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "daily"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (tmp_path / "reports" / "latest" / "results.json").is_file(), done.stdout + done.stderr


def test_the_shell_examples_are_plain_ascii():
    for example in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        assert example.isascii(), example


def test_the_form_of_runbook_yaml_that_the_docs_show_is_read_by_coverage(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "inventory.md").read_text()
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)
    (folder / "runbook.yaml").write_text(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    row = "- {id: shop.health.api, check: http-status, when: [daily, continuous]}\n"
    (folder / "expectations.yaml").write_text(row)
    assert main(["coverage"]) == 1
    assert "1 of 2 expectations are checked" in capsys.readouterr().out


def test_the_estate_is_not_started_for_a_command_that_there_is_not(capsys):
    assert main(["estate", "--", "no-such-command"]) == 4
    assert "there is no command 'no-such-command' here" in capsys.readouterr().err


def test_the_estate_finds_the_commands_of_its_own_environment(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert main(["estate", "--", "pytest", "--version"]) == 0


def test_the_readmes_folders_are_there():
    for folder in re.findall(r"`([a-z./]+/)`", README.partition("## Where things are")[2]):
        assert (ROOT / folder).is_dir()
