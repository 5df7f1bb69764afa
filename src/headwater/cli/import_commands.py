"""``headwater sources`` and ``headwater import``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.cli import _output as out
from headwater.cli._context import DataDir, Json, say, settings_for
from headwater.cli._progress import TerminalProgress
from headwater.cli.build_commands import CatalogFiles, NoCatalog
from headwater.ingest.sources.registry import REGISTRY

if TYPE_CHECKING:
    from headwater.ingest.kept_import import Import

IMPORTED = tuple(
    entry.name for entry in REGISTRY if entry.name not in ("hub", "catalog")
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("sources")(sources_command)
    app.command("import")(import_command)


def sources_command(as_json: Json = False) -> None:
    """List where claims can come from, what each source needs, and how to read it.

    [bold]Example[/bold]: headwater sources
    """
    if as_json:
        out.print_json(
            [
                {**asdict(entry), "is_available": entry.is_available}
                for entry in REGISTRY
            ]
        )
        return
    made = out.table("source", "what it is", "needs", "how")
    for entry in REGISTRY:
        needs = entry.needs or "nothing"
        if not entry.is_available:
            needs += " (not here)"
        made.add_row(
            entry.name, entry.meaning, out.plain(needs), out.plain(entry.usage)
        )
    out.console().print(made)


def import_command(
    source: Annotated[str, typer.Argument(help=f"One of {', '.join(IMPORTED)}.")],
    where: Annotated[
        list[str] | None, typer.Argument(help="Paths, or addresses of a dump.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, help="Processes that parse; default one a core."
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint",
            help="Address of the Hub that a dump was made from (or HF_ENDPOINT).",
        ),
    ] = None,
    catalog: CatalogFiles = None,
    no_catalog: NoCatalog = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Read a source other than the Hub's API and publish a new snapshot with it.

    The claims are kept; a later import from the same place replaces them. What changed
    after a dump was made comes with: headwater crawl --update

    [bold]Examples[/bold]

      headwater import bulk hf://datasets/cfahlgren1/hub-stats/models.parquet

      headwater import bulk https://example.org/2026-11-18/models.parquet

      headwater import local ~/models

      headwater import ecosystem-graphs ecosystem-graphs/assets
    """
    from headwater.graph.kernels.memory import return_freed_memory
    from headwater.ingest.imports import import_source
    from headwater.ingest.load import build

    return_freed_memory()

    settings = settings_for(data_dir)
    with TerminalProgress() as progress:
        kept = import_source(
            settings.data_dir, source, where or (), workers=workers, progress=progress,
            endpoint=endpoint or settings.endpoint,
            max_download_bytes=settings.max_download_bytes,
        )  # fmt: skip
    manifest = build(settings.data_dir, catalogs=catalog or (), packaged=not no_catalog)
    if as_json:
        out.print_json({**asdict(kept), "snapshot": manifest.id})
        return
    _print(kept)
    say(f"Published {manifest.id}")


def _print(kept: Import) -> None:
    console = out.console()
    left_out = sum(kept.skipped.values())
    console.print(
        out.plain(
            f"{kept.source}: {kept.records:,} records, {kept.claims:,} claims, "
            f"{left_out:,} values left out, {len(kept.unresolved):,} names not resolved"
        )
    )
    if kept.skipped:
        made = out.table(
            "left out because", "times", "for instance", numbers=("times",)
        )
        ranked = sorted(kept.skipped.items(), key=lambda item: (-item[1], item[0]))
        # All of them: what is left out in silence would be lost.
        for reason, number in ranked:
            example = next(iter(kept.examples.get(reason, ())), "")
            made.add_row(out.plain(reason), out.count(number), out.plain(example[:80]))
        console.print(made)
    for name in kept.unresolved[:5]:
        console.print(out.plain(f"stub: {name}"), style="dim")
