"""Targets: the things of a system that can be looked at, and how to reach each. One class a kind."""

import re
from typing import Annotated, Any, Literal, get_args
from urllib.parse import unquote

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from rounds.inventory.mistakes import nearest
from rounds.pattern import Pattern
from rounds.quantities import Duration, Size
from rounds.secret import HOST, Secret, logins, without_login

_URL = re.compile(rf"https?://{HOST}(?::\d{{1,5}})?(?:[/?#]\S*)?")
_ADDRESS = re.compile(rf"(?:{HOST}|[0-9A-Fa-f:]+):(?P<port>\d{{1,5}})")
# What testinfra can reach a host with (tests hold this against testinfra itself, which a round may not need).
REACHED_BY = (
    "local", "ssh", "safe-ssh", "paramiko", "docker", "podman", "kubectl", "openshift", "salt", "winrm", "lxc",
    "ansible", "chroot",
)  # fmt: skip


def _url(given: object) -> object:
    if not isinstance(given, str) or not _URL.fullmatch(given):
        raise ValueError("a URL such as http://localhost:5000 is due")
    return given


def _address(given: object) -> object:
    match = _ADDRESS.fullmatch(given) if isinstance(given, str) else None
    if not match or not 0 < int(match["port"]) < 65536:
        raise ValueError("host:port is due, such as localhost:443")
    return given


def _connection(given: object) -> object:
    scheme, found, _ = str(given).partition("://")
    if not found:
        raise ValueError("begins with how to reach the host: local://, ssh://ops@web1, docker://name")
    if scheme not in REACHED_BY:
        raise ValueError(f"no host is reached by {scheme!r}{nearest(scheme, REACHED_BY) or '; ssh is one way'}")
    return given


