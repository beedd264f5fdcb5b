"""What all kinds of targets share, and how one is found by the name that a row gives it."""

from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from rounds.inventory.mistakes import nearest
from rounds.quantities import Duration
from rounds.secret import logins, without_login


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


def named_place(name: str, address: SecretStr) -> str:
    """`database (postgresql://host:5432/shop)`; only the name where it is not sure what is no secret."""
    place = without_login(address.get_secret_value())
    return f"{name} ({place})" if place else name
