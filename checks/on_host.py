"""What rows that run something on a host have in common."""

import re
import shlex
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from rounds.expectation import Expectation
from rounds.quantities import Duration, read
from rounds.secret import logins, pairs
from rounds.targets import Host

SECRET_NAME = re.compile(r"(?i)pass|pwd|secret|token|credential|api_?key|access_?key|private_?key|dsn")
SECRET_ARGUMENT = re.compile(
    r"(?i)--?[\w-]*(?:password|passwd|secret|token)(?:=|\s+)[^\s$\"'-]\S*|password='?[^\s$'\"]"
)
AT_ONCE = "would stand in the process list of the host; put NAME=value into a file there and name it as env_file"
GRACE_SECONDS = 20


def _written(given: object) -> object:
    """A list of arguments as one line of the shell, each quoted."""
    if isinstance(given, list | tuple) and given and all(isinstance(each, str | int | float) for each in given):
        return shlex.join(str(each) for each in given)
    return given


def _holds_no_secret(command: str) -> str:
    if not command.strip():
        raise ValueError("there is nothing to run")
    addresses = [word for word in command.split() if "://" in word]
    if SECRET_ARGUMENT.search(command) or any(logins(address) for address in addresses):
        raise ValueError(f"a password in a command {AT_ONCE}, then write $NAME in the command")
    return command


CommandLine = Annotated[
    str,
    BeforeValidator(_written),
    AfterValidator(_holds_no_secret),
    WithJsonSchema({
        "type": ["string", "array"],
        "items": {"type": ["string", "number"]},
        "description": "a line for the shell, or a list of a program and its arguments",
    }),
]  # fmt: skip


class OnHost(Expectation):
    """Something that is run on a host: it must only look, never change what it looks at."""

    host: Host
    command: CommandLine
    timeout: Annotated[Duration, Field(ge=0.1, le=3600, description="stopped when it has not ended by then")] = 30.0
    folder: Annotated[str, Field(description="where it runs")] = ""
    env: Annotated[dict[str, str], Field(default_factory=dict, description="variables that are no secrets")]
    env_file: Annotated[
        str, Field(pattern="^(/|$)", description="a file on the host with NAME=value lines for the shell; for secrets")
    ] = ""

    @model_validator(mode="before")
    @classmethod
    def _deadline_fits(cls, given: Any) -> Any:
        """Let the look last as long as the command may, unless the row says otherwise."""
        if not isinstance(given, dict) or given.get("deadline") is not None or "timeout" not in given:
            return given
        try:
            return given | {"deadline": f"{read(given['timeout'], 's') + GRACE_SECONDS:g}s"}
        except ValueError:  # the timeout itself tells what is wrong with it
            return given

    @model_validator(mode="after")
    def _env_tells_no_secret(self) -> "OnHost":
        for name, value in self.env.items():
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                raise ValueError(f"env: {name!r} is no name of a variable")
            if SECRET_NAME.search(name) or logins(value) or "password" in (pairs(value) or {}):
                raise ValueError(f"env: {name} looks like a secret, which {AT_ONCE}")
        return self