class Target(BaseModel):
    """What all kinds share. `place` is what a report may show of it: never a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
    name: str = ""
    system: str = ""
    kind: str
    deadline: Annotated[Duration | None, Field(description="how long one look may take")] = None
    parallel: Annotated[int, Field(ge=1, description="how many looks at once")] = 4

    @field_validator("*", mode="before")
    @classmethod
    def _by_name(cls, given: Any, info: ValidationInfo) -> Any:
        kind = target_kind(cls.model_fields[info.field_name or ""].annotation)
        return (
            named_target(given, kind, (info.context or {}).get("targets", {}))
            if kind and isinstance(given, str)
            else given
        )

    @property
    def key(self) -> str:
        """`bigshot/database`: the same target in every round."""
        return f"{self.system}/{self.name}"

    @property
    def place(self) -> str:
        return self.name

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}>"

    __str__ = __repr__


class Host(Target):
    """A machine, reached through testinfra (`local://`, `ssh://user@host`, …)."""

    kind: Literal["host"] = "host"
    connection: Annotated[str, BeforeValidator(_connection)] = "local://"
    ssh_config: str | None = None
    procfs: Annotated[str, Field(description="where /proc is mounted, e.g. /host/proc inside a container")] = "/proc"
    path: Annotated[str, Field(description="folders put first in PATH, separated by colons")] = ""

    @property
    def place(self) -> str:
        return f"{self.name} ({self.connection.rpartition('@')[2]})"


def _address_and_login(given: Any) -> Any:
    """Move a login out of the URL, so that the URL may be shown and the login may not."""
    if not isinstance(given, dict) or "@" not in str(given.get("url", "")):
        return given
    scheme, _, rest = str(given["url"]).partition("://")
    login, _, host = rest.rpartition("@")
    if re.search(r"[/?#]", login):
        raise ValueError("the url has a / ? or # before an @: write them as %2F %3F %23 (an @ of the path as %40)")
    return given | {"url": f"{scheme}://{host}", "login": given.get("login", unquote(login))}


class Endpoint(Target):
    """An HTTP service: its base URL and how to log in."""

    kind: Literal["endpoint"] = "endpoint"
    url: Annotated[str, BeforeValidator(_url), Field(description="base URL, e.g. http://localhost:5000")]
    bearer: Secret | None = None
    login: Annotated[Secret | None, Field(description="user:password for basic authentication")] = None
    headers: dict[str, Secret] = {}
    ca_file: Annotated[str | None, Field(description="certificates to trust instead of the system's")] = None

    _split = model_validator(mode="before")(_address_and_login)

    @property
    def place(self) -> str:
        return f"{self.name} ({self.url})"


class Postgres(Target):
    """A PostgreSQL database by its DSN (URL or key=value form)."""

    kind: Literal["postgres"] = "postgres"
    dsn: Secret
    timezone: Annotated[str, Field(description="of timestamps that carry none")] = "UTC"

    @property
    def place(self) -> str:
        return _named_place(self.name, self.dsn)


class Redis(Target):
    """A Redis or Valkey database by its URL."""

    kind: Literal["redis"] = "redis"
    url: Secret
    memory_limit: Annotated[Size | None, Field(description="the container's limit, used when maxmemory is 0")] = None

    @property
    def place(self) -> str:
        return _named_place(self.name, self.url)


class Celery(Target):
    """Celery workers behind a broker on Redis."""

    kind: Literal["celery"] = "celery"
    broker: Secret
    queues: tuple[str, ...] = ("celery",)

    @property
    def place(self) -> str:
        return _named_place(self.name, self.broker)


class Compose(Target):
    """A Docker Compose project on a host."""

    kind: Literal["compose"] = "compose"
    host: Annotated[Host, Field(description="the name of a host target of the same inventory")]
    file: Annotated[str, Field(description="the compose file that is deployed")]

    @property
    def place(self) -> str:
        return f"{self.name} ({self.file})"


class Log(Target):
    """A log: where it is (files, or a service of a compose project) and how a record looks.

    `pattern` is a regular expression with the groups `time` and, where there are any, `level`, `code`, `status`,
    `seconds`; `time_format` is strptime's. Lines that do not match continue the record before them.
    """

    kind: Literal["log"] = "log"
    path: Annotated[str | None, Field(description="the live file")] = None
    rotated: Annotated[str | None, Field(description="glob of the rotated files beside it")] = None
    compose: Compose | None = None
    service: str | None = None
    pattern: Pattern
    time_format: str
    timezone: Annotated[str, Field(description="of the stamps, when they carry none")] = "UTC"

    @model_validator(mode="after")
    def _one_source(self) -> "Log":
        if (self.path is None) == (self.compose is None or self.service is None):
            raise ValueError("a log has either a path, or a compose project and a service")
        if "time" not in re.compile(self.pattern).groupindex:
            raise ValueError("the pattern of a log has a group time: (?P<time>…)")
        return self

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path or self.service})"


class Backups(Target):
    """A folder of backup archives and the names they have.

    `pattern` is a regular expression over whole file names; its group `time` is the date in the name, in UTC, in one of
    the `time_formats` (strptime's). Where a format names no hour, the modification time within that day tells it.
    """

    kind: Literal["backups"] = "backups"
    path: str
    pattern: str
    time_formats: tuple[str, ...] = ("%Y%m%d_%H%M%S", "%Y%m%d")

    @field_validator("pattern")
    @classmethod
    def _dates_names(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        if "time" not in groups:
            raise ValueError("has no group (?P<time>…) for the date in a name")
        return pattern

    @property
    def place(self) -> str:
        return f"{self.name} ({self.path})"


class Certificate(Target):
    """A certificate as a server shows it (`address` is host:port), and the file it should come from."""

    kind: Literal["certificate"] = "certificate"
    address: Annotated[str, BeforeValidator(_address), Field(description="host:port")]
    server_name: str
    file: str | None = None

    @property
    def place(self) -> str:
        return f"{self.name} ({self.address})"


def target_kind(annotation: Any) -> type[Target] | None:
    """The kind of target that a field of this type takes (`Host`, `Host | None`), or None if it takes no target."""
    for choice in (annotation, *get_args(annotation)):
        if isinstance(choice, type) and issubclass(choice, Target):
            return choice
    return None


def named_target(name: str, kind: type[Target], targets: dict[str, Target]) -> Target:
    """The target of that name and kind; raises ValueError with the nearest right word."""
    named = targets.get(name)
    if isinstance(named, kind):
        return named
    fitting = {key: target for key, target in targets.items() if isinstance(target, kind)}
    wanted = kind.model_fields["kind"].default
    if name in targets:
        raise ValueError(f"target {name!r} is a {targets[name].kind}, but a {wanted} is due here{nearest('', fitting)}")
    raise ValueError(f"there is no target {name!r} in the inventory{nearest(name, fitting)}")


def kinds() -> dict[str, type[Target]]:
    """Every kind of target by its word in the inventory: ours, and what a user's conftest adds."""
    found: dict[str, type[Target]] = {}
    waiting: list[type[Target]] = Target.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found[str(kind.model_fields["kind"].default)] = kind
    return found


def secrets_of(target: Target) -> list[str]:
    """Every secret value a target holds, also inside its mappings, and logins that stand in the open."""
    values: list[object] = list(target.__dict__.values())
    values += [inner for value in values if isinstance(value, dict) for inner in value.values()]
    open_logins = [login for value in values if isinstance(value, str) and "://" in value for login in logins(value)]
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)] + open_logins


def _named_place(name: str, address: SecretStr) -> str:
    """`database (postgresql://host:5432/shop)`; only the name where it is not sure what is no secret."""
    place = without_login(address.get_secret_value())
    return f"{name} ({place})" if place else name
