"""Reading files costs little, ends in time, and reaches nothing but them."""

import subprocess
import sys
import time

import pytest

from rounds.fixtures.data_files import files
from rounds.fixtures.data_scan import scan
from rounds.measures import Rows, Scope, Statistic
from rounds.probe import CouldNotLook


@pytest.fixture
def sales(dataset, tmp_path):
    (tmp_path / "sales.csv").write_text("id,price\n" + "".join(f"{n},{n % 7}\n" for n in range(1000)))
    (tmp_path / "other.csv").write_text("id\n1\n")
    return dataset("sales.csv")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{folder}/other.csv')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{folder}/made.csv'",
        "COPY (SELECT 1) TO '{folder}/sales.csv'",
        "ATTACH '{folder}/made.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/hostname']",
        "SET memory_limit = '8GB'",
        "SELECT * FROM read_csv('https://127.0.0.1:9/x.csv')",
    ],
)
def test_nothing_but_the_files_is_in_reach(sales, tmp_path, statement):
    before = sorted(path.name for path in tmp_path.iterdir())
    with (
        files(sales, 20) as database,
        pytest.raises(Exception, match=r"(?i)disabled|locked|not allowed|permission|external"),
    ):
        database.asked.connection.execute(statement.format(folder=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_variable_of_our_own_program_is_no_table(sales):
    secret = "x"  # noqa: F841 - what DuckDB would find if it was let
    with files(sales, 20) as database, pytest.raises(CouldNotLook, match="refuses"):
        database.rows("SELECT * FROM secret")


def test_a_file_that_is_written_while_it_is_read_is_told(sales, tmp_path):
    with pytest.raises(CouldNotLook, match=r"sales\.csv was written while it was read"), files(sales, 20):
        (tmp_path / "sales.csv").write_text("id,price\n1,2\n")
    with pytest.raises(CouldNotLook, match="was written while it was read"), files(sales, 20):
        (tmp_path / "sales.csv").unlink()


def test_a_long_statement_ends_in_time(sales):
    begun = time.monotonic()
    with files(sales, 1) as database:
        for _ in range(2):
            with pytest.raises(CouldNotLook, match="no time left"):
                database.rows(
                    "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 3"
                )
    assert time.monotonic() - begun < 5


def test_what_one_measure_is_refused_leaves_the_others(sales):
    strange, rows = Statistic("mean", "price", scope=Scope(where="cast('x' || id as integer) > 1")), Rows()
    answers = scan(sales, [strange, rows], 20)
    assert answers[rows].value == 1000
    assert "DuckDB refuses the statement" in str(answers[strange])


def test_a_value_that_cannot_be_converted_is_not_told(ask, tmp_path):
    (tmp_path / "x.csv").write_text("id,name\n1,hidden value\n")
    with pytest.raises(CouldNotLook) as told:
        ask("x.csv", Rows(scope=Scope(where="cast(name as integer) > 1")))
    assert "hidden" not in str(told.value)


def test_a_try_to_convert_is_only_a_try(ask, tmp_path):
    (tmp_path / "x.csv").write_text("id,name\n1,7\n2,x\n")
    assert ask("x.csv", Rows(scope=Scope(where="try_cast(name as double) > 1"))).value == 1


def test_without_duckdb_it_is_said_what_to_install(sales, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(CouldNotLook, match=r"in the clone, pip install '\.\[data\]'"):
        scan(sales, [Rows()], 10)


_PEAK = """
import sys
from pathlib import Path
from rounds.fixtures.data_scan import scan
from rounds.measures import *
from rounds.targets import Dataset
found = scan(Dataset(name="d", system="s", files=sys.argv[1]), [Rows(), Distinct("url"), Percentile(0.5, "price")], 100)
assert found[Distinct("url")].value == 600_000, found
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it is asked of /proc")
def test_memory_stays_bounded_whatever_the_file(tmp_path):
    with (tmp_path / "big.csv").open("w") as file:
        file.write("id,url,price\n")
        for n in range(600_000):
            file.write(f"{n},https://shop{n % 500}.example/item/of-some-length/{n},{n % 1000}.99\n")
    ran = [sys.executable, "-c", _PEAK, str(tmp_path / "big.csv")]
    done = subprocess.run(ran, capture_output=True, text=True, check=True, timeout=100)
    assert int(done.stdout) < 400_000  # kB
