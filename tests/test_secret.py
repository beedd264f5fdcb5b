"""Secrets in every way they may be written are blotted out, and no ordinary word is."""

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest

from rounds.secret import MASK, Redactor, pairs, without_login


def cleaned(secret, text):
    redactor = Redactor()
    redactor.learn(secret)
    return redactor.clean(text)


PASSWORD = "hunt/er#2?x@y&z\"q'é"


WRITTEN = {
    "raw": str,
    "json": json.dumps,
    "json in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "html": html.escape,
    "html text": lambda text: html.escape(text, quote=False),
    "repr": repr,
    "form": quote_plus,
    "url": lambda text: quote(text, safe=""),
    "url in small letters": lambda text: quote(text, safe="").lower(),
    "within a word": lambda text: f"a{text}b",
}


@pytest.mark.parametrize(
    "secret",
    [
        f"postgresql://ops:{PASSWORD}@db:5432/shop",
        f"postgresql://ops:{quote(PASSWORD, safe='')}@db:5432/shop",
        f"postgresql://db/shop?user=ops&password={quote(PASSWORD, safe='')}&sslmode=require",
        f"postgresql://db/shop?password={quote_plus(PASSWORD)}",
        "host=db user=ops password='" + PASSWORD.replace("'", "\\'") + "' dbname=shop",
        f"ops:{PASSWORD}",
        f"Bearer {PASSWORD}",
        PASSWORD,
    ],
    ids=["raw URL", "URL", "query", "form", "DSN", "login", "bearer", "alone"],
)
@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_password_is_found_in_each_way_of_writing(secret, written):
    assert "hunt" not in cleaned(secret, f"said {written(PASSWORD)} and more").lower()


@pytest.mark.parametrize("secret", ["ops:top-secret", "http://ops:top-secret@shop", "http://ops:top%2Dsecret@shop"])
def test_basic_authentication_is_learnt_whole_in_part_and_encoded(secret):
    encoded = base64.b64encode(b"ops:top-secret").decode()
    said = cleaned(secret, f"ops:top-secret top-secret Authorization: Basic {encoded}")
    assert "top-secret" not in said
    assert encoded.rstrip("=") not in said
    assert "Basic" in said


def test_each_line_of_a_secret_is_one():
    secret = "-----BEGIN-----\r\nabcd+efgh\n  ijkl\n"
    assert cleaned(secret, "E   abcd+efgh and ijkl") == f"E   {MASK} and {MASK}"


def test_a_user_alone_is_no_secret():
    assert cleaned("postgresql://bigshot@db/bigshot", "bigshot.health.disk") == "bigshot.health.disk"


def test_the_password_of_a_url_with_an_at_in_its_query_is_found():
    assert cleaned("redis://u:secretive@db/0?name=a@b", "secretive") == MASK


def test_overlapping_secrets_go_with_both():
    redactor = Redactor()
    redactor.learn("abcdef")
    redactor.learn("defghi")
    assert redactor.clean("x abcdefghi y abcdef") == f"x {MASK} y {MASK}"


def test_a_tree_is_cleaned_with_its_keys_and_terminal_sequences_hide_nothing():
    redactor = Redactor()
    redactor.learn("hush-hush")
    tree = {"hush-hush": ["hu\x1b[31msh-hush", ("hush-\x1b]0;t\x07hush", 1, None, 2.5, True)], 3: "\udc80"}
    assert redactor.clean_tree(tree) == {MASK: [MASK, (MASK, 1, None, 2.5, True)], 3: r"\xdc80"}


def test_cleaning_a_tree_never_raises():
    class Rude:
        def __str__(self):
            raise RuntimeError("hush-hush")

    deep = []
    for _ in range(100_000):
        deep = [deep]
    redactor = Redactor()
    redactor.learn("hush-hush")
    assert "hush" not in redactor.clean_tree([Rude()])
    assert redactor.clean_tree(deep) == "cannot be told: RecursionError"


@pytest.mark.parametrize("secret", ["caf\udce9-\udcff", "x://a:\ud800bcd@h", "", ":", "://", "a:", "password="])
def test_any_text_can_be_learnt(secret):
    assert cleaned(secret, "ordinary text") == "ordinary text"


def test_ten_thousand_secrets_are_learnt_and_looked_for_quickly():
    redactor = Redactor()
    begun = time.monotonic()
    for number in range(10_000):
        redactor.learn(f"postgresql://ops:pass-{number:05}@host{number}:5432/shop")
    text = "the database postgresql://host1 does not answer, pass-00077 is wrong; " * 5
    assert not [1 for _ in range(2000) if "00077" in redactor.clean(text)]
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("postgresql://ops:pw@db:5432/shop?sslmode=require", "postgresql://db:5432/shop"),
        ("postgresql://ops:p@ss@db/shop", "postgresql://db/shop"),
        ("postgresql://a:1,b:2/shop", "postgresql://a:1,b:2/shop"),
        ("postgresql:///shop?host=/run", "postgresql:///shop"),
        ("redis://:pw@[::1]:6379/0", "redis://[::1]:6379/0"),
        ("redis://:pa/ss@db:6379/0", ""),
        ("redis://:pa#ss@db:6379/0", ""),
        ("redis://:pa?ss@db:6379/0", ""),
        ("redis://:passw0rd", ""),
        ("redis://db:6379/0?password=p@ss", ""),
        ("host=db port=5432 password='x host=part y' dbname=shop", "host=db port=5432 dbname=shop"),
        (r"password='a\' host=part' host=db", "host=db"),
        ("host=db password=two words", ""),
        ("host=db password='open", ""),
        ("words", ""),
    ],
)
def test_a_place_shows_only_what_is_surely_no_secret(address, place):
    assert without_login(address) == place


def test_a_dsn_is_read_as_libpq_reads_it():
    psycopg = pytest.importorskip("psycopg")
    for dsn in (r"host=a password='x \'y\\ z'", "user = b  host='' ", r"password=a\ b port=1", "a", "host='x'y=1"):
        try:
            theirs = psycopg.conninfo.conninfo_to_dict(dsn)
        except psycopg.ProgrammingError:
            theirs = None
        assert pairs(dsn) == theirs
