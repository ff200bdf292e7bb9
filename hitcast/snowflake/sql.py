"""The SQL that puts the three models into Snowflake, written from the card of the bundle."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from hitcast import models
from hitcast.bundle import golden
from hitcast.bundle.card import CARD, MODEL_FILES, Card
from hitcast.choices import LABELS, MODELS_DIR
from hitcast.errors import BundleError

STAGE = "hitcast_stage"
HANDLER = "hitcast_udf.py"

# Snowflake runs Linux without a GPU: the xgboost-cpu wheel is the same module without CUDA.
_ON_SNOWFLAKE = {"xgboost": "xgboost-cpu"}
_NEEDED = ("pandas", "numpy", "scikit-learn", "joblib")


def script(card: Card, models_dir: str | Path = MODELS_DIR) -> str:
    """Statements that stage the models, create a function for each and their blend, check and use them.

    Parameters
    ----------
    card : the card of the bundle: features, package versions, golden rows.
    models_dir : where the bundle lies.

    Raises
    ------
    BundleError
        If the models cannot run outside this package.
    """
    if card["imbalance"] != "none":
        raise BundleError(
            f"This bundle was built with imbalance {card['imbalance']!r}; its models need HitCast itself, which "
            "the SQL functions do not carry. Build one with --imbalance none."
        )
    folder = Path(models_dir).resolve()
    folder = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    return _template().render(
        stage=STAGE,
        uploads=[f"deploy/{HANDLER}", *(f"{folder.as_posix()}/{n}" for n in (CARD, *MODEL_FILES.values()))],
        features=card["features"],
        python=".".join(card["python"].split(".")[:2]),
        models={name: _model(name, card) for name in models.NAMES},
        base_rate=card["base_rate"],
        context=bool(card["context"]["weights"]),
        blend_label=LABELS[models.BLEND],
        least=models.SMALLEST_PROBABILITY,
        golden=_golden_rows(card),
        tolerance=golden.TOLERANCE,
    )


def _template() -> Template:
    templates = Environment(
        loader=PackageLoader("hitcast.snowflake", ""),
        autoescape=False,  # it is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["quoted"] = lambda text: "'" + text.replace("'", "''") + "'"
    return templates.get_template("score.sql")


def _model(name: str, card: Card) -> dict:
    needed = (*_NEEDED, "xgboost") if name == "xgb" else _NEEDED
    return {
        "label": LABELS[name],
        "packages": [f"{_ON_SNOWFLAKE.get(each, each)}=={card['packages'][each]}" for each in needed],
        "files": (HANDLER, CARD, MODEL_FILES[name]),
    }


def _golden_rows(card: Card) -> list[list[float | None]]:
    """The features of each golden row, and what the three models said of it."""
    said = zip(*(card["golden"]["probabilities"][name] for name in models.NAMES), strict=True)
    rows = ([row[name] for name in card["features"]] for row in card["golden"]["rows"])
    return [[*row, *each] for row, each in zip(rows, said, strict=True)]
