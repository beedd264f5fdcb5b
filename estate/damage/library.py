"""A damage: its name, what a person would say happened, which kinds of backup it can befall, and who can see it."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from ..dumps import beginning
from ..part import EstateError
from ..postgres import Postgres

Kind = Literal["plain", "packed", "archive", "custom", "directory", "base", "sqlite", "redis"]
"""A plain SQL dump, one that is packed, an archive that contains one, pg_dump's other forms, a base backup, …"""
KINDS: frozenset[Kind] = frozenset(get_args(Kind))
POSTGRES: frozenset[Kind] = frozenset({"plain", "packed", "archive", "custom", "directory"})
SQL: frozenset[Kind] = frozenset({"plain", "packed", "archive"})

Sight = Literal["finding", "reading", "restoring", "nobody"]
"""By finding (names, times, sizes, modes), by reading the backup to its end, or only by restoring and asking it.

What a restore can make up for is a damage to `nobody`: it is done without, and says what it made.
"""


@dataclass(frozen=True)
class Victim:
    """A backup that is to be damaged: usually the newest, with those before it (oldest first).

    `database` is what it was dumped from: damages that need another dump make a real one with it. `table` is the one
    that loses something; the largest when it is left out. `member` is the dump in an archive.
    """

    path: Path
    kind: Kind
    older: tuple[Path, ...] = ()
    database: Postgres | None = field(default=None, repr=False)
    table: str = ""
    member: str = "database.sql"

    @property
    def origin(self) -> Postgres | Path | None:
        """What the backup can be made anew from: an SQLite copy is changed itself."""
        return self.path if self.kind == "sqlite" else self.database

    @property
    def source(self) -> Postgres:
        if self.database is None:
            raise EstateError(f"{self.path.name}: this damage needs the database that the backup is of")
        return self.database


@dataclass(frozen=True)
class Damage:
    """Call it with a victim, or with the path of a file or folder, and use it as a context manager."""

    name: str
    says: str
    kinds: frozenset[Kind]
    seen_by: Sight
    needs: frozenset[str]
    put_into: Callable[[Victim], AbstractContextManager[None]] = field(repr=False)

    def __call__(self, victim: Victim | Path) -> AbstractContextManager[None]:
        known = victim if isinstance(victim, Victim) else Victim(victim, kind_of(victim))
        if not self.suits(known):
            raise EstateError(f"{self.name} cannot befall {known.path.name} ({known.kind})")
        return self.put_into(known)

    def suits(self, victim: Victim) -> bool:
        """Whether it can befall this one, with what is known of it."""
        return victim.kind in self.kinds and all(getattr(victim, each) for each in self.needs)


DAMAGES: dict[str, Damage] = {}
Made = Callable[[Victim], AbstractContextManager[None]]


def damage(
    says: str, kinds: Collection[Kind] = KINDS, *, seen_by: Sight = "reading", needs: Collection[str] = ()
) -> Callable[[Made], Damage]:
    """Make a damage of a function that gives a context manager, and note it in DAMAGES by its name with dashes.

    `needs` names what of the victim must be known: `origin`, `older`.
    """

    def made(put_into: Made) -> Damage:
        name = put_into.__name__.replace("_", "-")
        DAMAGES[name] = Damage(name, says, frozenset(kinds), seen_by, frozenset(needs), put_into)
        return DAMAGES[name]

    return made


def largest_table(victim: Victim) -> str:
    """The table that is named, or the largest of the database, with its schema."""
    sql = """SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace NOT IN
        ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) ORDER BY pg_table_size(oid) DESC LIMIT 1"""
    return victim.table or str(victim.source.query(sql)[0][0])


MAGIC: dict[bytes, Kind] = {b"PGDMP": "custom", b"SQLite format 3": "sqlite", b"REDIS": "redis", b"VALKEY": "redis"}


def kind_of(path: Path) -> Kind:
    """The kind of a backup, by what it begins with."""
    if path.is_dir():
        return "directory" if (path / "toc.dat").exists() else "base"
    with path.open("rb") as file:
        begin = file.read(512)
    found = next((kind for magic, kind in MAGIC.items() if begin.startswith(magic)), None)
    if found:
        return found
    plain = beginning(path)
    if plain[257:262] == b"ustar":
        return "archive"
    return "plain" if plain == begin else "packed"
