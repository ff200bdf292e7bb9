"""A forest that learned how near tracks came to being hits → scikit-learn's classifier of hits.

Popularity says more of a track than on which side of the threshold it fell, and trees that split by it find more. What they
end in is then turned into chances, so that what answers is a plain random forest, to be saved, explained and sent on as such.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

GROWTH = {"n_estimators": 100, "min_samples_leaf": 40, "max_features": 0.3, "max_samples": 0.6}


def soft_forest(
    inputs: np.ndarray, hit: np.ndarray, nearness: np.ndarray, seed: int = 0
) -> RandomForestClassifier:
    """A fitted forest of chances that are as common, on the rows, as hits.

    Parameters
    ----------
    inputs : what it learns from, shape (n, features).
    hit, nearness : whether each row is a hit, and `tracks.nearness`, shape (n,).
    """
    grown = RandomForestRegressor(**GROWTH, oob_score=True, random_state=seed).fit(inputs, nearness)
    # Chances differ more than nearness does, or less: as they do among rows that a tree was not grown on.
    line = LogisticRegression(C=np.inf, solver="newton-cholesky")
    line.fit(_log_odds(grown.oob_prediction_)[:, None], hit)
    slope = max(float(line.coef_[0, 0]), 0.0)
    # Two rows make the trees that the grown ones take the place of.
    two = [int(np.argmax(hit)), int(np.argmin(hit))]
    forest = RandomForestClassifier(**GROWTH, random_state=seed).fit(inputs[two], hit[two])
    shift = _shift(grown.estimators_, slope, hit.mean())
    for tree, each in zip(forest.estimators_, grown.estimators_, strict=True):
        tree.tree_ = _answering(each, _chances(each, slope, shift))
    return forest


def _log_odds(nearness: np.ndarray) -> np.ndarray:
    return logit(np.clip(nearness, 1e-9, 1 - 1e-9))


def _chances(tree: DecisionTreeRegressor, slope: float, shift: float) -> np.ndarray:
    """The chance at each node that its nearness stands for."""
    return expit(shift + slope * _log_odds(tree.tree_.value[:, 0, 0]))


def _shift(trees: list[DecisionTreeRegressor], slope: float, rate: float) -> float:
    """What is added to all log-odds so that the mean chance over the rows that the trees were grown on is the rate."""
    ends = [np.flatnonzero(tree.tree_.children_left < 0) for tree in trees]
    rows = np.concatenate(
        [tree.tree_.weighted_n_node_samples[end] for tree, end in zip(trees, ends, strict=True)]
    )

    def excess(shift: float) -> float:
        chances = [_chances(tree, slope, shift)[end] for tree, end in zip(trees, ends, strict=True)]
        return float(np.average(np.concatenate(chances), weights=rows)) - rate

    return brentq(excess, -100, 100)


def _answering(tree: DecisionTreeRegressor, chance: np.ndarray) -> object:
    """The same tree as one of a classifier, which gives the chances of its ends, and of a fork the mean of what lies below."""
    grown = tree.tree_
    rows = grown.weighted_n_node_samples
    for fork in np.flatnonzero(grown.children_left >= 0)[::-1]:
        below = [grown.children_left[fork], grown.children_right[fork]]
        chance[fork] = np.average(chance[below], weights=rows[below])
    # As pickle would make it again, of two classes.
    kind, (features, _, outputs), state = grown.__reduce__()
    found = kind(features, np.array([2]), outputs)
    found.__setstate__(state | {"values": np.column_stack([1 - chance, chance])[:, None, :]})
    return found
