"""Write a model card, and README's figures, from what training, evaluation and the benchmark left behind.

``python -m train.card RUN RUN RUN --exported RUN --model … --scores … --float-scores … … --output model_cards/NAME.md``
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Annotated, TypeVar

import numpy as np
import typer
from rich.console import Console

from casualties.corpus.records import Article
from casualties.corpus.tables import read_dates
from casualties.extractor import MANIFEST_FILE, MODEL_FILE, Extractor
from casualties.labels import LABELS
from casualties.scoring import MAIN_METRIC
from casualties.view import print_report
from scripts.benchmark import compare_speed
from scripts.evaluate import LINK_FIGURES, MAIN_FIGURES, UNLIKE_TRAINING, percent_with_interval
from train.command_line import command_line
from train.config import CONFIG, read_config
from train.data import load_articles, read_split
from train.split import like_training

REPOSITORY = Path(__file__).parents[1]
CARDS = REPOSITORY / "model_cards"
EXAMPLE = REPOSITORY / "tests" / "example.txt"
EXAMPLE_WIDTH = 110

README_GROUPS = ("all", "whole articles", "shorter texts")
"""The groups of articles that the README has scores of; the card has all."""

T = TypeVar("T")

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By model, group of articles and key, as ``scripts/evaluate.py`` writes them; the embedded model first."""


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of the runs.")],
    exported: Annotated[Path, typer.Option(help="The run that was exported: one of them, or their mean.")],
    model: Annotated[Path, typer.Option(help="The embedded model's folder.")],
    scores: Annotated[Path, typer.Option(help="Test scores of the embedded model, then of seeds if there are any.")],
    float_scores: Annotated[Path, typer.Option(help="Test scores of the embedded model in float.")],
    benchmark: Annotated[Path, typer.Option(help="What scripts/benchmark.py --output wrote.")],
    robustness: Annotated[Path, typer.Option(help="What scripts/robustness.py --output wrote.")],
    output: Annotated[Path, typer.Option(help="The card to write.")],
    readme: Annotated[Path | None, typer.Option(help="A file whose marked sections to write anew.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts.")] = None,
) -> None:
    """Write a card, and the figures of the README."""
    with command_line():
        articles = load_articles(data)
        manifest = json.loads((model / MANIFEST_FILE).read_text(encoding="utf-8"))
        settings = read_config(runs[0] / CONFIG)
        found = json.loads(scores.read_text(encoding="utf-8"))
        int8: Scores = found["models"]
        links = found["links"].get("whole articles", found["links"]["all"])
        exact: Scores = json.loads(float_scores.read_text(encoding="utf-8"))["models"]
        speed: dict[str, dict[str, float]] = json.loads(benchmark.read_text(encoding="utf-8"))
        card = Template((CARDS / "template.md").read_text(encoding="utf-8")).substitute(
            name=manifest["name"],
            version=manifest["version"],
            encoder=settings.encoder,
            window_size=manifest["windows"]["size"],
            window_overlap=manifest["windows"]["overlap"],
            size=f"{(model / MODEL_FILE).stat().st_size / 1e6:.1f}",
            data=data_table(articles),
            alike=len(like_training(articles, "test", read_dates(data) if data else {})),
            unlike_training=UNLIKE_TRAINING,
            groups=group_table(int8),
            labels=label_table(_first(int8)["all"]),
            precision=precision_table(_first(int8)["all"], _first(exact)["all"]),
            export=export_lines(exported),
            links=link_rows(links),
            calibration=calibration_lines(int8, found["reliability"]),
            robustness=robustness_table(json.loads(robustness.read_text(encoding="utf-8"))),
            speed=speed_table(speed),
            settings=(runs[0] / CONFIG).read_text(encoding="utf-8").strip(),
            training=training_lines(runs),
            failures=(CARDS / "failures.md").read_text(encoding="utf-8").strip(),
        )
        output.write_text(card, encoding="utf-8")
        if readme:
            embedded = {group: figures for group, figures in _first(int8).items() if group in README_GROUPS}
            accuracy = [group_table({"embedded": embedded}), link_rows(links), speed_table(speed)]
            sections = {"accuracy": "\n\n".join(accuracy), "example": example(model)}
            readme.write_text(fill_in(readme.read_text(encoding="utf-8"), sections), encoding="utf-8")


