"""Names of states as news has them: adjectives that no rule makes, capitals and forces that stand for a government."""

from __future__ import annotations

from functools import cache

_ENDINGS = ("n", "i", "an", "ian", "ese", "ish")
"""What makes most adjectives of a state's name."""

_STATES = """
afghanistan: afghan, kabul
algeria: algiers
angola: luanda
argentina: argentine, argentinian, buenos aires
armenia: yerevan
australia: canberra
azerbaijan: azeri, baku
bahrain: manama
bangladesh: dhaka
belarus: minsk
belgium: belgian, brussels
benin: cotonou
bolivia
bosnia
brazil: brasilia
britain: british, uk, united kingdom, london
bulgaria: sofia
burkina faso: burkinabe, burkina, ouagadougou
burundi: bujumbura
cambodia: phnom penh
cameroon: yaounde
canada: canadian, ottawa
central african republic: bangui
chad: ndjamena
chile
china: chinese, beijing
colombia: bogota
costa rica
croatia: croat, zagreb
cuba: havana
cyprus: cypriot, nicosia
democratic republic of the congo: dr congo, drc, democratic republic of congo, congo, congolese, kinshasa
denmark: danish, copenhagen
dominican republic: dominican, santo domingo
ecuador: ecuadoran, ecuadorean, quito
egypt: cairo
el salvador: salvadoran, salvadorean, san salvador
eritrea: asmara
estonia: tallinn
ethiopia: addis ababa
finland: finnish, helsinki
france: french, paris
georgia: tbilisi
germany: german, berlin
ghana: ghanaian, accra
greece: greek, athens
guatemala
guinea: conakry
haiti: port au prince
honduras: honduran, tegucigalpa
hungary: hungarian, budapest
india: new delhi, delhi
indonesia: jakarta
iran: tehran, teheran
iraq: baghdad
ireland: irish, dublin
israel: israel defense forces, israel defence forces, israeli defense forces, idf, tel aviv
italy: italian, rome
ivory coast: ivorian, abidjan
jamaica
japan: tokyo
jordan: amman
kazakhstan: kazakh, astana
kenya: nairobi
kosovo: kosovar, pristina
kuwait
kyrgyzstan: kyrgyz, bishkek
laos: lao, laotian, vientiane
latvia: riga
lebanon: beirut
liberia: monrovia
libya: tripoli
lithuania: vilnius
malaysia: kuala lumpur
mali: bamako
mauritania: nouakchott
mexico: mexican, mexico city
moldova: chisinau
morocco: moroccan, rabat
mozambique: mozambican, maputo
myanmar: burma, burmese, naypyidaw, naypyitaw
nepal: kathmandu
netherlands: dutch
nicaragua: managua
niger: nigerien, niamey
nigeria: abuja
north korea: pyongyang
norway: norwegian, oslo
oman: muscat
pakistan: islamabad
panama: panamanian
papua new guinea: port moresby
paraguay: asuncion
peru: peruvian
philippines: philippine, filipino, manila
poland: polish, warsaw
portugal: portuguese, lisbon
qatar: doha
romania: bucharest
russia: moscow, kremlin
rwanda: kigali
saudi arabia: saudi, riyadh
senegal: dakar
serbia: serb, belgrade
sierra leone: freetown
slovakia: slovak, bratislava
somalia: somali, mogadishu
south africa: pretoria
south korea: seoul
south sudan: juba
spain: spanish, madrid
sri lanka: colombo
sudan: khartoum
sweden: swedish, stockholm
switzerland: swiss
syria: damascus
taiwan: taipei
tajikistan: tajik, dushanbe
tanzania: dodoma
thailand: thai, bangkok
togo: togolese, lome
tunisia: tunis
turkey: turkish, turkiye, ankara
turkmenistan: turkmen, ashgabat
uganda: kampala
ukraine: ukrainian, kyiv, kiev
united arab emirates: uae, emirati, emirates, abu dhabi
united states: us, usa, american, america, washington
uruguay: montevideo
uzbekistan: uzbek, tashkent
venezuela: caracas
vietnam: hanoi
yemen: sanaa
zambia: lusaka
zimbabwe: harare
"""


def state_of(name: str) -> str | None:
    """The state that a name stands for; ``None`` if it is none's.

    Args:
        name: a state's name, its adjective or its capital, in the form of ``actors.plain``.
    """
    return _by_name().get(name)


@cache
def _by_name() -> dict[str, str]:
    states: dict[str, str] = {}
    for line in _STATES.strip().splitlines():
        state, _, others = line.partition(": ")
        states |= dict.fromkeys([state, *filter(None, others.split(", "))], state)
    adjectives = {state + ending: state for state in states.values() if state != "niger" for ending in _ENDINGS}
    return adjectives | states  # Nigerian is of Nigeria
