"""A real Prometheus of an estate, with a past: weeks of made-up series, live scrapes and rules that it evaluates.

The past is written as OpenMetrics and made into blocks by `promtool tsdb create-blocks-from openmetrics`. The blocks
reach six hours into the future, so that `rate(…[5m])` finds fresh samples while the estate lives: nobody has to serve
the made-up series. Prometheus would then refuse what it scrapes and what its rules write as older than its newest
block; with an out-of-order window it takes both, stale markers too. A change builds the blocks anew, and the server
begins again on them: nothing that a fault left in its memory can outlive the fault.

Samples are 1 min apart for the last 3 h and what is to come, 15 min for 8 days, 30 min before: ranges of an hour work a
week back, ranges of a day five weeks back.
"""

import contextlib
import json
import math
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from .ground import Servant
from .part import EstateError, Part, clean_env, free_port, wait_until

DAYS = 35
STEPS = ((-DAYS * 86400, -8 * 86400, 1800), (-8 * 86400, -3 * 3600, 900), (-3 * 3600, 6 * 3600, 60))
"""Of the samples: from and until when, in seconds from now, and how far apart."""
GONE_SINCE = 3600.0
LONGEST_BLOCK = "1458h"  # few blocks: promtool reads its whole input once for each
Value = Callable[[float], float | None]
Scrapes = Mapping[str, Sequence[str]]
Rules = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Series:
    """One series: its value at some seconds from now (the past is negative); None where it has no sample."""

    name: str
    labels: Mapping[str, str]
    value: Value = field(compare=False)

    @property
    def key(self) -> tuple[str, frozenset[tuple[str, str]]]:
        return self.name, frozenset(self.labels.items())

    def until(self, seconds_ago: float) -> "Series":
        """The same series, vanished since then."""
        return Series(self.name, self.labels, lambda at: self.value(at) if at < -seconds_ago else None)


def level(value: float, since: Mapping[float, float] | None = None) -> Value:
    """A gauge that stands still; `since={3600: 95}` lets it stand at 95 for the last hour."""
    steps = sorted((-ago, there) for ago, there in (since or {}).items())
    return lambda at: next((there for begin, there in reversed(steps) if at >= begin), value)


def growing(per_second: float, since: Mapping[float, float] | None = None) -> Value:
    """A counter; `since={3600: 0}` lets it stand still for the last hour."""
    steps = [(-(DAYS + 1) * 86400.0, per_second), *sorted((-ago, rate) for ago, rate in (since or {}).items())]
    ends = [begin for begin, _ in steps[1:]] + [math.inf]

    def value(at: float) -> float:  # of each stretch that has begun, its part
        return sum(rate * max(0.0, min(at, end) - begin) for (begin, rate), end in zip(steps, ends, strict=True))

    return value


def pending_for(seconds: float, alertname: str, labels: Mapping[str, str]) -> Series:
    """What Prometheus remembers of an alert that has been pending so long: with it a rule `for: 10m` fires at once.

    `labels` are those of the alert: the rule's own and those of the series that its expression leaves.
    """
    began = time.time() - seconds
    return Series("ALERTS_FOR_STATE", {"alertname": alertname, **labels}, lambda _: began)