def fill_in(text: str, sections: Mapping[str, str]) -> str:
    """The text with what stands between ``<!-- name -->`` and ``<!-- /name -->`` written anew.

    Raises:
        ValueError: if a mark is missing.
    """
    for name, section in sections.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not ended:
            raise ValueError(f"no section between {begin} and {end} to write anew")
        text = f"{before}{begin}\n{section}\n{end}{after}"
    return text


def example(model: Path) -> str:
    """README's first command with what it prints on a terminal of ``EXAMPLE_WIDTH`` columns."""
    console = Console(file=io.StringIO(), width=EXAMPLE_WIDTH)
    print_report(Extractor(model).extract(EXAMPLE.read_text(encoding="utf-8")), console)
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().rstrip().splitlines()]
    command = "$ pip install . && casualties extract tests/example.txt"
    return "\n".join(["```console", command, *lines, "```"])


def data_table(articles: Sequence[Article]) -> str:
    """Articles and mentions of each collection in each part of the split."""
    part_of = {id: part for part, ids in read_split().items() for id in ids}
    numbers = Counter((article.source, part_of[article.id]) for article in articles)
    mentions = Counter(article.source for article in articles for _ in article.mentions)
    rows = [
        [source, *(str(numbers[source, part]) for part in ("train", "dev", "test")), str(mentions[source])]
        for source in sorted(mentions)
    ]
    return markdown(["collection", "train", "dev", "test", "mentions in all"], rows)


def group_table(scores: Scores) -> str:
    """The main figures of each group of articles: the embedded model's with its interval, and the range of several."""
    rows = []
    for group, embedded in _first(scores).items():
        cells = [group, f"{embedded['texts.total']:.0f}"]
        for key in MAIN_FIGURES:
            values = [100 * model[group][key] for model in scores.values()]
            least, most = f"{min(values):.1f}", f"{max(values):.1f}"
            spread = f" {least}–{most}" if least != most else ""
            cells.append(percent_with_interval(embedded, key) + spread)
        rows.append(cells)
    return markdown(["texts", "number", *MAIN_FIGURES.values()], rows)


def label_table(scores: Mapping[str, float]) -> str:
    """Exact and overlap F1 of each label, with intervals."""
    rows = [
        [
            label,
            f"{scores[f'{label}.gold']:.0f}",
            percent_with_interval(scores, f"{label}.exact.f1"),
            percent_with_interval(scores, f"{label}.overlap.f1"),
        ]
        for label in LABELS
    ]
    return markdown(["label", "gold", "exact F1", "overlap F1"], rows)


def link_rows(links: Mapping[str, Mapping[str, float]]) -> str:
    """Each way to link, with the intervals of its scores."""
    rows = [[name, *(percent_with_interval(scores, key) for key in LINK_FIGURES)] for name, scores in links.items()]
    return markdown(["links", *LINK_FIGURES.values()], rows)


