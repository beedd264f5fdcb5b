"""Prometheus scrapes what it should."""

from typing import Annotated

from pydantic import Field

from rounds.checks.samples import tell_warnings
from rounds.expectation import Expectation
from rounds.fixtures.prometheus import Sample
from rounds.fixtures.prometheus_rules import ScrapeTargets
from rounds.judge import Observer
from rounds.limits import at_least, at_most, exactly
from rounds.targets import Prometheus


class PromTargetUp(Expectation):
    """How many targets of each job must be there, and that all of them are up.

    A target that was taken out of the configuration has no series at all: say how many there are, or name `hosts`.
    """

    prometheus: Prometheus
    jobs: Annotated[
        dict[str, Annotated[int, Field(ge=1)]], Field(min_length=1, description="how many targets each job has")
    ]
    hosts: Annotated[tuple[str, ...], Field(description="values of the label `instance` that must be there")] = ()


def test_prom_target_up(expected: PromTargetUp, scrape_targets: ScrapeTargets, observe: Observer) -> None:
    """Prometheus is ready, knows every target it should, and the last scrape of each went well.

    Remedy: the note has the error of the last scrape: connection refused (does the exporter run, on that port?), 401
    or 403 (its token), 404 (its path). A target that is missing altogether: compare prometheus.yml or the service
    discovery with what runs.
    """
    observe("readiness", scrape_targets.ready_status, exactly(200))
    tell_warnings([scrape_targets.up], observe)
    for job, count in expected.jobs.items():
        ups = [sample for sample in scrape_targets.up.samples if sample.labels.get("job") == job]
        observe(f"targets of {job}", len(ups), at_least(count), note=_errors(ups, scrape_targets))
        down = [sample for sample in ups if sample.value != 1]
        observe(f"targets of {job} that are down", len(down), at_most(0), note=_errors(down, scrape_targets))
    instances = {sample.labels.get("instance") for sample in scrape_targets.up.samples}
    for host in expected.hosts:
        if host not in instances:
            observe.critical(f"target {host}", "Prometheus has no series `up` of it", "missing")


def _errors(samples: list[Sample], seen: ScrapeTargets) -> str:
    """What is known of some targets: their names, and why their last scrapes failed."""
    errors = {(each.job, each.instance): each.last_error for each in seen.scraped}
    said = []
    for sample in samples:
        job, instance = sample.labels.get("job", ""), sample.labels.get("instance", "")
        error = errors.get((job, instance), "is not among the targets")
        said += [f"{instance}: {error}"] if error else []
    return "; ".join(said)[:300]
