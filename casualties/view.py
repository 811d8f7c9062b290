"""Terminal pictures of a report and of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from casualties.confidence import Tuning, calibration_error, judge
from casualties.labels import CASUALTY_LABELS, FAMILIES
from casualties.report import RULES, Attribution, Casualty, Count, Incident, Mention, Report, Total, unique_names
from casualties.scoring import Evaluation, evaluate
from casualties.scoring.mentions import Pair

_STATUS_WORDS = {
    "CLAIMED": "claims it",
    "ACCUSED": "accused by authorities",
    "SUSPECTED": "suspected",
    "STATED": "stated as fact",
    "DENIED": "denies it or is cleared",
    "UNCLAIMED": "claimed by nobody",
}
_OUTCOME_WORDS = {label: label.lower() for label in CASUALTY_LABELS} | {"CASUALTY": "killed or wounded"}
_LOW_CONFIDENCE = 0.5
_JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian and emoji are written."""


def print_report(report: Report, console: Console, title: str = "", explain: bool = False) -> None:
    """Print a report, an incident a table.

    Args:
        report: what to print.
        console: where.
        title: what to call the article, such as its file's name.
        explain: print for each total why it is this figure, and the mentions that it rests on.
    """
    if title:
        console.rule(Text(plain(title)), style="dim")
    if not report.incidents:
        console.print("No casualties and nobody held responsible.")
    mentions = {mention.id: mention for mention in report.mentions}
    for incident in report.incidents:
        console.print(_incident(incident, mentions))
        if explain:
            console.print(_explanation(incident, mentions))
        console.print()


def _incident(incident: Incident, mentions: Mapping[str, Mention]) -> RenderableType:
    where = ", ".join(unique_names(incident.places)) or "no place named"
    when = ", ".join([*unique_names(incident.dates), *_days(incident)])
    heading = Text(
        f"Incident {plain(incident.id).removeprefix('i')}: {plain(where)}" + (f" ({plain(when)})" if when else ""),
        style="bold",
    )
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("", "who or how many", "in the text", "according to", "sure", "characters"):
        table.add_column(column, justify="right" if column == "sure" else "left", overflow="fold")
    for label in CASUALTY_LABELS:
        for casualty in incident.casualties:
            if casualty.label == label:
                table.add_row(*_casualty_row(casualty, mentions))
    for attribution in incident.attributions:
        table.add_row(*_attribution_row(attribution, mentions))
    return Group(heading, table, Text(_totals(incident), style="bold"))


def _days(incident: Incident) -> list[str]:
    """The calendar days of an incident's dates, where they are known."""
    periods = dict.fromkeys(period for period in incident.periods if period)
    return [
        str(period.start) if period.start == period.end else f"{period.start} to {period.end}" for period in periods
    ]


def _casualty_row(casualty: Casualty, mentions: Mapping[str, Mention]) -> tuple[RenderableType, ...]:
    who = f"{describe(casualty.count)} {casualty.group}".removesuffix(" unknown")
    if casualty.label == "UNHARMED" and casualty.count.magnitude == 0:
        who = "nobody hurt"
    if casualty.part_of:
        who += f", part of “{plain(mentions[casualty.part_of].text)}”"
    return Text(casualty.label.lower()), Text(who), *_evidence(casualty, casualty.source, mentions)


def _attribution_row(attribution: Attribution, mentions: Mapping[str, Mention]) -> tuple[RenderableType, ...]:
    return Text("by"), Text(_STATUS_WORDS[attribution.label]), *_evidence(attribution, attribution.source, mentions)


def _evidence(mention: Mention, source: str | None, mentions: Mapping[str, Mention]) -> tuple[RenderableType, ...]:
    """The columns that every mention has: quotation, source, confidence, offsets."""
    style = "yellow" if mention.confidence < _LOW_CONFIDENCE else ""
    return (
        Text(plain(mention.text)),
        Text(plain(mentions[source].text) if source else ""),
        Text(f"{mention.confidence:.0%}", style=style),
        Text(f"{mention.start}–{mention.end}", style="dim"),
    )


def _totals(incident: Incident) -> str:
    people, militants = _figures(incident.totals), _figures(incident.militants)
    if not people and not militants:
        return "No figures reported"
    parts = [f"Reported in all: {people}"] if people else []
    return "; ".join([*parts, f"militants: {militants}"] if militants else parts)


def _figures(totals: Mapping[str, Total]) -> str:
    return ", ".join(_figure(total, outcome) for outcome, total in totals.items())


