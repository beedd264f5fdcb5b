"""Everything else (e-mail, Slack, Teams, PagerDuty, Opsgenie, ntfy, …): through the library apprise, by its URLs.

Incident services get the alert's key as theirs, so that one thing is one incident, which its recovery closes.
"""

import html
import re
import threading
import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from rounds.alerting.alert import Alert, Kind, Level
from rounds.inventory.mistakes import nearest
from rounds.secret import Secret
from rounds.senders import apprise_words
from rounds.senders.alertmanager_form import is_url
from rounds.senders.sender import Channel, NotDelivered
from rounds.senders.texts import LONGEST_BODY, LONGEST_TITLE, Text, short_key, title_of, told

if TYPE_CHECKING:
    import apprise

_REMEMBERS = ("opsgenie", "jira")
_LONGEST_KEY = 200
_DEFAULT_SOURCE = "Apprise"  # as PagerDuty gets it when the URL names none
_MENTION = re.compile(r"(?<!\w)@(?=\w)|<(?=[!@#])")
_MARKS = re.compile(r"[\\`*_{}\[\]()#+.!|<>~-]")
_TYPES = {Level.CRITICAL: "failure", Level.UNKNOWN: "failure", Level.WARNING: "warning", Level.GOOD: "warning"}


class Apprise(Channel):
    """A service by its URL for apprise, such as mailtos://… or slack://…: it holds tokens, so it is a secret."""

    kind: Literal["apprise"] = "apprise"
    url: Annotated[Secret, Field(description="apprise's URL of the service, https://appriseit.com/services/")]
    storage: Annotated[
        str | None,
        Field(pattern=r"^/", description="a folder that remembers what was opened, so that it is closed again"),
    ] = None

    @model_validator(mode="after")
    def _is_known(self) -> "Apprise":
        scheme = self.url.get_secret_value().partition("://")[0].strip().lower()
        known = _library_schemes()
        if scheme not in known:
            shown = scheme if re.fullmatch(r"[a-z0-9+_-]{1,20}", scheme) else "…"
            raise ValueError(f"apprise knows no service {shown}://{nearest(shown, known)}")
        service, words = _instance(self)
        if service is None:
            raise ValueError(f"apprise cannot read this URL for {scheme}://: {words or 'see its page of the service'}")
        if scheme in _REMEMBERS and self.storage is None:
            raise ValueError(f"{scheme}:// needs storage: a folder, or nothing that it opened can be closed again")
        return self

    @property
    def place(self) -> str:
        return f"{self.name or self.kind} ({self.url.get_secret_value().partition('://')[0].strip().lower()}://)"

    def sender(self) -> "AppriseSender":
        return AppriseSender(self)


class AppriseSender:
    """Sends an alert as title and text, both cut to what the service takes."""

    def __init__(self, channel: Apprise) -> None:
        self.channel = channel

    def send(self, alert: Alert) -> None:
        answers: list[apprise_words.Answer] = []
        thread = threading.Thread(
            target=lambda: answers.append(self._answer(alert)), daemon=True, name="rounds-apprise"
        )
        thread.start()  # apprise's own deadline leaves a thread behind that Python would wait for at its end
        thread.join(self.channel.deadline)
        if not answers:
            seconds = f"{self.channel.deadline:g} s"
            raise NotDelivered(f"{self.channel.place} gives no answer within {seconds}")
        if not answers[0].is_delivered:
            raise NotDelivered(f"{self.channel.place}: {answers[0].words}", permanent=answers[0].is_permanent)

    def _answer(self, alert: Alert) -> "apprise_words.Answer":
        import apprise  # noqa: PLC0415 - it costs 0.6 s with its plugins, for who sends by it

        try:
            service, words = _instance(self.channel)
            if service is None:
                return apprise_words.Answer(words or "its URL cannot be read any more")
            _name_incident(service, alert, self.channel.url.get_secret_value())
            text = text_for(service, alert)
            room = apprise.Apprise(asset=service.asset)
            room.add(service)
            with apprise_words.Heard() as heard:
                is_delivered = room.notify(
                    body=text.body, title=text.title, notify_type=_type(alert), body_format="text"
                )
            if is_delivered:
                return apprise_words.Answer("", is_delivered=True)
            return heard.why(self.channel.url.get_secret_value(), service)
        except Exception as error:  # noqa: BLE001 - 180 plugins: none of them may stop the other channels
            return apprise_words.Answer(f"apprise failed: {type(error).__name__}")


