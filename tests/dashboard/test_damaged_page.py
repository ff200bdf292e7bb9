"""Other people's damaged files on the Catalogue page: what it would show of each, or one sentence."""

import io

import numpy as np
import pytest
from support.damaged_tables import damaged_tables, heavy_tables
from support.driving import opened, run, shown

from dashboard import scored
from hitcast import scoring
from hitcast.errors import HitCastError


def score(bundle, damaged):
    """What the page keeps of a file, None where it says why not."""
    try:
        file = io.BytesIO(damaged.content)
        return scored.score(bundle, file, damaged.name, "1", allow_missing=True)
    except HitCastError as error:
        assert str(error).isprintable() and len(str(error)) < 500
        return None


def every_kind():
    yield from damaged_tables(52, seed=11)
    yield from heavy_tables(3)


def test_each_is_shown_searched_and_taken_home_or_refused_in_one_sentence(bundle):
    for damaged in every_kind():
        result = score(bundle, damaged)
        if result is None:
            continue
        found, problems = result.found(), result.problems()
        recordings = found.attrs["rows"] + (result.same != np.arange(len(result.same))).sum()
        assert recordings + problems.attrs["rows"] == len(result.scores), damaged.name
        assert result.found("guest").attrs["rows"] <= found.attrs["rows"]
        assert (problems["problem"] != "").all() and result.csv(), damaged.name
        for row in found.index[:2]:  # a row opens in Predict with the values that were scored
            values = result.values(bundle, int(row)).to_frame().T
            again = scoring.score(bundle, values, allow_missing=True)["p_blend"].iloc[0]
            assert np.isclose(again, found.loc[row, "p_blend"], rtol=0, atol=1e-9), damaged.name


SHOWN = ("cp1252", "not finite", "absurd", "formulas", "lists in parquet", "words in parquet")


@pytest.mark.parametrize("kind", SHOWN)
def test_the_page_draws_it(kind, bundle, reads):
    damaged = next(each for each in damaged_tables(seed=3) if each.kind == kind)
    app = run(opened().switch_page("app_pages/catalogue.py"))
    app.session_state[scored.KEPT] = result = score(bundle, damaged)
    app.run()
    assert not app.exception and not app.error and app.dataframe
    assert f"of {len(result.scores)} rows scored" in shown(app)
