"""The ``headwater`` command."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

import headwater
from headwater.cli import (
    bom_command,
    build_commands,
    chokepoints,
    crawl_command,
    explore,
    export_command,
    impact,
    import_commands,
    licences,
    openness,
    push_command,
    quality_commands,
    serve_command,
    time_commands,
    upstream,
    watch_command,
)
from headwater.cli._context import say
from headwater.errors import (
    AmbiguousTargetError,
    IncompleteCrawlError,
    InvalidArgumentError,
    InvalidIdError,
    LineageError,
    NodeNotFoundError,
    PushCutError,
)

app = typer.Typer(
    name="headwater",
    help="The knowledge graph of AI-model lineage: what stands on what, and what breaks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    impact,
    upstream,
    chokepoints,
    licences,
    openness,
    explore,
    quality_commands,
    time_commands,
    watch_command,
    export_command,
    bom_command,
    build_commands,
    crawl_command,
    import_commands,
    push_command,
    serve_command,
):
    module.register(app)

USAGE_ERRORS = (
    AmbiguousTargetError, InvalidArgumentError, InvalidIdError, NodeNotFoundError,
)  # fmt: skip


def _version(*, wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"headwater {headwater.__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda value: _version(wanted=value),
            is_eager=True,
            help="Print the version and end.",
        ),
    ] = False,
) -> None:
    """Read the options that come before the command."""


def _stand_in_for_closed_streams() -> None:
    """Give what was closed by the caller (``>&-``) a place that takes everything."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Python leaves None, and some of what we use believes in a stream.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _environment_failed(error: OSError) -> int:
    """Tell what the system refused, in one line; return the exit code."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        say(f"headwater: cannot use {error.filename}: {reason}; choose another place "
            "(--data-dir, or the file that was named)")  # fmt: skip
        return 1
    with suppress(OSError, ValueError):
        # What is still in the buffer cannot be written either; do not try at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0
    say(f"headwater: cannot write the answer: {reason}; free some space, or send it "
        "elsewhere")  # fmt: skip
    return 1


def main() -> None:
    """Run the command line; end with 0, 1 (error), 2 (usage), 3 (in part), 4 or 130.

    4: something upstream of watched artefacts changed.
    """
    _stand_in_for_closed_streams()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except typer.Abort:
        code = 130
    except typer.TyperException as problem:
        # A usage error of the parser; it knows how to show itself.
        getattr(problem, "show", lambda: say("headwater: wrong usage"))()
        code = 2
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        code = _environment_failed(error)
    except LineageError as error:
        say(f"headwater: {error}")
        code = 2 if isinstance(error, USAGE_ERRORS) else 1
        if isinstance(error, (IncompleteCrawlError, PushCutError)):
            code = 3
    if code == 130:
        say("Interrupted.")
    sys.exit(code if isinstance(code, int) else 0)
