"""Canaries: secrets planted in the inventory are found in no report, output, journal, history or process list."""

import subprocess
import sys
import time

import pytest

CANARIES = {
    "DSN_PASSWORD": "canary-dsn-password-1",
    "TOKEN": "canary-bearer-token-2",
    "URL_PASSWORD": "canary-url-password-3",
    "HEADER": "canary-header-4",
    "QUOTED": "canary p@ss/word%5",
}
INVENTORY = """
targets:
  database: {kind: postgres, dsn: "postgresql://ops:${DSN_PASSWORD}@127.0.0.1:1/db"}
  words: {kind: postgres, dsn: "host=127.0.0.1 port=1 user=ops password='${QUOTED}'"}
  api: {kind: endpoint, url: "http://ops:${URL_PASSWORD}@127.0.0.1:1", bearer: "${TOKEN}", headers: {X-Key: "${HEADER}"}}
  cache: {kind: redis, url: "redis://:${DSN_PASSWORD}@127.0.0.1:1/0"}
"""
LEAKS = """
import logging, sys
from rounds.expectation import Expectation
from rounds.probe import CouldNotLook, probe
from rounds.targets import Endpoint, Postgres, Redis

class Leak(Expectation):
    database: Postgres
    words: Postgres
    api: Endpoint
    cache: Redis

def everything(expected):
    held = [expected.database.dsn, expected.words.dsn, expected.api.bearer, expected.api.login, expected.cache.url]
    held += expected.api.headers.values()
    return " ".join(secret.get_secret_value() for secret in held)

def test_shows_itself(expected: Leak, observe): observe("all", repr(expected) + str(expected.api) + expected.model_dump_json())
def test_fails(expected: Leak): assert not everything(expected)
def test_breaks(expected: Leak): raise ValueError(everything(expected))
def test_observes(expected: Leak, observe):
    observe(everything(expected), everything(expected), note=everything(expected))
    observe.critical("bad", everything(expected))
def test_prints(expected: Leak):
    print(everything(expected)); print(everything(expected), file=sys.stderr); logging.error(everything(expected))
    assert False

@probe(deadline=5)
def leaking(database: Postgres, words: Postgres, api: Endpoint, cache: Redis) -> str:
    raise RuntimeError(api.login.get_secret_value() + database.dsn.get_secret_value() + words.dsn.get_secret_value())
def test_probes(expected: Leak, leaking): pass
"""


@pytest.fixture
def leaking(project):
    project.env.update(CANARIES)
    (project.system / "inventory.yaml").write_text(INVENTORY)
    project.checks(LEAKS, "test_leaks.py")
    base = {name: name for name in ("database", "words", "api", "cache")}
    rows = [
        {"id": name, "check": name, **base}
        for name in ("shows-itself", "fails", "breaks", "observes", "prints", "probes")
    ]
    rows += [
        {"id": "pg", "check": "job-age", "database": "database", "table": "jobs", "finished": ["done"]},
        {"id": "http", "check": "http-status", "endpoint": "api", "path": "/"},
        {"id": "redis", "check": "redis-memory", "server": "cache"},
    ]
    project.rows(*rows)
    return project


@pytest.mark.parametrize(
    "extra", [[], ["--", "-n", "1"], ["--", "-vv", "-l", "-s", "--tb=long", "-rA"]], ids=["alone", "xdist", "loud"]
)
def test_no_canary_gets_out(leaking, extra):
    done = leaking.run("run", "daily", *extra)
    assert done.returncode == 1, done.stdout + done.stderr
    outcomes = leaking.outcomes()
    assert len(outcomes) == 9
    assert "ok" not in {outcome for name, outcome in outcomes.items() if name != "shows-itself"}
    heard = {"output": done.stdout + done.stderr}
    for path in leaking.folder.rglob("*"):
        if path.is_file() and leaking.system not in path.parents:
            heard[str(path)] = path.read_bytes().decode(errors="replace")
    assert any(name.endswith("report.html") for name in heard)
    assert any(name.endswith("history.sqlite") for name in heard)
    words = [*CANARIES.values(), "canary%20p%40ss"]
    if "-s" in extra:
        heard.pop("output")  # with -s the test's own prints go straight to the terminal, past everybody
    found = [(name, word) for name, text in heard.items() for word in words if word in text]
    assert found == []


def test_no_canary_is_in_the_process_list(leaking):
    leaking.checks("import time\nfrom rounds.expectation import Expectation\nclass S(Expectation): pass\n"
                   "def test_slow(expected: S):\n    open('begun', 'w').close()\n    time.sleep(2)\n", "test_slow.py")  # fmt: skip
    leaking.rows({"id": "slow", "check": "slow"})
    running = leaking.start("run", "daily", "--", "-n", "1")
    end = time.monotonic() + 20
    while not (leaking.folder / "begun").exists() and time.monotonic() < end:
        time.sleep(0.05)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    running.communicate(timeout=30)
    assert sys.executable in listed
    assert not [word for word in CANARIES.values() if word in listed]
