"""PriceWatch's programs that read pages: whether known pages are still read rightly, and whether a site changed."""

import hashlib
import json
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.request import urlopen

STRATEGIES = Path("config/extractors.json")
EXPECTED = Path("reference/expected.json")
STRUCTURES = Path("state/structures.json")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


class Page(HTMLParser):
    """A page as an extractor sees it: how it is built, and the first text in each class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.built: list[str] = []
        self.texts: dict[str, str] = {}
        self.within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within = dict(attrs).get("class") or ""
        self.built.append(f"{tag}.{self.within}")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.setdefault(self.within, data.strip())

    @property
    def structure(self) -> str:
        """A short name for how it is built, whatever its texts are."""
        return hashlib.sha256(" ".join(self.built).encode()).hexdigest()[:12]


def read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text()))


def verify_extractors() -> int:
    strategies, expected = read(STRATEGIES), read(EXPECTED)
    right = 0
    for name, price in expected.items():
        text = Page((EXPECTED.parent / name).read_text()).texts.get(strategies[Path(name).stem]["price"], "nothing")
        right += text == price
        tell(f"{'RIGHT' if text == price else 'WRONG'} {name}: {text} is read, {price} is expected")
    tell(f"{right} of {len(expected)} reference pages give the expected price")
    return 0 if right == len(expected) else 1


def told(domain: str, strategy: Mapping[str, str], known: str) -> str:
    try:
        with urlopen(strategy["page"], timeout=5) as answer:  # noqa: S310 - a page that is watched
            structure = Page(answer.read().decode(errors="replace")).structure
    except OSError as error:
        return f"unseen {domain}: {error}"
    if structure == known:
        return f"same {domain}"
    is_newer = strategy["made_for"] == structure
    return f"changed {domain}: its strategy {'is newer' if is_newer else 'was made for another page'}"


def detect_site_changes() -> int:
    """It ends with 0 whatever it finds, as such programs do."""
    known = read(STRUCTURES)
    lines = [told(domain, strategy, known.get(domain, "")) for domain, strategy in read(STRATEGIES).items()]
    tell("\n".join(lines))
    seen = [line for line in lines if not line.startswith("unseen")]
    tell(f"{len(seen)} sites compared, {sum(line.startswith('changed') for line in seen)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(globals()[Path(sys.argv[0]).stem]())
