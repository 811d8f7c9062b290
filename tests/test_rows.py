"""Rows in the columns of GTD and UCDP GED."""

from __future__ import annotations

import datetime as dt

import pytest

from casualties.corpus.inline import parse_inline
from casualties.report import Report
from casualties.resolve import gather_incidents
from casualties.rows import COLUMNS

ATTACK = (
    "A bomb killed ⟦nine people⟧{KILLED unknown 9 #n @p}, including ⟦two children⟧{KILLED civilian 2 <n}, and hurt "
    "⟦about 30⟧{WOUNDED unknown ~30} in ⟦Tolva⟧{PLACE} on ⟦Sunday⟧{DATE}, ⟦police⟧{SOURCE #p} said. ⟦The bomber⟧{KILLED militant 1} died. "
    "⟦Red Dawn⟧{CLAIMED} and the ⟦Grey Hand⟧{CLAIMED} both claimed it; officials blamed ⟦Borduria⟧{ACCUSED}. ⟦Sable⟧{DENIED} denied any part."
)
KIDNAPPING = (
    "⟦Gunmen of unknown number⟧{PLACE i9} aside, ⟦several nurses⟧{ABDUCTED civilian 2-} were taken. ⟦Nobody⟧{UNCLAIMED} claimed it. "
    "The ⟦army⟧{STATED i2} killed ⟦six rebels⟧{KILLED militant 6 i2} in ⟦May⟧{DATE i2}."
)


def report(marked: str, published: dt.date | None = dt.date(2021, 9, 6)) -> Report:
    article = parse_inline(marked, id="article", source="tests")
    incidents = tuple(gather_incidents(article.text, article.mentions, published))
    return Report(text=article.text, mentions=article.mentions, incidents=incidents, model="by hand")


def test_a_gtd_row() -> None:
    (row,) = report(ATTACK).to_rows("gtd")
    assert row == {
        "incident": "i1",
        "iyear": 2021, "imonth": 9, "iday": 5, "approxdate": None, "location": "Tolva",
        "gname": "Red Dawn", "gname2": "Grey Hand", "gname3": "Borduria",
        "guncertain1": 0, "guncertain2": 0, "guncertain3": 1,
        "claimed": 1, "claim2": 1, "claim3": -9, "compclaim": 1,
        "nkill": 10, "nkillter": 1, "nwound": 30, "nwoundte": None, "ishostkid": 0, "nhostkid": None,
    }  # fmt: skip


def test_gtd_codes_what_is_unknown() -> None:
    first, second = report(KIDNAPPING).to_rows("gtd")
    assert (first["gname"], first["claimed"], first["compclaim"], first["guncertain1"]) == ("Unknown", 0, -9, None)
    assert (first["ishostkid"], first["nhostkid"], first["nkill"]) == (1, -99, None)
    assert (first["iyear"], first["imonth"], first["iday"]) == (None, 0, 0)
    assert (second["iyear"], second["imonth"], second["iday"], second["approxdate"]) == (2021, 5, 0, "May")
    assert (second["nkill"], second["nkillter"], second["claimed"]) == (6, 6, -9)


def test_a_ucdp_row() -> None:
    (row,) = report(ATTACK).to_rows("ucdp")
    assert row == {
        "incident": "i1", "year": 2021, "side_a": "Red Dawn", "side_b": None,
        "source_original": "police", "where_description": "Tolva",
        "date_prec": 1, "date_start": "2021-09-05", "date_end": "2021-09-05",
        "deaths_civilians": 2, "deaths_unknown": 7, "best": 10, "high": None, "low": 9,
    }  # fmt: skip
    assert report(KIDNAPPING).to_rows("ucdp")[1]["date_prec"] == 4


def test_militants_within_the_total_are_not_added() -> None:
    (row,) = report("⟦Ten people⟧{KILLED unknown 10 #t} died, ⟦the bomber⟧{KILLED militant 1 <t} among them.").to_rows(
        "gtd"
    )
    assert (row["nkill"], row["nkillter"]) == (10, 1)


def test_the_sides_of_a_row() -> None:
    (row,) = report("⟦Red Dawn⟧{STATED} killed ⟦two farmers⟧{KILLED civilian 2}.").to_rows("ucdp")
    assert (row["side_a"], row["side_b"]) == ("Red Dawn", "Civilians")
    (row,) = report("⟦Red Dawn⟧{STATED} killed ⟦two policemen⟧{KILLED security 2}.").to_rows("ucdp")
    assert (row["side_a"], row["side_b"]) == ("Red Dawn", None)
    (row,) = report("⟦Red Dawn⟧{STATED} fought the ⟦army⟧{STATED}; ⟦two⟧{KILLED unknown 2} died.").to_rows("ucdp")
    assert (row["side_a"], row["side_b"]) == ("Red Dawn", "army")
    (row,) = report("⟦The group⟧{CLAIMED} killed ⟦two⟧{KILLED unknown 2}.").to_rows("gtd")
    assert row["gname"] == "Unknown"


