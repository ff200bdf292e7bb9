"""What playlists brought in, counted: asked for, fetched, left out and why, filled in by whom."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from hitcast.errors import SourceError
from hitcast.sources.live.rows import Row, has_core, playlist_item, skip_reason, spotify_row
from hitcast.sources.live.web import ServiceError

TERMS = "Spotify's developer terms forbid training models on its content without its permission."
MOST_SAID = 5
PROVIDERS = {"spotify": "Spotify", "reccobeats": "ReccoBeats"}


@dataclass
class PlaylistTracks:
    """A row a track by id, how many entries were asked for and left out, and what was refused."""

    rows: dict[str, Row] = field(default_factory=dict)
    asked: int = 0
    skipped: Counter = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def add(self, entry: object) -> None:
        """Count an entry of a playlist, and keep it if it is a track that is not here yet."""
        item = playlist_item(entry)
        reason = skip_reason(item) or ("more than once" if item["id"] in self.rows else "")
        if reason:
            self.skip(reason)
        else:
            self.asked += 1
            self.rows[item["id"]] = spotify_row(item)

    def skip(self, reason: str, entries: int = 1) -> None:
        """Count entries that are left out."""
        if entries:
            self.asked += entries
            self.skipped[reason] += entries


def counts(found: PlaylistTracks, by_isrc: set[str]) -> dict[str, int]:
    """The numbers to show afterwards, in the order to show them.

    Asked for = fetched + skipped; fetched = the sum over providers, for features and for popularity.
    """
    rows = found.rows.values()
    complete = sum(has_core(row) and "popularity" in row for row in rows)
    return {
        "asked for": found.asked,
        "fetched": len(rows),
        **{f"skipped: {reason}": n for reason, n in found.skipped.most_common()},
        **_by_provider(found.rows, "features"),
        **_by_provider(found.rows, "popularity"),
        "found by their ISRC": len(by_isrc),
        "with features and popularity": complete,
        "coverage in percent": round(100 * complete / len(rows)) if rows else 0,
    }


def _by_provider(rows: Mapping[str, Row], what: str) -> dict[str, int]:
    by = Counter(row.get(f"{what}_source", "") for row in rows.values())
    known = {f"{what} from {name}": by[source] for source, name in PROVIDERS.items() if by[source]}
    return known | {f"{what} missing": by[""]}


def require_use(
    found: PlaylistTracks, no_features: ServiceError | None, stopped: ServiceError | None
) -> None:
    """Raise SourceError where there is no track with features, or none with popularity."""
    rows = found.rows.values()
    if any(has_core(row) and "popularity" in row for row in rows):
        return
    lacking = "popularity" if any(has_core(row) for row in rows) else "audio features"
    raise SourceError(
        f"None of the {len(rows):,} tracks in the playlists has its {lacking}: "
        + " ".join(_lack(no_features, stopped) or ["ReccoBeats does not know one of them."])
    )


def nothing(found: PlaylistTracks) -> str:
    """Why the playlists brought nothing, in a sentence or more."""
    skipped = ", ".join(f"{n:,} {reason}" for reason, n in found.skipped.most_common())
    if found.refused:
        return " ".join(_some(found.refused))
    return f"The playlists hold no track that can be used ({skipped or 'they are empty'})."


def detail(
    found: PlaylistTracks, playlists: int, no_features: ServiceError | None, stopped: ServiceError | None
) -> str:
    """Where the tracks came from, what was refused, and what Spotify's terms say."""
    features = _by_provider(found.rows, "features")
    popularity = _by_provider(found.rows, "popularity")
    parts = [f"{n:,} {what}" for what, n in (features | popularity).items() if n]
    first = (
        f"{len(found.rows):,} tracks of {playlists} playlist{'s' if playlists > 1 else ''} through Spotify on "
        f"{date.today():%Y-%m-%d} ({', '.join(parts)})."
    )
    return " ".join([first, *_some(found.refused), *_lack(no_features, stopped), TERMS])


def _some(refused: Iterable[str]) -> list[str]:
    """What was said of the first few playlists, each once, and how often more was."""
    said = list(dict.fromkeys(refused))
    return said[:MOST_SAID] + [f"The like of {len(said) - MOST_SAID:,} more."] * (len(said) > MOST_SAID)


def _lack(no_features: ServiceError | None, stopped: ServiceError | None) -> list[str]:
    notes = []
    if no_features is not None and no_features.status in (403, 404):
        notes.append(
            "Spotify refuses audio features to this app, as to every app registered since 27 November 2024."
        )
    elif no_features is not None:
        notes.append(f"No audio features from Spotify: {no_features}")
    if stopped is not None:
        notes.append(f"{stopped} What it did answer is kept: a rerun goes on from there.")
    return notes
