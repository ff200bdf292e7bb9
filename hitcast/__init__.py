"""How likely a Spotify track is to become a hit, from its audio features."""

__version__ = "0.2.0"
