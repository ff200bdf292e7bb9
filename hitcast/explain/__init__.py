"""Why the models say what they say: fitted pipelines and tracks come in, contributions, importances, curves go out."""

from hitcast.explain.importances import (
    coefficients,
    fold_importances,
    impurity_importance,
    mean_absolute,
    mean_over_folds,
    permutation_importance,
)
from hitcast.explain.response import best_moves, curve_ranges, response_curves, widest_first
from hitcast.explain.shap_values import (
    Contributions,
    blend_contributions,
    contributions,
    forest_explainer,
    table_contributions,
)
