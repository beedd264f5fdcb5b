"""Write a file as a slow dump does: half of it at once, then bit by bit, until our starter ends us or itself."""

import select
import sys
import time
from pathlib import Path

PAUSE = 0.05
PIECE = 4096


def main(source: str, target: str) -> None:
    data = Path(source).read_bytes()
    with Path(target).open("wb", buffering=0) as file:
        at = file.write(data[: len(data) // 2])
        print("writing", flush=True)  # noqa: T201 - our starter waits for it
        while not select.select([sys.stdin], [], [], 0)[0]:
            at += file.write(data[at : at + PIECE] or bytes(PIECE))
            time.sleep(PAUSE)


if __name__ == "__main__":
    main(*sys.argv[1:])
