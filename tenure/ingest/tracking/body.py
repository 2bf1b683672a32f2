"""Bodies as they come: bounded, unpacked, read as JSON with exact numbers; and the pieces that every dialect reads."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping
from decimal import Decimal

from tenure.events import Event
from tenure.ingest.recording import Unusable

MOST_BODY = 500 * 1024
MOST_EVENT = 32 * 1024
MOST_EVENTS = 2_500
MOST_ID = 300
MOST_MESSAGE_ID = 100
MOST_NAME = 200
# what the application itself gives its events; nobody else's may be taken for them
RESERVED = ("app-", "tenure:")
_GZIP = 31
_SHOWN = 2_000
# so few signs are at most 15 digits, which a double keeps
_SHORT = 15
_LARGEST = 60
_WORD = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")


class NotReadable(ValueError):
    """A body, or something in it, that cannot be used; `reason` says why."""

    def __init__(self, reason: str, *, too_large: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.too_large = too_large


def read_body(raw: bytes, encoding: str = "", *, most: int = MOST_BODY) -> str:
    """The text of a body, unpacked where its encoding is gzip. Raises NotReadable; no more than `most` is unpacked."""
    match encoding.strip().lower():
        case "" | "identity":
            pass
        case "gzip" | "x-gzip":
            raw = _unpacked(raw, most)
        case _:
            raise NotReadable("the encoding is not known: gzip is")
    if len(raw) > most:
        raise NotReadable(f"the body is larger than {most // 1024} kB", too_large=True)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotReadable("the body is no UTF-8") from None


def _unpacked(raw: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacking.decompress(raw, most + 1)
    except zlib.error:
        raise NotReadable("the body is no gzip") from None
    if len(unpacked) <= most and (not unpacking.eof or unpacking.unused_data):
        raise NotReadable("the body is no whole gzip")
    return unpacked


def read_json(text: str) -> object:
    """The value of a JSON text, numbers exact. Raises NotReadable."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise NotReadable("the JSON is nested too deep") from None
    except ValueError as error:
        reason = str(error).partition(": line")[0]
        raise NotReadable(f"the body is no JSON: {reason[:200]}") from None


def _number(text: str) -> float | Decimal:
    if len(text) <= _SHORT:
        return float(text)
    exact = Decimal(text)
    # written out, a number of ten signs could be as long as a book
    return exact if abs(exact.adjusted()) <= _LARGEST else float(text)


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


# made once: `json.dumps` makes one for every call that asks for anything else than usual
_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_constant)


def members(value: object, what: str) -> Mapping[str, object]:
    """The members of an object; none where it is absent. Raises NotReadable where it is something else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotReadable(f"the {what} are no object")
    return value


def identifier(value: object, what: str) -> str | None:
    """An id as text; None where it is absent or blank. Raises NotReadable where it is no id."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NotReadable(f"the {what} is neither text nor a whole number")
    text = str(value).strip()
    if not text:
        return None
    if len(text) > MOST_ID:
        raise NotReadable(f"the {what} is longer than {MOST_ID} signs")
    if not _WORD.fullmatch(text):
        raise NotReadable(f"the {what} is no readable text")
    return text


def event_name(value: object) -> str:
    """The name of an event. Raises NotReadable where there is none."""
    name = value.strip() if isinstance(value, str) else ""
    if not name:
        raise NotReadable("no event name")
    if len(name) > MOST_NAME:
        raise NotReadable(f"the event name is longer than {MOST_NAME} signs")
    return name


def message_id(value: object, otherwise: str) -> str:
    """The id of a message, or `otherwise` where it has none; of one that is too long, what stands for it.

    Raises NotReadable for the ids of the application's own events.
    """
    text = identifier(
        value if not isinstance(value, str) or len(value) <= MOST_ID else _standing_for(value), "messageId"
    )
    if text is None:
        return otherwise
    if text.startswith(RESERVED):
        raise NotReadable("the messageId begins with what is reserved")
    return text if len(text) <= MOST_MESSAGE_ID else _standing_for(text)


def _standing_for(text: str) -> str:
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def batch_of(items: object, what: str) -> list[object]:
    """The items of a batch. Raises NotReadable where it is none, or too large to be gone through."""
    if not isinstance(items, list) or not items:
        raise NotReadable(what)
    if len(items) > MOST_EVENTS:
        raise NotReadable(f"the batch holds more than {MOST_EVENTS:,} events", too_large=True)
    return items


def event_or_reason(item: object, make: Callable[[Mapping[str, object]], Event], *, large: bool) -> Event | Unusable:
    """The event that `make` makes of an item, or why there is none. `large`: the item may be larger than allowed."""
    try:
        return make(_whole(item, large=large))
    except NotReadable as error:
        return unusable(item, error.reason)


def _whole(item: object, *, large: bool) -> Mapping[str, object]:
    if not isinstance(item, dict):
        raise NotReadable("the event is no object")
    if large and len(_WRITTEN.encode(item)) > MOST_EVENT:
        raise NotReadable(f"the event is larger than {MOST_EVENT // 1024} kB")
    return item


def unusable(item: object, reason: str) -> Unusable:
    """What is kept of an event that cannot be used: why, and its beginning."""
    try:
        shown = json.dumps(item, default=str)
    except (ValueError, RecursionError):
        shown = ""
    return Unusable(reason=reason, raw=shown[:_SHOWN].replace("\\u0000", ""))