def _type(alert: Alert) -> Any:
    """What apprise calls the type of a notice: it decides on the colour, and on opening or closing an incident."""
    if alert.is_over:
        return "success"
    return "warning" if alert.kind in (Kind.FLAPPING, Kind.TEST) else _TYPES[alert.level]


def text_for(service: Any, alert: Alert) -> Text:
    """Title and body within what the service takes, counted as bytes and after escapes for HTML: that is never less."""
    most = min(int(service.body_maxlen), LONGEST_BODY)
    in_body = service.title_maxlen <= 0
    size = _marked_size if service.resolve_format("text") == "markdown" else _size
    title = title_of(alert, min(LONGEST_TITLE, most // 2 if in_body else int(service.title_maxlen)), size)
    used = size(title) + 4 if in_body or service.overflow_amalgamate_title else 0
    body = told(alert, longest=max(20, most - used), size=size).body
    return Text(_calm(title), _calm(body))


def _size(text: str) -> int:
    return len(html.escape(_calm(text)).encode("utf-8", "backslashreplace"))


def _marked_size(text: str) -> int:
    """The same for Markdown, where apprise puts a backslash before each of these."""
    return _size(text) + len(_MARKS.findall(text))


def _calm(text: str) -> str:
    """Nobody is called by name: what a target says may hold `@everyone` or `<!channel>`."""
    return _MENTION.sub(lambda match: f"{match[0]}\u200b", text)


def _name_incident(service: Any, alert: Alert, url: str) -> None:
    """Let the service know one incident by the alert's key, and its report, where the URL does not say otherwise."""
    key = short_key(alert.key, _LONGEST_KEY)
    for name in ("dedup", "alias"):
        if hasattr(service, name) and not getattr(service, name):
            setattr(service, name, key)
    if hasattr(service, "click") and not service.click and is_url(alert.link):
        service.click = alert.link
    if getattr(service, "source", "") == _DEFAULT_SOURCE:
        service.source = alert.system or "Rounds"
    if hasattr(service, "entity_id") and "entity_id=" not in url:
        service.entity_id = key
    actions = service.template_args.get("action", {}).get("values", ())
    if "map" in actions and "action=" not in url:
        service.action = "map"


def _library_schemes() -> set[str]:
    """Also loads all its plugins, whose imports warn of much that is none of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import apprise  # noqa: PLC0415 - the extra may not be installed
        except ImportError:
            raise ValueError("the kind apprise needs a library: in the clone, pip install '.[notify]'") from None
        apprise_words.hush()
        manager: Any = apprise.NotificationManager
        return set(manager().schemas())


def _instance(channel: Apprise) -> "tuple[apprise.NotifyBase | None, str]":
    """A new object of the service (a few ms), that tells no addresses elsewhere; or None, and what is wrong."""
    import apprise  # noqa: PLC0415 - as above

    asset = apprise.AppriseAsset(
        app_id="Rounds", app_desc="Rounds", app_url="", async_mode=False, http_redirects=False, service_timeout=0,
        image_url_mask="", image_url_logo="",
        storage_path=channel.storage, storage_mode="flush" if channel.storage else "memory",
    )  # fmt: skip
    url = channel.url.get_secret_value()
    with apprise_words.Heard() as heard:
        service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None:
        return None, apprise_words.redacted(heard.first, url)
    seconds = channel.deadline / 2
    service.socket_connect_timeout = min(service.socket_connect_timeout or seconds, seconds)
    service.socket_read_timeout = max(0.1, seconds)
    return service, ""
