"""How a model bears other spellings of the held-out articles: ``python scripts/robustness.py default --data DATA``.

Every change leaves each character where it is, or replaces whole mentions, so that the labels stay right: invariance
tests in the manner of CheckList (Ribeiro et al. 2020).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from casualties.corpus.records import Article
from casualties.extractor import Extractor
from casualties.report import Attribution, Casualty, Count, Mention
from casualties.scoring import evaluate
from train.augment import reword
from train.command_line import command_line
from train.data import load_articles, select

FIGURES = ("casualty.exact.f1", "casualty.overlap.f1", "attribution.overlap.f1", "counts", "texts")
LOOK_ALIKES = {
    "l": "1",
    "i": "l",
    "o": "0",
    "s": "5",
    "e": "c",
    "c": "e",
    "a": "o",
    "n": "h",
    "u": "v",
    "t": "f",
    "r": "n",
}
"""What bad scans make of letters."""
NOISE = 0.05
"""The share of those letters that a bad scan gets wrong."""
PLACES = ("Nkhotakota", "Dushanbe", "Thiruvananthapuram", "Ouagadougou", "Xinyang", "Łódź", "Qaraqosh", "Iquitos")
"""Real towns that few reports of attacks name, for places of all kinds."""

ACTORS = (
    "Harakat Nur al-Fajr",
    "Jeshi la Umoja",
    "Dal Khalistan Lashkar",
    "Bo Min Thu",
    "Oromiyaa Dhugaa",
    "Tunas Merah",
)
"""Invented names in the manner of Arabic, Swahili, Punjabi, Burmese, Oromo and Malay ones, for actors of all kinds."""
AMERICAN_AND_BRITISH = (
    ("center", "centre"),
    ("centers", "centres"),
    ("color", "colour"),
    ("defense", "defence"),
    ("kilometer", "kilometre"),
    ("kilometers", "kilometres"),
    ("labor", "labour"),
    ("neighborhood", "neighbourhood"),
    ("neighborhoods", "neighbourhoods"),
    ("organization", "organisation"),
    ("organizations", "organisations"),
    ("program", "programme"),
    ("recognized", "recognised"),
    ("theater", "theatre"),
    ("traveling", "travelling"),
    ("canceled", "cancelled"),
    ("gray", "grey"),
    ("license", "licence"),
    ("percent", "per cent"),
)
"""Words that are spelled in two ways."""

Change = Callable[[Article], Article]


def as_it_is(article: Article) -> Article:
    """The article."""
    return article


def in_capitals(article: Article) -> Article:
    """All letters upper case, where that is one character."""
    return _respelled(article, [each.upper() if len(each.upper()) == 1 else each for each in article.text])


def in_small_letters(article: Article) -> Article:
    """All letters lower case."""
    return _respelled(article, [each.lower() if len(each.lower()) == 1 else each for each in article.text])


def without_punctuation(article: Article) -> Article:
    """Blanks for punctuation, but not within numbers."""
    return _respelled(article, list(re.sub(r"(?<!\d)[.,;:!?\"“”'’()]|[.,;:!?\"“”'’()](?!\d)", " ", article.text)))


def badly_scanned(article: Article) -> Article:
    """Some letters replaced by look-alikes, outside of figures."""
    random = np.random.default_rng(len(article.text))
    wrong = random.random(len(article.text)) < NOISE
    letters = zip(article.text, wrong, strict=True)
    return _respelled(article, [LOOK_ALIKES.get(each, each) if misread else each for each, misread in letters])


def elsewhere(article: Article) -> Article:
    """Each place, at every mention, another town."""
    towns: dict[str, str] = {}
    for mention in article.mentions:
        if mention.label == "PLACE":
            towns.setdefault(mention.text, PLACES[len(towns) % len(PLACES)])
    return reword(
        article, lambda mention: replace(mention, text=towns[mention.text]) if mention.label == "PLACE" else mention
    )


def by_others(article: Article) -> Article:
    """Each named actor, at every mention, another name."""
    names: dict[str, str] = {}
    for mention in article.mentions:
        if isinstance(mention, Attribution) and mention.text[:1].isupper() and mention.label != "UNCLAIMED":
            names.setdefault(mention.text, ACTORS[len(names) % len(ACTORS)])
    return reword(
        article,
        lambda mention: (
            replace(mention, text=names[mention.text])
            if isinstance(mention, Attribution) and mention.text in names
            else mention
        ),
    )


def in_other_numbers(article: Article) -> Article:
    """Twice as many people and three, where a casualty mention has one number in digits."""

    def more(mention: Mention) -> Mention:
        numbers = re.findall(r"\d+", mention.text)
        if not isinstance(mention, Casualty) or len(numbers) != 1 or re.search(r"\d[.,-]|-\w", mention.text):
            return mention
        number = int(numbers[0])
        bounds = (mention.count.low, mention.count.best, mention.count.high)
        if any(bound not in (number, None) for bound in bounds):  # "more than 12" is 13, an age is no number of people
            return mention
        new = 2 * number + 3
        count = Count(*(None if bound is None else new for bound in bounds))
        return replace(mention, text=mention.text.replace(numbers[0], str(new)), count=count)

    return reword(article, more)


def in_other_spelling(article: Article) -> Article:
    """American spelling for British, and British for American."""
    other = {**dict(AMERICAN_AND_BRITISH), **{british: american for american, british in AMERICAN_AND_BRITISH}}
    words = "|".join(sorted(map(re.escape, other), key=len, reverse=True))
    edits = [(match.span(), other[match[0]]) for match in re.finditer(rf"\b(?:{words})\b", article.text)]

    def moved(place: int) -> int:
        return place + sum(len(new) - (end - start) for (start, end), new in edits if end <= place)

    text, behind = "", 0
    for (start, end), new in edits:
        text += article.text[behind:start] + new
        behind = end
    text += article.text[behind:]
    mentions = [(mention, moved(mention.start), moved(mention.end)) for mention in article.mentions]
    return replace(
        article,
        text=text,
        mentions=tuple(
            replace(mention, start=start, end=end, text=text[start:end]) for mention, start, end in mentions
        ),
    )


CHANGES: dict[str, Change] = {
    "as it is": as_it_is,
    "capitals": in_capitals,
    "small letters": in_small_letters,
    "no punctuation": without_punctuation,
    "bad scan": badly_scanned,
    "other places": elsewhere,
    "other actors": by_others,
    "other numbers": in_other_numbers,
    "other spelling": in_other_spelling,
}


def main(
    model: Annotated[str, typer.Argument(help="A model folder that train.export wrote, or default.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the third-party texts; without it, ours alone.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write the scores as JSON.")] = None,
) -> None:
    """Score a model on changed articles."""
    with command_line():
        extractor = Extractor(model)
        articles = select(load_articles(data), "test")
        scores: dict[str, dict[str, float]] = {}
        for name, change in CHANGES.items():
            scores[name] = score(extractor, [change(article) for article in articles], name)
        table = Table("articles", *FIGURES, title=f"{model}, {len(articles)} articles, percent", title_justify="left")
        for name, figures in scores.items():
            table.add_row(name, *(f"{100 * figures[key]:.1f}" for key in FIGURES))
        Console().print(table)
        if output:
            output.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")


def score(extractor: Extractor, articles: Sequence[Article], name: str) -> dict[str, float]:
    """The scores on some articles."""
    texts = track([article.text for article in articles], name, console=Console(stderr=True))
    reports = extractor.extract_many(texts)
    pairs = [(article.mentions, report.mentions) for article, report in zip(articles, reports, strict=True)]
    return {key: value for key, value in evaluate(pairs, resamples=0).to_dict().items() if key in FIGURES}


def _respelled(article: Article, characters: Sequence[str]) -> Article:
    """The article with other characters in the same places."""
    text = "".join(characters)
    mentions: list[Mention] = []
    for mention in article.mentions:
        words = text[mention.start : mention.end].rstrip()  # a full stop may have become a blank
        mentions.append(replace(mention, end=mention.start + len(words), text=words))
    return replace(article, text=text, mentions=tuple(mentions))


if __name__ == "__main__":
    typer.run(main)
