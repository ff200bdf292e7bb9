"""Files that people have: read whole, or refused in one sentence; never half, never wrong."""

import gzip
import io
import pickle
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.damaged_tables import Damaged, damaged_tables, heavy_tables, sound_table

from hitcast import tracks
from hitcast.errors import HitCastError, SourceError, TableError
from hitcast.features import FULL
from hitcast.sources.files import reader

SOUND = sound_table(np.random.default_rng(1), rows=30)
TRACKS = tracks.conform(SOUND)[0]
CSV = SOUND.to_csv(index=False).encode()

EXPORTIFY = """\ufeff"Track URI","Track Name","Album Name","Artist Name(s)","Release Date","Duration (ms)","Popularity",\
"Explicit","Added By","Added At","Genres","Record Label","Danceability","Energy","Key","Loudness","Mode","Speechiness",\
"Acousticness","Instrumentalness","Liveness","Valence","Tempo","Time Signature"
"spotify:track:11dFghVXANMlKmJXsNCbNl","Cut ""To"" The, Feeling","undefined","Carly Rae Jepsen;Guest","2017-05-26",\
207959,63,false,"bob","2026-01-01T00:00:00Z","pop,dance pop","604",0.696,0.905,2,-2.743,1,0.103,0.011,0.000905,0.302,\
0.625,114.944,4
"spotify:track:21dFghVXANMlKmJXsNCbNl","Second","Album","undefined","2017",207959,63,true,"bob","2026","","undefined",\
0.5,0.9,2,-2.7,1,0.1,0.01,0,0.3,0.6,115,4
"spotify:track:31dFghVXANMlKmJXsNCbNl","Short","Album","Artist","2017",207959,63,true,"bob","2026","a,b,c","Label"
"spotify:episode:5Xt5DXGzch68nYYamXrNxZ","Talk","Show","undefined","2017",1686230,,false,"bob","2026","","",,,,,,,,,,,,
"""


def read(source, name="The file") -> pd.DataFrame:
    return reader.read(source, name)[0]


def conformed(source):
    rows, damage = reader.read(source)
    return tracks.conform(rows, damage=damage)


def checked(source):
    rows, damage = reader.read(source)
    return tracks.check(rows, damage=damage)[1]


def same_tracks(raw: pd.DataFrame) -> bool:
    pd.testing.assert_frame_equal(tracks.conform(raw)[0], TRACKS)
    return True


def as_parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


WRITTEN = {
    "CSV": CSV,
    "CSV.gz": gzip.compress(CSV),
    "Parquet": as_parquet(SOUND),
    "byte order mark": b"\xef\xbb\xbf" + CSV,
    "UTF-16": CSV.decode().encode("utf-16"),
    "UTF-16 without a mark": CSV.decode().encode("utf-16-le"),
    "UTF-32": CSV.decode().encode("utf-32"),
    "Windows": CSV.decode().encode("cp1252"),
    "semicolons and decimal commas": SOUND.to_csv(index=False, sep=";", decimal=",").encode(),
    "tabs": SOUND.to_csv(index=False, sep="\t").encode(),
    "bars": SOUND.to_csv(index=False, sep="|").encode(),
    "Excel's separator line": b"sep=;\r\n" + SOUND.to_csv(index=False, sep=";").encode(),
    "an index": SOUND.to_csv().encode(),
    "everything quoted": SOUND.to_csv(index=False, quoting=1).encode(),
    "Windows lines": CSV.replace(b"\n", b"\r\n"),
    "old Mac lines": CSV.replace(b"\n", b"\r"),
    "no last line break": CSV.rstrip(b"\n"),
    "blank lines": CSV.replace(b"\n", b"\n\n"),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN)
def test_the_same_tracks_however_they_are_written(content):
    assert same_tracks(read(content, "tracks"))


