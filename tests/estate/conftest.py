from collections.abc import Iterator

import pytest

from rounds.estate import Estate


@pytest.fixture(scope="session")
def estate() -> Iterator[Estate]:
    with Estate() as running:
        yield running
