"""The walls between the rooms: who may import whom."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOES_IO = {"httpx", "psycopg", "redis", "celery", "testinfra", "cryptography", "boto3", "pyrage", "subprocess", "socket", "ssl", "urllib",
           "duckdb", "sqlalchemy", "sqlite3", "os", "io", "shutil", "pathlib", "tempfile", "requests", "open"}  # fmt: skip
CLIENTS = {"httpx", "psycopg", "redis", "celery", "testinfra", "cryptography", "kombu", "boto3", "pyrage", "duckdb", "sqlalchemy", "apprise"}  # fmt: skip


def imports(path: Path, *, only_at_the_top: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if only_at_the_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", python_files("checks"), ids=place)
def test_checks_do_no_io(path):
    met = {name.partition(".")[0] for name in imports(path)} & DOES_IO
    assert not met, f"{path.name} judges; looking belongs into fixtures/"
    assert "open(" not in path.read_text()


@pytest.mark.parametrize("path", python_files("fixtures"), ids=place)
def test_fixtures_do_not_judge(path):
    judging = {
        "rounds.limits",
        "rounds.judge",
        "rounds.outcome",
        "rounds.expectation",
        "rounds.record",
        "rounds.checks",
    }
    assert not {name for name in imports(path) if name in judging or name.startswith("rounds.checks")}
    at_start = {name.partition(".")[0] for name in imports(path, only_at_the_top=True)} & CLIENTS
    assert not at_start, "a round without such a target must not import its client"


@pytest.mark.parametrize("path", python_files("src", "fixtures", "estate"), ids=place)
def test_nobody_imports_checks(path):
    met = [name for name in imports(path) if name.startswith("rounds.checks")]
    assert not met


@pytest.mark.parametrize("path", python_files("src", "checks", "fixtures"), ids=place)
def test_only_the_stage_and_the_commands_on_it_know_the_estate(path):
    if path.name in ("stage.py", "estates.py", "drill.py", "demo.py", "estate.py"):
        return
    assert not [name for name in imports(path) if name.startswith("rounds.estate")]


@pytest.mark.parametrize("path", python_files("src", "checks", "fixtures", "estate"), ids=place)
def test_files_and_functions_keep_the_house_numbers(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 50, f"{node.name} is too long"
            assert node.returns is not None, f"{node.name} does not say what it returns"


def test_a_round_imports_only_the_clients_it_needs(tmp_path):
    import subprocess  # noqa: PLC0415 - only here

    loads = "import rounds.plugin, rounds.select, rounds.judging, rounds.running, rounds.fixtures, pkgutil, importlib, sys\n"
    loads += "[importlib.import_module('rounds.fixtures.' + m.name) for m in pkgutil.iter_modules(rounds.fixtures.__path__)]\n"
    loads += f"print(sorted({CLIENTS!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", loads], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
