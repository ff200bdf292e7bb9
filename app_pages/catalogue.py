"""A whole catalogue: drop a file, see what was recognised, score it, sort it, take it home."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import base_rate, cache, drawing, frame, outcome, reference, scored, track, world
from dashboard.scored import KEPT, Scored
from hitcast import catalogue, charts, scoring, wording
from hitcast.bundle.contents import Bundle
from hitcast.choices import LABELS, NAMES
from hitcast.errors import HitCastError
from hitcast.features import BY_NAME
from hitcast.sources.files import reader

COPIES = "Copies"
SEEN = "catalogue_seen"
CONTEXT = {"genre": "Genre", "year": "Release year"}


def say_what_is_found(bundle: Bundle, names: list[str]) -> bool | None:
    """Say what the file's columns are read as; whether to fill core features too, None if that must be decided."""
    found = catalogue.found_in(bundle, names)
    if not found.features:
        st.error("No column of this file is a feature that the models read. The template shows their names.")
        return None
    st.markdown(f"**{len(found.features)} of {len(bundle.features)}** features found in the file.")
    core = [name for name in found.lacking if BY_NAME[name].core]
    fill = not core
    if found.lacking:
        lacking = ", ".join(BY_NAME[name].label for name in found.lacking)
        st.warning(
            f"No column for {lacking}: filled with the training tracks' median, which says nothing of a track."
        )
    if core:
        fill = st.checkbox(
            "Score the file all the same",
            key="catalogue_fill",
            help=f"{wording.listed([BY_NAME[name].label for name in core])}: without these the models can hardly tell "
            "tracks apart, so such a file is scored only where you want it.",
        )
    with st.expander("What each column is read as"):
        pairs = {BY_NAME[name].label: column for name, column in found.features.items()}
        pairs |= {CONTEXT[part]: column for part, column in found.context.items()}
        st.dataframe(
            pd.DataFrame({"Feature": list(pairs), "Column in the file": list(pairs.values())}),
            hide_index=True,
            width="stretch",
        )
        if found.others:
            st.text(f"Not read, but kept beside the scores: {', '.join(found.others)}")
    return bool(core) if fill else None


def drop(bundle: Bundle) -> None:
    """The box for a file, and what is to be known before it is scored."""
    file = st.file_uploader(
        "A file of tracks: CSV, CSV.gz or Parquet",
        type=reader.ENDINGS,
        key="catalogue_file",
        help="Exportify's and Kaggle's files work as they come. It stays on this machine and is gone with the page.",
    )
    st.download_button(
        "Template to fill in",
        lambda: catalogue.template(bundle),
        file_name="hitcast_template.csv",
        mime="text/csv",
        key="catalogue_template",
        help="A CSV with the columns that the models read and three real tracks as an example.",
    )
    if file is None:
        return
    if st.session_state.get(SEEN, ("",))[0] != file.file_id:
        with st.spinner("Reading"), reader.opened(file, file.name) as table:
            st.session_state[SEEN] = (file.file_id, table.names, table.form)
        # A tick was given to the file before.
        st.session_state.pop("catalogue_fill", None)
    fill = say_what_is_found(bundle, st.session_state[SEEN][1])
    clicked = st.button(
        "Score this file",
        type="primary",
        key="catalogue_score",
        disabled=fill is None,
        help="Gives every row its chances. Rows that cannot be scored are listed with the reason.",
    )
    if clicked:
        st.session_state.pop(KEPT, None)
        place = st.empty()
        try:
            with place:
                progress = drawing.progress_bar()
            st.session_state[KEPT] = scored.score(
                bundle,
                file,
                file.name,
                file.file_id,
                form=st.session_state[SEEN][2],
                allow_missing=bool(fill),
                base_rate=base_rate.chosen(),
                fit=reference.fit(bundle),
                progress=progress,
            )
        finally:
            place.empty()
    elif st.session_state.get(KEPT) and st.session_state[KEPT].file != file.file_id:
        st.session_state.pop(KEPT)


