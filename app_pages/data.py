"""The tracks: where they came from, what was left out, what hits look like beside the rest."""

import pandas as pd
import streamlit as st

from dashboard import cache, drawing, frame, track, world
from hitcast import charts, wording
from hitcast.features import label

ROWS = 1000

bundle = cache.bundle()
card, table = bundle.card, bundle.tracks

frame.heading(
    "What did it learn from?", "The tracks, where they came from, and how hits differ from the rest."
)
frame.main_part()
st.header("Where the tracks came from")
st.text(card["source"]["detail"])
for other in card["source"]["passed_over"]:
    st.text(f"Passed over: {other['name']}. {other['reason']}")

figures = {
    "Tracks": (f"{card['rows']:,}", "Recordings, one row each."),
    "Hits": (f"{card['hits']:,}", f"Tracks with a popularity of {card['threshold']:g} or more."),
    "Base rate": (
        f"{card['base_rate']:.1%}",
        f"The share of hits, {wording.in_thousand(card['base_rate'])}: the average chance of all tracks.",
    ),
    "Artists": (
        f"{table['artist'].nunique():,}",
        "Different primary artists. The models are judged on unseen ones.",
    ),
    "Features": (f"{len(card['features'])}", "What the models read of a track."),
}
with st.container(horizontal=True):
    for figure, (value, help) in figures.items():
        st.metric(figure, value, help=help, border=True, width=150)

world.offer()

for name, reason in card["left_out"].items():
    st.warning(f"{label(name)} is in the source but left out. {wording.escaped(reason)}")

packages = ", ".join(f"{name} {version}" for name, version in card["packages"].items())
st.caption(
    f"Built on {card['created'][:10]} from seed {card['seed']} with Python {card['python']}, {wording.escaped(packages)}."
)
with st.expander(
    f"{card['source']['rows'] - card['rows']:,} of {card['source']['rows']:,} rows left out, and why"
):
    if card["cleaning"]:
        reasons = pd.Series(card["cleaning"], name="Rows").rename_axis("Reason").reset_index()
        st.dataframe(reasons, hide_index=True, width="stretch")
    else:
        st.text("None.")

st.header("Hits and the rest")
drawing.chart(cache.popularity(bundle))
st.markdown(
    f"{card['hits']:,} of {card['rows']:,} tracks are hits. Below, how each feature is distributed among the hits "
    "and among the rest; each adds up to 100 %."
)
drawing.legend({"Hits": charts.COLOURS["hits"], "The rest": charts.COLOURS["rest"]})
for start in range(0, len(bundle.features), 3):
    for place, name in zip(st.columns(3), bundle.features[start : start + 3], strict=False):
        with place:
            drawing.chart(cache.distribution(bundle, name))

st.header("Which features go together")
drawing.chart(cache.correlations(bundle))
st.caption(
    "Spearman's rank correlation: 1 if two rise together, −1 if one falls as the other rises, 0 if unrelated."
)

st.header("The tracks")
text = st.text_input(
    "Search",
    key="data_search",
    placeholder="Title or artist",
    help="Shows the tracks whose title or artist has it.",
)
found = track.matches(table, text) if text else table.sort_values("popularity", ascending=False)
shown = [
    name for name in ("title", "artists", "popularity", "genre", "album", "release_date") if name in table
]
st.dataframe(
    found.head(ROWS)[[*shown, *bundle.features]],
    hide_index=True,
    width="stretch",
    column_config={
        **{name: name.replace("_", " ").capitalize() for name in shown},
        **{name: label(name) for name in bundle.features},
        "popularity": st.column_config.ProgressColumn("Popularity", min_value=0, max_value=100, format="%d"),
    },
)
st.caption(f"{min(len(found), ROWS):,} of {len(found):,} tracks, the most popular first.")
