"""The environment, for look threads that go through it: botocore copies it, httpx seeks proxies in it.

pytest says in it which item it is at, and takes that out again after each: whoever goes through it just then ends in a
KeyError, and now and then a row would break of it.
"""

import os
from typing import Any, Literal

import pytest
from _pytest import runner

_NAME = "PYTEST_CURRENT_TEST"


def let_look_threads_read_the_environment(config: pytest.Config) -> None:
    """While this session lasts, pytest's variable changes and stays; to be called before the first thread looks."""
    say = runner._update_current_test_var  # noqa: SLF001 - pytest has no other way to leave it be

    def say_only(item: pytest.Item, when: Literal["setup", "call", "teardown"] | None) -> None:
        if when is not None:
            say(item, when)

    def as_before() -> None:
        _put(say)
        os.environ.pop(_NAME, None)

    _put(say_only)
    config.add_cleanup(as_before)


def _put(function: Any) -> None:
    runner._update_current_test_var = function  # noqa: SLF001 - as above
