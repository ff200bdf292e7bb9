"""Tables as the world sends them: a sound one, damaged in every way we could think of, by seed.

`damaged_tables(count, seed)` yields `Damaged(name, kind, content, sound)`; `sound` is the undamaged table,
so that a test can tell a refused row from a wrong number.
"""

import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

SHARES = ["danceability", "energy", "valence", "speechiness", "acousticness", "instrumentalness", "liveness"]
NUMBERS = [*SHARES, "tempo", "loudness", "duration_ms"]
NAMES = [
    "Beyoncé",
    "Tyler, The Creator",
    "Sigur Rós",
    'The "Quoted" Ones',
    "Ægir",
    "AC/DC",
    "P!nk",
    "Zoë & Co",
]


@dataclass(frozen=True)
class Damaged:
    """One damaged file: its name, how it was damaged, its bytes, and the table it was."""

    name: str
    kind: str
    content: bytes
    sound: pd.DataFrame


def sound_table(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """A clean table in Spotify's own names, every track different."""
    shares = {name: random.uniform(0.01, 0.99, rows).round(4) for name in SHARES}
    return pd.DataFrame(
        {
            "track_id": [f"{number:022d}" for number in random.permutation(10 * rows)[:rows]],
            "track_name": [f"Song {number}" for number in range(rows)],
            "artists": random.choice(NAMES, rows),
            "popularity": random.integers(0, 101, rows),
            **shares,
            "tempo": random.uniform(60, 200, rows).round(3),
            "loudness": random.uniform(-30, -1, rows).round(3),
            "duration_ms": random.integers(90_000, 400_000, rows),
            "key": random.integers(-1, 12, rows),
            "mode": random.integers(0, 2, rows),
            "time_signature": 4,
            "explicit": random.random(rows) < 0.2,
            "track_genre": random.choice(["pop", "rock", "hip-hop"], rows),
        }
    )


def damaged_tables(count: int = 500, seed: int = 0) -> Iterator[Damaged]:
    """`count` damaged tables, every kind of damage in turn; the same for the same seed."""
    kinds = list(DAMAGES.items())
    for number in range(count):
        random = np.random.default_rng([seed, number])
        kind, damage = kinds[number % len(kinds)]
        sound = sound_table(random, rows=int(random.integers(5, 60)))
        content = damage(sound.copy(), random)
        ending = (
            ".parquet"
            if content.startswith(b"PAR1")
            else ".csv.gz"
            if content.startswith(b"\x1f\x8b")
            else ".csv"
        )
        yield Damaged(f"{kind} {number}{ending}", kind, content, sound)


def _csv(table: pd.DataFrame, **options) -> bytes:
    return table.to_csv(index=False, **options).encode("utf-8")


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _lines(table: pd.DataFrame) -> list[str]:
    return _csv(table).decode("utf-8").splitlines()


def _text(lines: list[str], end: str = "\n") -> bytes:
    return (end.join(lines) + end).encode("utf-8")


def _cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(1, len(content)))]


