"""Graphviz at work: the program ``dot`` is given a drawing's text and answers with places."""

from __future__ import annotations

import subprocess

from harness.errors import CannotMeasure, MissingCapability
from harness.report.drawing import dot, layout
from harness.report.drawing.layout import Layout
from harness.report.drawing.model import Drawing

_PATIENCE = 120.0  # seconds; 110 nodes take two


def laid_out(drawing: Drawing) -> Layout:
    """What Graphviz answers. Its exit code says less: a link without a course is an error to it, and none to us.

    Raises ``MissingCapability`` where it is not here, ``CannotMeasure`` where it could not lay the drawing out.
    """
    try:
        done = subprocess.run(
            dot.COMMAND, input=dot.text(drawing), capture_output=True, encoding="utf-8", check=False, timeout=_PATIENCE
        )
        return layout.read(done.stdout)
    except FileNotFoundError as error:
        raise MissingCapability("Graphviz (the program dot)", "the network is not drawn") from error
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"dot did not lay the drawing out within {_PATIENCE:.0f} s") from error
    except ValueError as error:
        raise CannotMeasure(f"dot could not lay the drawing out:\n{done.stderr.strip()}") from error