def test_a_path_a_stream_and_bytes_read_alike(tmp_path):
    path = tmp_path / "tracks of any name"
    path.write_bytes(CSV)
    stream = io.BytesIO(CSV)
    stream.read()
    assert same_tracks(read(path)) and same_tracks(read(stream))


def test_exportify_as_it_comes():
    table, report = conformed(EXPORTIFY.encode())
    assert report.dropped == {"no artist": 1, "no danceability": 2}
    assert table.loc[0, ["title", "artist", "artists", "genre"]].tolist() == [
        *('Cut "To" The, Feeling', "Carly Rae Jepsen", "Carly Rae Jepsen; Guest", "pop"),
    ]
    assert table.loc[0, ["track_id", "explicit", "tempo"]].tolist() == ["11dFghVXANMlKmJXsNCbNl", 0, 114.944]
    assert "album" in report.absent


def test_numbers_are_read_to_the_last_bit():
    exact = np.nextafter(np.linspace(0.1, 0.9, 30), 1)
    raw = read(SOUND.assign(energy=exact).to_csv(index=False).encode())
    assert (raw["energy"].to_numpy() == exact).all()


def test_text_stays_as_it_is_written():
    names = ["007", "1e5", "NA", "None", "TRUE", "=1+1"]
    raw = read(SOUND.head(6).assign(track_name=names).to_csv(index=False).encode())
    assert raw["track_name"].tolist() == names


def test_a_row_that_slipped_sideways_is_said_and_not_read():
    lines = CSV.decode().splitlines()
    lines[5] = "one, two, " + lines[5]
    problem = checked("\n".join(lines).encode())
    assert len(problem) == 30
    assert problem[problem != ""].to_dict() == {4: "line 6 has 21 cells where the header has 19"}


def test_a_file_that_was_cut_off_loses_only_its_last_row():
    problem = checked(CSV[: len(CSV) - 60])
    assert (problem[:-1] == "").all()
    assert "is cut off after" in problem.iloc[-1]


def test_a_quotation_mark_that_swallows_lines_is_refused():
    plain = SOUND.assign(artists="A").to_csv(index=False)
    for closed in ("", '"'):
        content = plain.replace("Song 7", '"Song 7').replace("Song 20", f"Song 20{closed}")
        with pytest.raises(TableError, match="has a quotation mark"):
            read(content.encode(), "tracks.csv")


def test_formulas_are_only_text():
    raw = SOUND.assign(track_name=[f"=cmd|' /C calc'!A{row}" for row in range(30)])
    table, _ = tracks.conform(read(raw.to_csv(index=False).encode()))
    assert sorted(table["title"]) == sorted(raw["track_name"])


REFUSED = {
    "is empty": b"",
    "is empty.": b" \n \n",
    "has a header and no rows": CSV[: CSV.index(b"\n")],
    "ZIP": b"PK\x03\x04" + bytes(100),
    "pickle": pickle.dumps(SOUND),
    "web page": b"<!doctype html><html></html>",
    "web page,": b'<?xml version="1.0"?><a/>',
    "JSON": b'{"tracks": []}',
    "PDF": b"%PDF-1.7",
    "damaged gzip file": gzip.compress(CSV)[:-100],
    "compressed twice": gzip.compress(gzip.compress(CSV)),
    "damaged Parquet file": as_parquet(SOUND)[:-100],
    "NUL bytes": CSV.replace(b"Song 7", b"Song\x007"),
    "Two columns read as energy": CSV.replace(b"valence", b"Energy"),
    "more than 131,072 characters": CSV.replace(b"Song 7,", b"x" * 200_000 + b","),
    "columns in its header": b"x," * 20_000 + b"\n1\n",
    "too many short rows": b"a,b,c,d,energy\n" + b"1\n" * 1_000_000,
}


@pytest.mark.parametrize(("words", "content"), REFUSED.items(), ids=REFUSED)
def test_what_is_no_table_is_named_in_one_sentence(words, content):
    with pytest.raises(TableError, match=words) as error:
        read(content, "tracks.csv")
    assert "\n" not in str(error.value)


