"""What a web hook gets: JSON that says all, or what a template makes of the same."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.reports.text import line
from rounds.senders.texts import told

FORMAT = 1
_MOST_ROWS = 100
_ROW = {"summary": 600, "remedy": 1200, "runbook": 300, "target": 300}


def form_of(alert: Alert) -> dict[str, Any]:
    """The alert as plain data: its fields, with `text` and `title` for people; `more` is how many rows are left out."""
    text = told(alert)
    return {
        "format": FORMAT,
        **{name: str(getattr(alert, name)) for name in ("id", "kind", "level", "since", "at", "ends_at")},
        **{name: line(getattr(alert, name), 500) for name in ("key", "system", "batch", "round")},
        "is_over": alert.is_over,
        "title": text.title,
        "text": text.body,
        "link": line(alert.link),
        "lasted_seconds": alert.lasted_seconds,
        "labels": {line(name, 200): line(value, 200) for name, value in alert.labels},
        "rows": [_row(row) for row in alert.rows[:_MOST_ROWS]],
        "more": max(0, len(alert.rows) - _MOST_ROWS),
    }


def _row(row: AlertRow) -> dict[str, str]:
    return {name: line(str(value), _ROW.get(name, 500)) for name, value in asdict(row).items()}


def as_json(value: object) -> str:
    """JSON as people read it; a name that a template does not know says so when it becomes text."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)


class Template:
    """A text with `{{ … }}` and `{% … %}` (jinja2).

    The names in it are the keys of the JSON form, and `| json` writes any value as JSON. It runs in a sandbox, and
    a name that it does not know is a mistake.
    """

    def __init__(self, source: str) -> None:
        """Raises ValueError when it is not a template."""
        from jinja2 import StrictUndefined, TemplateSyntaxError  # noqa: PLC0415 - only for who has a template
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - the same

        room = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True)
        room.filters["json"] = as_json
        try:
            self._template = room.from_string(source)
        except TemplateSyntaxError as error:
            raise ValueError(f"the template cannot be read: line {error.lineno}: {error.message}") from None

    def filled(self, alert: Alert) -> str:
        """Raises ValueError when it cannot be filled with this alert."""
        try:
            return self._template.render(form_of(alert))
        except Exception as error:  # noqa: BLE001 - whatever a template does, it is the template's mistake
            words = line(str(error), 200) or type(error).__name__
            raise ValueError(f"the template cannot be filled: {words}") from None


@cache
def template(source: str) -> Template:
    return Template(source)


def mistake_of(source: str, is_json: bool) -> str:
    """What is wrong with a template, seen with alerts that have quotes and line breaks in them; empty if nothing is."""
    try:
        texts = [template(source).filled(each) for each in _samples()]
        checked: Callable[[str], object] = json.loads if is_json else str
        for text in texts:
            checked(text)
    except json.JSONDecodeError:
        return (
            "the template makes no JSON where a text has quotes in it: write {{ title | json }}, without quotes around"
        )
    except ValueError as error:
        return str(error)
    return ""


def _samples() -> list[Alert]:
    words = 'a "quoted" \\ word\nand a second line'
    row = AlertRow("shop.disks.root", Level.CRITICAL, words, words, words, words, "critical", "2026-11-20T03:00:00Z")
    often = [("shop/db", Kind.BAD, (row, row)), ("shop.disks.root", Kind.RECOVERED, ())]
    return [
        Alert(
            id="1", key=key, kind=kind, level=Level.CRITICAL, system="shop", title=words, rows=rows, batch=words,
            since="2026-11-20T03:00:00Z", at="2026-11-20T03:00:00Z", ends_at="2026-11-21T03:00:00Z", link=words,
            lasted_seconds=60.0 if kind is Kind.RECOVERED else None,
        )
        for key, kind, rows in often
    ]  # fmt: skip
