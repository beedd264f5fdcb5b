"""What PriceWatch knows of the pages that it reads: strategies, reference pages, and how each site was built last."""

import json
from collections.abc import Mapping
from pathlib import Path

from .stand_ins.extraction import EXPECTED, STRATEGIES, STRUCTURES, Page

PAGE = """\
<html><head><title>Shop</title></head><body>
<div class="item"><h1 class="name">Kettle</h1><span class="price">24.90</span></div>
</body></html>
"""
REBUILT = PAGE.replace("span", "strong")
PROGRAM = Path(__file__).with_name("stand_ins") / "extraction.py"
PROGRAMS = ("verify_extractors", "detect_site_changes")


def write(home: Path, pages: Mapping[str, str]) -> None:
    """Lay out programs and files; the last site was rebuilt lately, and a strategy for its new pages was made."""
    for name in PROGRAMS:
        (home / "scripts" / f"{name}.py").write_text(PROGRAM.read_text())
    now = Page(PAGE).structure
    strategies = {domain: {"page": f"{url}/", "price": "price", "made_for": now} for domain, url in pages.items()}
    (home / STRATEGIES).write_text(json.dumps(strategies, indent=1))
    structures = dict.fromkeys(pages, now) | {max(pages): Page(REBUILT).structure}
    (home / STRUCTURES).write_text(json.dumps(structures, indent=1))
    prices = {f"{domain}.html": f"{19 + at}.50" for at, domain in enumerate(pages)}
    (home / EXPECTED).parent.mkdir()
    for name, price in prices.items():
        (home / EXPECTED).with_name(name).write_text(PAGE.replace("24.90", price))
    (home / EXPECTED).write_text(json.dumps(prices, indent=1))
