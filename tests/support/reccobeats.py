"""Asking ReccoBeats as the tests do."""

from hitcast.sources.live.reccobeats import ReccoBeats
from hitcast.sources.live.rows import numbers


def features_of(ids, isrcs=None, settings=None):
    """The audio features by id; raises what ended the asking, which keeps the answers so far."""
    service = ReccoBeats(settings)
    try:
        answers = service.find("audio-features", ids, isrcs or {})
    finally:
        service.close()
    if service.stopped:
        raise service.stopped
    return {track_id: numbers(row) for track_id, row in answers.items()}


def one(fake):
    return next(iter(fake.tracks.values()))
