"""What the check says of good and of bad certificates."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rounds.checks import test_certificates as checks
from rounds.fixtures.certificates import Certificates, Shown
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Certificate

DAY = 86400
NOW = 1795330800.0
WEB = Certificate(name="web", system="shop", address="localhost:443", server_name="shop.example")
SERVED = Shown("ab:cd", ("shop.example",), NOW - 30 * DAY, NOW + 60 * DAY)
GOOD = Certificates(SERVED, SERVED, "", NOW)


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (GOOD, Outcome.OK, "valid for is 60 d"),
        (replace(GOOD, file=None), Outcome.OK, ""),
        (replace(GOOD, served=replace(SERVED, ends_epoch_seconds=NOW + 5 * DAY)), Outcome.CRITICAL, "until 2026-11-27"),
        (replace(GOOD, served=replace(SERVED, ends_epoch_seconds=NOW - 5 * DAY)), Outcome.CRITICAL, "is -5 d"),
        (replace(GOOD, served=replace(SERVED, begins_epoch_seconds=NOW + DAY)), Outcome.CRITICAL, "until it is valid"),
        (replace(GOOD, served=replace(SERVED, names=("a.example",))), Outcome.CRITICAL, "it names a.example"),
        (replace(GOOD, served=replace(SERVED, names=())), Outcome.CRITICAL, "no name"),
        (replace(GOOD, file=replace(SERVED, fingerprint="ef:01")), Outcome.CRITICAL, "same as the file is no"),
        (replace(GOOD, file=None, file_trouble="no such file"), Outcome.UNKNOWN, "no such file"),
    ],
)
def test_a_certificate_must_be_valid_named_and_installed(
    row: Callable[..., Any], seen: Certificates, outcome: Outcome, words: str
) -> None:
    observer = Observer()
    checks.test_tls_cert_expiry(row(checks.TlsCertExpiry, certificate=WEB, valid_for="21d"), seen, observer)
    assert observer.outcome is outcome
    assert words in observer.summary
