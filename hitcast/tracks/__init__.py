"""The tracks table: raw rows in any known schema come in, one clean row a recording goes out."""

from hitcast.tracks.people import everybody, strangers
from hitcast.tracks.table import (
    LEAST,
    Report,
    check,
    conform,
    label,
    nearness,
    read,
    require_trainable,
    write,
)
