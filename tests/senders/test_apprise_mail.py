"""Mail through apprise, into a real SMTP server."""

import email
import email.policy
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from rounds.alerting.alert import Kind, Level
from rounds.estate.part import free_port
from rounds.senders import Apprise, NotDelivered

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
PASSWORD = "pa55-w0rd-of-smtp"


@dataclass
class Mailbox:
    """What an SMTP server took, and what it says to the next mail."""

    answer: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - the name that aiosmtpd calls
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients += envelope.rcpt_tos
        return self.answer

    def login(self, _server, _session, _envelope, _mechanism, given) -> AuthResult:
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox) -> Iterator[str]:
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=mailbox.login,
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    yield f"127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def mail(server):
    def made(**given):
        password = given.pop("password", PASSWORD)
        url = f"mailto://rounds:{password}@{server}?smtp=127.0.0.1&mode=insecure&from=rounds@example.com&to=oncall@example.com,boss@example.com"
        return Apprise(name="mail", url=url, **given)

    return made


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_a_mail_has_the_alert_as_subject_and_plain_text(mail, mailbox, alert):
    mail().sender().send(alert())
    got = mailbox.mails[0]
    assert sorted(mailbox.recipients) == ["boss@example.com", "oncall@example.com"]
    assert mailbox.logins[0] == (b"rounds", PASSWORD.encode())
    assert got["Subject"] == "CRITICAL: bigshot.resources.disk-usage: used is 91 %"
    assert "rounds@example.com" in got["From"]
    assert "Apprise" not in got["From"]
    assert text_of(got).startswith("bigshot.resources.disk-usage is broken (critical) since ")
    assert "\nSeen: used is 91 %, allowed is at most 90 %\n" in text_of(got)
    assert "Report: https://reports.example/daily/report.html" in text_of(got)


def test_hostile_text_adds_no_header_and_no_markup(mail, mailbox, alert):
    hostile = "<script>alert(1)</script>\r\nBcc: all@example.com\x00 é \udc80"
    row = replace(alert().rows[0], summary=hostile)
    mail().sender().send(alert(title=hostile, rows=(row,)))
    got = mailbox.mails[0]
    assert got["Bcc"] is None
    assert got["Subject"] == "CRITICAL: bigshot: <script>alert(1)</script> Bcc: all@example.com\\x00 é \\xdc80"
    html = got.get_body(("html",))
    assert html is None or "<script>" not in html.get_content()


def test_a_mail_about_many_rows_is_cut_where_it_matters_least(mail, mailbox, of_many):
    mail().sender().send(of_many(500))
    text = text_of(mailbox.mails[0])
    assert len(text.encode()) < 4000
    assert "\nand 490 more\n" in text


def test_a_recovery_and_a_test_are_told(mail, mailbox, alert):
    mail().sender().send(alert(kind=Kind.RECOVERED, level=Level.GOOD, lasted_seconds=7800.0))
    mail().sender().send(alert(kind=Kind.TEST, level=Level.GOOD, rows=()))
    subjects = [each["Subject"].partition(":")[0] for each in mailbox.mails]
    assert list(dict.fromkeys(subjects)) == ["RECOVERED", "TEST"]
    assert "It was not good for 2 h 10 min" in text_of(mailbox.mails[0])


def test_a_mail_that_is_refused_says_why_and_nothing_secret(mail, mailbox, alert):
    mailbox.answer = "550 5.7.1 message refused as spam"
    with pytest.raises(NotDelivered, match=r"^mail \(mailto://\): .*message refused as spam") as told:
        mail().sender().send(alert())
    assert PASSWORD not in str(told.value)
    assert mailbox.mails == []


def test_a_wrong_password_is_told_without_it(mail, alert):
    with pytest.raises(NotDelivered, match=r"^mail \(mailto://\): ") as told:
        mail(password="wrong-and-secret").sender().send(alert())
    assert "535" in str(told.value)
    assert "wrong-and-secret" not in str(told.value)


def test_a_server_that_is_down_is_told(alert):
    url = f"mailto://rounds:{PASSWORD}@127.0.0.1:9?smtp=127.0.0.1&mode=insecure&from=a@example.com&to=b@example.com"
    with pytest.raises(NotDelivered, match=r"127\.0\.0\.1.*: Connection refused") as told:
        Apprise(name="mail", url=url).sender().send(alert())
    assert not told.value.permanent


def test_a_server_that_never_greets_is_left_at_the_deadline(receiver, alert):
    url = f"mailto://rounds:{PASSWORD}@{receiver.address}?smtp=127.0.0.1&mode=insecure&from=a@example.com&to=b@example.com"
    begun = time.monotonic()
    with pytest.raises(NotDelivered, match=r"mail \(mailto://\)"):
        Apprise(name="mail", url=url, deadline="400ms").sender().send(alert())
    assert time.monotonic() - begun < 20


def test_a_server_that_drips_is_left_at_the_deadline(receiver, drips, alert):
    receiver.answers = [drips]
    begun = time.monotonic()
    with pytest.raises(NotDelivered, match=r"^drip \(json://\) gives no answer within 0\.3 s$"):
        Apprise(name="drip", url=f"json://{receiver.address}/x", deadline="300ms").sender().send(alert())
    assert time.monotonic() - begun < 20


def test_nothing_of_it_is_logged(mail, mailbox, alert, caplog, capfd):
    with caplog.at_level(logging.NOTSET), caplog.at_level(1):
        mail().sender().send(alert())
        mailbox.answer = "550 no"
        with pytest.raises(NotDelivered):
            mail().sender().send(alert())
    logged = [each.getMessage() for each in caplog.records if not each.name.startswith("mail.")]  # the server's own
    assert logged == []
    written = capfd.readouterr()
    assert PASSWORD not in written.out + written.err
