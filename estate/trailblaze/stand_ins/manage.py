"""The service that runs the scrapers by a schedule: here it only waits, as no demonstration lasts six hours."""

import signal
import sys


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
