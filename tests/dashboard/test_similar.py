"""What sounds like it: real tracks, hits marked, how near, each to be opened."""

import pandas as pd
import pytest
from support.driving import choose, find, opened, run, shown

from dashboard import track
from hitcast import answer

pytestmark = pytest.mark.usefixtures("reads")


def test_the_nearest_tracks_are_listed_with_what_became_of_them(bundle):
    app = choose(find(opened(), 4), "predict_view", "Similar tracks")
    near = answer.similar(bundle.neighbours, bundle.tracks.loc[4, bundle.features].astype(float))
    cards = [text.value for text in app.markdown if " apart" in text.value]
    assert len(cards) == len(near) == 5
    for card, (_, one) in zip(cards, near.iterrows(), strict=True):
        assert f"popularity {one['popularity']:.0f}" in card and f"{one['apart']:.2f} apart" in card
        assert ("a hit" in card) == (one["popularity"] >= bundle.card["threshold"])


def test_apart_grows_from_one_to_the_next_and_says_how_many_spreads_lie_between(bundle):
    row = bundle.tracks.loc[4, bundle.features].astype(float)
    assert answer.similar(bundle.neighbours, row)["apart"].is_monotonic_increasing
    alone = pd.Series(float("nan"), row.index).where(row.index != "energy", row["energy"] + 0.001)
    near = answer.similar(bundle.neighbours, alone, 1).iloc[0]
    spread = bundle.tracks["energy"].std()
    assert near["apart"] == pytest.approx(abs(near["energy"] - alone["energy"]) / spread)


def test_one_of_them_can_be_opened_and_is_known(bundle):
    app = choose(find(opened(), 4), "predict_view", "Similar tracks")
    near = answer.similar(bundle.neighbours, bundle.tracks.loc[4, bundle.features].astype(float)).iloc[2]
    run(app.button(key="alike_open_2").click())
    assert app.session_state[track.TRACK].identity["track_id"] == near["track_id"]
    assert f"In fact: popularity {near['popularity']:.0f}" in shown(app) and "Nearest first" in shown(app)
