"""What all kinds of targets share, and how one is found by the name that a row gives it."""

from functools import cache
from typing import Annotated, Any, ClassVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

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
    depends_on: Annotated[tuple[str, ...], Field(description="targets of the system it cannot work without")] = ()
    client: ClassVar[tuple[str, ...]] = ()  # the modules that speak to it

    @field_validator("*", mode="before")
    @classmethod
    def _by_name(cls, given: Any, info: ValidationInfo) -> Any:
        return with_targets(cls, info.field_name or "", given, info.context)

    @property
    def key(self) -> str:
        """`bigshot/database`: the same target in every round."""
        return f"{self.system}/{self.name}"

    @property
    def place(self) -> str:
        return self.name

    @property
    def lane(self) -> str:
        """The server behind it: targets of the same lane are kept apart by looks that are `exclusive`."""
        return self.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}>"

    __str__ = __repr__


def target_kinds(annotation: Any) -> tuple[type[Target], ...]:
    """The kinds of targets that a field of this type takes (`Host | None`, `tuple[Host, ...]`, `Postgres | Sqlite`)."""
    if isinstance(annotation, type):
        return (annotation,) if issubclass(annotation, Target) else ()
    return tuple(dict.fromkeys(kind for choice in get_args(annotation) for kind in target_kinds(choice)))


def words_of(kinds_taken: tuple[type[Target], ...]) -> str:
    """`host`, `postgres or sqlite`: what such targets have as their kind in the inventory."""
    return " or ".join(str(kind.model_fields["kind"].default) for kind in kinds_taken)


def takes_several(annotation: Any) -> bool:
    """Whether a field of this type takes a list (`tuple[Host, ...]`, `list[Host] | None`)."""
    return any(get_origin(choice) in (tuple, list) for choice in (annotation, *get_args(annotation)))


@cache
def _kinds_of_fields(model: type[BaseModel]) -> dict[str, tuple[tuple[type[Target], ...], bool]]:
    """The fields of a model that take targets: of which kinds, and whether several."""
    kinds_of = {name: (target_kinds(field.annotation), field.annotation) for name, field in model.model_fields.items()}
    return {name: (taken, takes_several(annotation)) for name, (taken, annotation) in kinds_of.items() if taken}


def with_targets(model: type[BaseModel], name: str, given: Any, context: Any) -> Any:
    """What is given for a field, with targets in place of their names; anything else stays for pydantic to judge."""
    taken, several = _kinds_of_fields(model).get(name, ((), False))
    targets = (context or {}).get("targets", {})
    if taken and several and isinstance(given, list | tuple):
        return _named_targets(list(given), taken, targets)
    return named_target(given, taken, targets) if taken and not several and isinstance(given, str) else given


def _named_targets(names: list[Any], taken: tuple[type[Target], ...], targets: dict[str, Target]) -> list[Any]:
    """The targets of a list of names; every mistake is told at its own place in the list."""
    wanted = words_of(taken)
    if not names:
        raise ValueError(f"the list is empty: the name of at least one {wanted} is due")
    found: list[Any] = []
    mistakes: list[InitErrorDetails] = []
    for at, name in enumerate(names):
        said = f"{name!r} stands twice in this list" if name in names[:at] else ""
        try:
            found.append(named_target(name or "", taken, targets) if isinstance(name, str | None) else name)
        except ValueError as error:
            said = str(error) if name else f"is empty: the name of a target of kind {wanted} is due"
        if said:
            problem = PydanticCustomError("target", "{said}", {"said": said})
            mistakes.append(InitErrorDetails(type=problem, loc=(at,), input=None))
    if mistakes:
        raise ValidationError.from_exception_data("targets", mistakes)
    return found


def named_target(name: str, taken: tuple[type[Target], ...], targets: dict[str, Target]) -> Target:
    """The target of that name and of one of these kinds; raises ValueError with the nearest right word."""
    named = targets.get(name)
    if isinstance(named, taken):
        return named
    fitting = {key: target for key, target in targets.items() if isinstance(target, taken)}
    if name in targets:
        due = f"a {words_of(taken)} is due here{nearest('', fitting)}"
        raise ValueError(f"target {name!r} is a {targets[name].kind}, but {due}")
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
