"""Honest figures: a labelled table comes in, out-of-fold scores and what they are worth go out."""

from hitcast.evaluation.folds import FittedFold, first_round, fit_folds, in_order, out_of_fold, scored, splits
from hitcast.evaluation.resampling import artist_resamples, summary
