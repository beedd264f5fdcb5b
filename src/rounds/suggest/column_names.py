"""What names of columns suggest: moments, private values, pairs that are in an order. No more than suggestions."""

import re
from itertools import pairwise


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PRIVATE = _set(
    "password passwd pwd passphrase secret token apikey salt hash signature credential credentials cookie session pin "
    "cvv cvc iban bic ssn passport card email mail phone mobile tel fax address addr street zip plz postcode birth "
    "birthday birthdate dob surname firstname lastname fullname username login nickname ip lat latitude lon lng "
    "longitude salary income wage contact taxid"
)
_PRIVATE_PAIRS = frozenset(
    {("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key"), ("e", "mail"), ("user", "name"),
     ("first", "name"), ("last", "name"), ("full", "name"), ("family", "name"), ("given", "name"), ("tax", "id"),
     ("postal", "code"), ("post", "code"), ("user", "agent")}
)  # fmt: skip
_MADE = ("created", "inserted", "ingested", "recorded", "collected", "captured", "received", "logged", "scraped",
         "occurred", "happened", "timestamp", "ts", "time", "made", "added", "date", "day", "started", "updated",
         "modified", "changed", "at", "on")  # fmt: skip
_AHEAD = _set("expires expire expiry expiration until due valid next scheduled planned deadline end ends to "
                   "renewal retry future target eta")  # fmt: skip
_MOMENT_ENDS = _set("at on time ts timestamp date day epoch")
_LESS = {"min": "max", "minimum": "maximum", "low": "high", "lowest": "highest", "lower": "upper", "from": "to",
         "start": "end", "begin": "end", "first": "last", "net": "gross", "used": "total", "lo": "hi",
         "succeeded": "attempted", "failed": "total", "free": "total"}  # fmt: skip
_REDUCED = _set("pix sale discount discounted net paid promo promotion promotional special reduced offer cash")
_FULL = _set("list original old regular retail gross full rrp base")
_EARLY = _set("created inserted ordered started opened begun began first born registered added issued")
_LATE = _set(
    "updated modified changed finished ended closed completed shipped delivered last archived deleted removed paid "
    "cancelled canceled resolved processed seen"
)
_KEY_WORDS = _set("id uuid guid key code no nr number zip plz oid version year")


def words(name: str) -> tuple[str, ...]:
    """`pixPrice` and `pix_price` are (pix, price)."""
    return tuple(word.lower() for word in _WORD.findall(name))


def is_private(name: str) -> bool:
    """Whether its values must not be shown: secrets, and what tells of a person."""
    found = words(name)
    whole = "".join(found)
    return bool(
        _PRIVATE & {*found, whole, *(word.removesuffix("s") for word in found)}
        or _PRIVATE_PAIRS & set(pairwise(found))
        or any(word in whole for word in ("password", "secret", "token", "email"))
    )


def is_key(name: str) -> bool:
    """Whether its numbers name something, so that they have no range."""
    found = words(name)
    return bool(found) and found[-1] in _KEY_WORDS


def moment_rank(name: str) -> int | None:
    """How likely it says when a row was made: 0 is likeliest, None is not at all."""
    found = words(name)
    if may_lie_ahead(name):
        return None
    return next((rank for rank, word in enumerate(_MADE) if word in found), None)


def says_moment(name: str) -> bool:
    """Whether it is called as moments are: `seen_at`, `timestamp`, `order_date`."""
    found = words(name)
    return bool(found) and found[-1] in _MOMENT_ENDS


def may_lie_ahead(name: str) -> bool:
    """Whether a moment of that name may be in the future: `expires_at`, `valid_until`."""
    return bool(_AHEAD & set(words(name)))


def is_before(first: str, second: str) -> bool:
    """Whether moments of these names suggest that the first is never after the second."""
    one, other = set(words(first)), set(words(second))
    return bool(one & _EARLY) and not one & _LATE and bool(other & (_LATE | _AHEAD)) and not other & _EARLY


def is_at_most(first: str, second: str) -> bool:
    """Whether figures of these names suggest that the first never exceeds the second: `pix_price`, `price`."""
    one, other = words(first), words(second)
    for at, word in enumerate(one):
        if word in _LESS and (*one[:at], _LESS[word], *one[at + 1 :]) == other:
            return True
    if len(one) == len(other) + 1 and one[1:] == other:
        return one[0] in _REDUCED
    if len(other) == len(one) + 1 and other[1:] == one:
        return other[0] in _FULL
    return one[1:] == other[1:] != () and one[0] in _REDUCED and other[0] in _FULL


def referred_tables(name: str) -> tuple[str, ...]:
    """What tables a column like `url_id` may refer to: url, urls."""
    stem = name[:-3] if name.lower().endswith("_id") else ""
    if not stem:
        return ()
    return (stem, f"{stem}s", f"{stem}es", *([f"{stem[:-1]}ies"] if stem.endswith("y") else []))
