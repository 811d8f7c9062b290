"""What a noun phrase for people holds: a name, what its bearer was, how many; its head noun."""

from __future__ import annotations

import re

from casualties.report import Casualty, Count

ROLES = frozenset(
    """
    activist actor admiral adviser advisor aged agent aide ambassador archbishop architect assemblyman assistant
    attorney aunt author baby banker bishop bodyguard boss boy brigadier broadcaster brother brother-in-law brothers
    businessman businesswoman cabinet cameraman candidate captain cardinal catechist chairman chancellor chauffeur
    chief child citizen clergyman colleague colonel columnist commander commissioner companion comrade congressman
    congresswoman constable consul contractor coordinator cop corporal correspondent councillor councilman
    councilwoman counselor cousin daughter dean delegate deputy detective diplomat director doctor dr driver
    economist editor educator employee engineer executive expert farmer father father-in-law fighter fisherman
    foreman founder fr friar friend general girl governor granddaughter grandson guard guerrilla head housewife
    husband industrialist infant inspector instructor intelligence jesuit journalist jr judge landowner lawmaker
    lawyer leader lecturer legislator lieutenant magistrate maid major man manager marine mayor mechanic member
    merchant messrs minister missionary mister monk monsignor mother mother-in-law mr mrs ms msgr nephew newsman
    newswoman niece nun nurse officer official operator owner painter parliamentarian partner pastor patient
    patrolman peasant personality physician pilot poet policeman policewoman politician preacher president priest
    prince princess principal professor prosecutor psychologist publisher rancher rector rep reporter representative
    reverend sailor salesman scientist secretary senator sergeant sheriff sister sister-in-law sociologist soldier
    son son-in-law spokesman spokesperson spokeswoman sr student superintendent superior suspect teacher technician
    teenager tourist trader treasurer trooper uncle unionist vicar vice-president viceadmiral vicepresident
    vicerector victim villager volunteer watchman wife woman worker writer youth
    """.split()  # noqa: SIM905 – a list of words reads better as a text
)
"""Nouns for what people are; behind one that stands next to a name, the name begins."""
_OPENERS = frozenset(
    ("a", "an", "the", "his", "her", "its", "their", "our", "another", "one", "some", "other", "two", "three", "four")
)
"""Words that no name begins with."""
_PREPOSITIONS = frozenset(("of", "from", "in", "at", "on", "with", "for", "by", "near", "to", "and", "who"))
_BEHIND_HEAD = re.compile(
    r"\s+(?:of|from|in|at|on|who|whom|that|which|with|for|by|belonging|traveling|near)\b.*|[,(\[].*", re.I | re.S
)
"""What follows the head noun of a noun phrase."""
QUANTITY = (
    r"(?:(?:at least|at most|more than|fewer than|less than|no less than|no fewer than|as many as|up to|only|over"
    r"|about|around|some|approximately|nearly|almost|a total of|an additional|another|other|the|a|an|these|those|all"
    r"|both|several|many|few|most|dozens of|scores of|hundreds of|thousands of|a dozen|two dozen|a couple of"
    r"|a group of|\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|or|and|to)"
    r"(?:-\w+)?\s+)"
)
"""A hedge, number or article, as a pattern; MUC's descriptions leave them out (3.1.1.1 of the scoring guidelines)."""
_QUANTITY = re.compile(rf"^{QUANTITY}+", re.I)


def plain_words(text: str) -> str:
    """Words in lower case, without the signs around them."""
    return " ".join(word.casefold().strip(".,'\"()[]") for word in text.split())


def up_to_head(description: str) -> str:
    """A noun phrase up to its head noun."""
    return _BEHIND_HEAD.sub("", description)


def head_of(description: str) -> str:
    """The head noun of a noun phrase in lower case, without the plural's s."""
    return plain_words(up_to_head(description)).split(" ")[-1].removesuffix("s")


def split_name(casualty: Casualty) -> tuple[str, str]:
    """The name and the description that a casualty mention holds; either may be empty."""
    text = one_line(casualty.text)
    words, plain = text.split(), plain_words(text).split(" ")
    roles = [place for place, word in enumerate(plain) if word in ROLES]
    begin = roles[-1] + 1 if roles else 0
    opened = plain[0] in _OPENERS or plain[0][:1].isdigit()
    if (
        casualty.count != Count.exactly(1)
        or begin == len(words)
        or plain[begin] in _PREPOSITIONS
        or (opened and (not roles or len(words) - begin < 2))
    ):
        return "", _description(text)
    name = " ".join(words[begin:]).strip(' "')
    title = " ".join(words[:begin]).rstrip(",")
    return (name, _description(title) if title else "") if name else ("", _description(text))


def _description(text: str) -> str:
    """A noun phrase without its quantity; whole where there is nothing else."""
    return _QUANTITY.sub("", text + " ").strip() or text


def one_line(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())


def contains(long: str, short: str) -> bool:
    """Whether the words of one string stand in another, side by side."""
    return f" {plain_words(short)} " in f" {plain_words(long)} "