def _figure(total: Total, outcome: str) -> str:
    if outcome == "UNHARMED" and total.count == Count.exactly(0):
        return "nobody hurt"
    return f"{describe(total.count)} {_OUTCOME_WORDS[outcome]}"


def _explanation(incident: Incident, mentions: Mapping[str, Mention]) -> Text:
    """For each total its rule, and each mention behind it with its source and its characters."""
    lines: list[str] = []
    for who, totals in (("", incident.totals), ("militants: ", incident.militants)):
        for outcome, total in totals.items():
            lines.append(f"{who}{_figure(total, outcome)}: {RULES[total.rule]}")
            for mention in (mentions[id] for id in total.mentions):
                source = mentions.get(getattr(mention, "source", None) or "")
                by = f", according to “{plain(source.text)}”" if source else ""
                lines.append(f"  {mention.start}–{mention.end} “{plain(mention.text)}”{by}")
    return Text("\n".join(lines), style="dim")


def describe(count: Count) -> str:
    """A count in words: ``13``, ``at least 13``, ``up to 13``, ``12 to 15, rather 14``, ``about 13``."""
    low, best, high = count.low, count.best, count.high
    rather = f", rather {best:,}" if best not in (None, low, high) and (low, high) != (None, None) else ""
    if low is not None and low == high:
        return f"{low:,}"
    if low is not None and high is not None:
        return f"{low:,} to {high:,}{rather}"
    if low is not None:
        return f"at least {low:,}{rather}"
    return f"up to {high:,}{rather}" if high is not None else f"about {best:,}"


def print_evaluation(evaluation: Evaluation, console: Console, title: str) -> None:
    """Print scores in percent, with the 95 % intervals of those that matter most."""
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    table.add_column("label")
    for column in ("gold", "exact P", "R", "F1", "overlap P", "R", "F1"):
        table.add_column(column, justify="right")
    for row in evaluation.rows():
        style = "bold" if row.label == row.label.lower() else ""
        table.add_row(row.label, str(row.gold), *(f"{100 * value:.1f}" for value in row[2:]), style=style)
    console.print(table)
    flat = evaluation.to_dict()
    for key, words in (
        ("casualty.exact.f1", "casualty mentions, exact F1"),
        ("casualty.overlap.f1", "casualty mentions, overlap F1"),
        ("attribution.overlap.f1", "attributions with the right status, overlap F1"),
        ("counts", "counts right, given the mention"),
        ("groups", "groups right, given the mention"),
        ("statuses", "statuses right, given the mention"),
        ("texts", "texts with every figure right"),
    ):
        bounds = f" ({100 * flat[f'{key}.low']:.1f}–{100 * flat[f'{key}.high']:.1f})" if f"{key}.low" in flat else ""
        console.print(f"{words}: {100 * flat[key]:.1f} %{bounds}", highlight=False)


def print_tuning(before: Tuning, after: Tuning, pairs: Sequence[Pair], console: Console) -> None:
    """Print what tuning changes on the articles it was learnt from: calibration errors, scores and thresholds.

    Args:
        before: the tuning that the model had.
        after: the one that was learnt.
        pairs: gold mentions and those that the model decoded, one pair a text.
        console: where.
    """
    table = Table("", "before", "after", title=f"{len(pairs)} articles, percent", title_justify="left")
    rows: dict[str, list[float]] = {}
    for tuning in (before, after):
        kept = [(gold, tuning.apply(found)) for gold, found in pairs]
        scores = evaluate(kept, resamples=0).to_dict()
        for family in ("casualty", "attribution"):
            judged = [each for pair in kept for each in judge(*pair) if each[0].label in FAMILIES[family]]
            error = calibration_error([(mention.confidence, right) for mention, right in judged])
            rows.setdefault(f"{family} overlap F1", []).append(scores[f"{family}.overlap.f1"])
            rows.setdefault(f"{family} calibration error", []).append(error)
    for name, values in rows.items():
        table.add_row(name, *(f"{100 * value:.1f}" for value in values))
    console.print(table)
    unlearnt = [family for family in FAMILIES if after.scalings.get(family) == before.scalings.get(family)]
    if unlearnt:
        console.print(f"too few mentions to learn from, so confidences stay as they were: {', '.join(unlearnt)}")
    for label, threshold in after.thresholds.items():
        console.print(f"{label}: left out below {threshold:.0%}", highlight=False)


def plain(text: str) -> str:
    """The text on one line without control characters, so that it cannot steer the terminal."""
    return "".join(each if each.isprintable() or each in _JOINERS else "�" for each in " ".join(text.split()))
