"""Lists come in pages that fit together."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import is_answered
from rounds.expectation import Expectation
from rounds.fixtures.paging import Pages
from rounds.json_path import JsonPath
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.targets import Endpoint


class HttpPagination(Expectation):
    """That the pages of a list have the size that was asked for, do not overlap, and end.

    The path has {page} or {offset} (and {size}), or each answer names the next page at `following`.
    """

    endpoint: Endpoint
    path: Annotated[str, Field(description="such as /jobs?page={page}&per_page={size}")]
    items: Annotated[JsonPath, Field(description="path of the list in a page")] = "items"
    key: Annotated[JsonPath, Field(description="path, in an item, of what makes it unique; '' for the whole item")] = (
        "id"
    )
    following: Annotated[JsonPath | None, Field(description="path of the next page's address")] = None
    first: Annotated[int, Field(description="the number of the first page")] = 1
    size: Annotated[int, Field(ge=1)]
    pages: Annotated[int, Field(ge=2, le=50, description="how many pages are looked at, at most")] = 3
    ends: Annotated[bool, Field(description="whether the list must end within these pages")] = False
    within: Limit = at_most(5, unit="s")

    @model_validator(mode="after")
    def _goes_on(self) -> "HttpPagination":
        if self.following is None and not ("{page}" in self.path or "{offset}" in self.path):
            raise ValueError("without following, {page} or {offset} must stand in the path")
        return self


def test_http_pagination(expected: HttpPagination, list_pages: Pages, observe: Observer) -> None:
    """The pages of the list fit together.

    Remedy: look whether the list is sorted by something unique (otherwise items wander between pages), and whether the
    size that was asked for is capped on the way.
    """
    if not is_answered(expected.within, list_pages.last, observe) or list_pages.last.status != 200:
        return
    pages = [keys for keys in list_pages.keys if keys is not None]
    if len(pages) < len(list_pages.keys):
        observe.critical("items", f"page {len(list_pages.keys)} has no list at {expected.items}", "missing")
        return
    keys = [key for page in pages for key in page]
    if not keys:
        observe.critical("items", "the list is empty, so its pages say nothing", 0)
        return
    observe("items", len(keys), note=f"on {len(pages)} pages")
    if "" in keys:
        observe.critical("items without a key", f"they have no {expected.key}", keys.count(""))
    observe("largest page", max(map(len, pages)), at_most(expected.size))
    short = [str(number) for number, page in enumerate(pages[:-1], 1) if len(page) < expected.size]
    observe("pages that are not full", len(short), at_most(0), note=", ".join(short))
    observe("items on two pages", len(keys) - len(set(keys)), at_most(0))
    if expected.ends and not list_pages.ended:
        observe.critical("end of the list", f"it goes on after {len(pages)} pages", len(pages))
