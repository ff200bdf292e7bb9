"""Two versions of a track: one put aside as A, the one on the page as B, and what lies between them."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import cache, drawing, track
from hitcast import answer, scoring, wording
from hitcast.bundle.contents import Bundle
from hitcast.charts import rows
from hitcast.choices import BLEND, LABELS, NAMES
from hitcast.features import BY_NAME

ASIDE = "version_a"

KNOWN = (
    " as the models say it that are trained on all tracks; the chances above are those of models that had not "
    "heard a track's artist, where the track is one that the models learned from"
)


def controls() -> None:
    """The buttons that put the track on the page aside, and back."""
    st.button(
        "Keep as version A",
        key="version_keep",
        help="Puts this track aside. Then move the sliders, or drop a second mix, and see both.",
        on_click=keep,
    )
    if not are_two():
        return
    st.button("Swap", key="version_swap", help="Version A on the page, this one aside.", on_click=_swap)
    st.button(
        "Back to A",
        key="version_undo",
        help="Version A on the page again; what was changed since is gone.",
        on_click=_undo,
    )
    st.button("Forget A", key="version_forget", help="Back to one track, this one.", on_click=_forget)


def named() -> None:
    """What is version A and what is B, where there are two."""
    if are_two():
        st.caption(
            f"Version A: {wording.escaped(st.session_state[ASIDE].name)}. Version B: what is on the page."
        )


def keep() -> None:
    """Put the track on the page aside, as version A."""
    st.session_state[ASIDE] = track.on_page()


def _swap() -> None:
    aside = st.session_state[ASIDE]
    keep()
    track.put(aside)


def _undo() -> None:
    track.put(st.session_state[ASIDE])
    _forget()


def _forget() -> None:
    del st.session_state[ASIDE]


def with_aside(row: pd.Series) -> pd.DataFrame:
    """The track on the page, and below it version A if there is one."""
    aside = _aside()
    # A bundle that was built anew may have other features.
    return pd.DataFrame([row] if aside is None else [row, aside.row(row.index)]).reset_index(drop=True)


def identified(versions: pd.DataFrame) -> pd.DataFrame:
    """What `with_aside` gave, which tracks they are and what else is known of them."""
    tracks = [each for each in (track.on_page(), _aside()) if each]
    which = {name: [each.identity[name] for each in tracks] for name in track.WHICH}
    return versions.assign(
        **which, **{name: [each.values.get(name) for each in tracks] for name in track.CONTEXT}
    )


def are_two() -> bool:
    """Whether a track was put aside."""
    return ASIDE in st.session_state


def _aside() -> track.Track | None:
    return st.session_state.get(ASIDE)


def headline(scores: pd.DataFrame, strange: Sequence[str]) -> None:
    """Both versions' chances in a line; `strange` says of each what the models have not seen the like of."""
    ours, aside = scores["p_blend"]
    if any(strange):
        which = wording.listed([name for name, is_so in zip("BA", strange, strict=True) if is_so][::-1])
        st.markdown(
            f"Not to be compared: the models have seen nothing like version {which}. They answer "
            f"{wording.in_thousand(aside)} for A and {wording.in_thousand(ours)} for B."
        )
        return
    chances = f"Version A: **{wording.in_thousand(aside)}**. Version B: **{wording.in_thousand(ours)}**"
    if _are_alike(scores):
        st.markdown(f"{chances}, {wording.times(ours / aside)} × version A.")
    else:
        st.markdown(f"{chances}.")
        st.caption(
            "Not to be compared: one of them is a track that the models learned from with other values, and what "
            "they remember of it flatters that one alone. What the change itself does is in the view A and B."
        )


def _are_alike(scores: pd.DataFrame) -> bool:
    """Whether the models may remember something of both versions or of none."""
    return (scores["basis"] == scoring.CHANGED).nunique() == 1


def compared(bundle: Bundle, row: pd.Series, scores: pd.DataFrame) -> None:
    """What each model says of both, which features made the difference, and their values."""
    st.dataframe(_chances(scores), hide_index=True, width="stretch")
    versions = with_aside(row)
    given = versions.columns[versions.notna().all()]
    explained = answer.explained(bundle, versions, BLEND, cache.forest_explainer(bundle))
    shares = explained.values.loc[0, given] - explained.values.loc[1, given]
    st.markdown("**What makes the difference**")
    drawing.chart(cache.contributions(explained.unit), rows.contributions(shares, row[given], explained.unit))
    st.caption(
        "For the blend, in log-odds: what each feature of version B adds or takes away compared with version A. "
        "Together they are the difference between the two"
        f"{KNOWN if (scores['basis'] == scoring.OUT_OF_FOLD).any() else ''}. The models learned from different songs, "
        "not from mixes of one, so read a small difference as none."
    )
    st.dataframe(_values(versions), hide_index=True, width="stretch", height="content")


def _chances(scores: pd.DataFrame) -> pd.DataFrame:
    ours, aside = scores.loc[0], scores.loc[1]
    shown = {f"p_{name}": LABELS[name] for name in (BLEND, *NAMES)}
    if scores["p_context"].notna().all() and scores["context"].nunique() == 1:
        shown["p_context"] = f"As {ours['context']}"
    elif scores["p_context"].notna().all():
        shown["p_context"] = f"A as {aside['context']}, B as {ours['context']}"
    against = {"B against A": [f"{wording.times(ours[name] / aside[name])} ×" for name in shown]}
    return pd.DataFrame(
        {
            "Model": list(shown.values()),
            "Version A": [wording.in_thousand(aside[name]) for name in shown],
            "Version B": [wording.in_thousand(ours[name]) for name in shown],
        }
        | (against if _are_alike(scores) else {})
    )


def _values(versions: pd.DataFrame) -> pd.DataFrame:
    ours, aside = versions.loc[0], versions.loc[1]
    return pd.DataFrame(
        {
            "Feature": [BY_NAME[name].label for name in ours.index],
            "Version A": [_text(name, value) for name, value in aside.items()],
            "Version B": [_text(name, value) for name, value in ours.items()],
            "Differs": ["" if ours[[name]].equals(aside[[name]]) else "yes" for name in ours.index],
        }
    )


def _text(name: str, value: float) -> str:
    return "not known" if pd.isna(value) else BY_NAME[name].text(value)