def results(bundle: Bundle, result: Scored) -> None:
    """What came out: the spread, the table, the rows with problems, the downloads."""
    problems = result.problems()
    rows, faulty = len(result.scores), problems.attrs["rows"]
    st.header("Scores")
    st.text(f"{result.name}: {rows - faulty:,} of {rows:,} rows scored.")
    if faulty < rows:
        average = bundle.card["base_rate"]
        chances = np.where(result.is_outside, np.nan, result.chances)
        above = int((chances > average).sum())
        if np.isfinite(chances).any():
            drawing.chart(charts.chances(charts.chance_counts(chances), average))
            st.caption(f"{above:,} tracks have a better chance than the training tracks have on average.")
        if notes := _notes(result):
            st.info(notes)
        if result.is_labelled:
            outcome.what_came_true(bundle, result)
        outcome.promise(bundle, result)
        table(bundle, result)
    if faulty:
        with st.expander(f"{faulty:,} row{'s' * (faulty != 1)} that could not be scored, and why"):
            st.dataframe(
                problems[[*result.which, "problem"]].rename(lambda row: row + 1).rename_axis("Row"),
                width="stretch",
                column_config={"problem": "Problem"},
            )
            if faulty > len(problems):
                st.caption(f"The first {len(problems):,}. The downloads hold all of them.")
    stem = Path(result.name).name.split(".")[0] or "catalogue"
    with st.container(horizontal=True):
        st.download_button(
            "Download CSV",
            result.csv,
            file_name=f"{stem}_scored.csv",
            mime="text/csv",
            key="catalogue_csv",
            on_click="ignore",
            help="Your columns and the scores. Text that a spreadsheet would run as a formula is marked as text.",
        )
        st.download_button(
            "Download Parquet",
            lambda: result.parquet,
            file_name=f"{stem}_scored.parquet",
            mime="application/vnd.apache.parquet",
            key="catalogue_parquet",
            on_click="ignore",
            help="The same for data tools: smaller, and numbers to the last digit.",
        )


def _notes(result: Scored) -> str:
    """How many rows are not to be ranked with the others without knowing."""
    count = {each["values"]: each["counts"] for each in result.scores["basis"].value_counts().to_pylist()}
    said = {
        scoring.OUT_OF_FOLD: "that the models learned from; these chances are those of models trained without "
        "the artist",
        scoring.CHANGED: "that the models learned from with other values; what they remember may flatter the chance",
        scoring.OUTSIDE: "with a value that none the models learned from reaches; the chance means little, and it "
        "stands last and in no chart",
    }
    return "  \n".join(
        f"`{basis}`: {count[basis]:,} track{'s' * (count[basis] != 1)} {text}."
        for basis, text in said.items()
        if basis in count
    )


def table(bundle: Bundle, result: Scored) -> None:
    """The likeliest tracks, or those that a search finds; a chosen one opens in Predict."""
    text = st.text_input(
        "Search",
        key="catalogue_search",
        placeholder=" or ".join(result.which).lower(),
        help="Searches all rows of the file; a recording is listed once. Sort by a click on a column's head.",
    ).strip()
    found = result.found(text)
    place = st.empty()
    chosen = st.dataframe(
        shown(result, found),
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="single-row",
        key="catalogue_table",
        column_config=columns(result),
    )["selection"]["rows"]
    st.caption(
        f"{len(found):,} of {found.attrs['rows']:,} tracks, the likeliest first and those outside what the models know "
        "last. Choose a row at its left edge to open it in Predict."
    )
    if chosen and chosen[0] < len(found):
        row = int(found.index[chosen[0]])
        name = result.called(row)
        if place.button(
            f"Open {wording.escaped(name)} in Predict",
            key="catalogue_open",
            help="Its reasons, and what would help.",
        ):
            track.start_from(result.values(bundle, row), name, result.identity(row))
            st.switch_page("app_pages/predict.py")


