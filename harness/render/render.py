"""Rendering: topology, plan and a stack of stages in, node trees out. Undefined names are errors with file and line."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from harness.errors import WrongInput, usable
from harness.plan.model import Plan, Stage
from harness.render.stages import Stack
from harness.render.tree import NodeTree, Source, TreeFile, Trees
from harness.render.view import functions, node_view
from harness.topology.model import Topology

DEFAULT_MODE, EXECUTABLE_MODE = 0o644, 0o755


@dataclass(frozen=True, slots=True)
class Configs:
    """Where the configurations lie: ``configs/``, with ``stages/`` and ``macros/`` below."""

    root: Path

    @property
    def stages(self) -> Path:
        """The directories of the stages."""
        return self.root / "stages"

    @property
    def macros(self) -> Path:
        """Blocks that several templates share."""
        return self.root / "macros"


def stage_of(plan: Plan, name: str) -> Stage:
    """The stage of that name; ``WrongInput`` lists those that exist."""
    for stage in plan.stages:
        if stage.name == name:
            return stage
    raise WrongInput(f"there is no stage {name!r}", where="--stage", hint="stages: " + ", ".join(plan.stage_names()))


def render(
    topology: Topology,
    plan: Plan,
    configs: Configs,
    stage: str,
    *,
    overlays: tuple[Path, ...] = (),
    compiled: Path | None = None,
) -> Trees:
    """The trees of all nodes at a stage; the directory ``compiled`` keeps what templates were compiled to for the next
    time, as that costs more than rendering. Raises ``WrongInput`` with file and line of the template at fault."""
    stack = Stack.at(configs.stages, plan.stage_names(), stage, *overlays)
    environment = _environment(configs, compiled)
    environment.globals.update(functions(topology, plan, stage_of(plan, stage)))
    return {name: _tree(environment, stack, topology, plan, stage, name) for name in topology.nodes}


def _environment(configs: Configs, compiled: Path | None) -> jinja2.Environment:
    if compiled:
        with usable(compiled):
            compiled.mkdir(parents=True, exist_ok=True)
    environment = jinja2.Environment(
        loader=_Loader(configs),
        bytecode_cache=jinja2.FileSystemBytecodeCache(str(compiled)) if compiled else None,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        extensions=["jinja2.ext.do"],
    )
    environment.filters["dense"] = lambda text: "".join(line for line in text.splitlines(True) if line.strip())
    environment.filters["prefix"] = lambda text, head: f"{head}{text}"
    return environment


class _Loader(jinja2.BaseLoader):
    """Templates by their full path; what is imported by a short name comes from ``macros/``."""

    def __init__(self, configs: Configs) -> None:
        self._macros = configs.macros

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Any]:
        path = Path(template) if Path(template).is_absolute() else self._macros / template
        try:
            return path.read_text(encoding="utf-8"), str(path), lambda: True
        except OSError as error:
            raise jinja2.TemplateNotFound(template) from error


def _tree(
    environment: jinja2.Environment, stack: Stack, topology: Topology, plan: Plan, stage: str, name: str
) -> NodeTree:
    context = {"node": node_view(topology, plan, stage, name)}
    role = topology.nodes[name].role
    files: dict[str, TreeFile] = {}
    for path in stack.paths(name, role):
        source = stack.resolve(name, role, path)
        if source is not None:
            files[path] = _file(environment, source, context, name)
    return NodeTree(name, files)


def _file(environment: jinja2.Environment, source: Source, context: Mapping[str, Any], node: str) -> TreeFile:
    executable = source.file.stat().st_mode & 0o100
    mode = EXECUTABLE_MODE if executable else DEFAULT_MODE
    if not source.template:
        return TreeFile(source.file.read_bytes(), mode, source)
    try:
        text = environment.get_template(str(source.file.resolve())).render(context)
    except jinja2.TemplateSyntaxError as error:
        raise WrongInput(
            error.message or "cannot be parsed",
            where=error.filename or source.file,
            line=error.lineno,
            hint="mend the template at or above this line",
        ) from error
    except WrongInput:
        raise
    except Exception as error:  # whatever an expression of a template comes to: the template is the user's
        file, line = _place(error, source.file)
        raise WrongInput(
            f"{_what(error)} (rendering {node})", where=file, line=line, hint="see docs/render.md for the names"
        ) from error
    return TreeFile(text.encode(), mode, source)


def _what(error: Exception) -> str:
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no macro file {error.name!r}"
    return str(error) or type(error).__name__


def _place(error: Exception, fallback: Path) -> tuple[Path, int | None]:
    """The innermost template frame of an error: Jinja puts the template's file and line into the traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return (Path(frames[-1].filename), frames[-1].lineno) if frames else (fallback, None)
