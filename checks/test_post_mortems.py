"""Nothing goes wrong twice for want of having been written down."""

from typing import Annotated

from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.post_mortems import PostMortems
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration, shown
from rounds.targets import Incidents

WEEK = 7 * 86_400.0
CLOCKS_DIFFER_SECONDS = 60


class PostMortemsWritten(Expectation):
    """Every incident that was closed longer ago than `due` has a document, with so many words of its own."""

    incidents: Incidents
    due: Annotated[Duration, Field(description="how long after its closing a document is due")] = WEEK
    words: Limit = at_least(50)


def test_post_mortems(expected: PostMortemsWritten, post_mortems: PostMortems, observe: Observer) -> None:
    """Every incident that was closed has a post-mortem, and somebody has filled it in.

    Remedy: ask who led the incident to write down what happened, why, and what will change, while people still know;
    the document's name must hold the incident's id. An hour together does more than a perfect text in a month.
    """
    now = post_mortems.looked_at_epoch_seconds
    ages = {each.id: now - each.closed_epoch_seconds for each in post_mortems.incidents if each.closed_epoch_seconds}
    ahead = [name for name, age in ages.items() if age < -CLOCKS_DIFFER_SECONDS]
    if ahead:
        observe.unknown("closed in the future", f"{', '.join(ahead[:5])}: when were they closed?", len(ahead))
    due = [each for each in post_mortems.incidents if ages.get(each.id, 0.0) > expected.due]
    note = f"{len(ages)} closed, {len(post_mortems.incidents) - len(ages)} open"
    observe("incidents whose post-mortem is due", len(due), note=note)
    missing = [each for each in due if not each.documents]
    told = ", ".join(f"{each.id} (closed {shown(ages[each.id], 's')} ago)" for each in missing[:5])
    observe("incidents without a post-mortem", len(missing), at_most(0), note=told)
    for each in due:
        if each.documents and expected.words.verdict(each.own_words).badness:
            observe(f"words in the post-mortem of {each.id}", each.own_words, expected.words, note=each.documents[0])
