"""What a person means who names a database: a target of an inventory, a URL, a DSN, a file, or files."""

import glob
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from rounds.inventory.document import read_document
from rounds.inventory.load import INVENTORY, Targets
from rounds.inventory.mistakes import nearest
from rounds.secret import pairs
from rounds.targets import Postgres, Sqlite, Warehouse

_FILES = re.compile(r"(?i)\.(csv|tsv|json|ndjson|jsonl)(\.gz)?$|\.(parquet|pq)$")
_SQLITE = b"SQLite format 3\0"
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)\}")


class NoPlace(Exception):  # noqa: N818 - it names what is not there
    """What was named is no database and no file."""


@dataclass(frozen=True)
class Place:
    """A database or files, and the system that they are of. `new` is the target where the inventory has none yet."""

    system: str
    database: Postgres | Sqlite | Warehouse | None = None
    files: str | None = None
    new: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()


def place_of(word: str, systems: Path) -> Place:
    """The place that is named; raises NoPlace."""
    variable = _VARIABLE.fullmatch(word)
    if variable:
        value = os.environ.get(variable["name"])
        if not value:
            raise NoPlace(f"{variable['name']} is not set")
        return _of_address(value, word)
    if "://" in word or (pairs(word) or {}).keys() & {"host", "dbname", "service"}:
        return _of_address(word, "")
    if _FILES.search(word):
        return _of_files(word)
    path = Path(word)
    if path.is_file():
        return _of_sqlite(path)
    return _of_inventory(word, systems)


def _of_address(address: str, written: str) -> Place:
    """A URL or DSN. It may hold a password, so that the inventory names a variable instead."""
    scheme = address.partition("://")[0].partition("+")[0] if "://" in address else "postgresql"
    if scheme in ("postgres", "postgresql"):
        dsn = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", address)
        found = pairs(dsn) or {}
        name = found.get("dbname") or re.sub(r"[?#].*", "", dsn.rpartition("/")[2])
        system = _slug(name)
        database = Postgres(name="database", system=system, dsn=SecretStr(dsn))
        variable = written or f"${{{system.upper()}_DSN}}"
        return Place(system, database, new={"database": {"kind": "postgres", "dsn": variable}})
    if scheme == "sqlite":
        return _of_sqlite(Path(address.partition("://")[2].partition("?")[0].removeprefix("/")))
    system = _slug(re.sub(r"[?#].*", "", address.rpartition("/")[2]) or scheme)
    try:
        warehouse = Warehouse(name="database", system=system, url=SecretStr(address))
        _ = warehouse.dialect
    except (ValidationError, ValueError) as error:
        raise NoPlace(f"{scheme}:// is no database that is known: {str(error)[:200]}") from None
    variable = written or f"${{{system.upper()}_URL}}"
    return Place(system, warehouse, new={"database": {"kind": "warehouse", "url": variable}})


def _of_sqlite(path: Path) -> Place:
    try:
        with path.open("rb") as file:
            begin = file.read(len(_SQLITE))
    except OSError as error:
        raise NoPlace(f"{path} cannot be read: {error.strerror}") from None
    if begin != _SQLITE:
        raise NoPlace(f"{path} is neither an SQLite database nor CSV, JSON or Parquet by its name")
    system, full = _slug(path.stem), str(path.absolute())
    database = Sqlite(name="database", system=system, path=full)
    return Place(system, database, new={"database": {"kind": "sqlite", "path": full}})


def _of_files(pattern: str) -> Place:
    full = str(Path(pattern).absolute())
    if not glob.glob(full, recursive=True):  # noqa: PTH207 - a pattern of any root
        raise NoPlace(f"there is no file {pattern}")
    return Place(_slug(Path(full).parent.name), files=full)


def _of_inventory(word: str, systems: Path) -> Place:
    system, slash, name = word.partition("/")
    folders = sorted(path.parent.name for path in systems.glob(f"*/{INVENTORY}"))
    if (not slash or system not in folders) and Path(word).is_dir():
        raise NoPlace(f"{word} is a folder: name files of it, such as '{Path(word) / '*.csv'}'")
    if not slash or system not in folders:
        raise NoPlace(f"{word!r} is no file, no URL, and no target such as shop/database{nearest(system, folders)}")
    document = read_document(systems / system / INVENTORY)
    targets = Targets(system, document)
    databases = [each for each, target in targets.built.items() if isinstance(target, Postgres | Sqlite | Warehouse)]
    found = targets.built.get(name)
    if isinstance(found, Postgres | Sqlite | Warehouse):
        return Place(system, found, taken=frozenset(targets.raw))
    if name in targets.raw and found is None:
        raise NoPlace("\n".join(str(each) for each in sorted(document.mistakes) if name in each.path) or word)
    raise NoPlace(f"{system} has no database {name!r}{nearest(name, databases)}")


def _slug(name: str) -> str:
    """A system's name made of a database's."""
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
    return plain if re.match(r"[a-z]", plain) else f"system_{plain}".rstrip("_")
