"""``v6lab``: finds the command, runs it, and turns every error that is ours into one message and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module

import click

from harness.cli import examples
from harness.errors import EXIT_NOT_MEASURED, HarnessError, WrongInput, unusable

COMMANDS: Mapping[str, str] = {
    "up": "bring a lab up and wait until it has converged",
    "down": "take a lab down",
    "apply": "take a running lab to another stage, as production would be changed",
    "status": "what stands: engine, stage, nodes",
    "nodes": "the nodes of a lab, their roles and addresses",
    "exec": "run a command in a node",
    "shell": "a shell in a node",
    "log": "what a node and its services have logged",
    "render": "write node trees, or say where a file of a node comes from",
    "diff": "what two stages have different",
    "draw": "draw the network at a stage, and what the stage changes",
    "journeys": "do what people do, and say what was lost",
    "ipv4-off": "take IPv4 away from people, count what they can still do, give it back",
    "verify": "say whether a change of the configuration may go into production",
    "rehearse": "walk through the stages and back, and say what each step costs",
    "drill": "break something, measure who notices and how long traffic is out, mend it",
    "watch": "serve a page that follows a lab, in a browser of this machine",
    "exercise": "mend a broken network of one's own, for a grade (bài thực hành)",
    "report": "make a report of a run: one HTML file, or a PDF",
    "plan": "lint the address plan, or show it",
    "mutants": "put known faults in one at a time and see that the suite notices",
    "doctor": "what this machine has and lacks, and what that costs",
    "completion": "print what makes a shell complete",
}
"""Command → one line of help. Each is the function ``command`` of the module ``harness.cli.<name>``, imported only when
it is used."""


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if name not in COMMANDS:
            return None
        command = import_module(f"harness.cli.{name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        command.name, command.short_help = name, COMMANDS[name]
        command.epilog = examples.text(examples.EXAMPLES[name])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples.text(examples.FIRST, "First steps"),
)
@click.version_option(package_name="v6lab", message="v6lab %(version)s")
def cli() -> None:
    """Verify a move from IPv4 to IPv6 on a lab of the whole network, before production.

    Exit codes: 0 pass, 1 fail, 2 wrong input, 3 could not measure. No colours where NO_COLOR is set or the output is no
    terminal.
    """


def main() -> None:
    """The program. Being told to end (SIGTERM: a CI job that is cancelled) is Ctrl-C: what was begun is undone."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = run(sys.argv[1:])
    _forget_unwritten()
    sys.exit(code)


def _forget_unwritten() -> None:
    """What could not be written is not tried again at the end, where Python 3.11.2 makes an exit code of its own of it."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = cli.main(args=arguments, prog_name="v6lab", standalone_mode=False)
        sys.stdout.flush()
    except HarnessError as error:
        return _fail(error)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _fail(_misused(error))
    except (click.Abort, KeyboardInterrupt):
        _say("stopped")
        return 130
    except BrokenPipeError:
        return EXIT_NOT_MEASURED
    except OSError as error:
        return _fail(unusable(error, "the output" if error.filename is None else None))
    return code if isinstance(code, int) else 0


def _fail(error: HarnessError) -> int:
    _say(str(error))
    return error.exit_code


def _say(text: str) -> None:
    with suppress(OSError):  # nobody is left to be told
        click.echo(f"v6lab: {text}", err=True)


def _misused(error: click.ClickException) -> WrongInput:
    """click's message of a command line that cannot be understood, as one of ours."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    program = context.command_path if context else "v6lab"
    command = context.command if context else cli
    hint = f"{program} --help"
    if isinstance(error, click.exceptions.NoSuchCommand) and isinstance(command, click.Group) and context:
        hint = "commands: " + ", ".join(command.list_commands(context))
    what = error.format_message().rstrip(".")
    return WrongInput(what[:1].lower() + what[1:], hint=hint)
