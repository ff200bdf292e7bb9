"""`hitcast`: build a bundle, say what is in it, score a file with it."""

import json
import logging
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from hitcast import __version__, features, measures, terminal, uses, wording
from hitcast.bundle.card import CARD, NEXT, Card, card_of_files, read_card
from hitcast.choices import DATA_DIR, HIT_THRESHOLD, MODELS_DIR, MOST_SEED, STANDARD, Columns, Imbalance
from hitcast.errors import BundleError, HitCastError, MissingColumn

if TYPE_CHECKING:  # they take a second to import
    from hitcast.bundle.contents import Bundle
    from hitcast.reference import Fit

app = typer.Typer(
    help="How likely a track is to become a hit, from its audio features.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

ModelsDir = Annotated[Path, typer.Option(help="Folder of the models and the card.")]
DataDir = Annotated[Path, typer.Option(help="Folder of the tracks table.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"hitcast {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show where something unexpected went wrong.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """How likely a track is to become a hit, from its audio features."""
    if verbose:
        # Ours alone: Spotipy and urllib3 log tokens.
        logging.getLogger("hitcast").setLevel(logging.DEBUG)
        logging.getLogger("hitcast").addHandler(logging.StreamHandler())


@app.command(epilog="Example: hitcast build --source my_tracks.csv --threshold 60")
def build(
    source: Annotated[
        str, typer.Option(help="auto, sample, synthetic, spotify, tidytuesday, or a table's path or address.")
    ] = "auto",
    threshold: Annotated[
        float, typer.Option(min=1, max=100, help="The popularity from which a track is a hit.")
    ] = HIT_THRESHOLD,
    feature_set: Annotated[
        features.FeatureSet, typer.Option("--features", help="All audio features, or the core four.")
    ] = "full",
    imbalance: Annotated[Imbalance, typer.Option(help="How hits and the rest are balanced.")] = "none",
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="The same seed gives the same bundle.")] = 0,
    playlist: Annotated[
        list[str] | None, typer.Option(help="A Spotify playlist's link or id; may be given several times.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    models_dir: ModelsDir = MODELS_DIR,
) -> None:
    """Get tracks, train the three models, test them and save the bundle."""
    from hitcast.build import build as build_bundle  # the trainers take a second to import

    with terminal.progress_bar() as progress:
        bundle = build_bundle(
            source,
            threshold=threshold,
            feature_set=feature_set,
            imbalance=imbalance,
            seed=seed,
            data_dir=data_dir,
            models_dir=models_dir,
            playlists=tuple(playlist or ()),
            progress=progress,
        )
    for passed in bundle.card["source"]["passed_over"]:
        typer.echo(f"Passed over {passed['name']}: {passed['reason']}", err=True)
    _show(bundle.card)


@app.command(epilog="Example: hitcast info --format markdown > results.md")
def info(
    models_dir: ModelsDir = MODELS_DIR,
    data_dir: DataDir = DATA_DIR,
    form: Annotated[
        Literal["text", "markdown", "json"],
        typer.Option("--format", help="text to read, the results as a Markdown table, or the card as JSON."),
    ] = "text",
    check: Annotated[
        bool, typer.Option("--check", help="Load the models too, and compute again what can be.")
    ] = False,
) -> None:
    """Say what the bundle was built from and how good it is, once its files are those of its card."""
    _require_bundle(models_dir)
    card = _checked(models_dir, data_dir) if check else _vouched(models_dir, data_dir)
    if form == "json":
        typer.echo(json.dumps(card, indent=1))
    elif form == "markdown":
        typer.echo(measures.markdown(card["metrics"]))
    else:
        _show(card)


@app.command("app", epilog="Example: hitcast app --port 8600")
def serve(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where on this machine it answers.")] = 8501,
    models_dir: ModelsDir = MODELS_DIR,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Serve the dashboard on this machine; where there are no models yet, it builds them."""
    from streamlit.web.cli import main as streamlit

    os.environ |= {
        "HITCAST_MODELS_DIR": str(models_dir.absolute()),
        "HITCAST_DATA_DIR": str(data_dir.absolute()),
    }
    streamlit(["run", str(_dashboard()), "--server.port", str(port)])


@app.command("snowflake-sql", epilog="Example: hitcast snowflake-sql --out - | snow sql -i")
def write_snowflake_sql(
    out: Annotated[
        str, typer.Option(help="The file to write; - writes to standard output.")
    ] = "deploy/score.sql",
    models_dir: ModelsDir = MODELS_DIR,
) -> None:
    """Write the SQL that scores tracks inside Snowflake with this bundle's models."""
    from hitcast import exports, snowflake

    if out != STANDARD:
        exports.require_place(out)
    _require_bundle(models_dir)
    if (models_dir / NEXT).exists():
        raise BundleError(
            f"A new bundle is on its way into {models_dir}: run `hitcast info` with its --models-dir and --data-dir, then "
            "this again."
        )
    text = snowflake.script(read_card(models_dir), models_dir)
    with exports.whole_file(out) as stream:
        stream.write(text.encode("utf-8"))
    if out != STANDARD:
        typer.echo(f"Wrote {out}. Its first lines say how to run it.", err=True)


@app.command(epilog="Example: hitcast score tracks.csv --explain --out scored.parquet")
def score(
    tracks_file: Annotated[
        str,
        typer.Argument(
            metavar="IN", help="CSV, CSV.gz or Parquet in any known schema; - reads standard input."
        ),
    ],
    out: Annotated[
        str,
        typer.Option(help="The file to write, .csv, .csv.gz or .parquet; - writes to standard output."),
    ] = STANDARD,
    form: Annotated[
        Literal["csv", "csv.gz", "parquet"] | None,
        typer.Option("--format", help="How it is written, whatever the file is called; csv unless it says."),
    ] = None,
    model: Annotated[
        Literal["all", "logreg", "rf", "xgb", "blend"],
        typer.Option(help="Whose probability; lift and percentile are the blend's unless one is named."),
    ] = "all",
    base_rate: Annotated[
        str | None,
        typer.Option(
            help="How rare hits are where the tracks are from, such as '1 in 200': adds the chances there."
        ),
    ] = None,
    columns: Annotated[
        Columns,
        typer.Option(
            help="core-output: only which track it is and its scores, not the file's other columns."
        ),
    ] = "all",
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Add the three features that moved the chance most, in log-odds."),
    ] = False,
    reference: Annotated[
        str | None,
        typer.Option(
            help="A table of tracks, such as a playlist: adds how many times as common a track's sound is there."
        ),
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Fill missing core features as well, not only the others.")
    ] = False,
    models_dir: ModelsDir = MODELS_DIR,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Add each track's chances to a file of any length; every row comes back, in order."""
    from hitcast import catalogue, exports
    from hitcast.base_rate import parsed
    from hitcast.bundle import disk

    here = None if base_rate is None else parsed(base_rate)
    kind = exports.kind_of(out, form)
    with suppress(OSError):  # what is no name of a file is said where it is opened
        if Path(tracks_file).samefile(out):
            raise HitCastError(f"{out} is the file to be read; write the scores to another one.")
    _require_bundle(models_dir)
    bundle = disk.load(models_dir, data_dir)
    fit = None if reference is None else _fit_to(bundle, reference)
    with terminal.input_of(tracks_file) as source, terminal.progress_bar() as progress:
        try:
            outcome = catalogue.score_file(
                bundle,
                source,
                out,
                kind,
                model=None if model == "all" else model,
                base_rate=here,
                columns=columns,
                reasons=explain,
                fit=fit,
                allow_missing=allow_missing,
                progress=progress,
            )
        except MissingColumn as error:
            way_out = "" if allow_missing else " Or let it be filled with the usual value: --allow-missing."
            raise HitCastError(f"{error}{way_out}") from error
    if outcome.lacking:
        filled = f"{', '.join(outcome.lacking)}: no such column, filled with the training tracks' median."
        typer.echo(filled, err=True)
    problems = f"; {outcome.problems:,} could not be, see the column problem" if outcome.problems else ""
    typer.echo(f"{outcome.rows - outcome.problems:,} of {outcome.rows:,} rows scored{problems}.", err=True)


@app.command(epilog="Example: hitcast evaluate my_releases.csv")
def evaluate(
    tracks_file: Annotated[
        str, typer.Argument(metavar="IN", help="A table with popularity and artist: its path or address.")
    ],
    models_dir: ModelsDir = MODELS_DIR,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Say how true the chances are of tracks whose popularity is known."""
    from hitcast import labelled
    from hitcast.bundle import disk
    from hitcast.sources.files import download

    _require_bundle(models_dir)
    bundle = disk.load(models_dir, data_dir)
    with terminal.progress_bar() as progress:
        loaded = download.load(tracks_file, progress)
        judged = labelled.judge_rows(bundle, loaded.rows, loaded.damage)
    for sentence in labelled.in_words(judged):
        typer.echo(sentence)
    if judged.advised:
        typer.echo(f'To score with it: hitcast score --base-rate "1 in {judged.advised}"')


def _fit_to(bundle: "Bundle", path: str) -> "Fit":
    """How tracks fit those of a table. Raises HitCastError where that cannot be said."""
    from hitcast.reference import in_words, reference
    from hitcast.sources.files import download

    loaded = download.load(path)
    found = reference(bundle, loaded.rows, path, loaded.damage)
    if found.fit is None:
        raise HitCastError(found.refused)
    typer.echo(in_words(found), err=True)
    return found.fit


def _dashboard() -> Path:
    """The script of the dashboard, which is installed beside the package."""
    found = find_spec("hitcast_app")
    if found is None or not found.submodule_search_locations:
        raise HitCastError("The dashboard is not installed here. Install HitCast: pip install .")
    return Path(found.submodule_search_locations[0], "app.py")


def _require_bundle(models_dir: Path) -> None:
    """Say where there is none; what the dashboard says of it does not give paths away."""
    if not any((models_dir / name).exists() for name in (CARD, NEXT)):
        raise BundleError(f"There is no bundle in {models_dir.absolute()}. Build one first.")


def _checked(models_dir: Path, data_dir: Path) -> Card:
    from hitcast.bundle import disk  # it takes a second to import

    return disk.load(models_dir, data_dir).card


def _vouched(models_dir: Path, data_dir: Path) -> Card:
    """The card, once the files are those that it vouches for; a bundle on its way into place is waited for."""
    _settle(models_dir, data_dir)
    try:
        return card_of_files(models_dir, data_dir)
    except BundleError:  # of a move that began meanwhile
        _settle(models_dir, data_dir)
        return card_of_files(models_dir, data_dir)


def _settle(models_dir: Path, data_dir: Path) -> None:
    if (models_dir / NEXT).exists():
        from hitcast.bundle import disk  # it takes a second to import

        disk.settle(models_dir, data_dir)


def _show(card: Card) -> None:
    source = card["source"]
    typer.echo(f"{card['rows']:,} tracks from {source['name']}: {source['detail']}")
    typer.echo(
        f"{card['hits']:,} hits with a popularity of {card['threshold']:g} or more, "
        f"{1000 * card['base_rate']:.0f} in 1,000. Built {card['created']}."
    )
    for name, reason in card["left_out"].items():
        typer.echo(f"Left out {name}: {reason}")
    for level, each in card["context"]["worth"].items():
        typer.echo(wording.worth(level, each["gain"], level in card["context"]["weights"]))
    for use in uses.uses(card):
        without = f"; without the models {use.without}" if use.without else ""
        typer.echo(f"{use.use}: {use.measured}{without}.")
    table = Table("model", "measure", "value (95 % interval)")
    for label, figures in measures.results(card["metrics"]).items():
        for measure, figure in figures.items():
            table.add_row(label, measure, figure)
            label = ""
        table.add_section()
    if sys.stdout:
        Console(width=None if sys.stdout.isatty() else 80).print(table)


def main() -> None:
    """Run the command line."""
    terminal.run(app)