def test_a_packed_file_that_would_fill_the_memory_is_refused():
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as packed:
        for _ in range(210):
            packed.write(b"0.5\n" * 250_000)
    with pytest.raises(TableError, match="MB of text"):
        read(bomb.getvalue(), "tracks.csv")


def test_a_repetitive_table_is_no_bomb():
    content = gzip.compress(CSV + CSV[CSV.index(b"\n") + 1 :] * 8_000)
    assert len(content) < 300_000
    assert len(read(content)) == 30 * 8_001


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_stray_quotation_mark_joins_no_rows_whatever_ends_a_line(end):
    stray = CSV.replace(b"Song 10,", b'"Song 10,').replace(b"Song 11,", b'"Song 11,')
    with pytest.raises(TableError, match="quotation mark"):
        read(stray.replace(b"\n", end))


def test_notes_of_several_lines_with_years_are_no_swallowed_rows():
    notes = (
        "Recorded in 1999, mixed 2001, mastered, pressed, sold, in 3 towns, by 4, and, more, of, them\nand on"
    )
    assert same_tracks(read(SOUND.assign(notes=notes).to_csv(index=False).encode()))


def test_words_of_several_lines_are_no_swallowed_rows():
    words = SOUND.assign(
        lyrics="Oh, la, la, la, la, la, la, la, la, la,\nand, so, on, and, on, and, on, and, on, 1, 2"
    )
    assert same_tracks(read(words.to_csv(index=False).encode()))


@pytest.mark.parametrize("end", [b"\r", b"\n"])
def test_a_stray_quotation_mark_is_noticed_where_cells_say_their_units(end):
    row = "t{},63%,30%,41%,120 bpm,-5 dB,3:27,C#,major"
    rows = [row.format(number) for number in range(12)]
    rows[2], rows[5] = f'"{rows[2]}', rows[5].replace("t5", 't5"')
    header = "title,danceability,energy,valence,tempo,loudness,duration,key,mode"
    with pytest.raises(TableError, match="quotation mark"):
        read(end.join(line.encode() for line in [header, *rows]))


def test_another_header_with_the_columns_in_another_order_ends_it():
    other = SOUND[SOUND.columns[::-1]].to_csv(index=False).encode()
    with pytest.raises(TableError, match="another header on line 32"):
        read(CSV + other)
    problem = checked(CSV + CSV)
    assert (problem != "").sum() == 1


def test_a_row_that_says_one_name_twice_is_no_header():
    row = (
        SOUND.tail(1)
        .astype(object)
        .assign(track_name="Energy", album_name="energy", danceability="x", popularity=3)
    )
    assert len(read(CSV + row.to_csv(index=False, header=False).encode() + CSV.splitlines()[1])) == 32


def test_columns_that_are_called_alike_are_told_apart():
    names = list(read(b"a (column 3),a,a,energy\n1,2,3,0.4\n"))
    assert names == ["a (column 3)", "a", "a (column 3) (column 3)", "energy"]


def test_a_lone_carriage_return_in_a_cell_ends_no_row():
    titles = SOUND.assign(track_name="a\rb")
    raw = read(titles.to_csv(index=False, quoting=1).encode() + b"1,2,3,4,5,6,7,8,9,10\n")
    assert len(raw) == 31 and same_tracks(raw.head(30).assign(track_name=SOUND["track_name"]))


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
def test_other_line_ends_give_the_same_rows(end):
    assert same_tracks(read(CSV.replace(b"\n", end)))


@pytest.mark.parametrize("piece", [b"0,", b'","x\n'])
def test_one_endless_row_is_refused_before_it_is_in_the_memory(piece):
    content = CSV + b'"' + piece * 40_000_000
    tracemalloc.start()
    with pytest.raises(TableError, match="row of more than 4,000,000 characters"):
        read(content)
    assert tracemalloc.get_traced_memory()[1] < 200_000_000
    tracemalloc.stop()


