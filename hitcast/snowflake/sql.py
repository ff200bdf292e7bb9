"""The SQL that puts the three models into Snowflake, written from the card of the bundle."""

from collections.abc import Iterable
from pathlib import Path

from hitcast import models
from hitcast.bundle import golden
from hitcast.bundle.card import CARD, MODEL_FILES
from hitcast.choices import LABELS, MODELS_DIR
from hitcast.errors import BundleError

STAGE = "hitcast_stage"
HANDLER = "hitcast_udf.py"

# Snowflake runs Linux without a GPU: the xgboost-cpu wheel is the same module without CUDA.
_ON_SNOWFLAKE = {"xgboost": "xgboost-cpu"}
_HEADING = """\
-- The three models as SQL functions. `python -m hitcast snowflake-sql` wrote this from the card of
-- the bundle; write it again after every build. Run it in the project's folder, once deploy/setup.sql has run:
-- snow sql -f deploy/score.sql --role HITCAST_OWNER --warehouse COMPUTE_WH --database HITCAST_DB --schema PUBLIC
-- Of a track that the models learned from, the functions give the models' own answer, which flatters it;
-- the dashboard and `score` give what models without its artist say (models/out_of_fold.parquet)."""

_NEEDED = ("pandas", "numpy", "scikit-learn", "joblib")


def script(card: dict, models_dir: str | Path = MODELS_DIR) -> str:
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
    folder = (folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder).as_posix()
    parts = [
        _HEADING,
        f"CREATE STAGE IF NOT EXISTS {STAGE};",
        "\n".join(_puts(folder)),
        *(_function(name, card) for name in models.NAMES),
        _blend(),
        _check(card),
        _example(card["features"]),
    ]
    return "\n\n".join(parts) + "\n"


def _puts(folder: str) -> Iterable[str]:
    for path in (f"deploy/{HANDLER}", *(f"{folder}/{name}" for name in (CARD, *MODEL_FILES.values()))):
        yield f"PUT 'file://{path}' @{STAGE}/udf AUTO_COMPRESS = FALSE OVERWRITE = TRUE;"


def _function(name: str, card: dict) -> str:
    arguments = ", ".join(f"{feature} FLOAT" for feature in card["features"])
    needed = (*_NEEDED, "xgboost") if name == "xgb" else _NEEDED
    packages = ", ".join(
        f"'{_ON_SNOWFLAKE.get(package, package)}=={card['packages'][package]}'" for package in needed
    )
    imports = ", ".join(f"'@{STAGE}/udf/{file}'" for file in (HANDLER, CARD, MODEL_FILES[name]))
    return "\n".join(
        [
            f"-- {LABELS[name]}. A value that is NULL or out of range gives NULL.",
            f"CREATE OR REPLACE FUNCTION hitcast_{name}({arguments})",
            "RETURNS FLOAT",
            "LANGUAGE PYTHON",
            "CALLED ON NULL INPUT",
            "IMMUTABLE",
            f"RUNTIME_VERSION = '{'.'.join(card['python'].split('.')[:2])}'",
            "ARTIFACT_REPOSITORY = snowflake.snowpark.pypi_shared_repository",
            f"PACKAGES = ({packages})",
            f"IMPORTS = ({imports})",
            f"HANDLER = '{Path(HANDLER).stem}.score_{name}';",
        ]
    )


def _blend() -> str:
    least = models.SMALLEST_PROBABILITY
    bounded = [f"LEAST(GREATEST(p_{name}, {least}), {1 - least})" for name in models.NAMES]
    log_odds = " + ".join(f"LN({p} / (1 - {p}))" for p in bounded)
    arguments = ", ".join(f"p_{name} FLOAT" for name in models.NAMES)
    return "\n".join(
        [
            f"-- {LABELS[models.BLEND]}: the probability whose log-odds are the mean of theirs.",
            f"CREATE OR REPLACE FUNCTION hitcast_blend({arguments})",
            "RETURNS FLOAT",
            "LANGUAGE SQL",
            "IMMUTABLE",
            f"AS $$ 1 / (1 + EXP(-({log_odds}) / {len(bounded)})) $$;",
        ]
    )


def _check(card: dict) -> str:
    expected = card["golden"]
    said = [expected["probabilities"][name] for name in models.NAMES]
    rows = [
        "("
        + ", ".join(
            f"{'NULL' if value is None else repr(value)}::FLOAT"
            for value in (*(row[name] for name in card["features"]), *given)
        )
        + ")"
        for row, *given in zip(expected["rows"], *said, strict=True)
    ]
    columns = ", ".join((*card["features"], *(f"said_{name}" for name in models.NAMES)))
    apart = ",\n  ".join(
        f"MAX(ABS(hitcast_{name}({', '.join(card['features'])}) - said_{name})) < {golden.TOLERANCE:f} AS {name}"
        for name in models.NAMES
    )
    return (
        "-- The golden rows: TRUE three times means that Snowflake computes what this machine computed.\n"
        f"SELECT\n  {apart}\nFROM (VALUES\n  " + ",\n  ".join(rows) + f"\n) AS golden({columns});"
    )


def _example(features: list[str]) -> str:
    columns = ",\n  ".join(f"{feature} FLOAT" for feature in features)
    given = ", ".join(f"{feature}::FLOAT" for feature in features)
    scored = ",\n    ".join(f"hitcast_{name}({given}) AS p_{name}" for name in models.NAMES)
    return "\n".join(
        [
            "-- A whole catalogue, one row a track. FLOAT is what the functions take; a BOOLEAN wants ::INT::FLOAT.",
            f"CREATE TABLE IF NOT EXISTS catalogue (\n  title VARCHAR,\n  artist VARCHAR,\n  {columns}\n);",
            "",
            "CREATE OR REPLACE TABLE catalogue_scored AS",
            f"SELECT scored.*, hitcast_blend({', '.join(f'p_{name}' for name in models.NAMES)}) AS p_blend",
            f"FROM (\n  SELECT catalogue.*,\n    {scored}\n  FROM catalogue\n) AS scored;",
        ]
    )
