"""Asking ReccoBeats as the tests do."""

from hitcast.sources.live.reccobeats import ReccoBeats


def features_of(ids, isrcs=None, settings=None):
    """The audio features by id; raises what ended the asking, which keeps the answers so far."""
    service = ReccoBeats(settings)
    try:
        answers = service.features(ids, isrcs or {})
    finally:
        service.close()
    if service.stopped:
        raise service.stopped
    return answers


def one(fake):
    return next(iter(fake.tracks.values()))
