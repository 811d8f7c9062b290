"""From text to report: with a tiny model on any text whatever, and with the embedded model on ours."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import casualties
from casualties.confidence import Tuning
from casualties.extractor import EMBEDDED, FORMAT, MANIFEST_FILE, MODEL_FILE, TOKENIZER_FILE, Extractor, ModelError
from casualties.report import Casualty, Period, Report
from tests.conftest import TEXT


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> casualties.Extractor:
    return casualties.Extractor(tiny_model)


def check(report: Report, text: str) -> None:
    """What holds of a report on any text."""
    end = 0
    for mention in report.mentions:
        assert text[mention.start : mention.end] == mention.text
        assert end <= mention.start < mention.end <= len(text)
        assert 0 <= mention.confidence <= 1
        end = mention.end
    json.dumps(report.to_record())
    json.dumps(report.to_dict())


@settings(max_examples=150)
@given(text=st.text(alphabet=st.characters(), max_size=400))
def test_mentions_point_at_the_text_whatever_it_is(tiny: casualties.Extractor, text: str) -> None:
    check(tiny.extract(text), text)


HOSTILE = {
    "empty": "",
    "blank": " \n\t\r\n ",
    "NUL": "Nine\x00 people\x00 were killed",
    "lone surrogates": "Nine \ud800people\udfff were killed",
    "right to left": "قُتل تسعة أشخاص في هجوم، 9 נהרגו",
    "emoji": "💥 nine 👨‍👩‍👧‍👦 killed 🇺🇦🕯️",
    "combining": "e\u0301" * 500,
    "no spaces": "漢" * 3000,
    "syllables": "한국" * 500,
    "ligatures": "\ufdfa" * 200,
    "one word": "a" * 20_000,
    "digits": "9" * 20_000,
    "markup": "<script>nine people killed</script> [bold]& \\ {}" * 20,
    "many lines": "\n" * 5000 + "killed",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_read(text: str, tiny: casualties.Extractor) -> None:
    check(tiny.extract(text), text)


def test_the_tiny_model_finds_mentions_or_the_properties_above_are_idle(tiny: casualties.Extractor) -> None:
    assert len(tiny.extract(TEXT).mentions) > 3


def test_many_texts_are_read_as_each_alone(tiny: casualties.Extractor) -> None:
    texts = [TEXT[:length] for length in range(0, len(TEXT), 9)]
    assert list(tiny.extract_many(texts)) == [tiny.extract(text) for text in texts]
    assert [report.text for report in tiny.extract_many(texts, batch_size=3)] == texts


def test_a_batch_holds_at_least_one(tiny: casualties.Extractor) -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        tiny.extract_many([TEXT], batch_size=0)


def test_each_of_many_texts_has_its_day() -> None:
    texts, days = ["Nine people were killed in Tolva on Sunday."] * 2, [dt.date(2021, 9, 6), None]
    periods = [report.incidents[0].periods for report in casualties.Extractor().extract_many(texts, published=days)]
    assert periods == [(Period(dt.date(2021, 9, 5), dt.date(2021, 9, 5)),), (None,)]
    with pytest.raises(ValueError, match="shorter"):
        list(casualties.Extractor().extract_many(texts, published=days[:1]))


@pytest.mark.parametrize("least", [-0.1, 50])
def test_a_confidence_is_a_fraction(least: float, tiny: casualties.Extractor) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        tiny.extract(TEXT, min_confidence=least)
    with pytest.raises(ValueError, match="from 0 to 1"):
        tiny.extract_many([TEXT], min_confidence=least)


def test_an_unknown_provider_is_named(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match="no provider Abacus"):
        casualties.Extractor(tiny_model, providers=["Abacus"])


def test_texts_are_read_as_they_come(tiny: casualties.Extractor) -> None:
    endless = (f"{number} killed" for number in count())
    assert len(list(islice(tiny.extract_many(endless, batch_size=4), 10))) == 10


Damage = Callable[[Path], object]


def edit(**changes: object) -> Damage:
    """Change some entries of the manifest."""

    def damage(folder: Path) -> None:
        path = folder / MANIFEST_FILE
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return damage


DAMAGES: dict[str, tuple[Damage, str]] = {
    "no model": (lambda folder: (folder / MODEL_FILE).unlink(), "model.onnx is missing; make the model again"),
    "no manifest": (lambda folder: (folder / MANIFEST_FILE).unlink(), "config.json is missing"),
    "cut short": (lambda folder: (folder / MODEL_FILE).write_bytes(b"cut"), "model.onnx is damaged"),
    "tokenizer": (lambda folder: (folder / TOKENIZER_FILE).write_text("{}"), "tokenizer.json is damaged"),
    "not JSON": (lambda folder: (folder / MANIFEST_FILE).write_text("{"), "config.json cannot be read"),
    "newer": (
        edit(format=99),
        f"has format 99, this version of casualties reads up to {FORMAT}; install a newer version",
    ),
    "other labels": (edit(labels=["O"]), "trained with other labels"),
    "windows": (edit(windows={"size": 8}), "config.json cannot be read"),
    "no hashes": (edit(sha256={}), "config.json cannot be read"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_model_says_what_to_do(damage: Damage, message: str, tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    damage(folder)
    with pytest.raises(ModelError, match=message):
        casualties.Extractor(folder)


def test_what_an_older_format_was_tuned_to_is_passed_over(tiny_model: Path, tmp_path: Path) -> None:
    folder, thresholds = tmp_path / "model", {"KILLED": 0.5}
    shutil.copytree(tiny_model, folder)
    edit(format=FORMAT, tuning={"thresholds": thresholds})(folder)
    assert casualties.Extractor(folder).manifest.tuning == Tuning(thresholds=thresholds)
    edit(format=2)(folder)
    assert casualties.Extractor(folder).manifest.tuning == Tuning()


def test_the_import_needs_no_torch() -> None:
    """Nothing of the package reaches for what only training needs."""
    forbidden = ("torch", "transformers", "datasets", "evaluate", "sklearn", "scipy")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({forbidden}));"
        "import casualties, casualties.cli; print(len(casualties.extract('Nine people were killed.').mentions))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == 1


def figures(report: Report) -> set[tuple[str, str, int | None]]:
    """Outcome, group and best count of each casualty mention."""
    return {(m.label, m.group, m.count.best) for m in report.mentions if isinstance(m, Casualty)}


def test_the_embedded_model_reads_an_article_of_ours() -> None:
    text = (
        "A car bomb killed nine soldiers and wounded at least 20 people at a market in Tolva on Tuesday, police said. "
        "Red Dawn claimed responsibility. The army has 12,000 troops in the province, 300 km from the capital."
    )
    report = casualties.extract(text)
    check(report, text)
    assert figures(report) == {("KILLED", "security", 9), ("WOUNDED", "unknown", 20)}
    assert {(actor.name, actor.status) for actor in report.incidents[0].actors} == {("Red Dawn", "CLAIMED")}
    assert {mention.text for mention in report.mentions if mention.label == "PLACE"} == {"Tolva"}


@pytest.fixture(scope="module")
def two_attacks(shared: Path) -> Report:
    """The report on ``kirkuk.txt``; the article itself is not ours to ship."""
    return casualties.extract((shared / "data" / "example" / "kirkuk.txt").read_text(encoding="utf-8"))


def test_the_embedded_model_reads_two_attacks_in_iraq(two_attacks: Report) -> None:
    found = figures(two_attacks)
    assert {("KILLED", "security", 13), ("KILLED", "security", 3), ("WOUNDED", "security", 3)} <= found
    assert {("MISSING", 1), ("WOUNDED", 1), ("KILLED", 30)} <= {(label, best) for label, _, best in found}
    assert not {best for _, _, best in found} & {3500, 2500, 2017, 7}
    statuses = {(mention.text, mention.label) for mention in two_attacks.mentions}
    assert ("ISIS", "CLAIMED") in statuses
    assert any(label == "UNCLAIMED" and text.startswith("No group") for text, label in statuses)


def test_the_two_attacks_and_the_one_recalled_are_three_incidents(two_attacks: Report) -> None:
    totals = [
        {outcome: total.count.best for outcome, total in incident.totals.items()} for incident in two_attacks.incidents
    ]
    assert totals == [  # 13, of whom three early, and not 16
        {"KILLED": 13, "WOUNDED": 3, "MISSING": 1},
        {"KILLED": 3, "WOUNDED": 1},
        {"KILLED": 30},
    ]
    assert not any(incident.militants for incident in two_attacks.incidents)  # an end of ISIS kills nobody
    places = [{place.text for place in incident.places} for incident in two_attacks.incidents]
    assert "al-Rashad" in places[0] and "Mosul" in places[1] and "Sadr City" in places[2]


def test_the_suspicion_is_read_as_one(two_attacks: Report) -> None:
    assert ("ISIS", "SUSPECTED") in {(mention.text, mention.label) for mention in two_attacks.mentions}


def test_the_first_attack_is_suspected_alone(two_attacks: Report) -> None:
    (attack,) = {i.id: i for i in two_attacks.incidents for place in i.places if place.text == "al-Rashad"}.values()
    assert {(actor.name, actor.status) for actor in attack.actors} == {("ISIS", "SUSPECTED")}


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_embedded_models_are_whole_and_small(name: str) -> None:
    extractor = Extractor(name)
    assert extractor.manifest.learns_links == (name == "default")  # the other only judges; see casualties.relevance
    assert sum(path.stat().st_size for path in extractor.folder.iterdir() if path.is_file()) <= 30e6
