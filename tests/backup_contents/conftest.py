"""Backups that are real: dumps and base backups of PostgreSQL 15, 17 and 18, made once, and a folder to put them into."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import postgres_programs
from rounds.fixtures.backup_contents import newest_contents  # noqa: F401 - its probe is known then
from rounds.fixtures.content_facts import Contents
from rounds.fixtures.scratch_folder import servant
from rounds.fixtures.scratch_postgres import scratch
from rounds.probe import PROBES
from rounds.targets import Backups

STATEMENTS = (
    "CREATE TABLE shops (id int PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE sales (id serial PRIMARY KEY, shop int REFERENCES shops, cents int, note text)",
    "CREATE TABLE nothing (id int)",
    'CREATE SCHEMA "Odd one"',
    'CREATE TABLE "Odd one"."Ta ble" (id int, t text)',
    "INSERT INTO shops SELECT n, 'shop ' || n FROM generate_series(1, 20) n",
    r"INSERT INTO sales (shop, cents, note) SELECT 1 + n % 20, n, md5(n::text) || E'\n\\.\n' FROM generate_series(1, 5000) n",
    """INSERT INTO "Odd one"."Ta ble" VALUES (1, 'x')""",
    "SELECT lo_from_bytea(0, 'a large object'::bytea)",
)
ROWS = {"Odd one.Ta ble": 1, "public.nothing": 0, "public.sales": 5000, "public.shops": 20}
FORMS = {
    "plain.sql": ("pg_dump",), "inserts.sql": ("pg_dump", "--inserts"), "schema.sql": ("pg_dump", "--schema-only"),
    "custom.dump": ("pg_dump", "-Fc"), "stored.dump": ("pg_dump", "-Fc", "-Z0"), "directory": ("pg_dump", "-Fd"),
    "dump.tar": ("pg_dump", "-Ft"), "all.sql": ("pg_dumpall",),
}  # fmt: skip
BASES = {"base": (), "sha": ("--manifest-checksums=SHA256",), "tars": ("-Ft", "-z"),
         "sha-tars": ("-Ft", "-z", "--manifest-checksums=SHA256"), "lone": ("-Xnone",)}  # fmt: skip
NEEDED = {15: ("/usr/lib/postgresql/15/bin/postgres", "postgresql-15")}


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, needed: Callable[..., str]) -> Callable[[int], Path]:
    """The folder of everything that the programs of a major version made: `real(18) / "plain.sql"`."""
    made: dict[int, Path] = {}

    def of(major: int) -> Path:
        if major in NEEDED:
            needed(*NEEDED[major])
        if major not in made:
            made[major] = _make(major, tmp_path_factory.mktemp(f"postgres{major}"))
        return made[major]

    return of


def _make(major: int, folder: Path) -> Path:
    programs = next(each for each in postgres_programs.installed() if each.major == major)
    with scratch(120, 2e9) as server:
        server.use(programs)
        server.init()
        assert not server.start({"max_wal_senders": "4", "wal_level": "replica"})
        server.execute("CREATE DATABASE shop")
        out = server.work / "out"
        out.mkdir()
        servant().own(out)
        way = ["-d", server.connection("shop")]
        said = [word for statement in STATEMENTS for word in ("-c", statement)]
        assert server.run("psql", "-X", "-v", "ON_ERROR_STOP=1", *way, *said).code == 0
        for name, (program, *options) in FORMS.items():
            assert server.run(program, *way, f"--file={out / name}", *options).code == 0
        for name, options in BASES.items():
            assert (
                server.run("pg_basebackup", *way, "-D", str(out / name), "-c", "fast", "--no-sync", *options).code == 0
            )
        shutil.copytree(out, folder, dirs_exist_ok=True, symlinks=True)
    return folder


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    folder = tmp_path / "backups"
    folder.mkdir()
    return Backups(
        name="backups", system="shop", path=str(folder), pattern=r"shop-(?P<time>\d{8})(?:\..*)?", settled="0s"
    )


@pytest.fixture
def put(backups: Backups) -> Callable[..., Path]:
    """Put a backup of a day into the folder: `put(data, ".sql.gz", 22)`; a path is copied, with all that is in it."""

    def made(data: bytes | Path, suffix: str = "", day: int = 22) -> Path:
        path = Path(backups.path, f"shop-202611{day:02}{suffix}")
        if isinstance(data, bytes):
            path.write_bytes(data)
        elif data.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(data, path, symlinks=True)
        else:
            shutil.copy(data, path)
        os.utime(path, (1763791200 + day, 1763791200 + day))
        return path

    return made


@pytest.fixture
def read(backups: Backups) -> Callable[..., Contents]:
    """Look at the newest backup of the folder."""

    def looked(*, dump: str | None = r"\.(sql|dump)(\.\w+)?$", marker: str = "", at_most: float = 1e9,
               deadline: float | None = 60, **changed: Any) -> Contents:  # fmt: skip
        target = Backups.model_validate({**backups.model_dump(), **changed})
        seen: Contents = PROBES["newest_contents"].look(target, dump, marker, at_most, deadline)
        return seen

    return looked


@pytest.fixture
def lay(real: Callable[[int], Path], put: Callable[..., Path]) -> Callable[..., Path]:
    """Put something real into the folder, under its own suffix: `lay(18, "plain.sql")`."""
    return lambda major, form: put(real(major) / form, Path(form).suffix)
