"""Reading a containerlab file into what it means: template, variables, strict YAML, merging, links."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from harness.errors import WrongInput
from harness.topology import words
from harness.topology.binds import Paths, make_bind, merge_binds
from harness.topology.links import Links, read_links
from harness.topology.merge import Given, Levels, group_of, kind_of, levels_of
from harness.topology.model import Finding, NodeSpec, Topology
from harness.topology.shapes import ANY_MAP, FILE
from harness.topology.source import Reader, compose
from harness.topology.substitute import substitute
from harness.topology.support import NETWORK_ADMIN, Account
from harness.topology.template import Rendered, render

_IMPORT_ALL = "__IMPORT_ENVS"
"""A variable of a node that, set to true, brings in the whole environment."""


def load(path: Path, variables: Mapping[str, str] | None = None) -> Topology:
    """The topology in the file ``path`` as containerlab 0.79 means it.

    ``variables`` is the environment for ``${…}`` and magic paths, the process's own where it is ``None``. What the
    embedded engine cannot give is in ``unsupported``; whether links and names make sense is for ``lint``; whether the
    host paths of binds exist is for ``binds.missing_binds``.

    Raises ``WrongInput`` with file, line and key for everything that containerlab would not read.
    """
    variables = dict(os.environ if variables is None else variables)
    source = _text(path)
    rendered = render(source, _template_variables(path) if "{{" in source else None, path)
    text = substitute(rendered.text, variables, path)
    reader = Reader(path, rendered.origin)
    try:
        node = compose(text, path, rendered.origin)
        if node is None:
            raise WrongInput("the file is empty", where=path, hint="write name: and topology: with nodes:")
        body = reader.read(node, FILE, "")
    except RecursionError:
        raise WrongInput("an anchor contains itself", where=path, hint="take the alias out of its anchor") from None
    return _topology(path, node, body, reader, variables, rendered)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        hint = "name a containerlab file (NAME.clab.yml)"
        raise WrongInput(f"cannot be read: {error.strerror}", where=path, hint=hint) from None
    except UnicodeDecodeError as error:
        raise WrongInput(f"is not UTF-8 text (byte {error.start})", where=path, hint="save it as UTF-8") from None


def _template_variables(path: Path) -> dict[str, Any] | None:
    """The variables of ``NAME_vars.yml|yaml|json`` beside the file, later files' over earlier ones'."""
    beginning = f"{path.stem}_vars."
    found = [
        file
        for file in sorted(path.parent.iterdir())
        if file.name.startswith(beginning) and file.suffix in (".yml", ".yaml", ".json")
    ]
    merged: dict[str, Any] = {}
    for file in found:
        node = compose(_text(file), file)
        merged |= (Reader(file).read(node, ANY_MAP, "") or {}) if node is not None else {}
    return merged if found else None


def _topology(
    path: Path, root: yaml.Node, body: dict[str, Any], reader: Reader, variables: Mapping[str, str], rendered: Rendered
) -> Topology:
    def wrong(key: str, what: str, hint: str) -> WrongInput:
        return WrongInput(what, where=path, line=reader.lines.get(key), key=key, hint=hint)

    name, section = body.get("name") or "", body.get("topology") or {}
    if not name:
        raise wrong("name", "the lab has no name", "write name: NAME at the top of the file")
    if not section.get("nodes"):
        raise wrong("topology.nodes", "there are no nodes", "write topology: nodes: NAME: {kind: linux, image: …}")
    for part in ("defaults", "kinds", "groups", "nodes"):
        _import_environment(section.get(part), variables, single=part == "defaults")
    for kind, kind_body in (section.get("kinds") or {}).items():
        if kind_body is None:
            raise wrong(f"topology.kinds.{kind}", "the kind is empty", "take it out or write its defaults")
    paths = Paths.of(path, name, variables)
    account = Account(path, reader.lines)
    if "__git" in name:
        account.add("error", "name", f"the name {name} takes variables from git", "write the name out")
    nodes = {node: _node(node, section, paths, account, wrong) for node in section["nodes"]}
    found = _links(root, reader)
    return Topology(
        name=name,
        file=path,
        nodes=nodes,
        links=found.links,
        variables=variables,
        prefix="clab" if body.get("prefix") is None else body["prefix"],
        lines=reader.lines,
        unsupported=_in_order((*account.findings.values(), *found.refused)),
    )


def _links(root: yaml.Node, reader: Reader) -> Links:
    """The links section once more, now each link against the shape of its type."""
    node: yaml.Node | None = root
    for key in ("topology", "links"):
        pairs = reader.pairs(node, key) if isinstance(node, yaml.MappingNode) else iter(())
        node = next((pair.value for pair in pairs if pair.key.value == key), None)
    return read_links(node, reader)


def _in_order(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.severity != "error", finding.line or 0)))


def _import_environment(section: Any, variables: Mapping[str, str], *, single: bool) -> None:
    for body in (section,) if single else (section or {}).values():
        if body and (body.get("env") or {}).get(_IMPORT_ALL) == "true":
            body["env"] = {**variables, **body["env"]}


def _node(
    name: str, section: Mapping[str, Any], paths: Paths, account: Account, wrong: Callable[[str, str, str], WrongInput]
) -> NodeSpec:
    levels = levels_of(section, name)
    kind = kind_of(section, name).lower()
    if not kind:
        hint = "write kind: linux here or under topology.defaults"
        raise wrong(f"topology.nodes.{name}", "the node has no kind", hint)
    try:
        binds = merge_binds(levels.items("binds"))
    except ValueError as error:
        what, item = error.args
        raise wrong(item.key, what, "write /host/path:/path/in/node or …:ro") from None
    account.node(name, kind, levels)
    mode = levels.scalar("network-mode").value
    sysctls = levels.mapping("sysctls")
    unsaid = levels.scalar("privileged", None).value is None
    added = [_capability(item.value) for item in levels.items("cap-add")]
    if kind == "linux" and mode != "host":
        sysctls["net.ipv6.conf.all.disable_ipv6"] = "0"  # containerlab gives it to every linux node
    return NodeSpec(
        name=name,
        kind=kind,
        image=levels.scalar("image").value,
        group=group_of(section, name),
        entrypoint=_command(levels, "entrypoint", wrong),
        cmd=_command(levels, "cmd", wrong),
        env=levels.mapping("env"),
        binds=tuple(make_bind(item.value, name, paths) for item in binds),
        exec=tuple(paths.magic(item.value, name) for item in levels.items("exec")),
        sysctls=sysctls,
        capabilities=tuple(dict.fromkeys((*added, *(NETWORK_ADMIN if unsaid else ())))),
        devices=tuple(item.value for item in levels.items("devices")),
        labels=levels.mapping("labels"),
        hostname=levels.scalar("hostname").value or name,
        network_mode=mode,
        network_admin=unsaid,
    )


def _capability(text: str) -> str:
    return text.upper().removeprefix("CAP_")


def _command(levels: Levels, key: str, wrong: Callable[[str, str, str], WrongInput]) -> tuple[str, ...] | None:
    given: Given = levels.scalar(key)
    try:
        return words.split(given.value) or None
    except ValueError as error:
        raise wrong(given.key, f"{given.value!r}: {error}", "quote it as for a shell") from None
