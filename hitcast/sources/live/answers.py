"""What a service answered, made harmless before anything reads it: bounded, plain JSON, of a known form."""

import html
import json
import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote

import requests

from hitcast import forms

LARGEST_ANSWER = 5_000_000  # a page of 100 tracks has 0.3 MB
SHORTEST_SECRET = 8  # letters and digits; less could be part of any word
LARGEST_NUMBER = 2.0**53
HIDDEN = "…"
_PIECE = 4096  # gzip can make a thousand times as much of it

PAGE = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {"type": "array"},
        "next": {"type": ["string", "null"]},
        "total": {"type": ["integer", "null"]},
    },
}
CONTENT = {"type": "object", "required": ["content"], "properties": {"content": {"type": "array"}}}
LIST, OBJECT = {"type": "array"}, {"type": "object"}


def has_form(answer: object, form: dict) -> bool:
    """Whether an answer is what one of the forms above, a JSON Schema, says."""
    return forms.fault(answer, form) is None


def body(response: requests.Response) -> bytes | None:
    """The unpacked bytes of an answer that is being streamed; None where they are too many."""
    content = bytearray()
    for piece in response.iter_content(_PIECE):
        content += piece
        if len(content) > LARGEST_ANSWER:
            response.close()
            return None
    return bytes(content)


def plain(content: bytes, secrets: Sequence[str]) -> object:
    """The JSON in some bytes: no secret in its texts, no number beyond what a double holds exactly.

    Such a number becomes null, as do NaN and infinity; half a surrogate becomes a question mark.
    Raises ValueError where it is no JSON, or nested too deeply to be data.
    """
    try:
        return _clean(json.loads(content), secrets)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _clean(value: object, secrets: Sequence[str]) -> object:
    if isinstance(value, str):
        return hidden(value.encode("utf-8", "replace").decode(), secrets)
    if isinstance(value, dict):
        return {_clean(key, secrets): _clean(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each, secrets) for each in value]
    if isinstance(value, int | float) and not (abs(value) <= LARGEST_NUMBER):
        return None
    return value


def hidden(text: str, secrets: Sequence[str]) -> str:
    """The text without any of the secrets; nothing of it where one is there in another spelling."""
    for secret in filter(None, secrets):
        text = text.replace(secret, HIDDEN)
    sought = [bare for bare in (_bare(secret) for secret in secrets) if len(bare) >= SHORTEST_SECRET]
    plain = html.unescape(unquote(html.unescape(unquote(text))))
    readings = _bare(plain), _bare(re.sub(r"<[^<>]*>", "", plain))
    return HIDDEN if any(bare in reading for bare in sought for reading in readings) else text


def _bare(text: str) -> str:
    """The letters and digits alone."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
