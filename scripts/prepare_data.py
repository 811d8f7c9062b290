"""Join the stand-off labels with the texts they point into, by hash, and say exactly what is missing.

``python scripts/prepare_data.py DATA --output joined.jsonl``; exit code 1 if any text is missing or changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from casualties.corpus.records import join_texts, read_records
from casualties.corpus.tables import SOURCES, read_texts
from train.data import ANNOTATIONS


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the third-party collections.")],
    output: Annotated[Path | None, typer.Option(help="Where to write the records with their texts inside.")] = None,
) -> None:
    """Join labels and texts."""
    table = Table("collection", "labelled", "joined", "missing", "changed")
    lost: list[str] = []
    lines: list[str] = []
    for source in SOURCES:
        records = list(read_records(ANNOTATIONS / f"{source}.jsonl"))
        joined = join_texts(records, read_texts(source, data))
        numbers = (len(records), len(joined.articles), len(joined.missing), len(joined.changed))
        table.add_row(source, *map(str, numbers))
        lost += [f"{source} {id}: no such text" for id in joined.missing]
        lost += [f"{source} {id}: the text is not the one that was labelled" for id in joined.changed]
        lines += [json.dumps(article.to_record(), ensure_ascii=False) + "\n" for article in joined.articles]
    Console().print(table)
    if output:
        output.write_text("".join(lines), encoding="utf-8")
    for line in lost:
        typer.echo(line, err=True)
    if lost:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
