"""Pictures: frames come in, Altair charts go out; the same in the dashboard, the notebooks and the README."""

from hitcast import forms

with forms.without_grammars():
    import altair

from hitcast.charts import rows
from hitcast.charts.distributions import (
    binned,
    chance_counts,
    chances,
    correlations,
    distribution,
    popularity,
)
from hitcast.charts.importances import DRAWN, dependence, importance, ranks, shap_summary, swarm
from hitcast.charts.quality import confusion, dots, precision_recall, reliability, roc
from hitcast.charts.style import COLOURS, filled, specification, unchecked
from hitcast.charts.thousand import STYLE as THOUSAND
from hitcast.charts.thousand import thousand
from hitcast.charts.track import compared, contributions, response_curve, waterfall
