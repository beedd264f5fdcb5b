"""What a waiver is: who answers for a known fault, why, and from when until when (UTC, and not for long)."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from rounds.quantities import shown

LONGEST_SECONDS = 90 * 86_400.0
# As fromisoformat and YAML read times, of which UTC is due.
_IN_UTC = r"^\d{4}[\dW-]*([Tt]|[ \t]+)\d[\d:.]*[ \t]*(Z|[+-]0?0(:?00)?)$"


def utc(given: object) -> datetime:
    """A time of day in UTC; raises ValueError that says what to write instead, where that can be known."""
    try:
        return _utc(given)
    except OverflowError:
        raise ValueError(f"{given} is no time that a waiver can have") from None


def _utc(given: object) -> datetime:
    moment = _moment(given)
    if not isinstance(moment, datetime):
        raise ValueError(f"{moment} has no time: write {moment}T00:00:00Z (UTC)")  # noqa: TRY004 - pydantic's way
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: UTC is due, such as {moment.isoformat()}Z")
    if moment.utcoffset():
        raise ValueError(f"{moment} is not in UTC: write {written(moment)}")
    return moment.astimezone(UTC)


def _moment(given: object) -> date:
    if isinstance(given, date):
        return given
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(str(given))
        except ValueError:
            continue
    raise ValueError(f"{given!r} is no time such as 2026-12-01T00:00:00Z")


def written(moment: datetime) -> str:
    """A moment as it is written in the files: `2026-12-01T00:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty: a waiver says who answers for it, and why")
    return text


def _as_text(given: object) -> object:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Words = Annotated[str, AfterValidator(_not_empty), WithJsonSchema({"type": "string", "pattern": r"\S"})]
Ticket = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "integer"]})]
Moment = Annotated[datetime, BeforeValidator(utc), WithJsonSchema({"type": "string", "pattern": _IN_UTC})]


class Waiver(BaseModel):
    """A known fault that somebody answers for until a time; afterwards it counts again."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
    owner: Annotated[Words, Field(description="who answers for it")]
    reason: Annotated[Words, Field(description="why it need not alarm")]
    ticket: Annotated[Ticket, Field(description="where it is followed up")] = ""
    begins: Annotated[Moment | None, Field(description="when it begins, in UTC; at once if left out")] = Field(
        default=None, alias="from"
    )
    until: Annotated[Moment, Field(description="when it ends, in UTC: 2026-12-01T00:00:00Z")]

    def has_begun(self, now: datetime) -> bool:
        return self.begins is None or self.begins <= now

    def holds(self, now: datetime) -> bool:
        return self.has_begun(now) and now < self.until

    def as_json(self) -> dict[str, str]:
        """As a record has it: plain text, without what is empty."""
        told = {"owner": self.owner, "reason": self.reason, "until": self.until.isoformat()}
        return told | ({"ticket": self.ticket} if self.ticket else {})


def wrong_times(begins: datetime | None, until: datetime, longest_seconds: float) -> str:
    """Why something cannot be waived from then until then; empty if it can be."""
    start = begins or datetime.now(UTC)
    if begins and until <= begins:
        return f"ends at {written(until)}, which is not after its start at {written(begins)}"
    if (until - start).total_seconds() > longest_seconds:
        latest = (start + timedelta(seconds=longest_seconds)).replace(microsecond=0)
        most = f"{shown(longest_seconds, 's')} from {'its start' if begins else 'now'} is the most"
        return f"{written(until)} is too long: {most} (rounds_longest_waiver), which is {written(latest)}"
    return ""
