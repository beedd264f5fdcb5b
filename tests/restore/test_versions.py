"""Drills of dumps and base backups that other major versions of PostgreSQL made."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rounds.outcome import Outcome
from rounds.probe import CouldNotLook
from rounds.targets import RestoreDrill

from .drills import carried_out, judged
from .servers import Put, Server, backups_in, server_of

Row = Callable[..., Any]


@pytest.fixture(scope="module", params=[15, 17])
def older(request: pytest.FixtureRequest, needed: Callable[..., str]) -> Iterator[Server]:
    if request.param == 15 and not Path("/usr/lib/postgresql/15/bin/postgres").exists():
        needed("/usr/lib/postgresql/15/bin/postgres", "postgresql-15")
    try:
        with server_of(request.param) as started:
            yield started
    except CouldNotLook as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize("how", ["plain", "custom", "base"])
def test_a_backup_of_an_older_version(row: Row, older: Server, put: Put, tmp_path: Path, how: str) -> None:
    each = "folder" if how == "base" else "file"
    if how == "base":
        put(older.base_backup, "")
    else:
        put(older.dump("-Fc" if how == "custom" else "-Fp"), ".backup")
    backups = backups_in(tmp_path / "backups", each=each)
    drill = RestoreDrill(name="drill", system="shop", backups=backups, live=older.target(), database="shop")
    seen = carried_out(drill)
    observer = judged(row, drill, seen)
    assert observer.outcome is Outcome.OK, observer.summary
    assert seen.server_version.startswith(older.version.split(".")[0])
