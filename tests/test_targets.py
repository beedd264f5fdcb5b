"""Targets refuse in plain words what cannot be reached, and show no secret of theirs."""

import pytest
from pydantic import ValidationError

from rounds.targets import REACHED_BY, Celery, Certificate, Endpoint, Host, Postgres, Redis, secrets_of


def refused(kind, **given):
    with pytest.raises(ValidationError) as caught:
        kind(name="it", system="mine", **given)
    (error,) = caught.value.errors(include_url=False, include_input=False)
    return error["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize(
    "url", ["", 7, None, "localhost", "ftp://x", "http://", "http://a b", "http://u:pw", "http://h:123456"]
)
def test_what_is_no_url_is_refused_in_plain_words(url):
    assert refused(Endpoint, url=url) == "a URL such as http://localhost:5000 is due"


@pytest.mark.parametrize("url", ["http://localhost:5000", "https://[::1]:8443/a/b?c=d", "http://shop.example/a%40b"])
def test_a_url_is_taken_as_it_is(url):
    assert Endpoint(name="api", url=url).url == url


@pytest.mark.parametrize("password", ["hu/sh", "hu#sh", "hu?sh"])
def test_a_raw_password_that_makes_a_url_ambiguous_is_refused_and_not_told(password):
    said = refused(Endpoint, url=f"http://ops:{password}@shop.example/path")
    assert "write them as %2F" in said
    assert password not in said


def test_a_login_is_moved_out_of_the_url_and_decoded():
    api = Endpoint(name="api", url="http://ops:p@ss%2Fword@shop.example/path")
    assert api.url == "http://shop.example/path"
    assert api.login.get_secret_value() == "ops:p@ss/word"
    assert api.place == "api (http://shop.example/path)"


@pytest.mark.parametrize("address", ["shop", "shop:", ":443", "shop:https", "shop:0", "shop:65536", 443])
def test_what_is_no_address_is_refused_in_plain_words(address):
    assert refused(Certificate, address=address, server_name="x") == "host:port is due, such as localhost:443"


@pytest.mark.parametrize("address", ["localhost:443", "[::1]:443", "::1:443"])
def test_an_address_is_taken_as_it_is(address):
    assert Certificate(name="c", address=address, server_name="x").address == address


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("shh://web", "no host is reached by 'shh'; did you mean 'ssh'?"),
        ("dokcer://web", "no host is reached by 'dokcer'; did you mean 'docker'?"),
        ("web1", "begins with how to reach the host: local://, ssh://ops@web1, docker://name"),
        ("", "begins with how to reach the host: local://, ssh://ops@web1, docker://name"),
    ],
)
def test_a_host_that_nothing_can_reach_is_refused_with_the_nearest_word(connection, said):
    assert refused(Host, connection=connection) == said


def test_hosts_are_reached_by_what_testinfra_knows():
    backend = pytest.importorskip("testinfra.backend")
    assert set(REACHED_BY) == set(backend.BACKENDS)


def test_no_place_shows_a_password():
    targets = [
        Postgres(name="p", dsn="postgresql://u:hu/sh@h/db"),
        Postgres(name="p", dsn="password='x host=hush y' host=h"),
        Redis(name="r", url="redis://:a@hush/x@h:1/0"),
        Celery(name="c", broker="redis://:hush#x@h:1/0"),
        Host(name="h", connection="paramiko://u:hush@h"),
    ]
    assert not [target for target in targets if "hush" in target.place or "hu/sh" in target.place]


def test_a_login_that_stands_in_the_open_is_a_secret_too():
    assert secrets_of(Host(name="h", connection="paramiko://u:hush@h")) == ["u:hush"]
    assert secrets_of(Host(name="h", connection="ssh://ops@h")) == []