@pytest.mark.parametrize(
    ("marked", "column", "value"),
    [
        ("⟦No one⟧{UNHARMED unknown 0} was killed.", "nkill", 0),
        ("⟦Dozens⟧{KILLED unknown 24-} died.", "nkill", None),
        ("⟦Policemen⟧{WOUNDED security 2-} were hurt.", "nwound", None),
        ("⟦No one⟧{UNHARMED unknown 0} was killed.", "nwound", None),
        ("⟦No casualties⟧{UNHARMED unknown 0} were reported.", "nwound", 0),
        ("⟦No one⟧{UNHARMED unknown 0} was injured.", "nkill", None),
        ("⟦No one⟧{UNHARMED unknown 0} escaped. Nine were killed.", "nkill", None),
        ("⟦No tourists⟧{UNHARMED civilian 0} were hurt.", "nwound", None),
        ("⟦Nobody⟧{UNHARMED unknown 0} else was hurt or killed.", "nkill", None),
        ("⟦No one⟧{UNHARMED unknown 0} was hurt, though more houses burnt.", "nkill", 0),
        ("⟦No immediate reports of deaths⟧{UNHARMED unknown 0}.", "nkill", None),
        ("⟦Ten⟧{CASUALTY unknown 10} were hit. ⟦Nobody⟧{UNHARMED unknown 0} was killed.", "nkill", None),
        (
            "⟦Ten⟧{KILLED unknown 10 #a}, ⟦four rebels⟧{KILLED militant 4 <a}. Then ⟦30 farmers⟧{KILLED civilian 30}.",
            "nkill",
            34,
        ),
        ("⟦Two⟧{KILLED unknown 2 #a}, ⟦three rebels⟧{KILLED militant 3 <a}.", "nkill", 3),
        ("⟦At least two⟧{WOUNDED unknown 2-} were hurt.", "nwound", 2),
        ("⟦Five militants⟧{KILLED militant 5} died. In all ⟦five people⟧{KILLED unknown 5} died.", "nkill", 5),
    ],
)
def test_numbers_of_a_gtd_row(marked: str, column: str, value: int | None) -> None:
    assert report(marked).to_rows("gtd")[0][column] == value


@pytest.mark.parametrize(
    ("marked", "civilians", "unknown", "best"),
    [
        ("⟦Nine⟧{KILLED unknown 9 #n}, ⟦two children⟧{KILLED civilian 2 <n} too; ⟦two children⟧{KILLED civilian 2 <n}!", 2, 7, 9),
        ("⟦Ten⟧{KILLED unknown 10 #n}: ⟦six women⟧{KILLED civilian 6 <n}, ⟦five students⟧{KILLED civilian 5 <n}.", 10, 0, 10),
        ("⟦At least 13⟧{KILLED unknown 13-} died, in the end ⟦21⟧{KILLED unknown 21}.", 0, 21, 21),
        ("⟦Nine soldiers⟧{KILLED security 9} died. ⟦Five farmers⟧{KILLED civilian 5} also did.", 5, 0, 14),
    ],
)  # fmt: skip
def test_the_dead_of_a_ucdp_row_add_up(marked: str, civilians: int, unknown: int, best: int) -> None:
    row = report(marked).to_rows("ucdp")[0]
    assert (row["deaths_civilians"], row["deaths_unknown"], row["best"]) == (civilians, unknown, best)


@pytest.mark.parametrize(
    ("marked", "low", "best", "high"),
    [
        ("⟦Ten rebels⟧{KILLED militant 10} and ⟦three soldiers⟧{KILLED security 3} died.", 13, 13, 13),
        ("⟦Ten rebels⟧{KILLED militant 10} and ⟦up to three soldiers⟧{KILLED security -3} died.", None, 13, 13),
        ("⟦About 30⟧{KILLED unknown ~30} died. ⟦Two rebels⟧{KILLED militant 2} died.", None, 32, None),
        ("⟦Thirty⟧{KILLED unknown 30} died. ⟦Two rebels⟧{KILLED militant 2} died.", 30, 32, None),
        ("⟦Dozens of farmers⟧{KILLED civilian 24-} and ⟦two rebels⟧{KILLED militant 2} died.", 26, None, None),
        ("⟦Nobody⟧{UNHARMED unknown 0} was killed.", 0, 0, 0),
        ("⟦Two farmers⟧{WOUNDED civilian 2} were hurt.", None, None, None),
    ],
)
def test_the_bounds_of_a_ucdp_row(marked: str, low: int | None, best: int | None, high: int | None) -> None:
    row = report(marked).to_rows("ucdp")[0]
    assert (row["low"], row["best"], row["high"]) == (low, best, high)


def test_dates_that_disagree_leave_what_they_share() -> None:
    marked = report("⟦Ten⟧{KILLED unknown 10} died on ⟦Sunday⟧{DATE}, or on ⟦3 May⟧{DATE}.")
    (row,) = marked.to_rows("gtd")
    assert (row["iyear"], row["imonth"], row["iday"], row["approxdate"]) == (2021, 0, 0, "Sunday, 3 May")
    (row,) = marked.to_rows("ucdp")
    assert (row["date_start"], row["date_end"], row["date_prec"]) == ("2021-05-03", "2021-09-05", 5)
    fight = "Fighting from ⟦Wednesday⟧{DATE} to ⟦Friday⟧{DATE} killed ⟦ten⟧{KILLED unknown 10}."
    (row,) = report(fight).to_rows("ucdp")
    assert (row["date_start"], row["date_end"], row["date_prec"]) == ("2021-09-01", "2021-09-03", 2)
    (row,) = report("⟦Ten⟧{KILLED unknown 10} died in ⟦2019⟧{DATE} or in ⟦2020⟧{DATE}.").to_rows("ucdp")
    assert (row["year"], row["date_start"]) == (None, None)
    (row,) = report("⟦Ten⟧{KILLED unknown 10} died on ⟦Sunday⟧{DATE} ⟦last week⟧{DATE}.").to_rows("gtd")
    assert (row["iday"], row["approxdate"]) == (5, None)


@pytest.mark.parametrize("dataset", COLUMNS)
def test_rows_have_the_documented_columns_in_their_order(dataset: str) -> None:
    for row in report(ATTACK).to_rows(dataset) + report(KIDNAPPING, None).to_rows(dataset):
        assert list(row) == ["incident", *COLUMNS[dataset]]


def test_another_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match="there are gtd, ucdp"):
        report(ATTACK).to_rows("acled")
