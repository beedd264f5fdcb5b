"""Keys that are there twice, and rows that refer to nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_data_references as references
from rounds.checks import test_data_unique as unique
from rounds.outcome import Outcome

from .conftest import Shop, Verdict

Judged = Callable[..., Verdict]
OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN


def once(judged: Judged, *columns: str, **given: Any) -> Verdict:
    return judged(unique.test_data_unique, unique.DataUnique, columns=list(columns), **given)


def referring(judged: Judged, **given: Any) -> Verdict:
    asked = {"columns": ["url_id"], "refer_to": "urls(id)"} | given
    return judged(references.test_data_references, references.DataReferences, **asked)


def test_a_key_that_is_there_twice_is_one_too_many(shop: Shop, judged: Judged) -> None:
    for place in range(8):
        shop.add(seller=f"shop {place}")
    assert once(judged, "seller").outcome is OK
    shop.add(seller="shop 1")
    shop.add(seller="shop 1", url_id=2)
    found = once(judged, "seller")
    assert (found.outcome, found.summary) == (CRITICAL, "rows that repeat seller is 2, allowed is at most 0")
    assert once(judged, "seller", "url_id").summary.startswith("rows that repeat seller, url_id is 1,")
    assert once(judged, "seller", extra=2).outcome is OK
    assert once(judged, "seller", extra_share="20%").outcome is OK
    share = once(judged, "seller", extra_share="19%")
    assert share.summary == "share of rows that repeat seller is 20 %, allowed is at most 19 % (of 10 rows)"
    assert once(judged, "seller", where="url_id = 2").outcome is OK


def test_keys_are_made_alike_first(shop: Shop, judged: Judged) -> None:
    shop.add(seller="https://www.shop.example/a/")
    shop.add(seller=" HTTPS://shop.example/a#top")
    assert once(judged, "seller").outcome is OK
    assert once(judged, "seller", normalized=["trim", "lower", "url"]).outcome is CRITICAL


def test_a_key_of_which_no_row_has_one_is_never_unique(shop: Shop, judged: Judged) -> None:
    assert once(judged, "seller").outcome is CRITICAL
    assert once(judged, "id").outcome is CRITICAL
    shop.add_some(2, seller=None)
    assert once(judged, "seller").summary == "rows that repeat seller: there are no rows, or none has a value"
    assert once(judged, "seller", empty="unknown").outcome is UNKNOWN


def test_a_primary_key_proves_itself(shop: Shop, judged: Judged) -> None:
    shop.add()
    proved = once(judged, "id", "seller", extra_share="1%")
    assert proved.outcome is OK
    assert "proved by primary key" in proved.summary


def test_no_row_refers_to_what_is_not_there(shop: Shop, judged: Judged) -> None:
    assert referring(judged).outcome is CRITICAL
    shop.add_some(5)
    assert referring(judged).outcome is OK
    shop.add(url_id=99)
    lost = referring(judged)
    assert lost.outcome is CRITICAL
    assert lost.summary == "rows that refer to nothing in urls is 1, allowed is at most 0"
    assert referring(judged, orphans=1).outcome is OK
    assert referring(judged, where="url_id < 99").outcome is OK
    text = referring(judged, columns=["seller"], refer_to="urls(domain)", orphans=5)
    assert text.outcome is CRITICAL


def test_null_refers_to_nothing_on_purpose(shop: Shop, judged: Judged) -> None:
    shop.add_some(3, seller=None)
    by_name = {"columns": ["seller"], "refer_to": "urls(domain)"}
    assert referring(judged, **by_name).outcome is CRITICAL
    shop.add(seller="amazon")
    assert referring(judged, **by_name).outcome is OK


def test_what_is_gone_is_unknown(shop: Shop, judged: Judged) -> None:
    shop.add()
    assert "column site of prices does not exist" in once(judged, "site").summary
    assert "column no of urls does not exist" in referring(judged, refer_to="urls(no)").summary
    for gone in (once(judged, "site"), referring(judged, refer_to="urls(no)"), referring(judged, columns=["uri"])):
        assert gone.outcome is UNKNOWN
    shop.run("DROP TABLE urls")
    assert referring(judged).outcome is UNKNOWN
    shop.run("DROP TABLE prices")
    assert once(judged, "seller").outcome is UNKNOWN


def test_keys_that_make_no_sense_are_refused(shop: Shop, row: Callable[..., Any]) -> None:
    for given, words in (
        ({"columns": ["seller"], "normalized": ["lowr"]}, "keys are not normalized by 'lowr'; did you mean 'lower'"),
        ({"columns": ["seller", "seller"]}, "columns names one twice"),
        ({"columns": ["seller"], "extra": 1, "extra_share": "1%"}, "one of extra and extra_share is judged"),
    ):
        with pytest.raises(ValidationError, match=words):
            row(unique.DataUnique, dataset=shop.dataset(), **given)
    for refer_to, words in (("urls", "names no columns"), ("urls(id, domain)", "columns are 1, but refer_to names 2")):
        with pytest.raises(ValidationError, match=words):
            row(references.DataReferences, dataset=shop.dataset(), columns=["url_id"], refer_to=refer_to)
