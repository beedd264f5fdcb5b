"""What is read out of expressions."""

import pytest

from rounds.fixtures.promql import comparisons, selectors, spelled, windows_seconds


@pytest.mark.parametrize(("expression", "found"), [
    ("up", ["up"]),
    ("sum(rate(api_errors_total[5m])) > 0.05", ["api_errors_total"]),
    ('sum by (le, job) (rate(a_bucket{code=~"5..", job!="x"}[5m:1m] offset 1w))', ["a_bucket with label code"]),
    ('a{b="",c=~".*",d="e"} / on (f) group_left (g) h', ["a with label d", "h"]),
    ('{__name__="x", y="1"} and absent(z{q!~"1"})', ["x with label y", "z"]),
    ('{"a.dotted"}', []),
    ('quantile by (a) (0.9, b) or count_values("v", c) unless on() d == bool 0', ["b", "c", "d"]),
    ("a + # not b\n c", ["a", "c"]),
    ("label_replace(a, 'b', '$1', 'c', '(d)') * 1e3 + 0x1F + inf + nan", ["a"]),
    ("job:errors:rate5m @ end() > -0.5", ["job:errors:rate5m"]),
    ("time() - last_run_timestamp_seconds > 1h30m", ["last_run_timestamp_seconds"]),
    ("sum(a) by (b) / sum without (c) (a)", ["a"]),
])  # fmt: skip
def test_selectors_are_the_metrics_and_the_labels_they_must_have(expression, found):
    assert [each.said for each in selectors(expression)] == found


@pytest.mark.parametrize(("expression", "found"), [
    ("rate(a[5m]) > 0.05", ("> 0.05",)),
    ('a{b!="1"} == bool 0', ("== 0",)),
    ("a >= -1.50 and b < 2e3", (">= -1.5", "< 2000")),
    ("a > b", ()),
    ("a >", ()),
])  # fmt: skip
def test_comparisons_are_those_with_numbers(expression, found):
    assert comparisons(expression) == found


def test_windows_are_the_ranges():
    assert windows_seconds('rate(a{b="[9m]"}[5m]) + max_over_time(c[1h30m:1m]) offset 2h') == (300.0, 5400.0)


def test_a_comparison_is_spelled_as_it_is_read():
    assert [spelled(text) for text in (">0.050", " == 0 ", "<= - 3")] == ["> 0.05", "== 0", "<= -3"]
    for text in ("5", "> x", "=> 3", ""):
        with pytest.raises(ValueError, match=r"no comparison|no number"):
            spelled(text)
