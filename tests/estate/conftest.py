from collections.abc import Iterator

import pytest

from rounds.estate.bigshot.estate import BigShot


@pytest.fixture(scope="session")
def estate() -> Iterator[BigShot]:
    with BigShot() as running:
        yield running
