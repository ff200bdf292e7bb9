"""Spotify and ReccoBeats: links, playlists and recordings come in, rows with features and popularity go out."""
