"""Running the notebooks, with parameters of one's own."""

import nbformat
from nbclient import NotebookClient

from support import ROOT

BUILD = ROOT / "notebooks" / "01_build_dataset.ipynb"


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run(path, **parameters):
    """A copy of the notebook, run in its own folder with other parameters; the file stays as it is."""
    notebook = nbformat.read(path, as_version=4)
    for cell in code_cells(notebook):
        cell.outputs = []
    (at,) = (
        place for place, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())
    )
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(given))
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(path.parent)}})
    return client.execute()
