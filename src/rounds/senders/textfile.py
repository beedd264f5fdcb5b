"""The textfile collector of node_exporter: the figures of a round as a file in its folder, whole or not at all."""

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from rounds.alerting.alert import Alert, Kind
from rounds.reports import metrics
from rounds.round import Round
from rounds.senders.sender import Channel, NotDelivered, takes_rounds_only

_LEFT_OVER_SECONDS = 3600.0
_MODE = 0o644  # the collector runs as an account of its own


class Textfile(Channel):
    """The folder that the collector reads; each batch has a file of its own there."""

    tells = "rounds"
    kind: Literal["textfile"] = "textfile"
    folder: Annotated[str, Field(pattern=r"^/", description="Debian's is /var/lib/prometheus/node-exporter")]
    file: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*(\{batch\})?[A-Za-z0-9_.-]*\.prom$", description="its name")
    ] = "rounds-{batch}.prom"

    def sender(self) -> "TextfileSender":
        return TextfileSender(self)


class TextfileSender:
    """Writes beside the file and renames: the collector never reads half of it."""

    def __init__(self, channel: Textfile) -> None:
        self.channel = channel
        self.folder = Path(channel.folder)

    def send_round(self, told: Round) -> None:
        name = self.channel.file.replace("{batch}", re.sub(r"[^A-Za-z0-9_-]", "_", told.batch) or "_")
        self._sweep()
        with self._errors(), self._draft() as draft:
            _write(draft, "".join(metrics.lines(told)))
            draft.replace(self.folder / name)
            _sync_folder(self.folder)

    def send(self, alert: Alert) -> None:
        """A test writes a file that the collector does not read, and removes it."""
        if alert.kind is not Kind.TEST:
            raise takes_rounds_only(self.channel.place)
        with self._errors(), self._draft() as draft:
            _write(draft, "# a test\n")

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        handle, name = tempfile.mkstemp(prefix=".rounds-", suffix=".new", dir=self.folder)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove drafts of rounds that were killed while they wrote."""
        with suppress(OSError):
            for draft in self.folder.glob(".rounds-*.new"):
                if time.time() - draft.stat().st_mtime > _LEFT_OVER_SECONDS:
                    draft.unlink(missing_ok=True)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            words = error.strerror or type(error).__name__
            raise NotDelivered(f"{self.channel.place} ({self.folder}) cannot be written: {words}") from None


def _write(draft: Path, text: str) -> None:
    with draft.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fchmod(file.fileno(), _MODE)
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Let the new name outlast a power cut, where the file system can promise that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
