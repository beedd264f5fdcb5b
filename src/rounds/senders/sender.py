"""What all channels share: a configuration with a kind, a sender made from it, and one error."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rounds.alerting.alert import Alert
from rounds.quantities import Duration
from rounds.round import Round
from rounds.secret import logins

REFUSALS = (400, 413, 422)
"""The HTTP answers that are about the alert itself. The cause of any other (a token that expired, a hook that moved) is
with the receiver or our configuration, where a person can mend it: the alert waits."""


class NotDelivered(Exception):  # noqa: N818 - what happened, as a person would say it
    """A channel did not take what was sent; the text says why, for people, without a secret.

    `permanent`: the same will be refused again, so trying again is no use. `retry_after`: the channel itself says in
    how many seconds it may be tried again.
    """

    def __init__(self, words: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.permanent = permanent
        self.retry_after = retry_after


class Sender(Protocol):
    """Sends alerts. One that tells rounds takes only an alert of kind `test`, and refuses others for good."""

    def send(self, alert: Alert) -> None:
        """Raises NotDelivered."""


class RoundSender(Sender, Protocol):
    """Tells whole rounds: figures, or that there was a round at all."""

    def send_round(self, told: Round) -> None:
        """Raises NotDelivered."""


class Channel(BaseModel):
    """The configuration of a channel. `tells` says whether its sender takes alerts or rounds.

    One that tells rounds and `wakes` somebody by them hears nothing bad of what is in a maintenance window.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
    tells: ClassVar[Literal["alerts", "rounds"]] = "alerts"
    wakes: ClassVar[bool] = False
    name: str = ""
    kind: Annotated[str, Field(description="what it is")]
    deadline: Annotated[Duration, Field(gt=0, le=300, description="how long one sending may take")] = 10.0

    def sender(self) -> Sender:
        raise NotImplementedError(f"{type(self).__name__} does not say what sends for it")

    @property
    def place(self) -> str:
        """What may be shown of where it leads."""
        return self.name or self.kind

    @property
    def secrets(self) -> list[str]:
        """Everything in it that nobody may read."""
        return list(_secrets(self.__dict__))


def _secrets(given: Any) -> Iterator[str]:
    if isinstance(given, SecretStr):
        yield given.get_secret_value()
    elif isinstance(given, str) and "://" in given:
        yield from logins(given)
    elif isinstance(given, dict | list | tuple):
        for each in given.values() if isinstance(given, dict) else given:
            yield from _secrets(each)


def kinds() -> dict[str, type[Channel]]:
    """Every kind of channel by its word in the configuration: ours, and what a user's conftest adds."""
    found: dict[str, type[Channel]] = {}
    waiting: list[type[Channel]] = Channel.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        word = kind.model_fields["kind"].default
        if isinstance(word, str):
            found[word] = kind
    return found


def takes_rounds_only(place: str) -> NotDelivered:
    """The refusal of an alert by a channel that tells rounds."""
    return NotDelivered(f"{place} tells rounds, no alerts: a route must not lead there", permanent=True)
