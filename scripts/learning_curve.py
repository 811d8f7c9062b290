"""F1 against the share of the training articles: ``python scripts/learning_curve.py RUN… --picture FILE``.

The runs differ in seed and share alone; they are made by ``train.finetune --known train/split.json``, the share being
``again`` in their settings (``train/README.md``). Each counts with its best epoch on dev. Needs the extra ``dev``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Annotated

import matplotlib as mpl
import typer
from matplotlib.figure import Figure

from casualties.labels import ATTRIBUTION_LABELS, CASUALTY_LABELS, LABELS
from casualties.scoring.evaluation import MAIN_METRIC
from train.card import best_epoch, markdown
from train.command_line import command_line
from train.config import CONFIG, read_config

DRAWN = {
    "casualty, exact": "casualty.exact.f1",
    "casualty, overlap": "casualty.overlap.f1",
    "attribution, overlap": "attribution.overlap.f1",
    "places, dates, sources, exact": "context.exact.f1",
}
"""The families of labels, by the names of their metrics."""
OF_LABELS = {label: f"{label}.exact.f1" for label in LABELS}
REPORTED = {name: OF_LABELS[name] for name in CASUALTY_LABELS + ATTRIBUTION_LABELS}

Metrics = Mapping[str, float]
Curve = Mapping[float, Sequence[Metrics]]
"""The metrics of each seed, by share, least first."""


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    picture: Annotated[Path | None, typer.Option(help="Where to draw the curve, as SVG.")] = None,
) -> None:
    """Print a Markdown table of F1 by share and label, and draw the curve."""
    with command_line():
        curve = read_runs(runs)
        typer.echo(table(curve))
        if picture:
            draw(curve, picture)


def read_runs(runs: Sequence[Path]) -> Curve:
    """The best epoch of each run, by the share of the articles that it learnt from.

    Raises:
        FileNotFoundError: if a folder holds no run.
        ValueError: if a run has no epoch, or all learnt from one share.
    """
    found: dict[float, list[Metrics]] = defaultdict(list)
    for run in runs:
        found[read_config(run / CONFIG).training.again].append(best_epoch(run))
    if len(found) < 2:
        raise ValueError("all runs learnt from one share of the articles; a curve needs runs of two or more")
    return dict(sorted(found.items()))


def table(curve: Curve) -> str:
    """Markdown: the mean and the range of F1 over seeds by share, and the mean gain of each of the last two steps."""
    rows = []
    for name, metric in {"main": MAIN_METRIC, **DRAWN, **OF_LABELS}.items():
        values = percent(curve, metric)
        gold = round(next(iter(curve.values()))[0][f"{name}.gold"]) if name in OF_LABELS else ""
        cells = [f"{mean(each):.1f} ({min(each):.1f}–{max(each):.1f})" for each in values]
        steps = values[-3:]
        gain = (mean(steps[-1]) - mean(steps[0])) / (len(steps) - 1)
        rows.append([name, str(gold), *cells, f"{gain:+.1f}"])
    return markdown(["", "on dev", *map(share_name, curve), "gain a step"], rows)


def percent(curve: Curve, metric: str) -> list[list[float]]:
    """A metric in percent, by share and seed."""
    return [[100 * each[metric] for each in seeds] for seeds in curve.values()]


def share_name(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.3g} %"


def draw(curve: Curve, path: Path) -> None:
    """Draw F1 against the share, of the families of labels and of each label, with the range over seeds."""
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    right.set_prop_cycle(color=mpl.color_sequences["tab20"])
    for axes, names in ((left, DRAWN), (right, REPORTED)):
        for name, metric in names.items():
            values = percent(curve, metric)
            means = [mean(each) for each in values]
            below = [middle - min(each) for middle, each in zip(means, values, strict=True)]
            above = [max(each) - middle for middle, each in zip(means, values, strict=True)]
            axes.errorbar(list(curve), means, yerr=[below, above], marker="o", markersize=3, capsize=3, label=name)
        axes.set_xscale("log", base=2)
        axes.set_xticks(list(curve), [share_name(share) for share in curve])
        axes.set_xlabel("share of the training articles")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    left.set_ylabel("F1 on dev, percent; bars: range over seeds")
    with mpl.rc_context({"svg.hashsalt": "casualties", "svg.fonttype": "none"}):  # the same curve, the same small file
        figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    typer.run(main)