def _flip(content: bytes, random: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for at in random.integers(0, len(damaged), 8):
        damaged[at] ^= 1 << int(random.integers(0, 8))
    return bytes(damaged)


def _cells(*spellings: object) -> Callable[[pd.DataFrame, np.random.Generator], bytes]:
    """Some cells of some numeric columns replaced by one of `spellings`."""

    def damage(table: pd.DataFrame, random: np.random.Generator) -> bytes:
        table = table.astype(object)
        for name in random.choice(NUMBERS, int(random.integers(1, 4)), replace=False):
            at = random.integers(0, len(table), int(random.integers(1, len(table) + 1)))
            table.loc[table.index[at], name] = spellings[int(random.integers(0, len(spellings)))]
        return _csv(table)

    return damage


def _splice(what: bytes) -> Callable[[pd.DataFrame, np.random.Generator], bytes]:
    """`what` put into the text at a few places below the header."""

    def damage(table: pd.DataFrame, random: np.random.Generator) -> bytes:
        content = _csv(table)
        for at in sorted(random.integers(content.index(b"\n") + 1, len(content), 3), reverse=True):
            content = content[:at] + what + content[at:]
        return content

    return damage


def _mixed_separators(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    separators = random.choice([",", ";", "\t"], len(table) + 1)
    return _text([line.replace(",", new) for line, new in zip(_lines(table), separators, strict=True)])


def _decimal_commas(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    return _csv(table, sep=";", decimal=",")


def _unquoted_decimal_commas(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    header, *lines = _lines(table)
    return _text([header, *(line.replace(".", ",") for line in lines)])


def _unquoted_commas(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    return _csv(table).replace(b'"', b"")


def _duplicate_header(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    name = random.choice([*NUMBERS, "popularity", "track_name"])
    other = table[name].sample(frac=1, random_state=1).set_axis(table.index)
    return _csv(
        pd.concat([table, other.rename(str(random.choice([name, name.upper(), f" {name} "])))], axis=1)
    )


def _missing_header(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    name = random.choice(table.columns)
    return _csv(table.rename(columns={name: str(random.choice(["", "?", f"my {name}", name[:-2]]))}))


def _no_header(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    return _csv(table, header=False)


def _many_columns(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    more = pd.DataFrame(0.5, index=table.index, columns=[f"extra {number}" for number in range(2000)])
    return _csv(pd.concat([more.iloc[:, :1000], table, more.iloc[:, 1000:]], axis=1))


def _huge_cell(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    table = table.astype(object)
    table.loc[table.index[-1], random.choice(["track_name", "energy", "artists"])] = "x" * 10_000_000
    return _csv(table) if random.random() < 0.5 else _parquet(table.astype(str))


def _short_rows(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    header, *lines = _lines(table)
    return _text([header, *(",".join(line.split(",")[: int(random.integers(1, 25))]) for line in lines)])


def _zip(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tracks.csv", _csv(table))
    return buffer.getvalue()


def _parquet_with(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[..., bytes]:
    return lambda table, random: _parquet(change(table))


def _percentages(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    return _csv(table.assign(**{name: table[name] * 100 for name in SHARES}))


def _seconds_called_ms(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    return _csv(table.assign(duration_ms=table["duration_ms"] / 1000))


def _loudness_as_share(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    return _csv(table.assign(loudness=random.uniform(0, 1, len(table)).round(3)))


def _formulas(table: pd.DataFrame, random: np.random.Generator) -> bytes:
    return _csv(table.assign(track_name='=HYPERLINK("http://example.com")', artists="@SUM(A1)", album="+1-1"))


def _in_encoding(name: str) -> Callable[..., bytes]:
    return lambda table, random: _csv(table).decode("utf-8").encode(name, "replace")


DAMAGES: dict[str, Callable[[pd.DataFrame, np.random.Generator], bytes]] = {
    "truncated": lambda table, random: _cut(_csv(table), random),
    "truncated gzip": lambda table, random: _cut(gzip.compress(_csv(table), mtime=0), random),
    "truncated parquet": lambda table, random: _cut(_parquet(table), random),
    "flipped bits": lambda table, random: _flip(_csv(table), random),
    "flipped gzip": lambda table, random: _flip(gzip.compress(_csv(table), mtime=0), random),
    "flipped parquet": lambda table, random: _flip(_parquet(table), random),
    "byte order mark": _in_encoding("utf-8-sig"),
    "utf-16": _in_encoding("utf-16"),
    "utf-16 unmarked": _in_encoding("utf-16-le"),
    "cp1252": _in_encoding("cp1252"),
    "wrong encoding": _in_encoding("utf-7"),
    "nul bytes": _splice(b"\0"),
    "wild bytes": _splice(b"\xff\xfe\x81"),
    "mixed separators": _mixed_separators,
    "decimal commas": _decimal_commas,
    "unquoted decimal commas": _unquoted_decimal_commas,
    "unquoted commas": _unquoted_commas,
    "stray quotes": _splice(b'"'),
    "stray line breaks": _splice(b"\r\n"),
    "stray separators": _splice(b","),
    "duplicate header": _duplicate_header,
    "missing header": _missing_header,
    "no header": _no_header,
    "short rows": _short_rows,
    "not finite": _cells("inf", "-inf", "NaN", float("inf")),
    "absurd": _cells(1e308, -1e308, 10**40, -1),
    "text in numbers": _cells("loud", "about 120", "0.5.1", "½", "--"),
    "dates": _cells("2019-06-14", "14/06/2019", "Jun 14"),
    "booleans": _cells(True, False, "yes"),
    "absent": _cells("", "undefined", "N/A", "null"),
    "formulas in numbers": _cells("=1+1", "=A1", "@x", "+cmd|' /C calc'!A0"),
    "formulas": _formulas,
    "percentages": _percentages,
    "seconds called ms": _seconds_called_ms,
    "loudness as a share": _loudness_as_share,
    "empty": lambda table, random: b"" if random.random() < 0.5 else b" \n\n \n",
    "header only": lambda table, random: _csv(table.head(0)),
    "blank lines": lambda table, random: _text(_lines(table), end="\n\n  \n"),
    "old mac": lambda table, random: _text(_lines(table), end="\r"),
    "excel's own": lambda table, random: b"sep=;\r\n" + _csv(table, sep=";", decimal=","),
    "zip": _zip,
    "pickle": lambda table, random: pickle.dumps(table, protocol=int(random.integers(2, 6))),
    "web page": lambda table, random: b"\n<!DOCTYPE html><html><body>" + table.head(3).to_html().encode(),
    "json": lambda table, random: json.dumps(table.head(3).to_dict("records"), default=str).encode(),
    "noise": lambda table, random: random.bytes(2000),
    "nested parquet": _parquet_with(
        lambda table: table.assign(energy=[{"value": x} for x in table["energy"]])
    ),
    "lists in parquet": _parquet_with(
        lambda table: table.assign(artists=[[x, "Guest"] for x in table["artists"]])
    ),
    "decimals in parquet": _parquet_with(
        lambda table: table.assign(energy=[Decimal(str(x)) for x in table["energy"]])
    ),
    "times in parquet": _parquet_with(lambda table: table.assign(tempo=pd.Timestamp("2020-01-01"))),
    "words in parquet": _parquet_with(lambda table: table.astype(str)),
}
HEAVY: dict[str, Callable[[pd.DataFrame, np.random.Generator], bytes]] = {
    "2,000 columns": _many_columns,
    "10-MB cell": _huge_cell,
}


def heavy_tables(seed: int = 0) -> Iterator[Damaged]:
    """The few that are large; apart, because every one costs a second."""
    for number, (kind, damage) in enumerate(2 * list(HEAVY.items())):
        random = np.random.default_rng([seed, number])
        sound = sound_table(random, rows=30)
        content = damage(sound.copy(), random)
        yield Damaged(f"{kind} {number}.csv", kind, content, sound)
