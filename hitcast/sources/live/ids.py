"""Ids out of what people paste and what services answer: tracks, playlists, recordings."""

import re

from hitcast.errors import SourceError

TRACK_LINK = re.compile(
    r"(?:open\.spotify\.com/(?:(?:intl-[\w-]+|embed)/)?track/|spotify:track:)([0-9A-Za-z]+)"
)
PLAYLIST_LINK = re.compile(
    r"(?:open\.spotify\.com/(?:\S+/)?playlist/|spotify:(?:\S+:)?playlist:)([0-9A-Za-z]+)"
)
ANY_LINK = re.compile(r"(?:open\.spotify\.com/(?:(?:intl-[\w-]+|embed)/)?|spotify:)([a-z]+)[/:]")
SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")


def track_id_of(link_or_id: str) -> str:
    """The 22 letters and digits that name a Spotify track, out of its link, its URI or themselves.

    Raises SourceError for anything else.
    """
    return _id_of(link_or_id, TRACK_LINK, "track")


def playlist_id_of(link_or_id: str) -> str:
    """The 22 letters and digits that name a Spotify playlist, out of its link, its URI or themselves.

    Raises SourceError for anything else.
    """
    return _id_of(link_or_id, PLAYLIST_LINK, "playlist")


def track_in(href: object) -> str:
    """The id of the track that an address leads to, empty where it leads to none."""
    link = TRACK_LINK.search(str(href or ""))
    return link[1] if link and is_id(link[1]) else ""


def is_id(text: object) -> bool:
    """Whether this can be the id of a Spotify track or playlist."""
    return isinstance(text, str) and SPOTIFY_ID.fullmatch(text) is not None


def isrc_of(text: object) -> str:
    """An ISRC in its one spelling, empty where it is none."""
    code = re.sub(r"[\s-]", "", str(text or "")).upper()
    return code if ISRC.fullmatch(code) else ""


def _id_of(text: str, link: re.Pattern, kind: str) -> str:
    text = text.strip()
    found = link.search(text)
    candidate = found[1] if found else text
    if is_id(candidate):
        return candidate
    other = ANY_LINK.search(text)
    if other and not found:
        raise SourceError(
            f"This is a link to something else on Spotify ({other[1]}), not to a {kind}: open the {kind} "
            "and copy its link."
        )
    if "spotify.link/" in text:
        raise SourceError("This is a short link: open it in a browser and copy the address that it leads to.")
    raise SourceError(
        f"{text[:60]!r} is not a Spotify {kind}: paste a link such as "
        f"https://open.spotify.com/{kind}/… or the 22 letters and digits in it."
    )
