"""Write a model card from what training and evaluation left behind.

``python -m train.card RUN MODEL SCORES --float-scores FLOAT --data DATA --output model_cards/NAME.md``
"""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Annotated, Any

import typer

from casualties.extractor import MANIFEST_FILE, MODEL_FILE
from casualties.labels import LABELS
from scripts.evaluate import MAIN_FIGURES
from train.config import read_config
from train.data import load_articles, read_split
from train.finetune import DEFAULT_CONFIG

CARDS = Path(__file__).parents[1] / "model_cards"

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By model, group of articles and key, as ``scripts/evaluate.py`` writes them; the embedded model first."""


def main(
    run: Annotated[Path, typer.Argument(help="Folder of the training run of the embedded seed.")],
    model: Annotated[Path, typer.Argument(help="Its model folder.")],
    scores: Annotated[Path, typer.Argument(help="Scores of all seeds on test, the embedded one first.")],
    float_scores: Annotated[Path, typer.Option(help="Scores of the embedded seed in float.")],
    output: Annotated[Path, typer.Option(help="The card to write.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts.")] = None,
    config: Annotated[Path, typer.Option(help="Settings of the run.")] = DEFAULT_CONFIG,
) -> None:
    """Write a card."""
    manifest = json.loads((model / MANIFEST_FILE).read_text(encoding="utf-8"))
    settings = read_config(config)
    int8: Scores = json.loads(scores.read_text(encoding="utf-8"))["models"]
    exact: Scores = json.loads(float_scores.read_text(encoding="utf-8"))["models"]
    card = Template((CARDS / "template.md").read_text(encoding="utf-8")).substitute(
        name=manifest["name"],
        version=manifest["version"],
        encoder=settings.encoder,
        window_size=settings.windowing.size,
        window_overlap=settings.windowing.overlap,
        size=f"{(model / MODEL_FILE).stat().st_size / 1e6:.1f}",
        config=config.name,
        resamples=1000,
        data=data_table(data),
        groups=group_table(int8),
        labels=label_table(_first(int8)["all"]),
        precision=precision_line(_first(int8)["all"], _first(exact)["all"]),
        training=training_lines(run, len(int8)),
        failures=(CARDS / "failures.md").read_text(encoding="utf-8").strip(),
    )
    output.write_text(card, encoding="utf-8")


def data_table(data: Path | None) -> str:
    """Articles and mentions of each collection in each part of the split."""
    part_of = {id: part for part, ids in read_split().items() for id in ids}
    articles = load_articles(data)
    numbers = Counter((article.source, part_of[article.id]) for article in articles)
    mentions = Counter(article.source for article in articles for _ in article.mentions)
    rows = [
        [source, *(str(numbers[source, part]) for part in ("train", "dev", "test")), str(mentions[source])]
        for source in sorted(mentions)
    ]
    return markdown(["collection", "train", "dev", "test", "mentions in all"], rows)


def group_table(scores: Scores) -> str:
    """The main figures of each group of articles: mean over seeds, their range, and the embedded model's interval."""
    rows = []
    for group in _first(scores):
        row = [group]
        for key in MAIN_FIGURES:
            values = [100 * model[group][key] for model in scores.values()]
            embedded = _first(scores)[group]
            low, high = 100 * embedded.get(f"{key}.low", 0), 100 * embedded.get(f"{key}.high", 0)
            row.append(f"{statistics.mean(values):.1f}, {min(values):.1f}–{max(values):.1f} [{low:.1f}–{high:.1f}]")
        rows.append(row)
    heading = f"mean of {len(scores)} seeds, range [interval]"
    return markdown([heading, *MAIN_FIGURES.values()], rows)


def label_table(scores: Mapping[str, float]) -> str:
    """Exact and overlap F1 of each label with the interval of the exact one."""
    rows = []
    for label in LABELS:
        exact, overlap = 100 * scores[f"{label}.exact.f1"], 100 * scores[f"{label}.overlap.f1"]
        low, high = 100 * scores.get(f"{label}.exact.f1.low", 0), 100 * scores.get(f"{label}.exact.f1.high", 0)
        rows.append([label, f"{scores[f'{label}.gold']:.0f}", f"{exact:.1f} [{low:.1f}–{high:.1f}]", f"{overlap:.1f}"])
    return markdown(["label", "gold", "exact F1", "overlap F1"], rows)


def precision_line(int8: Mapping[str, float], exact: Mapping[str, float]) -> str:
    """The main figures in both precisions."""
    return (
        "; ".join(f"{name} {100 * int8[key]:.2f} / {100 * exact[key]:.2f}" for key, name in MAIN_FIGURES.items()) + "."
    )


def training_lines(run: Path, seeds: int) -> str:
    """How long it took and which epoch was chosen."""
    history: list[dict[str, Any]] = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    best = max(history, key=lambda epoch: epoch["main"])
    minutes = sum(epoch["seconds"] for epoch in history) / 60
    rows = [
        [str(epoch["epoch"]), f"{epoch['loss']:.4f}", f"{100 * epoch['main']:.1f}", f"{epoch['seconds']:.0f}"]
        for epoch in history
    ]
    intro = (
        f"{seeds} seeds. The embedded one: {len(history)} epochs in {minutes:.0f} minutes on two cores of a shared "
        f"processor, without accelerator; epoch {best['epoch']} was chosen by the dev metric, the mean of casualty "
        "exact F1 and attribution overlap F1."
    )
    return f"{intro}\n\n{markdown(['epoch', 'loss', 'dev metric', 'seconds'], rows)}"


def markdown(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _first(scores: Scores) -> Mapping[str, Mapping[str, float]]:
    return next(iter(scores.values()))


if __name__ == "__main__":
    typer.run(main)
