"""A plain dump is cut into the same parts wherever the chunks of it that are read happen to end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rounds.fixtures.dump_statements import Needs, database_of
from rounds.fixtures.dump_text import DumpText, Part

ODD = rb"""--
-- PostgreSQL database dump
--
\restrict abc
CREATE TABLE t (a text);
INSERT INTO t VALUES (E'a\'; \\'), ('it''s;'), ($x$ ; $y$ ' $x$), ('\'), (name$1$2);
SELECT "q;""x" /* ; /* ' */ ; */ FROM typE'x;', E'''\\'''; $$ \! $$;
COPY public.t (a) FROM stdin;
\.
COPY public."t u" (a) FROM stdin;
x\.
\.x
a;b'\! touch
\.

CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; -- it';
SELECT 2 \g /tmp/x
\! touch
SELECT 3;
-- PostgreSQL database dump complete
\unrestrict abc
"""


def parts_of(text, sizes):
    def chunks():
        at, number = 0, 0
        while at < len(text):
            size = sizes[number % len(sizes)]
            yield text[at : at + size]
            at += size
            number += 1

    reading = DumpText(chunks())
    return list(reading.parts()), reading.unfinished


def joined(parts):
    """Rows may come in any pieces."""
    found = []
    for part in parts:
        if found and found[-1].kind == part.kind == "rows":
            found[-1] = Part("rows", found[-1].text + part.text)
        elif part.text:
            found.append(part)
    return found


def test_the_parts_of_an_odd_dump():
    parts, unfinished = parts_of(ODD, [1 << 18])
    assert unfinished == ""
    assert b"".join(part.text for part in parts) == ODD
    commands = [part.text for part in parts if part.kind == "command"]
    assert commands == [b"\\restrict abc\n", b"\nSELECT 2 \\g /tmp/x\n", b"\\! touch\n", b"\\unrestrict abc\n"]
    cores = [part.core.split(b"(")[0].strip() for part in parts if part.kind == "statement"]
    assert cores == [
        b"CREATE TABLE t", b"INSERT INTO t VALUES", cores[2], b"$$ \\! $$;", b"COPY public.t", b'COPY public."t u"', b"CREATE FUNCTION f", b"SELECT 3;",
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_chunks_may_end_anywhere(sizes):
    assert joined(parts_of(ODD, sizes)[0]) == joined(parts_of(ODD, [1 << 18])[0])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"'",
                b'"',
                b";",
                b"\\",
                b"$$",
                b"$a$",
                b"--",
                b"/*",
                b"*/",
                b"\n",
                b"E",
                b"x ",
                b"COPY t FROM stdin;\n",
                b"\\.\n",
            ]
        )
    ),
    st.integers(1, 7),
)
def test_nothing_is_lost_of_any_text(words, size):
    text = b"".join(words)
    assert b"".join(part.text for part in parts_of(text, [size])[0]) == text


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (b"SELECT 1", "a statement"),
        (b"SELECT 'x;", "a statement"),
        (b"/* ;", "a statement"),
        (b"COPY public.t FROM stdin;\n1\n2", "the rows of public.t"),
        (b"COPY public.t FROM stdin;\n1\n\\.", ""),
        (b"-- a comment", ""),
    ],
)
def test_what_a_cut_dump_stops_in_the_middle_of(end, said):
    for size in (1, 3, 1000):
        assert parts_of(b"SELECT 0;\n" + end, [size])[1] == said


def test_a_long_statement_is_not_held_in_memory():
    reading = DumpText(iter([b"INSERT INTO t VALUES ('"] + [b"x;'' " * 50_000] * 40 + [b"');\nSELECT 1;"]))
    longest, last = 0, b""
    for part in reading.parts():
        longest = max(longest, len(part.text))
        last = part.core
    assert longest < 3_000_000
    assert last == b"SELECT 1;"


@pytest.mark.parametrize(
    ("command", "database"),
    [
        (b"\\connect shop\n", "shop"),
        (b"\\connect Shop.v2\n", "Shop.v2"),
        (b'\\connect "my ""shop"\n', 'my "shop'),
        (b"\\connect -reuse-previous=on \"dbname='it\\'s'\"\n", "it's"),
        (b"\\connect shop other\n", None),
        (b"\\connect 'host=x'\n", None),
        (b"\\! ls\n", None),
    ],
)
def test_the_only_command_that_is_carried_out(command, database):
    assert database_of(command) == database


def test_what_a_statement_needs():
    needs = Needs()

    def sent(text):
        return needs.passed(Part("statement", text))

    assert sent(b"\n-- by\nALTER TABLE public.events\n OWNER TO app;") == b"\n\n\n"
    assert sent(b"GRANT SELECT ON TABLE t TO reader WITH GRANT OPTION;") == b""
    assert sent(b'GRANT a TO "b""c" GRANTED BY postgres;') == b""
    assert sent(b"CREATE USER MAPPING FOR bob SERVER s;") == b"CREATE USER MAPPING FOR bob SERVER s;"
    assert sent(b"CREATE SCHEMA public;") == b"CREATE SCHEMA IF NOT EXISTS public;"
    assert sent(b"CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'LATIN1' LOCALE = 'C';") == b""
    assert needs.roles == {"app", "reader", 'b"c', "bob"}
    assert needs.databases == {"shop": "LATIN1"}
