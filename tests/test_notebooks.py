# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient


@pytest.mark.rtl
def test_every_cell_of_the_notebook_runs(repository):
    """The notebook ends in assertions: hardware and software give the same bits."""
    folder = repository / "notebooks"
    (path,) = folder.glob("*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=900, resources=resources).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    pictures = [o for cell in code for o in cell.outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 5
