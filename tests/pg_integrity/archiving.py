"""A server that archives its WAL with a real archive_command, which fails when it is to fail."""

import shutil
import time

from .conftest import Server


class Archiving:
    """A server with 1 MB segments and its archive; `switch` has as many segments archived."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.folder = server.home / "archive"
        self.gate = server.home / "gate"  # archive_command works while it is there
        for path in (self.folder, self.gate):
            path.mkdir()
            if server.as_user:
                shutil.chown(path, "nobody")
        server.stop()
        self.start()

    def start(self, **more: object) -> None:
        copy = f'test -d "{self.gate}" && test ! -f "{self.folder}/%f" && cp "%p" "{self.folder}/%f"'
        self.server.start(**{"archive_mode": "on", "archive_command": copy, "autovacuum": "off"} | more)

    def restart(self, **more: object) -> None:
        self.server.stop()
        self.start(**more)
        self.switch()  # what was archived on the way down is in no statistics
        if more.get("archive_command") != "":
            self.settle()

    def switch(self, count: int = 1) -> None:
        for _ in range(count):
            self.server.run("SELECT pg_logical_emit_message(true, 'x', 'y'); SELECT pg_switch_wal()", "postgres")

    def archived(self) -> str:
        return str(self.server.run("SELECT last_archived_wal FROM pg_stat_archiver", "postgres")[0][0])

    def settle(self) -> None:
        """Wait until nothing is left to be archived."""
        self.await_("SELECT count(*) = 0 FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")
        self.await_(
            "SELECT last_archived_wal || '.done' >= (SELECT max(name) FROM pg_ls_archive_statusdir()"
            " WHERE name ~ '^[0-9A-F]{24}.done$') FROM pg_stat_archiver"
        )

    def await_(self, query: str) -> None:
        end = time.monotonic() + 20
        while self.server.run(query, "postgres") != [(True,)]:
            assert time.monotonic() < end, self.server.log.read_text()[-2000:]
            time.sleep(0.05)
