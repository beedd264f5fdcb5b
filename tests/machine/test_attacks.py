"""Ways that were found to make a round green, or to lose a record, and no longer are."""

import json
import os

import pytest

TWO_PROBES = """
    from rounds.expectation import Expectation
    from rounds.judge import Observer
    from rounds.limits import Limit, at_most
    from rounds.probe import probe
    from rounds.targets import Endpoint
    class Orders{name}(Expectation):
        thing: Endpoint
        waiting: Limit = at_most(100)
    @probe(deadline=2)
    def open_orders(thing: Endpoint) -> int: return {seen}
    def test_orders_{name}(expected: Orders{name}, open_orders: int, observe: Observer): observe("waiting", open_orders, expected.waiting)
"""


def test_probes_of_one_name_in_two_files_do_not_answer_for_each_other(project):
    project.checks(TWO_PROBES.format(name="a", seen=999), "test_a.py")
    project.checks(TWO_PROBES.format(name="b", seen=1), "test_b.py")
    base = [{"id": f"orders-{name}", "check": f"orders-{name}"} for name in "ab"]
    project.rows(*base)
    rows = json.loads((project.system / "expectations.yaml").read_text())
    (project.system / "expectations.yaml").write_text(json.dumps([row | {"thing": "one"} for row in rows]))
    assert project.run("run", "daily").returncode == 1
    assert project.outcomes() == {"orders-a": "critical", "orders-b": "ok"}


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan"])
def test_a_check_that_was_never_called_is_unknown(project, option):
    project.rows({"id": "bad", "shows": 11})
    project.env["PYTEST_ADDOPTS"] = option
    assert project.run("run", "daily").returncode == 1
    assert project.outcomes() == {"bad": "unknown"}


@pytest.mark.parametrize("extra", [[], ["--", "-n", "1"]], ids=["alone", "xdist"])
def test_two_items_for_one_row_are_refused(project, extra):
    project.rows({"id": "twice", "check": "twice"})
    project.checks(
        """
        import pytest
        from rounds.expectation import Expectation
        class Twice(Expectation): pass
        @pytest.mark.parametrize("n", [99, 1])
        def test_twice(expected: Twice, n): assert n < 10
        """,
        "test_twice.py",
    )
    done = project.run("run", "daily", *extra)
    assert done.returncode == 4
    assert "stands for 2 items" in done.stdout + done.stderr


@pytest.mark.parametrize("area", ["skip", "skipif", "daily", "critical", "usefixtures"])
def test_an_area_that_would_act_as_a_marker_is_refused(project, area):
    project.rows({"id": "bad", "shows": 11})
    text = (project.system / "expectations.yaml").read_text()
    (project.system / "expectations.yaml").write_text(text.replace("mine.area.bad", f"mine.{area}.bad"))
    done = project.run("run", "daily")
    assert done.returncode == 4
    assert f"'{area}' cannot be a system or an area" in done.stderr


SLY = """
    import pytest
    from decimal import Decimal
    from rounds.expectation import Expectation
    from rounds.limits import at_most
    class Sly(Expectation): pass
    def test_skips_late(expected: Sly, observe):
        observe("n", 99, at_most(10))
        pytest.skip("nothing to see")
    @pytest.fixture
    def hushing():
        yield
        pytest.skip("nothing to see")
    def test_skips_last(expected: Sly, hushing, observe): observe("n", 99, at_most(10))
    def test_no_figure(expected: Sly, observe): observe("n", None)
    def test_nan(expected: Sly, observe): observe("n", float("nan"))
    def test_decimal(expected: Sly, observe): observe("n", Decimal("3.5"), at_most(10), note=5)
    def test_huge(expected: Sly, observe): observe("n", 10**400, at_most(10))
    class Untellable(Exception):
        def __str__(self): raise ValueError("no words")
    def test_untellable(expected: Sly): raise Untellable
    def test_odd_name(expected: Sly, observe): observe(None, {("a",): 1}, at_most(3))
"""


@pytest.mark.parametrize("extra", [[], ["--", "-n", "1"]], ids=["alone", "xdist"])
def test_odd_checks_cost_their_own_row_only_and_never_turn_it_green(project, extra):
    names = ("skips-late", "skips-last", "no-figure", "nan", "decimal", "huge", "untellable", "odd-name")
    project.rows({"id": "good", "shows": 1}, *({"id": name, "check": name} for name in names))
    project.checks(SLY, "test_sly.py")
    done = project.run("run", "daily", *extra)
    assert done.returncode == 1, done.stdout + done.stderr
    outcomes = project.outcomes()
    assert {name for name, outcome in outcomes.items() if outcome == "ok"} == {"good", "decimal"}
    assert outcomes["skips-late"] == outcomes["skips-last"] == "critical"
    assert outcomes["no-figure"] == outcomes["nan"] == outcomes["untellable"] == outcomes["odd-name"] == "unknown"
    assert project.told().problems == []
    assert str(project.told().outcome) == "critical"


