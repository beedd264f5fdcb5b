"""Only what the database holds true for every row proves anything."""

from typing import Any

import psycopg
import pytest

from rounds.fixtures.data_pg_catalog import relation_of
from rounds.fixtures.postgres import session
from rounds.measures import Between, Broken, LengthBetween, Nulls, OneOf, Orphans, Repeated
from rounds.probe import CouldNotLook

POSITIVE = Broken(Between("i", 0))
UNIQUE, NEVER_NULL = Repeated(("i",)), Nulls("i")
REFERS = Orphans(("i",), "held.parent", ("id",))
PARENT = "CREATE TABLE held.parent (id int PRIMARY KEY); INSERT INTO held.parent VALUES (1)"


def test_a_check_that_was_never_validated_proves_nothing(held: Any) -> None:
    held.run("CREATE TABLE held.t (i int); INSERT INTO held.t VALUES (-1)",
             "ALTER TABLE held.t ADD CONSTRAINT k CHECK (i >= 0) NOT VALID")  # fmt: skip
    assert held.answer(POSITIVE).value == 1


def test_a_check_that_is_not_enforced_proves_nothing(held: Any) -> None:
    held.run("CREATE TABLE held.t (i int CONSTRAINT k CHECK (i >= 0) NOT ENFORCED); INSERT INTO held.t VALUES (-1)")
    assert held.answer(POSITIVE).value == 1


def test_not_null_that_was_never_validated_proves_nothing(held: Any) -> None:
    held.run("CREATE TABLE held.t (i int); INSERT INTO held.t VALUES (NULL)",
             "ALTER TABLE held.t ADD CONSTRAINT n NOT NULL i NOT VALID")  # fmt: skip
    assert held.answer(NEVER_NULL).value == 1


@pytest.mark.parametrize("index", ["(i) WHERE i > 5", "((i + j))", "(i, j)", "(x text_pattern_ops)"])
def test_an_index_of_something_else_proves_nothing(index: str, held: Any) -> None:
    held.run("CREATE TABLE held.t (i int, j int, x text)",
             "INSERT INTO held.t VALUES (1, 1, 'a'), (1, 2, 'b')", f"CREATE UNIQUE INDEX u ON held.t {index}")  # fmt: skip
    assert held.answer(UNIQUE).value == 1