def test_a_column_whose_name_holds_a_nul_byte_is_refused():
    with pytest.raises(TableError, match="NUL byte"):
        read(as_parquet(SOUND.assign(**{"\0mine": 1})))


def test_a_table_without_columns_is_refused():
    with pytest.raises(TableError, match="has no columns"):
        read(as_parquet(pd.DataFrame(index=range(3))))


def test_german_keys_are_noticed_in_a_column_of_categories_too():
    keys = pd.Categorical(["H", "C", "D", "B"] * 20)
    with_keys = pd.concat([SOUND] * 4, ignore_index=True).head(80).assign(key=keys)
    assert "German" in tracks.conform(read(as_parquet(with_keys)))[1].left_out["key"]


def test_a_pickle_is_not_opened(tmp_path):
    class Harmless:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    for content in (pickle.dumps(Harmless()), gzip.compress(pickle.dumps(Harmless()))):
        with pytest.raises(TableError, match="pickle"):
            read(content, "tracks.csv")
    assert not (tmp_path / "ran").exists()


def test_constant_columns_do_not_unfold_into_the_whole_memory():
    zeros = pd.DataFrame({name: np.zeros(2_000_000) for name in ("energy", "tempo", "valence")})
    with pytest.raises(TableError, match="too many to read at once"):
        read(as_parquet(zeros))


@pytest.mark.parametrize(
    ("path", "words"), [("none.csv", "There is no file"), ("", "The name of the file is empty")]
)
def test_a_file_that_is_not_there_is_said(path, words):
    with pytest.raises(SourceError, match=words):
        read(path)


# A flipped bit can leave one digit for another; without a checksum nobody can see that.
ALTERS_NUMBERS = {"flipped bits", "flipped parquet"}


def outcome(damaged: Damaged) -> str:
    """What becomes of a damaged file; fails on anything but a sentence or counted, unaltered rows."""
    try:
        raw, damage = reader.read(damaged.content, damaged.name)
        table, report = tracks.conform(raw, labelled=False, damage=damage)
    except HitCastError as error:
        sentence = str(error)
        assert sentence.endswith((".", "…")) and len(sentence) < 400 and sentence.isprintable(), sentence
        return "refused"
    values, problem = tracks.check(raw, damage=damage)
    assert len(raw) == len(problem) == len(values) == report.rows_in
    assert report.rows_in == report.rows_out + sum(report.dropped.values())
    if "track_id" in table and damaged.kind not in ALTERS_NUMBERS:
        known = table[table["track_id"].isin(damaged.sound["track_id"])]
        sound = damaged.sound.set_index("track_id").loc[known["track_id"]]
        for name in set(FULL) & set(known):
            np.testing.assert_allclose(
                known[name], sound[name].astype(float), rtol=1e-12, err_msg=damaged.name
            )
    return "kept" if len(table) else "all dropped"


def test_500_damaged_tables_end_in_a_sentence_or_in_counted_rows_that_are_right():
    outcomes = pd.Series([(damaged.kind, outcome(damaged)) for damaged in damaged_tables(500)])
    counts = pd.DataFrame(outcomes.tolist(), columns=["kind", "end"]).groupby(["kind", "end"]).size()
    assert counts.sum() == 500
    # The corpus must not have become one that is simply refused.
    ends = counts.groupby("end").sum()
    assert ends["kept"] > 200 and ends["refused"] > 100 and ends["all dropped"] > 20


def test_heavy_tables_take_neither_time_nor_memory():
    tracemalloc.start()
    for damaged in heavy_tables():
        began = time.monotonic()
        outcome(damaged)
        assert time.monotonic() - began < 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e9


def test_damage_stands_beside_the_rows():
    assert not any(reader.read(CSV)[1])
    rows, damage = reader.read(CSV + b"1,2\n" + b"," * 30)
    assert len(rows) == len(damage) == 32 and [bool(each) for each in damage] == [False] * 31 + [True]
