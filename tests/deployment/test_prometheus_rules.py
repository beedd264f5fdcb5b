"""Prometheus reads the rules, their own tests pass, and they speak of nothing that Rounds does not write."""

import re

import pytest
import yaml

from rounds.cadence import DUE_WITHIN
from rounds.quantities import read

RULES = ("records.rules.yaml", "rounds.rules.yaml", "expectations.rules.yaml")
TESTS = ("expectations.rules.test.yaml", "rounds-ages.rules.test.yaml", "rounds.rules.test.yaml")
NOT_OURS = {"node_textfile_scrape_error"}
"""Written by node_exporter."""


@pytest.fixture(scope="module")
def rules(deploy):
    read = [yaml.safe_load((deploy / "prometheus" / name).read_text()) for name in RULES]
    return [rule for file in read for group in file["groups"] for rule in group["rules"]]


def test_all_files_are_known_to_these_tests(deploy):
    assert {path.name for path in (deploy / "prometheus").iterdir()} == {*RULES, *TESTS}


@pytest.mark.parametrize("name", RULES)
def test_prometheus_takes_the_rules(deploy, needed, said, name):
    assert "SUCCESS" in said(needed("promtool", "prometheus"), "check", "rules", name, cwd=deploy / "prometheus")


@pytest.mark.parametrize("name", TESTS)
def test_the_rules_do_what_their_tests_say(deploy, needed, said, name):
    assert "SUCCESS" in said(needed("promtool", "prometheus"), "test", "rules", name, cwd=deploy / "prometheus")


def test_a_rule_that_does_something_else_would_be_found(deploy, needed, said, tmp_path):
    for path in (deploy / "prometheus").iterdir():
        text = path.read_text().replace("newest == 3", "newest == 4").replace("15 * 60", "15 * 6000")
        (tmp_path / path.name).write_text(text)
    for name in ("expectations.rules.test.yaml", "rounds.rules.test.yaml"):
        assert "FAILED" in said(needed("promtool", "prometheus"), "test", "rules", name, cwd=tmp_path, code=1)


SERIES = """
      - {{series: 'rounds_round_finished_timestamp_seconds{{job="rounds",batch="daily",{label}="{runner}"}}', values: "1x5"}}
      - {{series: 'rounds_expectation_outcome{{job="rounds",batch="daily",id="{runner}.a.b",{label}="{runner}"}}', values: "0x5"}}"""
TEST = """rule_files: [records.rules.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:{series}
    promql_expr_test:
      - {{expr: "count(rounds:expectation_outcome:newest)", eval_time: 3m, exp_samples: [{{labels: "{{}}", value: 2}}]}}
"""


def test_runners_of_a_pushgateway_are_told_apart_by_the_label_that_the_docs_name(deploy, needed, said, tmp_path):
    pages = (deploy / "README.md", deploy.parent / "docs" / "alerts.md")
    (label,) = {name for page in pages for name in re.findall(r"`labels: \{(\w+): east\}`", page.read_text())}
    (tmp_path / "records.rules.yaml").write_text((deploy / "prometheus" / "records.rules.yaml").read_text())
    for name, code in ((label, 0), ("runner", 1)):
        series = "".join(SERIES.format(label=name, runner=runner) for runner in ("east", "west"))
        (tmp_path / "test.yaml").write_text(TEST.format(series=series))
        said(needed("promtool", "prometheus"), "test", "rules", "test.yaml", cwd=tmp_path, code=code)


def test_every_alert_is_seen_firing_and_silent_in_a_test(deploy, rules):
    cases = [
        case
        for name in TESTS
        for test in yaml.safe_load((deploy / "prometheus" / name).read_text())["tests"]
        for case in test.get("alert_rule_test", [])
    ]
    fires = {case["alertname"] for case in cases if case.get("exp_alerts")}
    is_silent = {case["alertname"] for case in cases if not case.get("exp_alerts")}
    alerts = {rule["alert"] for rule in rules if "alert" in rule}
    assert fires == is_silent == alerts


def test_rules_name_only_series_and_labels_that_rounds_writes(rules, written, named):
    recorded = {rule["record"] for rule in rules if "record" in rule}
    for rule in rules:
        for series, labels in named(rule["expr"]):
            if series not in recorded | NOT_OURS:
                assert labels <= written[series], rule["expr"]


def test_the_words_of_alerts_name_only_labels_that_they_have(rules, written):
    everything = set().union(*written.values())
    for rule in rules:
        words = " ".join([*rule.get("annotations", {}).values(), *rule.get("labels", {}).values()])
        assert set(re.findall(r"\$labels\.(\w+)", words)) <= everything


def test_every_alert_says_how_bad_it_is_and_what_to_do(rules):
    for rule in rules:
        if "alert" in rule:
            assert rule["labels"]["severity"] in ("critical", "warning", "unknown"), rule["alert"]
            assert set(rule["annotations"]) == {"summary", "remedy"}


def test_a_round_is_stale_at_the_age_that_status_allows(rules):
    stale = {rule["labels"]["cadence"]: rule["expr"] for rule in rules if rule.get("alert") == "RoundsRoundStale"}
    ages = {}
    for cadence, expression in stale.items():
        assert f'batch=~"{cadence}(-.*)?"' in expression
        number, _, factor = expression.rpartition("> ")[2].partition(" * ")
        ages[cadence] = int(number) * int(factor)
    assert ages == {cadence: read(age, "s") for cadence, age in DUE_WITHIN.items()}


def test_every_batch_with_a_timer_or_a_line_of_cron_is_missed_when_it_never_came(deploy, rules):
    missed = {rule["labels"]["batch"] for rule in rules if rule.get("alert") == "RoundsRoundMissing"}
    timers = {path.stem.partition("@")[2] for path in (deploy / "systemd").glob("*.timer")}
    assert missed == timers == set(re.findall(r"rounds run (\w+)", (deploy / "cron" / "rounds.crontab").read_text()))
