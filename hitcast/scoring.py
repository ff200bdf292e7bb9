"""Rows of tracks → probabilities, with what puts them in context and why a row has none."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from hitcast import context, models, profiles, tracks
from hitcast.base_rate import moved, require
from hitcast.bundle.contents import Bundle
from hitcast.context import Given
from hitcast.evaluation import intervals
from hitcast.tracks.schema import Damage, Schema, settle
from hitcast.tracks.texts import identity

UNSEEN, OUT_OF_FOLD, CHANGED, OUTSIDE = "unseen", "out-of-fold", "changed", "outside"
IN_CONTEXT = ("p_context", "context")
HERE = "p_here"
TEXTS = {"basis", "filled", "context"}
ABOUT = ("lift", "percentile", "basis", "filled", "problem")


def columns(model: str | None = None, base_rate: float | None = None) -> tuple[str, ...]:
    """The names of the scores' columns, of all models or of one of them or `blend`, and for a base rate of one's own."""
    names = (model,) if model else (*models.NAMES, models.BLEND)
    beside = IN_CONTEXT if models.BLEND in names else ()
    here = (HERE,) if base_rate is not None else ()
    return (*(f"p_{name}" for name in names), *beside, *here, *ABOUT)


def score(
    bundle: Bundle,
    raw: pd.DataFrame,
    allow_missing: bool = False,
    *,
    model: str | None = None,
    base_rate: float | None = None,
    schema: Schema | None = None,
    damage: Damage | None = None,
) -> pd.DataFrame:
    """The scores of each row of a table in any known schema, on the index of `raw`.

    Columns: `p_logreg`, `p_rf`, `p_xgb`, `p_blend` in 0 to 1; `p_context`, the chance that takes in genre and release year,
    missing where the bundle knows neither, and `context`, what the row is taken as (`pop, 2019`), a genre or year that
    the bundle has not being `another`; `lift`, the blend ÷ the base rate;
    `percentile` of the blend among the training tracks, 0 to 100; `basis`, see below; `filled`, the
    features that the row lacks, which are filled with the training tracks' median; `problem`, empty
    or why the row could not be scored (its numbers are then missing and its basis empty).

    The models remember some of what they learned from: their own answer on a track of the training
    table is flattering. Such a track, known by `recordings.Known.find` from its id, its audio, or its
    title and artist, gets what models without its artist say, and the basis `out-of-fold`. All others
    are `unseen`; where it is a recording of the table but some value is another, the models answer as
    they are and the basis is `changed`. With a value that no track of the table reaches, it is
    `outside`, and the number means little.

    Parameters
    ----------
    allow_missing
        Whether a missing core feature is filled as well, instead of being a problem.
    model
        One of the models or `blend`: only its probability, and lift and percentile of that.
    base_rate
        The share of hits where the rows are from, in 0 to 1: adds `p_here`, what the blend's chance becomes there, see
        `base_rate.moved`. A chance in context knows how common hits are in its genre, and is not moved.
    schema, damage
        As in `tracks.check`.

    Raises
    ------
    TableError
        If a core feature's column is missing and that is not allowed.
    """
    if base_rate is not None:
        require(base_rate)
    schema = settle(raw, damage) if schema is None else schema
    values, problem = tracks.check(raw, bundle.features, allow_missing, schema, damage)
    usable = (problem == "").to_numpy()
    if usable.all():
        scores = _scored(bundle, raw, schema, values, model)
        return _with_those_here(scores, bundle, model, base_rate).assign(problem=problem)
    return (
        _scored(bundle, raw[usable], schema, values[usable], model)
        .pipe(_with_those_here, bundle, model, base_rate)
        .set_axis(np.flatnonzero(usable))
        .reindex(range(len(raw)))
        .pipe(lambda scores: scores.fillna(dict.fromkeys(TEXTS & {*scores}, "")))
        .set_axis(raw.index)
        .assign(problem=problem)
    )


def _scored(
    bundle: Bundle, raw: pd.DataFrame, schema: Schema, values: pd.DataFrame, model: str | None
) -> pd.DataFrame:
    """The scores of usable rows: out-of-fold for tracks of the table, as the models say it for others."""
    given = _probabilities(bundle, values, model)
    place, same = bundle.known.find(values, identity(raw, schema))
    held_out = bundle.unseen_chances.iloc[place][list(given)].to_numpy()
    chances = np.where(same[:, None], held_out, given)
    outside = bundle.reach.beyond(values.to_numpy()).any(axis=1)
    name = model or models.BLEND
    own = chances[:, given.columns.get_loc(name)]
    found = {f"p_{each}": chances[:, at] for at, each in enumerate(given)}
    if IN_CONTEXT[0] in columns(model):
        found |= _in_context(bundle, values, bundle.context.read(raw, schema), np.where(same, place, -1))
    found |= {
        "lift": own / bundle.card["base_rate"],
        "percentile": profiles.percentile(bundle.chances_in_order[name], own),
        "basis": np.select([same, outside, place >= 0], [OUT_OF_FOLD, OUTSIDE, CHANGED], UNSEEN),
        "filled": _filled(values),
    }
    return pd.DataFrame(found, values.index)


def _with_those_here(
    scores: pd.DataFrame, bundle: Bundle, model: str | None, base_rate: float | None
) -> pd.DataFrame:
    """The scores with what the chances become at another base rate, if there is one."""
    if base_rate is None:
        return scores
    asked = columns(model, base_rate)
    here = moved(scores[f"p_{model or models.BLEND}"], bundle.card["base_rate"], base_rate)
    return scores.assign(**{HERE: here})[[name for name in asked if name != "problem"]]


def _in_context(
    bundle: Bundle, values: pd.DataFrame, given: Given, place: np.ndarray
) -> dict[str, np.ndarray]:
    """The chance of each row as what it is, and what that is.

    Of a track of the table it starts from what was said out of fold in its own context, and moves by what another changes.
    """
    chance, said = np.full(len(values), np.nan), bundle.context.said(given)
    if len(rows := np.flatnonzero(said != "")):
        inputs, place = models.inputs(bundle.models["logreg"], values.iloc[rows]), place[rows]
        chances = bundle.context.chances(inputs, given.at(rows))
        if len(known := np.flatnonzero(place >= 0)):
            own = bundle.context.chances(inputs[known], bundle.own_context.at(place[known]))
            held_out = bundle.unseen_chances.iloc[place[known]][list(bundle.context.weights)].to_numpy()
            moved_out = expit(logit(held_out) + logit(chances[known]) - logit(own))
            chances[known] = np.where(np.isnan(moved_out), chances[known], moved_out)
        chance[rows] = context.chosen(chances)
    return dict(zip(IN_CONTEXT, (chance, said), strict=True))


def _filled(values: pd.DataFrame) -> np.ndarray:
    """The names of the features that each row lacks, with commas between."""
    pattern, rows = np.unique(
        values.isna().to_numpy() @ (1 << np.arange(values.shape[1])), return_inverse=True
    )
    names = [", ".join(name for bit, name in enumerate(values) if each >> bit & 1) for each in pattern]
    return np.array(names, dtype=object)[rows]


def hit_rate_range(
    bundle: Bundle, scores: pd.Series, name: str = models.BLEND
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest share of hits that tracks with each score have, at 95 % confidence.

    Counted on the out-of-fold scores of the bundle's tracks; see `intervals.interval` for what is promised.
    """
    return intervals.interval(*bundle.judged[name], scores)


def top100_chances(bundle: Bundle) -> pd.Series:
    """The quartiles (0.25, 0.5, 0.75) of what models that had not seen their artists give the Top-100."""
    return _of_top100(bundle).quantile([0.25, 0.5, 0.75])


def well_known(bundle: Bundle) -> pd.Series:
    """Of the ten most popular tracks the one whose own chance is in the middle of theirs."""
    chances = _of_top100(bundle).head(10)
    return bundle.tracks.loc[(chances - chances.median()).abs().idxmin()]


def _of_top100(bundle: Bundle) -> pd.Series:
    return bundle.unseen_chances.loc[profiles.top100(bundle.tracks).index, models.BLEND]


def _probabilities(bundle: Bundle, frame: pd.DataFrame, model: str | None) -> pd.DataFrame:
    if model in models.NAMES:
        return pd.DataFrame({model: models.probability(bundle.models[model], frame)}, index=frame.index)
    each = models.probabilities(bundle.models, frame)
    return each if model is None else each[[model]]
