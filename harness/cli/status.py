"""``v6lab status``."""

from __future__ import annotations

import json

import click

from harness.cli.options import attach, json_option, lab_option
from harness.lab import record
from harness.lab.lab import Lab


@click.command()
@lab_option
@json_option
def command(lab: str | None, as_json: bool) -> None:
    """What stands: engine, topology, stage, state and how long convergence took."""
    if lab is None and not record.names():
        click.echo(json.dumps(None) if as_json else "no lab is up")
        return
    found = attach(lab)
    click.echo(json.dumps(as_data(found), indent=1) if as_json else _text(found))


def as_data(lab: Lab) -> dict[str, object]:
    """The status as it is given to other programs."""
    return {
        "lab": lab.name,
        "engine": lab.engine.name,
        "topology": lab.record.topology,
        "stage": lab.stage or None,
        "state": lab.record.state,
        "cause": lab.record.cause,
        "nodes": [{"name": node.name, "role": node.role, "state": node.state} for node in lab.nodes.values()],
        "converged_s": lab.record.converged_s,
    }


def _text(lab: Lab) -> str:
    states = [node.state for node in lab.nodes.values()]
    counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    where = f"{lab.record.state} {lab.stage}" if lab.stage else lab.record.state
    cause = f" ({lab.record.cause})" if lab.record.cause else ""
    converged = f"converged in {lab.record.converged_s} s" if lab.record.converged_s else "not converged"
    return f"lab {lab.name} on {lab.engine.name}: {where}{cause}, {converged}\nnodes: {counted}\nrun: {lab.record.run}"
