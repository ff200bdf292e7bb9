"""Opens every page in every view as deployed, or the one named as it opens; prints what it saw, as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

import hitcast
from dashboard import cache
from hitcast import models
from hitcast.bundle.card import read_card

assert Path(hitcast.__file__).is_relative_to(Path.cwd()), "another copy of the package was imported"


def opened(page: str, state: dict[str, Any] | None = None) -> AppTest:
    app = AppTest.from_file("app.py", default_timeout=120)
    for key, value in (state or {}).items():
        app.session_state[key] = value
    return app.switch_page(page).run()


def views(app: AppTest) -> list[dict[str, Any]]:
    """The states that its segmented controls can be in: those of labels, and those that choose a model."""
    states = []
    for control in app.get("button_group"):
        labels = [option.content for option in control.proto.options]
        now = app.session_state[control.key]
        choices = labels if now in labels else models.NAMES
        states += [{control.key: [choice] if isinstance(now, list) else choice} for choice in choices]
    return states


def verdict(app: AppTest) -> dict:
    return {
        "failed": [error.message for error in app.exception] + [error.value for error in app.error],
        "said": [caption.value for caption in app.caption],
        "warned": [warning.value for warning in app.warning],
        "charts": len(app.get("arrow_vega_lite_chart")),
    }


seen = {}
for page in sys.argv[1:] or sorted(str(path) for path in Path("app_pages").glob("[!_]*.py")):
    app = opened(page)
    seen[page] = verdict(app)
    for state in [] if sys.argv[1:] else views(app):
        seen[f"{page} {state}"] = verdict(opened(page, state))

golden = read_card(cache.models_dir())["golden"]
bundle = cache.bundle()
rows = pd.DataFrame(golden["rows"], columns=bundle.features, dtype=float)
given = models.probabilities(bundle.models, rows)
apart = (given - pd.DataFrame(golden["probabilities"])[list(given)]).abs().to_numpy().max()
sys.stdout.write(json.dumps({"pages": seen, "apart": apart}))
