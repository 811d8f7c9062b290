"""Labels from the templates of MUC-4."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import train.muc4
from casualties.corpus.inline import parse_inline
from casualties.corpus.muc4 import Filler, Template, write_templates
from casualties.corpus.reader import read_labelled
from casualties.report import Casualty, Count
from train.muc4 import label

KEY = Template(
    "DEV-MUC3-9001",
    3,
    {
        "inc-type": (Filler(("BOMBING",)),),
        "perp-org-id": (Filler(("RED DAWN", "RD")),),
        "perp-org-conf": (Filler(("CLAIMED OR ADMITTED",), ("RED DAWN", "RD")),),
        "hum-tgt-name": (Filler(("ANA RUIZ",)),),
        "hum-tgt-desc": (Filler(("MAYOR",), ("ANA RUIZ",)), Filler(("PEASANTS",))),
        "hum-tgt-type": (Filler(("GOVERNMENT OFFICIAL",), ("ANA RUIZ",)), Filler(("CIVILIAN",), ("PEASANTS",))),
        "hum-tgt-num": (Filler(("1",), ("ANA RUIZ",)), Filler(("6",), ("PEASANTS",))),
        "hum-tgt-effect": (Filler(("INJURY",), ("ANA RUIZ",)), Filler(("DEATH",), ("PEASANTS",))),
    },
)
MARKED = (
    "⟦SIX PEASANTS⟧{KILLED unknown 6} AND ⟦NINE SOLDIERS⟧{KILLED security 9} DIED IN ⟦TOLVA⟧{PLACE}. ANA\nRUIZ WAS HURT. "
    "⟦FOUR PEASANTS⟧{KILLED unknown 4 i2} DIED IN MAY. ⟦RD⟧{STATED} AND ⟦THE GREY HAND⟧{STATED} ARE TOLD OF."
)


def test_what_the_key_tells_of_is_kept_and_what_the_model_missed_is_found() -> None:
    found = parse_inline(MARKED, id="a", source="tests")
    article, missed = label("a", found.text, [KEY], found.mentions)
    assert [(mention.label, mention.text) for mention in article.mentions] == [
        ("KILLED", "SIX PEASANTS"),
        ("PLACE", "TOLVA"),
        ("WOUNDED", "ANA\nRUIZ"),
        ("CLAIMED", "RD"),
    ]
    peasants, _, mayor, _ = article.mentions
    assert isinstance(peasants, Casualty) and isinstance(mayor, Casualty)
    assert (peasants.group, mayor.group, mayor.count) == ("civilian", "official", Count.exactly(1))
    assert missed == 0
    assert all(mention.incidents == ("i3",) for mention in article.mentions)
    assert all(article.text[mention.start : mention.end] == mention.text for mention in article.mentions)


def test_an_article_without_templates_is_a_negative() -> None:
    found = parse_inline(MARKED, id="a", source="tests")
    article, missed = label("a", found.text, [], found.mentions)
    assert (article.mentions, missed) == ((), 0)


def test_what_the_text_does_not_show_is_counted() -> None:
    assert label("a", "NOTHING.", [KEY], [])[1] == 3


def test_people_of_two_fates_are_found_twice() -> None:
    fillers = {**KEY.fillers, "hum-tgt-effect": (Filler(("DEATH",), ("PEASANTS",)), Filler(("INJURY",), ("PEASANTS",)))}
    found = parse_inline(
        "⟦SIX PEASANTS⟧{KILLED unknown 6} DIED; ⟦SEVERAL PEASANTS⟧{WOUNDED unknown 2-} LIVE.", id="a", source="t"
    )
    article, _ = label("a", found.text, [Template("M", 1, fillers)], found.mentions)
    assert [mention.label for mention in article.mentions] == ["KILLED", "WOUNDED"]


def run(*arguments: Path | str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(train.muc4.main)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stderr


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for folder in ("dev", "tst1", "tst2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}-muc3-0001-0100").write_text(
            f"DEV-MUC3-9001 (HERE)\n\n   {parse_inline(MARKED, id='a', source='tests').text}\n", encoding="ascii"
        )
        (tmp_path / folder / f"key-{folder}").write_text(write_templates([KEY]), encoding="ascii")
    return tmp_path


def test_a_release_becomes_articles_to_train_on(release: Path, tmp_path: Path) -> None:
    code, errors = run(release, tmp_path / "labels")
    assert code == 0, errors
    (learnt,) = read_labelled([tmp_path / "labels" / "train.jsonl"]).articles
    assert {"SIX PEASANTS", "ANA\nRUIZ", "RD"} <= {mention.text for mention in learnt.mentions}
    assert len((tmp_path / "labels" / "dev.jsonl").read_text().splitlines()) == 2
    assert json.loads((tmp_path / "labels" / "train.jsonl").read_text())["source"] == "muc4"


def test_a_folder_without_a_key_is_named(release: Path, tmp_path: Path, tiny_model: Path) -> None:
    (release / "tst2" / "key-tst2").unlink()
    code, errors = run(release, tmp_path / "labels", "--model", tiny_model)
    assert code == 1 and "tst2 holds no answer key" in errors
