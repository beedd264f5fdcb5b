"""1,000 endpoints that each answer after 200 ms: a round, a bare asyncio client, and pytest-xdist."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import PYTEST, ROUND, Figure, ground, in_turn, ratio, run, seconds, tell, write

COUNT = 1_000
AT_ONCE = 128  # what a round does when nobody says otherwise
MOST_TIMES_BARE = 2.5
LEAST_TIMES_XDIST = 8
REPETITIONS = 3
HOSTS = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(COUNT)]  # Linux has all of 127.0.0.0/8

SERVER = f"""
    import asyncio, socket

    ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok"

    async def answer(reader, writer):
        await reader.readuntil(b"\\r\\n\\r\\n")
        await asyncio.sleep(0.2)
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async def main():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = await asyncio.start_server(answer, {HOSTS!r}, port, backlog=1000)
        print(port, flush=True)
        await server.serve_forever()

    asyncio.run(main())
"""
BARE = f"""
    import asyncio, sys
    import httpx

    async def main(urls):
        free = asyncio.Semaphore({AT_ONCE})  # httpx's own limit works, but takes 27 s: its queue is slow

        async def get(client, url):
            async with free:
                return await client.get(url)

        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(limits=limits, timeout=10) as client:
            answers = await asyncio.gather(*[get(client, url) for url in urls])
        assert [answer.status_code for answer in answers] == [200] * {COUNT}

    asyncio.run(main(open("urls.txt").read().split()))
"""
XDIST_TESTS = """
    import time
    import httpx
    import pytest

    @pytest.fixture(scope="session")
    def client():
        with httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0)) as made:
            yield made

    @pytest.mark.parametrize("url", open("urls.txt").read().split())
    def test_http_status(client, url):
        begun = time.monotonic()
        answer = client.get(url)
        assert answer.status_code == 200
        assert time.monotonic() - begun < 5
"""
XDIST = [*PYTEST, *("-p", "xdist.plugin", "-p", "pytest_html.plugin", "-p", "pytest_html.fixtures"),
         *("-p", "pytest_metadata.plugin", "-q", "-n", "8"),
         "--html=report.html", "--self-contained-html", "--junit-xml=junit.xml"]  # fmt: skip


def main() -> int:
    with ground() as (ours, plain), endpoints(plain) as urls:
        write(plain, urls_txt="\n".join(urls), bare_py=BARE, test_status_py=XDIST_TESTS)
        write_system(ours / "systems" / "mine", urls)
        runs = in_turn(
            REPETITIONS,
            bare=lambda: run([sys.executable, "bare.py"], plain),
            round=lambda: run([*ROUND, "-m", "daily"], ours),
        )
        results = json.loads((ours / "reports" / "latest" / "results.json").read_text())
        assert results["round"]["counts"]["ok"] == COUNT, results["round"]
        xdist = run(XDIST, plain)
    return tell(
        f"fan_out: {COUNT} endpoints that answer after 200 ms, {AT_ONCE} at once",
        [
            Figure("bare asyncio httpx client (s)", seconds(runs["bare"])),
            Figure("round with all reports (s)", seconds(runs["round"])),
            Figure("pytest -n 8 with html and junit (s)", xdist.seconds),
            Figure("round / bare client", ratio(runs["round"], runs["bare"]), MOST_TIMES_BARE),
            Figure("pytest -n 8 / round", xdist.seconds / seconds(runs["round"]), LEAST_TIMES_XDIST, at_least=True),
        ],
    )


@contextmanager
def endpoints(folder: Path) -> Iterator[list[str]]:
    """A server of its own on a thousand loopback addresses."""
    write(folder, server_py=SERVER)
    server = subprocess.Popen([sys.executable, "server.py"], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        port = int(server.stdout.readline())
        yield [f"http://{host}:{port}" for host in HOSTS]
    finally:
        server.kill()
        server.communicate()


def write_system(folder: Path, urls: list[str]) -> None:
    targets = {f"endpoint-{number}": {"kind": "endpoint", "url": url} for number, url in enumerate(urls)}
    rows = [
        {
            "id": f"mine.api.{name}", "check": "http-status", "when": ["daily"], "runbook": "Daily > Morning",
            "endpoint": name, "within": "5s",
        }
        for name in targets
    ]  # fmt: skip
    write(folder, inventory_yaml=json.dumps({"targets": targets}), expectations_yaml=json.dumps(rows))


if __name__ == "__main__":
    sys.exit(main())
