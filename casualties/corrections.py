"""Words before a figure that say that it replaces an earlier one, or has been replaced."""

from __future__ import annotations

import re

from casualties.report import Casualty

_RISE = (
    r"(?:rose|risen|rises?|rising|climb(?:ed|s|ing)?|jump(?:ed|s)?|increas(?:ed|es|ing)|gr(?:ew|own|ows)|went up"
    r"|gone up|fell|fallen|(?:revis|correct|lower|reduc|rais|updat)(?:ed|es|ing))"
)
_TO = r"(?<!due )(?<!owing )(?<!according )\bto\s+$"
_NOT_ITS_OWN = r"(?<!its )(?<!his )(?<!her )(?<!their )(?<!own )"
_NEW = re.compile(
    r"\b(?:toll|number|count|figure|total|dead|deaths?|fatalities|casualties|injured|wounded|missing)\b[^.;]{0,60}"
    rf"\b{_RISE}\b[^.;]{{0,40}}{_TO}"
    rf"|\b(?:{_RISE}|brought|brings?|bringing|takes?|took|taking)\b[^.;]{{0,20}}"
    rf"(?:\b(?:toll|count|total)|{_NOT_ITS_OWN}\b(?:number|figure))\b[^.;]{{0,20}}{_TO}"
    r"|\bnow (?:says?|puts?|stands?|counts?)\b[^.;,]{0,30}$",
    re.I,
)
"""Words before a figure that say it replaces an earlier one."""
_OLD = re.compile(
    r"\b(?:initial(?:ly)?|at first|preliminary|previous(?:ly)?|earlier|first) "
    r"(?:said|reported|put|spoken?|counted|estimated?s?|announced|gave|given|reports?|tolls?|figures?|counts?)\b"
    r"[^.;]{0,40}$"
    r"|\b(?:initially|at first)\b[^.;]{0,30}"
    r"\b(?:said|reported|put|spoken?|counted|estimated|announced|given?|gave)\b[^.;]{0,30}$"
    rf"|\b(?:{_RISE}|up|down)\s+from\s+$|,\s+not\s+$",
    re.I,
)
"""Words before a figure that say it has been replaced."""
LOOK_BACK = 120
"""Characters before a figure in which such words are looked for."""


def replaces(text: str, figure: Casualty) -> bool:
    """Whether the text says that a figure replaces an earlier one: "the toll rose to 17"."""
    return said_before(_NEW, text, figure)


def is_replaced(text: str, figure: Casualty) -> bool:
    """Whether the text says that a figure is out of date: "initially, police spoke of 12"."""
    return said_before(_OLD, text, figure)


def said_before(words: re.Pattern[str], text: str, figure: Casualty) -> bool:
    """Whether words stand in what the text says right before a figure."""
    return words.search(text[max(0, figure.start - LOOK_BACK) : figure.start]) is not None
