"""The drawing of the lab as it stands, for both languages; Graphviz is asked once, for places do not depend on stages."""

from __future__ import annotations

import re
import threading

from harness.language import Language
from harness.plan.model import Plan
from harness.report.drawing import dot, style
from harness.report.drawing.graphviz import laid_out
from harness.report.drawing.layout import Layout
from harness.report.drawing.model import Drawing
from harness.report.drawing.picture import picture
from harness.report.drawing.svg import svg
from harness.topology.model import Topology

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
        """The network at a stage, as SVG. Raises as ``laid_out`` does, and ``WrongInput`` for a stage that
        there is not."""
        with self._lock:
            if (stage, language) not in self._drawn:
                drawing = picture(self._topology, self._plan, stage, against=stage, language=language)
                drawn = svg(drawing, self._laid_out(drawing))
                self._drawn[stage, language] = re.sub(r"<style>.*?</style>\n?", "", drawn, count=1, flags=re.DOTALL)
            return self._drawn[stage, language]

    def _laid_out(self, drawing: Drawing) -> Layout:
        text = dot.text(drawing)
        if text not in self._layouts:
            self._layouts[text] = laid_out(drawing)
        return self._layouts[text]
