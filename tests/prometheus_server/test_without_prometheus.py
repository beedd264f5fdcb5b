"""Where the programs are missing: said plainly, and never passed over in CI."""

import pytest

from rounds.estate.ground import Servant
from rounds.estate.part import EstateError
from rounds.estate.prometheus import Prometheus, Series, level


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_programs")
def test_an_estate_without_it_says_what_to_install(tmp_path):
    with pytest.raises(EstateError, match="apt-get install prometheus"):
        Prometheus(tmp_path, Servant(), [])


@pytest.mark.usefixtures("no_programs")
def test_its_tests_fail_in_ci_and_are_skipped_elsewhere(monkeypatch, needs):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="must be there in CI"):
        needs()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="apt-get install prometheus"):
        needs()


def test_series_that_promtool_refuses_are_told(tmp_path, needs):
    needs()
    refused = Prometheus(tmp_path, Servant(), [Series("no name", {}, level(1))])
    with pytest.raises(EstateError, match="promtool refuses the series"):
        refused.start()
