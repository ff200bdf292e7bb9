"""The answer on the Predict page: the headline, a card a model, and what to be careful about."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from dashboard import base_rate, cache, track, versions
from hitcast import charts, explain, profiles, report, scoring, wording
from hitcast.base_rate import moved
from hitcast.bundle.contents import Bundle
from hitcast.choices import LABELS, NAMES
from hitcast.errors import TableError
from hitcast.features import BY_NAME
from hitcast.tracks.schema import canonical

NOT_SEEN = "Unlike anything the models have seen"
HELP = (
    "The blend of the three models: the mean of their log-odds. It knows what the audio features tell, and nothing of "
    "the artist, the label, the playlists or the marketing."
)
RANGE_HELP = (
    "Counted on tracks by artists the models had not seen: the exact limits of the share of hits among the nearest tracks "
    "with lower and with higher chances. Few hits make it wide."
)


@dataclass(frozen=True, eq=False)
class Answer:
    """What the models of a bundle say of the track on the page, and below it of version A if there is one.

    `strange` says of each what the models have not seen the like of, empty where they have.
    """

    bundle: Bundle
    name: str
    row: pd.Series
    scores: pd.DataFrame
    strange: list[str]

    @cached_property
    def score(self) -> pd.Series:
        """The scores of the track on the page."""
        return self.scores.iloc[0]

    @cached_property
    def curves(self) -> pd.DataFrame:
        """What the models would say of this track with one of its known features changed."""
        ranges = cache.curve_ranges(self.bundle)
        known = {name: each for name, each in ranges.items() if pd.notna(self.row[name])}
        return explain.response_curves(self.bundle.models, self.row, known)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """The single changes that go with a better chance, the best first."""
        return explain.best_moves(self.curves, self.row)

    @cached_property
    def level(self) -> str | None:
        """Which of `choices.LEVELS` the chance in context is of, None where nothing is known that it takes in."""
        known = pd.notna(self.score["p_context"])
        return self.bundle.context.level(track.given(self.bundle)) if known else None

    @property
    def elsewhere(self) -> str:
        """What the chance becomes where the user is, empty where nothing is said of that."""
        here = base_rate.chosen()
        if here is None or self.strange[0]:
            return ""
        return wording.elsewhere(here, moved(self.score["p_blend"], self.bundle.card["base_rate"], here))

    @property
    def is_seen(self) -> bool:
        """Whether the models learned from this track, so that its chance is that of models without its artist."""
        return self.score["basis"] == scoring.OUT_OF_FOLD

    @cached_property
    def popularity(self) -> float | None:
        """How popular the track is in fact, None where its chance is not that of models that had not heard it."""
        if not self.is_seen:
            return None
        which = pd.DataFrame([track.on_page().identity])
        place, _ = self.bundle.known.find(self.row.to_frame().T, which)
        return float(self.bundle.tracks["popularity"].iloc[place[0]]) if place[0] >= 0 else None

    @property
    def note(self) -> str:
        """Where the chance comes from, empty where there is nothing to say."""
        return wording.basis(self.score["basis"])


def to_page(bundle: Bundle) -> Answer:
    """The answer to what is on the page now. Raises TableError where the track cannot be scored."""
    row = track.row(bundle)
    both = versions.with_aside(row)
    asked = versions.identified(both)
    scores = scoring.score(bundle, asked, allow_missing=True, schema=canonical(asked.columns))
    if problem := scores.iloc[0]["problem"]:
        raise TableError(f"This track cannot be scored: {problem}. Reload the page to start again.")
    strange = [
        "" if basis == scoring.OUT_OF_FOLD else profiles.unlike(version, bundle.reach, bundle.usual_region)
        for (_, version), basis in zip(both.iterrows(), scores["basis"], strict=True)
    ]
    return Answer(bundle, track.on_page().name, row, scores, strange)


def track_name(said: Answer) -> None:
    """What the track is called, and what of it is not known."""
    st.markdown(f"**{wording.escaped(said.name)}**")
    if said.row.isna().any():
        st.caption(wording.not_given([BY_NAME[name].label for name in said.row.index[said.row.isna()]]))


def link(_: Answer) -> None:
    """The address of this page with this track."""
    st.code(track.address(), language=None, wrap_lines=True)


def headline(said: Answer) -> None:
    """The blend's chance as a count and as a picture; first of all, whether it means anything."""
    bundle, card, score, strange = said.bundle, said.bundle.card, said.score, said.strange[0]
    track_name(said)
    if strange:
        st.markdown(f"## {NOT_SEEN}")
        st.markdown(wording.escaped(strange))
        st.markdown(f"The models answer {wording.in_thousand(score['p_blend'])}, which says little here.")
        return
    st.markdown(f"## {wording.in_thousand(score['p_blend'])}", help=HELP)
    if said.popularity is not None:
        st.markdown(wording.in_fact(said.popularity, card["threshold"]))
    st.html(charts.thousand(score["p_blend"], card["base_rate"]))
    st.markdown(
        f"{wording.alike(score['p_blend'], card['base_rate'], card['threshold'])}  \n"
        f"**{wording.times_average(score['lift'])}** · **{wording.above(score['percentile'])}**"
    )
    low, high = (float(end[0]) for end in scoring.hit_rate_range(bundle, [score["p_blend"]]))
    lines = [
        f"Of tracks with such a chance, {wording.between(low, high)} are hits, at 95 % confidence.",
        wording.agreement(score[f"p_{name}"] for name in NAMES),
        said.note,
    ]
    st.caption("  \n".join(filter(None, lines)), help=RANGE_HELP)