def test_an_index_that_failed_to_be_built_proves_nothing(held: Any) -> None:
    held.run("CREATE TABLE held.t (i int); INSERT INTO held.t VALUES (1), (1)")
    with (
        psycopg.connect(held.server.dsn("super"), autocommit=True) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY u ON held.t (i)")
    assert held.answer(UNIQUE).value == 1


def test_keys_that_only_a_comparison_finds_equal_are_repeated_although_an_index_tells_them_apart(held: Any) -> None:
    ignoring = "CREATE COLLATION held.ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    try:
        held.run(ignoring)
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this server was built without ICU: only ICU has collations that find A and a equal")
    held.run("CREATE TABLE held.t (x text COLLATE held.ignore_case)",
             """INSERT INTO held.t VALUES ('a'), ('A'); CREATE UNIQUE INDEX u ON held.t (x COLLATE "C")""",
             "ALTER TABLE held.t ADD CONSTRAINT k CHECK (x IN ('a'))")  # fmt: skip
    assert held.answer(Repeated(("x",))).value == 1
    assert not held.proof(Broken(OneOf("x", ("a",))))


@pytest.mark.parametrize("constraint", ["UNIQUE", "UNIQUE NULLS NOT DISTINCT", "UNIQUE DEFERRABLE INITIALLY DEFERRED"])
def test_unique_constraints_of_every_kind_prove_that_keys_are_unique(constraint: str, held: Any) -> None:
    held.run(f"CREATE TABLE held.t (i int CONSTRAINT u {constraint}, j int); INSERT INTO held.t VALUES (1, 1), (2, 1)")  # noqa: S608 - the test's own
    assert held.proof(UNIQUE) == "unique index u"
    assert held.proof(Repeated(("j", "i"))) == "unique index u"
    assert held.answer(Repeated(("j",))).value == 1


class TestInheritance:
    @pytest.fixture(autouse=True)
    def _tables(self, held: Any) -> None:
        held.run("CREATE TABLE held.t (i int PRIMARY KEY, CONSTRAINT k CHECK (i >= 0))",
                 "CREATE TABLE held.child () INHERITS (held.t); INSERT INTO held.t VALUES (1)")  # fmt: skip

    def test_a_unique_index_says_nothing_of_rows_in_children(self, held: Any) -> None:
        assert held.proof(UNIQUE) == ""
        held.run("INSERT INTO held.child VALUES (1)")
        assert held.answer(UNIQUE).value == 1

    def test_a_check_that_children_inherit_proves_and_one_without_does_not(self, held: Any) -> None:
        assert held.proof(POSITIVE) == "check k"
        held.run("ALTER TABLE held.t DROP CONSTRAINT k; INSERT INTO held.child VALUES (-1)",
                 "ALTER TABLE held.t ADD CONSTRAINT k CHECK (i >= 0) NO INHERIT")  # fmt: skip
        assert held.answer(POSITIVE).value == 1

    def test_not_null_of_the_parent_is_not_that_of_a_child(self, held: Any) -> None:
        held.run("CREATE TABLE held.o (i int CONSTRAINT n NOT NULL NO INHERIT); INSERT INTO held.o VALUES (1)")
        assert held.proof(NEVER_NULL, table="held.o") == "NOT NULL of i"
        held.run("CREATE TABLE held.o2 () INHERITS (held.o); INSERT INTO held.o2 VALUES (NULL)")
        assert held.answer(NEVER_NULL, table="held.o").value == 1

    def test_a_foreign_key_says_nothing_of_children(self, held: Any) -> None:
        held.run(PARENT, "ALTER TABLE held.t ADD CONSTRAINT f FOREIGN KEY (i) REFERENCES held.parent")
        assert held.proof(REFERS) == ""
        held.run("INSERT INTO held.child VALUES (7)")
        assert held.answer(REFERS).value == 1


class TestPartitions:
    @pytest.fixture(autouse=True)
    def _tables(self, held: Any) -> None:
        held.run(PARENT, "CREATE TABLE held.t (i int NOT NULL REFERENCES held.parent, CONSTRAINT k CHECK (i >= 0),"
                 " CONSTRAINT u UNIQUE (i)) PARTITION BY RANGE (i)",
                 "CREATE TABLE held.low PARTITION OF held.t FOR VALUES FROM (0) TO (5)",
                 "INSERT INTO held.t VALUES (1)")  # fmt: skip

    def test_constraints_of_a_partitioned_table_prove(self, held: Any) -> None:
        proofs = [held.proof(each) for each in (UNIQUE, NEVER_NULL, POSITIVE, REFERS)]
        assert proofs == ["unique index u", "NOT NULL of i", "check k", "foreign key t_i_fkey"]

    def test_a_partition_is_proved_by_itself(self, held: Any) -> None:
        assert held.proof(REFERS, table="held.low").startswith("foreign key")

    def test_triggers_disabled_on_a_partition_take_the_proof_of_the_whole(self, held: Any) -> None:
        held.run("ALTER TABLE held.low DISABLE TRIGGER ALL; INSERT INTO held.low VALUES (4)")
        assert held.answer(REFERS).value == 1
        assert held.answer(REFERS, table="held.low").value == 1

    def test_a_partition_elsewhere_is_only_promised(self, held: Any) -> None:
        held.run("ALTER TABLE held.t DROP CONSTRAINT u; ALTER TABLE held.t DROP CONSTRAINT t_i_fkey", "CREATE FOREIGN DATA WRAPPER nowhere",
                 "CREATE SERVER away FOREIGN DATA WRAPPER nowhere",
                 "CREATE FOREIGN TABLE held.far PARTITION OF held.t FOR VALUES FROM (5) TO (9) SERVER away")  # fmt: skip
        try:
            with session(held.server.target(user="super"), 9) as asked:
                assert relation_of(asked, "held.t").constraints == ()
                assert relation_of(asked, "held.far").constraints == ()
                assert relation_of(asked, "held.far").columns["i"].nullable is None
        finally:
            held.run("DROP FOREIGN DATA WRAPPER nowhere CASCADE")


class TestForeignKeys:
    @pytest.fixture(autouse=True)
    def _tables(self, held: Any) -> None:
        held.run(
            PARENT, "CREATE TABLE held.t (i int CONSTRAINT f REFERENCES held.parent); INSERT INTO held.t VALUES (1)"
        )

    def test_a_foreign_key_proves_by_whatever_name_a_row_gives_the_table(self, held: Any) -> None:
        assert held.proof(REFERS) == "foreign key f"
        held.run("CREATE TABLE public.elder (id int PRIMARY KEY); INSERT INTO elder VALUES (1)",
                 "ALTER TABLE held.t ADD CONSTRAINT g FOREIGN KEY (i) REFERENCES elder")  # fmt: skip
        try:
            assert held.proof(Orphans(("i",), "elder", ("id",))) == "foreign key g"
            assert held.proof(Orphans(("i",), "public.elder", ("id",))) == "foreign key g"
        finally:
            held.run("DROP TABLE public.elder CASCADE")

    def test_a_table_of_the_same_name_elsewhere_is_another_one(self, held: Any) -> None:
        held.run("CREATE TABLE public.parent (id int PRIMARY KEY)")
        try:
            assert held.answer(Orphans(("i",), "parent", ("id",))).value == 1
            assert held.proof(REFERS) == "foreign key f"
        finally:
            held.run("DROP TABLE public.parent")

    def test_another_column_is_another_key(self, held: Any) -> None:
        held.run("ALTER TABLE held.parent ADD other int UNIQUE")
        assert held.answer(Orphans(("i",), "held.parent", ("other",))).value == 1

    @pytest.mark.parametrize("table", ["t", "parent"])
    def test_disabled_triggers_take_the_proof(self, table: str, held: Any) -> None:
        held.run(f"ALTER TABLE held.{table} DISABLE TRIGGER ALL; INSERT INTO held.t SELECT 1")
        assert held.proof(REFERS) == ""

    @pytest.mark.parametrize("how", ["NOT VALID", "NOT ENFORCED"])
    def test_a_key_that_is_only_promised_proves_nothing(self, how: str, held: Any) -> None:
        held.run("ALTER TABLE held.t DROP CONSTRAINT f; INSERT INTO held.t VALUES (7)",
                 f"ALTER TABLE held.t ADD CONSTRAINT f FOREIGN KEY (i) REFERENCES held.parent {how}")  # fmt: skip
        assert held.answer(REFERS).value == 1

    def test_rows_that_a_subscription_brings_were_never_asked(self, held: Any) -> None:
        held.run("CREATE SUBSCRIPTION s CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false)",
                 "INSERT INTO pg_subscription_rel SELECT oid, 'held.t'::regclass, 'r' FROM pg_subscription")  # fmt: skip
        try:
            assert held.proof(REFERS) == ""
        finally:
            held.server.run("ALTER SUBSCRIPTION s SET (slot_name = NONE)")
            held.server.run("DROP SUBSCRIPTION s")

    def test_of_a_key_of_several_columns_a_row_with_a_null_is_not_examined(self, held: Any) -> None:
        held.run("CREATE TABLE held.two (a int, b int, PRIMARY KEY (a, b))",
                 "CREATE TABLE held.c (x int, y int, CONSTRAINT f FOREIGN KEY (y, x) REFERENCES held.two (b, a))",
                 "INSERT INTO held.c VALUES (9, NULL), (NULL, NULL)")  # fmt: skip
        measure = Orphans(("x", "y"), "held.two", ("a", "b"))
        assert held.answer(measure, table="held.c").is_empty
        held.run("INSERT INTO held.two VALUES (1, 2); INSERT INTO held.c VALUES (1, 2)")
        assert held.proof(measure, table="held.c") == "foreign key f"
        turned = Orphans(("x", "y"), "held.two", ("b", "a"))
        assert held.answer(turned, table="held.c").value == 1


def test_a_view_and_a_query_prove_nothing_and_a_materialized_view_by_its_index(held: Any) -> None:
    held.run("CREATE TABLE held.t (i int PRIMARY KEY CHECK (i >= 0), v varchar(5)); INSERT INTO held.t VALUES (1, 'a')",
             "CREATE VIEW held.w AS SELECT * FROM held.t UNION ALL SELECT * FROM held.t",
             "CREATE MATERIALIZED VIEW held.m AS SELECT * FROM held.t; CREATE UNIQUE INDEX mu ON held.m (i)")  # fmt: skip
    assert held.answer(UNIQUE, table="held.w").value == 1
    assert [held.proof(each, table="held.w") for each in (NEVER_NULL, POSITIVE)] == ["", ""]
    assert held.proof(UNIQUE, table="held.m") == "unique index mu"


def test_domains_and_generated_columns_prove_only_what_is_said_of_the_column(held: Any) -> None:
    held.run("CREATE DOMAIN held.positive AS numeric CHECK (VALUE >= 0)",
             "CREATE TABLE held.t (i held.positive, g int GENERATED ALWAYS AS (2) STORED CHECK (g > 0),"
             " l varchar(3) GENERATED ALWAYS AS ('abc') VIRTUAL)",
             "INSERT INTO held.t VALUES ('NaN')")  # fmt: skip
    assert held.answer(POSITIVE).value == 1
    assert held.proof(Broken(Between("g", 1))) == "check t_g_check"
    assert held.proof(Broken(LengthBetween("l", None, 3))) == ""


def test_rows_that_row_security_hides_make_unknown_even_what_is_proved(held: Any) -> None:
    held.run("CREATE TABLE held.t (i int NOT NULL); INSERT INTO held.t VALUES (1)",
             "ALTER TABLE held.t ENABLE ROW LEVEL SECURITY")  # fmt: skip
    dataset = held.dataset().model_copy(update={"database": held.server.target()})
    with pytest.raises(CouldNotLook, match="row-level security"):
        held.look(dataset, NEVER_NULL)
