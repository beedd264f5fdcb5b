"""What answers over HTTP or TLS."""

import re
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, model_validator

from rounds.secret import HOST, Secret
from rounds.targets.target import Target

_URL = re.compile(rf"https?://{HOST}(?::\d{{1,5}})?(?:[/?#]\S*)?")
_ADDRESS = re.compile(rf"(?:{HOST}|[0-9A-Fa-f:]+):(?P<port>\d{{1,5}})")


def _url(given: object) -> object:
    if not isinstance(given, str) or not _URL.fullmatch(given):
        raise ValueError("a URL such as http://localhost:5000 is due")
    return given


def _address(given: object) -> object:
    match = _ADDRESS.fullmatch(given) if isinstance(given, str) else None
    if not match or not 0 < int(match["port"]) < 65536:
        raise ValueError("host:port is due, such as localhost:443")
    return given


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
    headers: dict[str, Secret] = {}  # noqa: RUF012 - pydantic copies it
    secrets: Annotated[dict[str, Secret], Field(description="what the steps of a flow may name as {word}")] = {}  # noqa: RUF012 - as above
    ca_file: Annotated[str | None, Field(description="certificates to trust instead of the system's")] = None
    client: ClassVar[tuple[str, ...]] = ("httpx",)

    _split = model_validator(mode="before")(_address_and_login)

    @property
    def place(self) -> str:
        return f"{self.name} ({self.url})"

    @property
    def lane(self) -> str:
        """Scheme, host and port: two endpoints of one server are one server."""
        scheme, _, rest = self.url.lower().partition("://")
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        has_port = re.search(r":\d+$", authority)
        return f"{scheme}://{authority}" + ("" if has_port else ":443" if scheme == "https" else ":80")


class Prometheus(Endpoint):
    """A Prometheus server (or one that speaks its HTTP API), by its base URL."""

    kind: Literal["prometheus"] = "prometheus"  # type: ignore[assignment]


class Certificate(Target):
    """A certificate as a server shows it (`address` is host:port), and the file it should come from."""

    kind: Literal["certificate"] = "certificate"
    address: Annotated[str, BeforeValidator(_address), Field(description="host:port")]
    server_name: str
    file: str | None = None
    client: ClassVar[tuple[str, ...]] = ("cryptography.x509",)

    @property
    def place(self) -> str:
        return f"{self.name} ({self.address})"