def calibration_lines(scores: Scores, reliability: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """The calibration errors of all models, and the confidence of the embedded one against what came true."""
    errors = []
    for family in reliability:
        values = [model["all"][f"ece.{family}"] for model in scores.values()]
        spread = f" ({min(values):.3f}–{max(values):.3f})" if len(values) > 1 else ""
        errors.append(
            f"{family} {values[0]:.3f}{spread}, "
            f"where confidences that are right would give {chance_error(reliability[family]):.3f}"
        )
    rows = [
        [family, f"{100 * confidence:.0f}", f"{100 * right:.0f}", f"{mentions:.0f}"]
        for family, bins in reliability.items()
        for mentions, confidence, right in bins
    ]
    table = markdown(["mentions of", "confidence", "right", "how many"], rows)
    return f"Expected calibration error on test: {'; '.join(errors)}.\n\n{table}"


def chance_error(bins: Sequence[Sequence[float]], draws: int = 2000) -> float:
    """The calibration error to expect of confidences that are right, since bins of few mentions err by chance.

    Args:
        bins: of the mentions, their number, mean confidence and share that was right.
        draws: how often to draw what comes true.
    """
    numbers, confidences, _ = np.array(bins).T
    right = np.random.default_rng(0).binomial(numbers.astype(int), confidences, size=(draws, len(numbers))) / numbers
    return float((np.abs(right - confidences) @ numbers / numbers.sum()).mean())


def robustness_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """What ``scripts/robustness.py`` measured."""
    figures = list(_first(scores))
    rows = [[name, *(f"{100 * values[key]:.1f}" for key in figures)] for name, values in scores.items()]
    return markdown(["articles", *(MAIN_FIGURES[key] for key in figures)], rows)


def precision_table(int8: Mapping[str, float], exact: Mapping[str, float]) -> str:
    """The main figures in both precisions."""
    rows = [
        [name, f"{100 * int8[key]:.2f}", f"{100 * exact[key]:.2f}", f"{100 * (int8[key] - exact[key]):+.2f}"]
        for key, name in MAIN_FIGURES.items()
    ]
    return markdown(["figure", "int8", "float", "difference"], rows)


def export_lines(run: Path) -> str:
    """How far the exported graphs lie from torch, on the dev articles.

    Raises:
        ValueError: if the run was last exported in float.
    """
    report: dict[str, float] = json.loads((run / "export.json").read_text(encoding="utf-8"))
    if report["exported.max_difference"] == report["float.max_difference"]:
        raise ValueError(f"{run / 'export.json'} is of an export in float; export the run in int8 last")
    return (
        f"Largest difference of a tag probability from torch on dev: {report['float.max_difference']:.1e} in "
        f"float, {report['exported.max_difference']:.2f} in int8 (mean {report['exported.mean_difference']:.1e})."
    )


def speed_table(medians: Mapping[str, Mapping[str, float]]) -> str:
    """What ``scripts/benchmark.py`` measured, with ratios to the first contender."""
    return markdown(["model", *_first(medians)], compare_speed(medians))


def training_lines(runs: Sequence[Path]) -> str:
    """How long each run took and which epoch was chosen."""
    rows = []
    for run in runs:
        history, best = read_history(run), best_epoch(run)
        minutes = sum(epoch["seconds"] for epoch in history) / 60
        rows.append(
            [run.name, str(len(history)), f"{minutes:.0f}", str(best["epoch"]), f"{100 * best[MAIN_METRIC]:.1f}"]
        )
    return markdown(["run", "epochs", "minutes", "chosen epoch", "dev metric"], rows)


def read_history(run: Path) -> list[dict[str, float]]:
    """The metrics of each epoch of a run.

    Raises:
        FileNotFoundError: if it has none.
        ValueError: if they cannot be read.
    """
    path = run / "metrics.jsonl"
    try:
        history: list[dict[str, float]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not history or any(MAIN_METRIC not in epoch for epoch in history):
        raise ValueError(f"{path} holds no epoch with the metric {MAIN_METRIC!r}; was the run made by train.finetune?")
    return history


def best_epoch(run: Path) -> dict[str, float]:
    """The metrics of the epoch that ``train.finetune`` keeps; raises as ``read_history``."""
    return max(read_history(run), key=lambda epoch: epoch[MAIN_METRIC])


def markdown(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _first(entries: Mapping[str, T]) -> T:
    return next(iter(entries.values()))


if __name__ == "__main__":
    typer.run(main)