def test_a_conftest_cannot_replace_what_observes(project):
    project.rows({"id": "bad", "shows": 11})
    (project.system / "conftest.py").write_text(
        "import pytest\nfrom rounds.judge import Observer\n@pytest.fixture\ndef observe(): return Observer()\n"
    )
    done = project.run("run", "daily")
    assert done.returncode == 4
    assert "the fixture observe is defined again" in done.stderr


def test_a_report_that_cannot_be_written_is_in_the_ones_that_can(project):
    project.rows({"id": "good", "shows": 1})
    project.checks(
        """
        import pathlib
        from rounds.expectation import Expectation
        class Blocks(Expectation): pass
        def test_blocks(expected: Blocks):
            folder = next(path for path in pathlib.Path("reports").iterdir() if path.name != "latest")
            (folder / "junit.xml").mkdir()
        """,
        "test_blocks.py",
    )
    project.rows({"id": "good", "shows": 1}, {"id": "blocks", "check": "blocks"})
    assert project.run("run", "daily").returncode == 1
    assert "junit.xml could not be written" in project.told().problems[0]
    assert project.run("status", "daily").returncode == 3


def test_a_round_that_hangs_in_a_regular_expression_ends(project):
    project.rows({"id": "stuck", "check": "stuck"})
    project.checks(
        """
        import re
        from rounds.expectation import Expectation
        class Stuck(Expectation): pass
        def test_stuck(expected: Stuck): re.match(r"(\\w+\\s?)*:", "a" * 56 + "!")
        """,
        "test_stuck.py",
    )
    running = project.start("run", "daily", "--deadline", "1s")
    running.communicate(timeout=60)
    assert running.returncode != 0
    assert project.run("status", "daily").returncode == 3
    assert project.run("report").returncode == 0
    assert project.outcomes() == {"stuck": "unknown"}


def test_a_bad_setting_is_a_usage_error(project):
    project.rows({"id": "good", "shows": 1})
    for given in ("-1", "x", "0"):
        done = project.run("run", "daily", "--", "-o", f"rounds_parallel={given}")
        assert (done.returncode, "is not a number of looks" in done.stderr) == (4, True)


def test_text_that_is_no_utf_8_in_the_environment_does_not_end_the_round(project):
    project.env["ODD"] = os.fsdecode(b"caf\xe9")
    project.rows({"id": "bad", "shows": 11, "runbook": "${ODD}"})
    assert project.run("run", "daily").returncode == 1
    assert project.outcomes() == {"bad": "critical"}


def test_a_journal_that_can_no_longer_be_written_does_not_cost_the_reports(project):
    project.checks(
        """
        import os
        from rounds.expectation import Expectation
        class Fills(Expectation): pass
        def test_fills(expected: Fills):
            for name in os.listdir("/proc/self/fd"):
                link = f"/proc/self/fd/{name}"
                if os.path.exists(link) and os.readlink(link).endswith("records.jsonl"):
                    os.dup2(os.open("/dev/full", os.O_WRONLY), int(name))
        """,
        "test_fills.py",
    )
    project.rows({"id": "fills", "check": "fills"}, {"id": "bad", "shows": 11})
    done = project.run("run", "daily")
    assert done.returncode == 1
    assert "the journal could not be written" in done.stdout
    assert project.outcomes() == {"fills": "ok", "bad": "critical"}


def test_loggers_that_looks_make_meanwhile_disturb_no_row(project):
    """What a look imports makes loggers; pytest goes through all there are at each phase of each item, as done here."""
    project.rows({"id": "loggers", "check": "loggers"})
    project.checks(
        """
        import logging
        from rounds.expectation import Expectation
        class Loggers(Expectation): pass
        def test_loggers(expected: Loggers):
            logging.getLogger("was there before")
            for _ in logging.root.manager.loggerDict.values():
                logging.getLogger("is made by a look meanwhile")
        """,
        "test_loggers.py",
    )
    project.run("run", "daily")
    assert project.outcomes() == {"loggers": "ok"}, project.summary("loggers")


def test_who_goes_through_the_environment_while_an_item_ends_misses_nothing(project):
    """As a look thread does: it has the names already when pytest takes away the one that says where it is."""
    project.rows({"id": "environment", "check": "environment"})
    project.checks(
        """
        import os
        from rounds.expectation import Expectation
        class Environment(Expectation): pass
        NAMES = []
        def test_environment(expected: Environment): NAMES.extend(os.environ)
        """,
        "test_environment.py",
    )
    project.checks(
        """
        import os, sys
        def pytest_runtest_logfinish():
            names = next(module.NAMES for name, module in sys.modules.items() if name.endswith("test_environment"))
            print("all", [os.environ[name] for name in names] != [])
        """,
        "conftest.py",
    )
    done = project.run("run", "daily", "--", "-s")
    assert "all True" in done.stdout, done.stdout + done.stderr
