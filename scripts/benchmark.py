"""Speed and memory of models, side by side: ``python scripts/benchmark.py default FLOAT_FOLDER``.

The contenders read some of our own articles in turn, round by round, each in a process of its own, so that the ratios
hold when the machine's speed drifts. Figures are medians over the rounds.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from casualties.extractor import Extractor
from train.command_line import command_line
from train.data import load_articles

ARTICLES = 200
"""How many of our articles are read in bulk, evenly drawn from all."""


def main(
    models: Annotated[list[str], typer.Argument(help="Model folders, or default; ratios are to the first.")],
    rounds: Annotated[int, typer.Option(help="How often each reads the articles.", min=1)] = 5,
    output: Annotated[Path | None, typer.Option(help="Where to write the medians as JSON.")] = None,
    measure: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Compare models."""
    with command_line():
        if measure:
            typer.echo(json.dumps(measure_once(models[0])))
            return
        results: dict[str, list[dict[str, float]]] = {model: [] for model in models}
        for _ in track(range(rounds), "measuring", console=Console(stderr=True)):
            for model in models:
                command = [sys.executable, __file__, model, "--measure"]
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    raise ValueError(f"measuring {model} ended with exit code {done.returncode}: {done.stderr.strip()}")
                results[model].append(json.loads(done.stdout))
        medians = {model: {key: _median(figures, key) for key in figures[0]} for model, figures in results.items()}
        table = Table("model", *medians[models[0]])
        for row in compare_speed(medians):
            table.add_row(*row)
        Console().print(table)
        if output:
            output.write_text(json.dumps(medians, indent=1) + "\n", encoding="utf-8")


def measure_once(model: str) -> dict[str, float]:
    """One reading of ``ARTICLES`` of our articles in this process.

    Returns:
        Seconds to load, seconds for one article of about 400 words after loading, words a second in bulk, the share
        of linking in the time of finding mentions (percent, in a text of 20,000 words, for 60 of its mentions), and
        the peak resident memory in MB.
    """
    started = time.perf_counter()
    extractor = Extractor(model)
    loaded = time.perf_counter()
    ours = load_articles(None)
    texts = [article.text for article in ours[:: max(1, len(ours) // ARTICLES)]]
    one = min(texts, key=lambda text: abs(len(text.split()) - 400))
    began = time.perf_counter()
    extractor.extract(one)
    read = time.perf_counter()
    for _ in extractor.extract_many(texts):
        pass
    words = sum(len(text.split()) for text in texts)
    many_read = time.perf_counter()
    return {
        "load s": loaded - started,
        "400 words s": read - began,
        "words/s": words / (many_read - read),
        "links %": 100 * share_of_links(extractor, "\n\n".join(texts)),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def share_of_links(extractor: Extractor, text: str, words: int = 20_000, mentions: int = 60) -> float:
    """How long linking some mentions of the beginning of a text takes, as a share of the time to find them."""
    text = " ".join(text.split(" ")[:words])
    started = time.perf_counter()
    found = next(extractor.decode_many([text]))
    decoded = time.perf_counter()
    some = found[:: max(1, len(found) // mentions)][:mentions]
    vectors = extractor.vectors(text, some)
    known = time.perf_counter()
    extractor.link(text, some, vectors=vectors)
    return (time.perf_counter() - known) / (decoded - started)


def compare_speed(medians: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """A row a contender: its name, and its medians to three digits with their ratios to the first contender's."""
    first = next(iter(medians.values()))
    return [
        [model, *(f"{three_digits(value)} (×{value / first[key]:.2f})" for key, value in figures.items())]
        for model, figures in medians.items()
    ]


def three_digits(value: float) -> str:
    """A number to three significant digits, as in 0.135, 9 and 3,450."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _median(rounds: Sequence[dict[str, float]], key: str) -> float:
    return statistics.median(figures[key] for figures in rounds)


if __name__ == "__main__":
    typer.run(main)
