"""The drawing of the lab as it stands, for both languages; Graphviz is asked once, for places do not depend on stages."""

from __future__ import annotations

import re
import subprocess
import threading

from harness.errors import CannotMeasure, WrongInput
from harness.language import Language
from harness.plan.model import Plan
from harness.report.drawing import dot, layout, style
from harness.report.drawing.layout import Layout
from harness.report.drawing.model import Drawing
from harness.report.drawing.picture import picture
from harness.report.drawing.svg import svg
from harness.topology.model import Topology

PATIENCE_SECONDS = 120.0
SHEET = style.SHEET
"""The drawing's style sheet: the page has it as a file, for nothing inline is allowed there."""


class Pictures:
    """Thread-safe; each drawing is made once."""

    def __init__(self, topology: Topology, plan: Plan) -> None:
        self._topology, self._plan = topology, plan
        self._layouts: dict[str, Layout] = {}
        self._drawn: dict[tuple[str, Language], str] = {}
        self._lock = threading.Lock()

    def draw(self, stage: str, language: Language) -> str:
        """The network at a stage, as SVG. Raises ``WrongInput`` without Graphviz or for a stage that there is not."""
        with self._lock:
            if (stage, language) not in self._drawn:
                drawing = picture(self._topology, self._plan, stage, against=stage, language=language)
                drawn = svg(drawing, self._laid_out(drawing))
                self._drawn[stage, language] = re.sub(r"<style>.*?</style>\n?", "", drawn, count=1, flags=re.DOTALL)
            return self._drawn[stage, language]

    def _laid_out(self, drawing: Drawing) -> Layout:
        text = dot.text(drawing)
        if text not in self._layouts:
            self._layouts[text] = _places(text)
        return self._layouts[text]


def _places(text: str) -> Layout:
    try:
        done = subprocess.run(
            dot.COMMAND, input=text, capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE_SECONDS
        )
        return layout.read(done.stdout)
    except FileNotFoundError as error:
        hint = "as root: make setup, or apt-get install graphviz"
        raise WrongInput("Graphviz (the program dot) is not here", where="v6lab watch", hint=hint) from error
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"dot did not lay the drawing out within {PATIENCE_SECONDS:.0f} s") from error
    except ValueError as error:
        raise CannotMeasure(f"dot could not lay the drawing out:\n{done.stderr.strip()}") from error