def shown(result: Scored, found: pd.DataFrame) -> pd.DataFrame:
    """Chances in 1,000, as the rest of the dashboard says them."""
    which, copies = result.which, found.attrs["copies"]
    per_model = {f"p_{name}": found[f"p_{name}"] * 1000 for name in NAMES}
    taken = (found["context"] != "").any()
    beside = {"p_context": found["p_context"] * 1000, "context": found["context"]} if taken else {}
    beside |= {scoring.HERE: found[scoring.HERE] * 1000} if result.base_rate else {}
    return pd.DataFrame(
        {"p_blend": found["p_blend"] * 1000}
        | {name: found[name] for name in which}
        | beside
        | {"lift": found["lift"]}
        | ({catalogue.FIT: found[catalogue.FIT].clip(lower=0.01)} if result.fit else {})
        | {"percentile": found["percentile"].floordiv(1).clip(upper=99), "basis": found["basis"]}
        | ({COPIES: copies} if copies.any() else {})
        | ({"filled": found["filled"]} if (found["filled"] != "").any() else {})
        | per_model
    )


def columns(result: Scored) -> dict:
    """How the table shows each column."""
    most = 1000 * max(np.nanmax(np.where(result.is_outside, 0, result.chances)), 1e-3)
    return {
        "p_blend": st.column_config.ProgressColumn(
            "Chance in 1,000",
            min_value=0,
            max_value=most,
            format="%.1f",
            help="The blend of the three models. The longest bar is the likeliest track of this file.",
        ),
        "p_context": st.column_config.NumberColumn(
            "With genre and year",
            format="%.1f",
            help="The chance in 1,000 that takes them in too, where they are known.",
        ),
        "context": st.column_config.TextColumn(
            "Taken as",
            help="The genre and year as far as the models know them; another: none that they learned of.",
        ),
        scoring.HERE: st.column_config.NumberColumn(
            "In 1,000 where you are",
            format="%.1f",
            help="The chance of the sound at the base rate that you have set above.",
        ),
        "lift": st.column_config.NumberColumn(
            "Times average", format="%.2f", help="The chance ÷ that of the average training track."
        ),
        catalogue.FIT: st.column_config.NumberColumn(
            "Fit",
            format="%.2f ×",
            help="How many times as common its sound is among your own tracks, those of Compared with on Predict, as "
            "among the others that the models learned from; 0.01 is the least shown. One of your own tracks is flattered.",
        ),
        "percentile": st.column_config.ProgressColumn(
            "Above, % of tracks",
            min_value=0,
            max_value=100,
            format="%.0f",
            help="How many of the training tracks have a smaller chance; 99 is the most.",
        ),
        "basis": st.column_config.TextColumn(
            "Basis",
            help="unseen: new to the models. out-of-fold: a track they learned from, as models trained without its "
            "artist see it. changed: one they learned from, with other values. outside: with a value beyond all they have "
            "seen.",
        ),
        COPIES: st.column_config.NumberColumn(
            "Copies",
            help="How many other rows are the same recording: they are not listed, but are in the downloads.",
        ),
        "filled": st.column_config.TextColumn(
            "Filled", help="Features that the row lacks, filled with the training tracks' median."
        ),
        **{
            f"p_{name}": st.column_config.NumberColumn(
                LABELS[name], format="%.1f", help="This model's chance in 1,000."
            )
            for name in NAMES
        },
    }


bundle = cache.bundle()
frame.heading(
    "Which tracks should you hear first?",
    "Drop a file of any length: every row gets its chance, the likeliest come first.",
)
frame.main_part()
world.said(bundle.card)
try:
    drop(bundle)
except HitCastError as problem:
    # What stood here was of another file, or of this one before it was found to be damaged.
    st.session_state.pop(KEPT, None)
    st.error(wording.escaped(problem))
result = st.session_state.get(KEPT)
if result and result.built == bundle.card["created"]:
    if result.base_rate != base_rate.chosen():
        st.info(
            "These scores are for another base rate than the one above. Score the file again for this one."
        )
    if result.fit is not reference.fit(bundle):
        st.info(
            "Your own tracks have changed since the file was scored: a fit is to those of then. Score it again for those of now."
        )
    results(bundle, result)
