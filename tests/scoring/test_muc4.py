"""The MUC-4 scorer, by hand-made templates and by the official scores of 1992."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from casualties.corpus.muc4 import Filler, Template, read_templates
from casualties.scoring.muc4 import SCORED, SlotScore, read_official_scores, score_articles, score_templates
from casualties.scoring.rate import Rate

GUARDS = (Filler(("GUARDS",)),)


def attack(number: int = 1, message: str = "M", *, optional: bool = False, **fillers: tuple[Filler, ...]) -> Template:
    """A template of an attack; slots with underscores for hyphens."""
    named = {name.replace("_", "-"): values for name, values in fillers.items()}
    return Template(message, number, {"inc-type": (Filler(("ATTACK",)),), **named}, optional)


def score(slot: str, key: list[Template], response: list[Template]) -> SlotScore:
    return score_templates(key, response)[slot]


def test_the_key_itself_is_all_right() -> None:
    key = [attack(hum_tgt_desc=GUARDS, hum_tgt_num=(Filler(("2",), ("GUARDS",)),)), attack(2, perp_org_id=GUARDS)]
    right = {slot: tally.correct for slot, tally in score_templates(key, key).items() if tally != SlotScore()}
    assert right == {"template-id": 2, "perp-org-id": 1, "hum-tgt-desc": 1, "hum-tgt-num": 1}
    assert score_templates(key, key)["hum-tgt-num"] == SlotScore(correct=1)


def test_what_is_left_over_is_missing_or_spurious() -> None:
    key = [attack(hum_tgt_desc=GUARDS)]
    other = [attack(hum_tgt_desc=(Filler(("PRIESTS",)),), message="N")]
    assert score("hum-tgt-desc", key, other) == SlotScore(missing=1, spurious=1)
    assert score("template-id", key, []) == SlotScore(missing=1)
    assert score("template-id", [], key) == SlotScore(spurious=1)


def test_each_article_has_its_scores_relevant_or_not() -> None:
    key = [attack(hum_tgt_desc=GUARDS), Template("N", None)]
    articles = score_articles(key, [attack(hum_tgt_desc=GUARDS, message="O"), Template("M", None)])
    assert {message: scores["hum-tgt-desc"] for message, scores in articles.items()} == {
        "M": SlotScore(missing=1),
        "N": SlotScore(),
        "O": SlotScore(spurious=1),
    }


def test_what_is_optional_may_be_left_out() -> None:
    filler = Filler(("GUARDS",), optional=True)
    key = [attack(optional=True, hum_tgt_desc=GUARDS), attack(2, hum_tgt_name=GUARDS, hum_tgt_desc=(filler,))]
    response = [attack(hum_tgt_name=GUARDS)]
    assert score("template-id", key, response) == SlotScore(correct=1)
    assert score("hum-tgt-desc", key, response) == SlotScore()


def test_any_alternative_is_right_and_the_alignment_is_worth_most() -> None:
    key = [attack(1, hum_tgt_desc=GUARDS), attack(2, hum_tgt_desc=(Filler(("JESUITS", "PRIESTS")),))]
    response = [attack(1, hum_tgt_desc=(Filler(("PRIESTS",)),)), attack(2, hum_tgt_desc=GUARDS)]
    assert score("hum-tgt-desc", key, response) == SlotScore(correct=2)


def test_templates_without_a_target_or_perpetrator_in_common_are_not_aligned() -> None:
    two = (Filler(("2",)),)
    assert score("template-id", [attack(hum_tgt_num=two)], [attack(hum_tgt_num=two)]) == SlotScore(
        missing=1, spurious=1
    )
    arson = Template("M", 1, {"inc-type": (Filler(("ARSON",)),), "hum-tgt-desc": GUARDS})
    assert score("template-id", [attack(hum_tgt_desc=GUARDS)], [arson]) == SlotScore(missing=1, spurious=1)
    assert score("template-id", [arson], [attack(hum_tgt_desc=GUARDS)]) == SlotScore(correct=1)  # 3.2.4


@pytest.mark.parametrize(
    ("key", "response", "expected"),
    [
        ("PEASANTS", "THE 3 PEASANTS", "correct"),
        ("PEASANTS", "OLD PEASANTS", "correct"),
        ("PEASANTS", "PEASANTS, WHICH WAS A MISTAKE", "partial"),
        ("ALBERTO ROBERTO TORRES", "TORRES", "partial"),
        ("PEASANTS", "PRIESTS", "incorrect"),
        ("DR", "DR.", "correct"),
        ("AMERICANS", "COLOMBIAN", "incorrect"),
        ("WIFE AND SON", "FATHER AND BROTHER", "incorrect"),
    ],
)
def test_strings_are_graded_by_their_words(key: str, response: str, expected: str) -> None:
    same = (Filler(("RED DAWN",)),)
    tally = score(
        "hum-tgt-desc",
        [attack(hum_tgt_desc=(Filler((key,)),), perp_org_id=same)],
        [attack(hum_tgt_desc=(Filler((response,)),), perp_org_id=same)],
    )
    assert tally == SlotScore(**{expected: 1})


@pytest.mark.parametrize(
    ("slot", "key", "response", "expected"),
    [
        ("perp-org-conf", "SUSPECTED OR ACCUSED BY AUTHORITIES", "SUSPECTED OR ACCUSED", "partial"),
        ("perp-org-conf", "SUSPECTED OR ACCUSED", "SUSPECTED OR ACCUSED BY AUTHORITIES", "incorrect"),
        ("hum-tgt-type", "GOVERNMENT OFFICIAL", "POLITICAL FIGURE", "partial"),
        ("hum-tgt-effect", "NO INJURY OR DEATH", "NO DEATH", "partial"),
        ("hum-tgt-effect", "DEATH", "INJURY", "incorrect"),
        ("hum-tgt-num", "5-7", "7", "partial"),
        ("hum-tgt-num", "~7", "7", "partial"),
        ("hum-tgt-num", "7", "5-7", "incorrect"),
        ("hum-tgt-num", "PLURAL", "PLURAL", "correct"),
        ("hum-tgt-num", "PLURAL", "2", "incorrect"),
    ],
)
def test_items_and_numbers(slot: str, key: str, response: str, expected: str) -> None:
    def template(value: str) -> Template:
        return Template("M", 1, {"inc-type": (Filler(("ATTACK",)),), "hum-tgt-desc": GUARDS, slot: (Filler((value,)),)})

    assert score(slot, [template(key)], [template(response)]) == SlotScore(**{expected: 1})


def test_a_right_filler_of_the_wrong_target_is_partly_right() -> None:
    two = (Filler(("GUARDS",)), Filler(("PRIESTS",)))
    key = [attack(hum_tgt_desc=two, hum_tgt_num=(Filler(("3",), ("GUARDS",)), Filler(("4",), ("PRIESTS",))))]
    swapped = [attack(hum_tgt_desc=two, hum_tgt_num=(Filler(("3",), ("PRIESTS",)), Filler(("4",), ("GUARDS",))))]
    assert score("hum-tgt-num", key, swapped) == SlotScore(partial=2)


def test_measures() -> None:
    tally = SlotScore(correct=3, partial=2, incorrect=1, spurious=2, missing=4)
    assert (tally.possible, tally.actual) == (10, 8)
    assert tally.recall == pytest.approx(0.4) and tally.precision == pytest.approx(0.5)
    assert tally.f1 == pytest.approx(2 * 0.4 * 0.5 / 0.9)
    assert tally.rate == Rate(8, 18)
    assert SlotScore().f1 == SlotScore().recall == SlotScore().precision == 0.0


def test_agrees_with_the_official_scores_of_seventeen_systems(shared: Path) -> None:
    from scipy.stats import spearmanr

    folder = shared / "data" / "muc34"
    key, _ = read_templates(folder / "tst3" / "key-tst3.v2")
    systems = sorted(path.name for path in (folder / "results-tst3" / "responses").iterdir())
    assert len(systems) == 17
    ours = [score_templates(key, read_templates(folder / "results-tst3" / "responses" / each)[0]) for each in systems]
    theirs = [read_official_scores(folder / "results-tst3" / "scores" / each) for each in systems]
    for slot in SCORED:
        mine = np.array([100 * scores[slot].f1 for scores in ours])
        official = np.array([100 * scores[slot].f1 for scores in theirs])
        assert np.abs(mine - official).mean() <= 3, slot
        assert np.abs(mine - official).max() <= 8, slot
        if official.any():  # no system of 1992 had a single total right
            assert spearmanr(mine, official).statistic >= 0.97, slot


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report"
    for content in ("nothing", "TOTAL SLOT SCORES\ntemplate-id 3 4\n"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match="no score report"):
            read_official_scores(path)
