"""Exports of a shop, written into a folder and looked at as they lie there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures.data_scan import scan
from rounds.measures import Measure
from rounds.targets import Dataset

Ask = Callable[..., Any]


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[..., Dataset]:
    def made(pattern: str, **more: Any) -> Dataset:
        return Dataset(name="export", system="shop", files=str(tmp_path / pattern), **more)

    return made


@pytest.fixture
def ask(dataset: Callable[..., Dataset]) -> Ask:
    """The answer to one measure, or the answers to several; what could not be measured is raised."""

    def asked(pattern: str, *measures: Measure, **more: Any) -> Any:
        answers = scan(dataset(pattern, **more), measures, 20)
        for answer in answers.values():
            if isinstance(answer, Exception):
                raise answer
        found = [answers[each] for each in measures]
        return found[0] if len(found) == 1 else found

    return asked