class Prometheus:
    """The server. `scrapes` are addresses (host:port) by job, `rules` the rules of each group as in a rule file.

    with prometheus.changed(Series("errors_total", {}, growing(0, {900: 0.1})), gone=["spider_items_total"]):
        ...
    """

    def __init__(  # noqa: PLR0913 - all but three have defaults
        self, root: Path, servant: Servant, series: Sequence[Series], *, scrapes: Scrapes | None = None,
        rules: Rules | None = None, name: str = "prometheus",
    ) -> None:  # fmt: skip
        self.series, self.scrapes, self.rules = list(series), dict(scrapes or {}), dict(rules or {})
        self._first_scrapes = self.scrapes
        self._texts = {id(each): "" for each in self.series}  # of those that are there in the end again
        self._servant = servant
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = root / name
        program, self._promtool = _program("prometheus"), _program("promtool")
        flags = {"config.file": self.home / "prometheus.yml", "storage.tsdb.path": self.home / "data",
                 "web.listen-address": f"127.0.0.1:{self.port}", "storage.tsdb.retention.time": "100d",
                 "rules.alert.for-grace-period": "0s", "log.level": "warn"}  # fmt: skip
        command = [program, *[f"--{flag}={value}" for flag, value in flags.items()]]
        env = clean_env() | {"GOGC": "50", "GOMAXPROCS": "2"}
        self.part = Part(name, command, self.home, root / f"{name}.log", env, servant)
        self.part.end_signal = self.part.quick_end  # its data is made anew anyway

    def start(self) -> None:
        self.home.mkdir(exist_ok=True)
        self._configure()
        self._build()
        self.part.start()

    def await_ready(self) -> None:
        """Wait until it answers, knows each target it scrapes and has evaluated each rule.

        It scrapes a target that is new to it 5 s after its start; those it began with have an `up` in the past.
        """
        targets = {(job, address) for job, addresses in self.scrapes.items() for address in addresses}

        def knows_all() -> bool:
            with contextlib.suppress(OSError):
                known = {(each.get("job"), each.get("instance")) for each in self.value_by_labels("up")}
                groups = self.ask("/api/v1/rules")["groups"]
                rules = [rule for group in groups for rule in group["rules"]]
                return targets <= known and all(rule["health"] != "unknown" for rule in rules)
            return False

        self.part.await_ready(knows_all)

    @contextmanager
    def changed(
        self, *instead: Series, gone: Collection[str] = (), scrapes: Scrapes | None = None, rules: Rules | None = None
    ) -> Iterator[None]:
        """Let some series be others (or new), metrics be gone, and other targets and rules be configured."""
        before = self.series, self.scrapes, self.rules
        keys = {each.key for each in instead}
        kept = [each for each in self.series if each.key not in keys]
        self.series = [each.until(GONE_SINCE) if each.name in gone else each for each in kept] + list(instead)
        self.scrapes = self.scrapes if scrapes is None else dict(scrapes)
        self.rules = self.rules if rules is None else dict(rules)
        try:
            self.restart()
            yield
        finally:
            self.series, self.scrapes, self.rules = before
            self.restart()

    def restart(self) -> None:
        self.part.stop()
        self.start()
        self.await_ready()

    def await_alert(self, alertname: str) -> None:
        def fires() -> bool:
            found = self.ask("/api/v1/alerts")["alerts"]
            return any(each["labels"]["alertname"] == alertname and each["state"] == "firing" for each in found)

        wait_until(fires, f"the alert {alertname} should fire", pause=0.05)

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its HTTP API; raises OSError while it gives none."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        try:
            with urlopen(f"{self.url}{path}{query}", timeout=5) as answer:  # noqa: S310 - our own server on 127.0.0.1
                return json.loads(answer.read())["data"]
        except URLError as error:
            raise OSError(str(error)) from None

    def value_by_labels(self, query: str) -> list[dict[str, str]]:
        """The labels of each series that an expression gives, and its value under `value`."""
        found = self.ask("/api/v1/query", query=query)["result"]
        return [{**each["metric"], "value": each["value"][1]} for each in found]

    def _configure(self) -> None:
        jobs = [{"job_name": job, "static_configs": [{"targets": list(each)}]} for job, each in self.scrapes.items()]
        rules = {"groups": [{"name": group, "rules": list(each)} for group, each in self.rules.items()]}
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "500ms", "scrape_timeout": "1s"},
            "storage": {"tsdb": {"out_of_order_time_window": f"{DAYS}d"}},
            "rule_files": ["rules.yml"],
            "scrape_configs": jobs,
        }
        for name, content in (("prometheus.yml", config), ("rules.yml", rules)):
            (self.home / name).write_text(json.dumps(content))  # JSON is YAML
            self._servant.own(self.home / name)
        self._servant.own(self.home)

    def _build(self) -> None:
        data, written = self.home / "data", self.home / "past.txt"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        self._servant.own(data)
        with written.open("w") as file:
            file.writelines(self._lines())
            file.write("# EOF\n")
        command = [self._promtool, "tsdb", "create-blocks-from", "--quiet", f"--max-block-duration={LONGEST_BLOCK}"]
        user: dict[str, Any] = {}
        if self._servant.uid >= 0:
            user = {"user": self._servant.uid, "group": self._servant.gid, "extra_groups": []}
        done = subprocess.run(
            [*command, "openmetrics", str(written), str(data)], capture_output=True, text=True, check=False, **user
        )
        written.unlink()
        if done.returncode:
            raise EstateError(f"promtool refuses the series: {done.stderr[-800:]}")

    def _lines(self) -> Iterator[str]:
        """The samples of each series; those that the estate began with are written once and kept."""
        now = time.time()
        for each in (*self.series, *self._ups()):
            text = self._texts.get(id(each)) or _text(each, now)
            if id(each) in self._texts:
                self._texts[id(each)] = text
            yield text

    def _ups(self) -> Iterator[Series]:
        """What it would have noted of its targets until now; one that is no longer scraped has not been for an hour."""
        for job, addresses in self._first_scrapes.items():
            for address in addresses:
                is_scraped = address in self.scrapes.get(job, ())
                up = Series("up", {"job": job, "instance": address}, level(1))
                yield up.until(0 if is_scraped else GONE_SINCE)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise EstateError(f"the program {name} is missing: apt-get install prometheus")
    return found


def _text(series: Series, now: float) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in series.labels.items())
    head = f"{series.name}{{{pairs}}}"
    moments = (at for begin, end, step in STEPS for at in range(begin, end, step))
    values = ((series.value(at), at) for at in moments)
    return "".join(f"{head} {value:.12g} {now + at:.3f}\n" for value, at in values if value is not None)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
