"""What a bundle holds, in memory: the models, their card, the tracks they learned from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.pipeline import Pipeline

from hitcast import models as pipelines
from hitcast.bundle.card import Card
from hitcast.context import Context, Given
from hitcast.evaluation import first_round
from hitcast.profiles import Neighbours, Reach, UsualRegion, ordered, usual_region
from hitcast.tracks.recordings import Known


@dataclass(frozen=True)
class Bundle:
    """Everything that the dashboard and the command line read, in memory.

    `shap_values` has a row a track and a column `model/feature` for each model and feature.
    """

    models: Mapping[str, Pipeline]
    card: Card
    tracks: pd.DataFrame
    out_of_fold: pd.DataFrame
    shap_values: pd.DataFrame

    @property
    def features(self) -> list[str]:
        """The feature columns that the models read, in the models' order."""
        return list(self.card["features"])

    @cached_property
    def unseen_chances(self) -> pd.DataFrame:
        """What models that had not seen its artist say of each track, a column a model, the blend and a level of context.

        The mean of the log-odds over the rounds, so that the blend stays the mean of the three.
        """
        names, levels = list(pipelines.NAMES), list(self.context.weights)
        return (
            pipelines.log_odds(self.out_of_fold[names])
            .join(logit(self.out_of_fold[levels]))
            .groupby(self.out_of_fold["row"].to_numpy())
            .mean()
            .reindex(range(len(self.tracks)))
            .pipe(expit)
            .assign(**{pipelines.BLEND: pipelines.blend})
        )

    @cached_property
    def context(self) -> Context:
        """What the models' chances become where more than the sound is known."""
        return Context.from_card(self.card["context"])

    @cached_property
    def own_context(self) -> Given:
        """The genre and year of each track that the models learned from."""
        return self.context.read(self.tracks)

    @cached_property
    def first_round(self) -> pd.DataFrame:
        """The out-of-fold scores of one round: each track once."""
        return first_round(self.out_of_fold)

    @property
    def rounds(self) -> int:
        """How many times each track was scored by models that had not seen its artist."""
        return int(self.out_of_fold["repeat"].nunique())

    @cached_property
    def judged(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The first round's scores of each model and of the blend, and which of those tracks are hits.

        Ascending, equal ones in the order of the table: to sort them again takes a fraction of the time.
        """
        names, hit = (*pipelines.NAMES, pipelines.BLEND), self.first_round["hit"].to_numpy()
        scores = {name: self.first_round[name].to_numpy() for name in names}
        orders = {name: np.argsort(scores[name], kind="stable") for name in names}
        return {name: (scores[name][order], hit[order]) for name, order in orders.items()}

    @cached_property
    def chances_in_order(self) -> dict[str, np.ndarray]:
        """All out-of-fold chances of each model and of the blend, ascending."""
        return {name: ordered(self.out_of_fold[name]) for name in (*pipelines.NAMES, pipelines.BLEND)}

    @property
    def values_in_order(self) -> Mapping[str, np.ndarray]:
        """All values of each measured feature, ascending."""
        return self.usual_region.ordered

    @cached_property
    def known(self) -> Known:
        """The recordings that the models learned from."""
        return Known(self.tracks, self.features)

    @cached_property
    def reach(self) -> Reach:
        """What the tracks that the models learned from reach."""
        return Reach(self.tracks, self.features)

    @cached_property
    def usual_region(self) -> UsualRegion:
        """The combinations of features that nearly all of these tracks have."""
        return usual_region(self.tracks, self.features)

    @cached_property
    def neighbours(self) -> Neighbours:
        """The tracks that the models learned from, to be asked which of them sound most like another."""
        return Neighbours(self.tracks, self.features)
