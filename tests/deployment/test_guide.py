"""The guide names only files, commands and options that there are, and figures that are true."""

import re

import pytest

from rounds.cli import parser


@pytest.fixture
def guide(deploy):
    return (deploy / "README.md").read_text()


def test_every_file_it_leads_to_is_there(guide, deploy):
    for path in re.findall(r"\]\(([a-z][^)#]+)\)", guide):
        assert (deploy / path).is_file(), path
    for path in re.findall(r"`(optional/[\w.-]+)`", guide):
        assert (deploy / "systemd" / path).is_file(), path
    for name in re.findall(r"rounds/(\w+\.rules\.yaml)", guide):
        assert (deploy / "prometheus" / name).is_file(), name


def test_every_section_it_leads_to_is_there(guide):
    titles = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", guide, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", guide)) <= titles


def test_every_command_of_rounds_is_one(guide):
    for words in re.findall(r"`rounds ([^`]+)`", guide):
        parser().parse_args(words.split())


def test_what_is_installed_is_there(guide, deploy):
    for name in re.findall(r"^install -m \d+ (\w\S+)", guide, re.MULTILINE):
        assert (deploy / "systemd" / name).is_file(), name
    timers = {path.name for path in (deploy / "systemd").glob("*.timer")}
    assert set(re.findall(r"rounds@\w+\.timer", guide)) <= timers


def test_every_folder_is_told_of(guide, deploy):
    for folder in deploy.iterdir():
        assert not folder.is_dir() or folder.name in guide.lower()


def test_the_score_it_tells_is_the_one_that_systemd_gives(guide, deploy, said, needed, tmp_path):
    analyze = needed("systemd-analyze", "systemd")
    unit, added = tmp_path / "rounds@.service", tmp_path / "rounds@.service.d"
    unit.write_text((deploy / "systemd" / "rounds@.service").read_text())
    told = re.search(r"gives it ([\d.]+) of 10.*?\(([\d.]+)\)", guide, re.DOTALL).groups()
    given = []
    for optional in (None, "this-machine.conf"):
        if optional:
            added.mkdir()
            (added / optional).write_text((deploy / "systemd" / "optional" / optional).read_text())
        scores = said(analyze, "security", "--offline=yes", "--no-pager", unit)
        given.append(re.findall(r"exposure level for .*?: ([\d.]+)", scores)[0])
    for one, other in zip(given, told, strict=True):
        assert abs(float(one) - float(other)) <= 0.5, "a newer systemd counts a little differently"
