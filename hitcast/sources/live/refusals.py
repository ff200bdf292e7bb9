"""Spotify's refusals in words for a musician: what was refused, and what to do."""

from hitcast.sources.live.web import ServiceError

USER_WANTED = "user authentication required"
OWN_PLAYLIST = "37i9dQZF1"
DASHBOARD = "developer.spotify.com/dashboard"


def wants_user(error: ServiceError) -> bool:
    """Whether only a logged-in user is let in."""
    return error.status == 401 and USER_WANTED in error.message.lower()


def concerns_the_app(error: ServiceError) -> bool:
    """Whether the refusal is about the app or its owner, so that no other playlist will fare better."""
    said = error.message.lower()
    about_app = ("invalid_client", "premium", "not be registered", "permission to get url")
    return error.status in (0, 401, 429) or any(words in said for words in about_app)


def advice(error: ServiceError, playlist: str) -> str:
    """One sentence or two about a playlist that could not be read."""
    said = error.message.lower()
    if "invalid_client" in said:
        return f"Spotify does not know this client id and secret: copy both again from {DASHBOARD}."
    if "premium" in said:
        return "Spotify serves an app only while its owner has a Premium subscription."
    if "not be registered" in said:
        return f"Spotify does not know this user of the app: add the account at {DASHBOARD}, User management."
    if "permission to get url" in said:
        return "Spotify blocks this network: try another one."
    if error.status == 401 and not wants_user(error):
        return "Spotify does not accept the login any more: try again."
    if error.status == 404 and playlist.startswith(OWN_PLAYLIST):
        return (
            f"Spotify keeps its own playlists, such as {playlist}, from apps: copy the tracks into a playlist "
            "of yours and name that."
        )
    if error.status == 404:
        return f"Spotify has no playlist {playlist}, or it is private: check the link."
    if error.status == 403:
        return (
            f"Spotify shows playlist {playlist} only to its owner and collaborators: copy the tracks into a "
            "playlist of yours and name that."
        )
    return str(error)
