"""A scraper: counts the rows of its source's page; with SCRAPER_VALIDATE=true it holds its cache against the pages.

Like many, it tells of what fails and ends well.
"""

import json
import os
import re
import sys
import urllib.request
from pathlib import Path


def rows_in(html: str, css_class: str) -> int:
    without_comments = re.sub(r"(?s)<!--.*?-->", "", html)
    return len(re.findall(rf'<tr class="{css_class}\b', without_comments))


def is_valid(entry: Path, cache: Path, css_class: str) -> bool:
    """Whether an entry has as many events as its page has rows."""
    page = cache / "pages" / entry.name.replace(".events.json", ".html")
    try:
        return len(json.loads(entry.read_text())["data"]) == rows_in(page.read_text(), css_class)
    except (OSError, ValueError, KeyError):
        return False


def tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")


def main(home: str, source: str, css_class: str, url: str) -> None:
    validates = os.environ.get("SCRAPER_VALIDATE") == "true"
    tell(f"scrapers.{source}: started{', SCRAPER_VALIDATE=true' if validates else ''}")
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - a stand-in on 127.0.0.1
        tell(f"scrapers.{source}: {rows_in(answer.read().decode(), css_class)} rows found")
    if validates:
        cache = Path(home, "cache")
        good = [is_valid(each, cache, css_class) for each in cache.glob(f"{source}_*.events.json")]
        tell(f"cache validation: {len(good)} entries validated, {good.count(False)} failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
