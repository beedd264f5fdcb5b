"""Random tables on real databases; see test_naive.py."""

from tests.postgres.conftest import server

assert server
