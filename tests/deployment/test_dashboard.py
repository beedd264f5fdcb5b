"""The dashboard asks for series that there are: a real Prometheus, with the rules loaded, answers every panel."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from rounds.cadence import DUE_WITHIN
from rounds.quantities import read

OURS = {"job": "node", "instance": "app"}


@pytest.fixture(scope="module")
def board(deploy):
    return json.loads((deploy / "grafana" / "rounds.json").read_text())


@pytest.fixture(scope="module")
def panels(board):
    return {panel["title"]: panel for panel in board["panels"]}


def asked(board):
    """Every expression, with the variables as they are when the page is opened."""
    everything = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [each.replace("$system", ".*").replace("$batch", "daily") for each in everything]


@pytest.fixture(scope="module")
def prometheus(deploy, needed, serve, metrics_page):
    """Prometheus, scraping a round every five seconds: one that takes longer would leave its series stale."""
    program = needed("prometheus", "prometheus")

    def command(port: int, folder: Path) -> list[str]:
        config = {
            "global": {"scrape_interval": "5s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in (deploy / "prometheus").glob("*.rules.yaml")],
            "scrape_configs": [
                {
                    "job_name": "node",
                    "static_configs": [{"targets": [f"127.0.0.1:{metrics_page}"], "labels": {"instance": "app"}}],
                }
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        return [
            program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip

    server = serve(command)

    def query(expression: str) -> dict[str, float]:
        """The values, by the labels that tell the series apart."""
        data = server.get("/api/v1/query", query=expression)["data"]["result"]
        return {
            " ".join(v for k, v in sorted(each["metric"].items()) if k not in OURS and not k.startswith("__")): float(
                each["value"][1]
            )
            for each in data
        }

    server.wait(lambda: query("rounds:expectation_since_timestamp_seconds:newest"))
    return query


def test_every_panel_gets_an_answer(board, prometheus):
    for expression in asked(board):
        assert prometheus(expression), expression


def expression(panels, title, number=0):
    return panels[title]["targets"][number]["expr"].replace("$system", ".*")


def test_the_state_of_a_system_is_its_worst_outcome(panels, prometheus):
    shown = {
        value: text["text"]
        for value, text in panels["Systems"]["fieldConfig"]["defaults"]["mappings"][0]["options"].items()
    }
    states = prometheus(expression(panels, "Systems"))
    assert {system: shown[f"{value:g}"] for system, value in states.items()} == {"shop": "critical", "blog": "ok"}
    of_shop = expression(panels, "Systems").replace("newest{", 'newest{id!~".*critical", ')
    assert shown[f"{prometheus(of_shop)['shop']:g}"] == "unknown"
    only_skipped = expression(panels, "Systems").replace("newest{", 'newest{id=~".*(skipped|waived|page)", ')
    assert {shown[f"{value:g}"] for value in prometheus(only_skipped).values()} == {"nothing judged"}


def test_what_is_bad_is_in_the_table_and_nothing_else(panels, prometheus):
    bad, since = (prometheus(expression(panels, "What is bad", number)) for number in (0, 1))
    outcomes = {re.findall(r"shop\.health\.(\w+)", labels)[0]: value for labels, value in bad.items()}
    assert outcomes == {"warning": 1, "critical": 2, "unknown": 3}
    assert set(since) == set(bad), "both are one line of the table"
    assert set(since.values()) == {datetime(2026, 11, 20, 3, tzinfo=UTC).timestamp() * 1000}


def test_a_round_that_has_come_is_not_overdue_and_one_that_has_not_is(panels, prometheus):
    overdue = expression(panels, "Rounds overdue")
    assert prometheus(overdue) == {"": 0}
    assert prometheus(re.sub(r"> [\d *]+", "> -1e9", overdue)) == {"": 1}
    none_at_all = overdue.replace("rounds_round_finished", "no_round_finished")
    assert prometheus(none_at_all) == {}
    assert panels["Rounds overdue"]["fieldConfig"]["defaults"]["noValue"] == "no round is known"


def test_a_round_is_overdue_at_the_age_that_status_allows(panels):
    ages = re.findall(r'batch=~"(\w+)\(-\.\*\)\?".*?> (\d+) \* (\d+)', expression(panels, "Rounds overdue"))
    assert {cadence: int(number) * int(factor) for cadence, number, factor in ages} == {
        cadence: read(age, "s") for cadence, age in DUE_WITHIN.items()
    }
    reds = {
        each["matcher"]["options"].strip("/^"): each["properties"][0]["value"]["steps"][1]["value"]
        for each in panels["How long ago each round was"]["fieldConfig"]["overrides"]
    }
    assert reds == {cadence: read(age, "s") for cadence, age in DUE_WITHIN.items()}


def test_panels_name_only_series_and_labels_that_are_written(deploy, board, written, named):
    records = yaml.safe_load((deploy / "prometheus" / "records.rules.yaml").read_text())
    recorded = {rule["record"] for group in records["groups"] for rule in group["rules"]}
    for each in asked(board):
        for series, labels in named(each):
            assert labels <= written["rounds_expectation_outcome" if series in recorded else series], each
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            series, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
            assert label in written[series]
    for panel in board["panels"]:
        for target in panel["targets"]:
            everything = set().union(*written.values())
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= everything


def test_panels_lie_side_by_side(board):
    places = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not places & cells, panel["title"]
        places |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(panel["description"] for panel in board["panels"])