def models(said: Answer) -> None:
    """One card a model in its colour."""
    with st.container(horizontal=True, gap="small"):
        for name in NAMES:
            chance = said.score[f"p_{name}"]
            with st.container(border=True, key=f"card_{name}", width="stretch"):
                lift = wording.times_average(chance / said.bundle.card["base_rate"])
                st.markdown(f"{LABELS[name]}  \n**{wording.in_thousand(chance)}**  \n:small[:gray[{lift}]]")
    st.caption(wording.of_top100(*cache.top100_chances(said.bundle)))


def in_short(said: Answer) -> None:
    """The answer in one line, which is read aloud when it changes; on a phone it stays above the sliders."""
    score = said.score
    if said.strange[0]:
        st.markdown(f"**{NOT_SEEN}**")
    else:
        st.markdown(f"**{wording.in_thousand(score['p_blend'])}** · {wording.times_average(score['lift'])}")


def say_what_flatters(said: Answer) -> None:
    """That the figures above are those of models that have heard the track, where they have."""
    if said.is_seen:
        st.caption(
            "These are the answers of the models trained on all tracks, this one included, which flatters it. The directions "
            "hold; the chance itself is the one above."
        )


def style() -> None:
    """The models' colours on their cards, and what only a phone shows."""
    cards = "".join(
        f".st-key-card_{name} {{border-top: 4px solid {charts.COLOURS[name]};}}" for name in NAMES
    )
    st.html(
        f"<style>{cards}{charts.THOUSAND}"
        "[class*=st-key-offer_]:not(:has(strong)) {display: none;}"
        "@media (min-width: 641px) {div:has(> .st-key-predict_in_short) {position: absolute; width: 1px; height: 1px;"
        " overflow: hidden; clip-path: inset(50%);}}"
        "@media (max-width: 640px) {div:has(> .st-key-predict_in_short) {position: sticky; top: 0;"
        " z-index: 9; padding: 0.5rem 0; background: Canvas;}}</style>"
    )


def report_page(said: Answer) -> str:
    """A page on this track to send to somebody."""
    explainer = cache.forest_explainer(said.bundle)
    return report.of_track(
        said.bundle,
        said.row,
        said.score,
        said.name,
        said.strange[0],
        said.note,
        said.level,
        said.elsewhere,
        explainer,
    )
