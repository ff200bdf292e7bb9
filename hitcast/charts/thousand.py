"""A chance as a picture that needs no reading: 1,000 songs as dots, those that became hits filled."""

from hitcast.charts.style import COLOURS
from hitcast.wording import in_thousand

COLUMNS, ROWS = 50, 20
# Each part of the picture is a coloured area seen through a mask of round holes.
STYLE = f"""
.thousand {{position: relative; width: 100%; max-width: 40rem; aspect-ratio: {COLUMNS} / {ROWS};}}
.thousand div {{position: absolute; inset: 0; mask-size: {100 / COLUMNS}% {100 / ROWS}%;}}
.thousand .filled {{background: rgb(128 128 128 / 0.25);
 mask-image: radial-gradient(circle closest-side, #000 66%, transparent 72%);}}
.thousand .average {{mask-image: radial-gradient(circle closest-side, transparent 72%, #000 78% 92%, transparent 98%);}}
.thousand i {{position: absolute; left: 0;}}
.thousand .filled i {{background: {COLOURS["blend"]};}}
.thousand .average i {{background: {COLOURS["all"]};}}
"""


def thousand(chance: float, base_rate: float) -> str:
    """The picture as HTML to be shown with `STYLE`: `chance` of the dots filled, the average's share outlined, both 0 to 1.

    The last dot may be filled in part.
    """
    said = f"{in_thousand(chance)} dots are filled; an outline goes round {in_thousand(base_rate)}, the average of all tracks."
    return (
        f'<div class="thousand" role="img" aria-label="{said}">'
        f'<div class="filled">{_first(chance)}</div><div class="average">{_first(base_rate)}</div></div>'
    )


def _first(share: float) -> str:
    """An area over the first dots, row by row from the top."""
    rows, rest = divmod(share * COLUMNS * ROWS, COLUMNS)
    height, width = 100 / ROWS, 100 * rest / COLUMNS
    return (
        f'<i style="top:0;width:100%;height:{rows * height:g}%"></i>'
        f'<i style="top:{rows * height:g}%;width:{width:.3g}%;height:{height:g}%"></i>'
    )
