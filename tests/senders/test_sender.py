"""What all channels share, and each kind as a user writes it."""

import subprocess
import sys
from typing import Literal

import pytest
import yaml
from pydantic import SecretStr, ValidationError

from rounds.alerting.alert import Kind
from rounds.secret import Redactor
from rounds.senders import Alertmanager, Channel, NotDelivered, Ping, Webhook, kinds

AS_WRITTEN = """
pager:
  kind: alertmanager
  urls: [http://am1:9093, https://am2.example/alertmanager/]
  labels: {environment: production}
  login: ops:pass-word
  deadline: 5s
chat:
  kind: webhook
  url: https://hooks.example/services/T0KENT0KEN
  secret: file:{folder}/hook-secret
  headers: {{X-Team: ops}}
  template: '{{"text": {{{{ title | json }}}}, "more": {{{{ more }}}}}}'
mail:
  kind: apprise
  url: mailtos://rounds:pass-word@mail.example?from=rounds@example.com&to=oncall@example.com
incidents:
  kind: apprise
  url: opsgenie://a1b2c3d4-e5f6-7890-abcd-ef0123456789
  storage: /var/lib/rounds/apprise
figures:
  kind: pushgateway
  url: http://pushgateway:9091
  job: rounds
  labels: {{site: berlin}}
node:
  kind: textfile
  folder: /var/lib/prometheus/node-exporter
heartbeat:
  kind: ping
  key: fqOOd6-F4MMNuCEnzTU01w
  slug: rounds-{{batch}}
  create: true
daily:
  kind: ping
  url: https://hc-ping.com/803f680d-e89b-492b-82ef-2be7b774a92d
"""


@pytest.fixture
def channels(tmp_path):
    (tmp_path / "hook-secret").write_text("a secret of the team\n")
    first, _, rest = AS_WRITTEN.partition("chat:")
    written = yaml.safe_load(first + "chat:" + rest.format(folder=tmp_path))
    return {name: kinds()[given["kind"]].model_validate(given | {"name": name}) for name, given in written.items()}


def test_there_are_these_kinds():
    ours = {word for word, kind in kinds().items() if kind.__module__.startswith("rounds.senders")}
    assert ours == {"alertmanager", "webhook", "apprise", "pushgateway", "textfile", "ping"}


def test_each_kind_is_read_as_written_and_makes_its_sender(channels):
    assert {name: (channel.kind, channel.tells) for name, channel in channels.items()} == {
        "pager": ("alertmanager", "alerts"), "chat": ("webhook", "alerts"), "mail": ("apprise", "alerts"),
        "incidents": ("apprise", "alerts"), "figures": ("pushgateway", "rounds"), "node": ("textfile", "rounds"),
        "heartbeat": ("ping", "rounds"), "daily": ("ping", "rounds"),
    }  # fmt: skip
    for channel in channels.values():
        assert callable(channel.sender().send)
        assert hasattr(channel.sender(), "send_round") == (channel.tells == "rounds")
    assert channels["pager"].urls == ("http://am1:9093", "https://am2.example/alertmanager")
    assert channels["pager"].deadline == 5
    assert channels["chat"].secret == SecretStr("a secret of the team")


def test_a_redactor_can_learn_all_secrets_of_a_channel(channels):
    redactor = Redactor()
    for channel in channels.values():
        for secret in channel.secrets:
            redactor.learn(secret)
    said = (
        "ops:pass-word https://hooks.example/services/T0KENT0KEN and a secret of the team"
        " mailtos://rounds:pass-word@mail.example?from=rounds@example.com&to=oncall@example.com fqOOd6-F4MMNuCEnzTU01w"
        " https://hc-ping.com/803f680d-e89b-492b-82ef-2be7b774a92d"
    )
    cleaned = redactor.clean(said)
    assert not [word for word in ("pass-word", "T0KEN", "secret of", "fqOOd6", "803f680d") if word in cleaned]


def test_what_is_shown_of_a_channel_holds_no_secret(channels):
    shown = " ".join(f"{channel!r} {channel} {channel.place}" for channel in channels.values())
    assert not [word for word in ("pass-word", "T0KEN", "secret of", "fqOOd6", "803f680d", "a1b2c3d4") if word in shown]


def test_a_user_can_add_a_kind():
    class Pigeon(Channel):
        kind: Literal["pigeon"] = "pigeon"

    assert kinds()["pigeon"] is Pigeon
    with pytest.raises(NotImplementedError, match="Pigeon does not say what sends for it"):
        Pigeon().sender()


def test_what_is_not_delivered_can_be_tried_again_unless_it_says_otherwise():
    assert (NotDelivered("x").permanent, NotDelivered("x").retry_after) == (False, None)


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        (Alertmanager, {"urls": []}, "at least 1"),
        (Alertmanager, {"urls": ["am:9093"]}, "a URL such as http://localhost:9093 is due"),
        (Alertmanager, {"urls": ["http://u:pw123456@am:9093"]}, "write it as login: ${NAME}"),
        (Alertmanager, {"urls": ["http://am"], "labels": {"a-b": "x"}}, "'a-b' is no name of a label"),
        (Alertmanager, {"urls": ["http://am"], "labels": {"severity": "x"}}, "'severity' says what the alert is about"),
        (Alertmanager, {"urls": ["http://am"], "deadline": "1h"}, "less than or equal to 300"),
        (
            Webhook,
            {"url": "https://x.example", "secret": "file:/nonexistent"},
            "the secret's file /nonexistent cannot be read",
        ),
        (Ping, {"url": "ftp://pw123456"}, "a URL such as"),
    ],
)
def test_mistakes_are_told_in_words(model, given, words):
    with pytest.raises(ValidationError) as told:
        model(**given)
    assert words in str(told.value)
    assert "pw123456" not in str(told.value)


@pytest.mark.parametrize(
    "channel",
    [Alertmanager(urls=["http://127.0.0.1:9"]), Webhook(url="http://127.0.0.1:9")],
    ids=lambda each: each.kind,
)
def test_a_test_of_a_dead_channel_is_told_as_any_other(channel, alert):
    with pytest.raises(NotDelivered, match="gives no answer"):
        channel.sender().send(alert(kind=Kind.TEST))


def test_certificates_that_cannot_be_read_are_told(alert, tmp_path):
    channel = Webhook(name="chat", url="https://127.0.0.1:9/T0KENT0KEN", ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(NotDelivered, match=r"the certificates to trust .*none\.pem\) cannot be read") as told:
        channel.sender().send(alert())
    assert not told.value.permanent  # somebody can put it back


def test_clients_are_imported_by_who_sends_only(tmp_path):
    loads = "import rounds.senders, sys; print(sorted({'httpx', 'apprise', 'jinja2', 'requests'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", loads], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
