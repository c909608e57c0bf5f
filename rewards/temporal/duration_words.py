"""List what durations are written with in twelve languages: units, numbers and fractions in words.

Months and years are missing on purpose: they have no length. Number words reach 99, in the forms
that stand before these units. `m` is a minute only behind hours (`1h30m`), since alone it is a
metre or a month, and half a day is missing where it means noon.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

SECOND, MINUTE, HOUR, DAY, WEEK = 1, 60, 3600, 86400, 604800

# Language -> seconds -> forms. "/" ends what may stand without a number before it: there the form
# itself says how many, and the ones with a number are in `BARE`.
UNITS: dict[str, dict[int, str]] = {
    "en": {
        WEEK: "week weeks wk wks w",
        DAY: "day days d",
        HOUR: "hour hours hr hrs h",
        MINUTE: "minute minutes min mins",
        SECOND: "second seconds sec secs s",
    },
    "de": {
        WEEK: "woche wochen",
        DAY: "tag tage tagen",
        HOUR: "stunde stunden std h",
        MINUTE: "minute minuten min",
        SECOND: "sekunde sekunden sek s",
    },
    "fr": {
        WEEK: "semaine semaines",
        DAY: "jour jours journée journées j",
        HOUR: "heure heures h",
        MINUTE: "minute minutes min mn",
        SECOND: "seconde secondes s",
    },
    "es": {
        WEEK: "semana semanas",
        DAY: "día días dia dias",
        HOUR: "hora horas h",
        MINUTE: "minuto minutos min",
        SECOND: "segundo segundos seg s",
    },
    "pt": {
        WEEK: "semana semanas",
        DAY: "dia dias",
        HOUR: "hora horas h",
        MINUTE: "minuto minutos min",
        SECOND: "segundo segundos seg s",
    },
    "it": {
        WEEK: "settimana settimane",
        DAY: "giorno giorni",
        HOUR: "ora ore h",
        MINUTE: "minuto minuti min",
        SECOND: "secondo secondi sec s",
    },
    "nl": {
        WEEK: "week weken",
        DAY: "dag dagen",
        HOUR: "uur uren u",
        MINUTE: "minuut minuten min",
        SECOND: "seconde seconden secondes sec s",
    },
    "cs": {
        WEEK: "týden týdny týdnů týdne",
        DAY: "den dny dní dnů dne",
        HOUR: "hodina hodiny hodin hodinu hod h",
        MINUTE: "minuta minuty minut minutu min",
        SECOND: "sekunda sekundy sekund sekundu vteřina vteřiny vteřin vteřinu s",
    },
    "ar": {
        WEEK: "أسبوع أسبوعا أسابيع",
        DAY: "يوم يوما أيام",
        HOUR: "ساعة ساعات",
        MINUTE: "دقيقة دقائق",
        SECOND: "ثانية ثوان ثواني ثوانٍ",
    },
    "ja": {
        WEEK: "週間",
        DAY: "日 日間",
        HOUR: "時間",
        MINUTE: "分 分間",
        SECOND: "秒 秒間",
    },
    "zh": {
        WEEK: "周 週 个周 星期 个星期 個星期 礼拜 个礼拜",
        DAY: "天 日",
        HOUR: "小时 小時 个小时 個小時 钟头 个钟头",
        MINUTE: "分钟 分鐘 分",
        SECOND: "秒 秒钟 秒鐘",
    },
    "ko": {
        WEEK: "주 주일 주간",
        DAY: "일 일간",
        HOUR: "시간",
        MINUTE: "분 분간",
        SECOND: "초 초간",
    },
}
# Forms with their number in them: a noun alone, a dual, days that have names.
BARE: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("أسبوع", "أسبوعا", "týden"), (1, WEEK)),
    **dict.fromkeys(("يوم", "يوما", "den", "하루"), (1, DAY)),
    **dict.fromkeys(("ساعة", "hodina", "hodinu"), (1, HOUR)),
    **dict.fromkeys(("دقيقة", "minuta", "minutu"), (1, MINUTE)),
    **dict.fromkeys(("أسبوعان", "أسبوعين"), (2, WEEK)),
    **dict.fromkeys(("يومان", "يومين", "이틀"), (2, DAY)),
    **dict.fromkeys(("ساعتان", "ساعتين"), (2, HOUR)),
    **dict.fromkeys(("دقيقتان", "دقيقتين"), (2, MINUTE)),
    **dict.fromkeys(("ثانيتان", "ثانيتين"), (2, SECOND)),
    **dict.fromkeys(("a fortnight", "one fortnight", "1 fortnight"), (2, WEEK)),
    **{word: (n, DAY) for n, word in enumerate(("사흘", "나흘", "닷새", "엿새"), start=3)},
    "열흘": (10, DAY),
}
# Languages that group digits by a comma; the others have a decimal comma.
COMMA_GROUPS = frozenset(("en", "ja", "zh", "ko"))
ABBREVIATIONS = frozenset(
    ("wk", "wks", "hr", "hrs", "h", "min", "mins", "sec", "secs", "std", "sek", "mn", "seg", "hod")
)

# Quarters of a unit, with words of their own; a slash stands between phrases.
_PHRASES: dict[tuple[int, int], str] = {
    (1, HOUR): "a quarter of an hour/a quarter hour/quarter of an hour/eine viertelstunde"
    "/viertelstunde/un quart d'heure/quart d'heure/un cuarto de hora/um quarto de hora"
    "/un quarto d'ora/een kwartier/kwartier/1 kwartier/čtvrt hodiny/čtvrthodina/čtvrthodinu"
    "/ربع ساعة/ربع الساعة/一刻钟/1刻钟/一刻鐘",
    (2, HOUR): "half an hour/a half hour/half a hour/a half-hour/half hour/eine halbe stunde"
    "/halbe stunde/einer halben stunde/une demi-heure/demi-heure/une demi heure/media hora"
    "/meia hora/meia-hora/mezz'ora/mezzora/mezza ora/una mezz'ora/een half uur/half uur"
    "/een halfuur/halfuur/twee kwartier/půl hodiny/půlhodina/půlhodinu/نصف ساعة/نصف الساعة"
    "/半時間/半小时/半个小时/半小時/半個小時/半个钟头/반 시간/반시간",
    (3, HOUR): "three quarters of an hour/three-quarters of an hour/eine dreiviertelstunde"
    "/dreiviertelstunde/drei viertel stunden/trois quarts d'heure/tres cuartos de hora"
    "/três quartos de hora/tre quarti d'ora/tre quarti di ora/drie kwartier/3 kwartier"
    "/tři čtvrtě hodiny/třičtvrtě hodiny/ثلاثة أرباع ساعة/ثلاثة أرباع الساعة/三刻钟/3刻钟/三刻鐘",
    (2, DAY): "half a day/ein halber tag/einen halben tag/une demi-journée/mezza giornata"
    "/een halve dag/půl dne/نصف يوم",
    (2, MINUTE): "half a minute/eine halbe minute/medio minuto/meio minuto/mezzo minuto"
    "/een halve minuut/půl minuty/نصف دقيقة/半分钟",
    (2, WEEK): "half a week/eine halbe woche/een halve week",
}
PHRASES = {phrase: key for key, text in _PHRASES.items() for phrase in text.split("/")}
# What follows a unit and adds quarters of it.
_BEHIND = {
    1: " and a quarter/ et quart/ y cuarto/ e un quarto/ e um quarto/ وربع/ وربع الساعة",
    2: " and a half/ et demie/ et demi/ y media/ y medio/ e meia/ e meio/ e mezza/ e mezzo/ a půl"
    "/ ونصف/ ونصف الساعة/半/ 半/ 반/반",
}
BEHIND = {phrase: quarters for quarters, text in _BEHIND.items() for phrase in text.split("/")}
# What stands between a number and its unit and adds one half.
BETWEEN_HALF = (
    *(" and a half ", "-and-a-half ", " und eine halbe ", " und einen halben ", " et demi "),
    *(" y media ", " en een half ", " en een halve ", " a půl ", "个半", "個半"),
)


def _join(units: list[str], tens: list[str], pattern: str) -> Iterator[tuple[str, int]]:
    """Make the numbers from 21 to 99 that are a ten and a unit put together."""
    for (t, ten), (u, unit) in product(enumerate(tens, start=2), enumerate(units, start=1)):
        for one, other in product(unit.split("/"), ten.split("/")):
            if one and other:
                yield pattern.format(unit=one, ten=other), 10 * t + u


def _counted(words: str, first: int = 1, step: int = 1) -> dict[str, int]:
    return {
        name.replace("_", " "): first + step * place
        for place, names in enumerate(words.split())
        for name in names.split("/")
    }


@dataclass(frozen=True)
class _Counting:
    """Says how a language counts to 99: the words to 19, the tens, and how both are put together.

    `units` are one to nine as they stand in compounds, if not as alone; `ones` other forms of one.
    """

    low: str
    tens: str
    patterns: tuple[str, ...]
    units: str = ""
    ones: str = ""

    def numbers(self) -> Iterator[tuple[str, int]]:
        """Yield all words with their numbers."""
        yield from _counted(self.low).items()
        yield from _counted(self.tens, 20, 10).items()
        yield from ((one, 1) for one in self.ones.split())
        for pattern in self.patterns:
            yield from _join((self.units or self.low).split()[:9], self.tens.split(), pattern)


_EUROPEAN = (
    _Counting(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty/fourty fifty sixty seventy eighty ninety",
        (
            "{ten}-{unit}",
            "{ten} {unit}",
        ),
        ones="a an",
    ),
    _Counting(
        "eins zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn"
        " fünfzehn sechzehn siebzehn achtzehn neunzehn",
        "zwanzig dreißig/dreissig vierzig fünfzig sechzig siebzig achtzig neunzig",
        ("{unit}und{ten}",),
        units="ein zwei drei vier fünf sechs sieben acht neun",
        ones="ein eine einen einer einem",
    ),
    _Counting(
        "un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze"
        " quinze seize dix-sept dix-huit dix-neuf",
        "vingt trente quarante cinquante soixante",
        (
            "{ten}-{unit}",
            "{ten} {unit}",
            "{ten} et {unit}",
            "{ten}-et-{unit}",
        ),
    ),
    _Counting(
        "uno/una/un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce"
        " quince dieciséis/dieciseis diecisiete dieciocho diecinueve",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        ("{ten} y {unit}",),
    ),
    _Counting(
        "um/uma dois/duas três/tres quatro cinco seis sete oito nove dez onze doze treze"
        " quatorze/catorze quinze dezesseis/dezasseis dezessete/dezassete dezoito"
        " dezenove/dezanove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
        ("{ten} e {unit}",),
    ),
    _Counting(
        "uno/una/un/un' due tre quattro cinque sei sette otto nove dieci undici dodici"
        " tredici quattordici quindici sedici diciassette diciotto diciannove",
        "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
        ("{ten}{unit}",),
        units="- due tre/tré quattro cinque sei sette - nove",
    ),
    _Counting(
        "één/een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien"
        " vijftien zestien zeventien achttien negentien",
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
        (
            "{unit}en{ten}",
            "{unit}ën{ten}",
        ),
        units="een twee drie vier vijf zes zeven acht negen",
    ),
    _Counting(
        "jedna/jeden/jednu/jedno dvě/dva tři čtyři pět šest sedm osm devět deset jedenáct"
        " dvanáct třináct čtrnáct patnáct šestnáct sedmnáct osmnáct devatenáct",
        "dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát",
        (
            "{ten} {unit}",
            "{unit}a{ten}",
        ),
    ),
)


def _european() -> dict[str, int]:
    numbers = dict(word for counting in _EUROPEAN for word in counting.numbers())
    # French counts on from sixty and from eighty.
    teens = "dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
    numbers |= {f"soixante-{name}": n for name, n in _counted(teens, 70).items()}
    numbers |= {f"quatre-vingt-{name}": n for name, n in _counted(teens, 90).items()}
    numbers |= {"soixante et onze": 71, "quatre-vingts": 80, "quatre-vingt": 80}
    numbers |= _counted(
        "veintiuno/veintiún/veintiuna veintidós/veintidos veintitrés/veintitres veinticuatro"
        " veinticinco veintiséis/veintiseis veintisiete veintiocho veintinueve",
        21,
    )
    # Italian tens lose their vowel before another, Czech ones have a form of their own.
    elided = _counted("vent trent quarant cinquant sessant settant ottant novant", 20, 10)
    numbers |= {f"{ten}{one}": n + 1 for ten, n in elided.items() for one in ("uno", "un")}
    numbers |= {f"{ten}otto": n + 8 for ten, n in elided.items()}
    numbers |= {f"jedna{ten}": n for ten, n in _counted(_EUROPEAN[-1].tens, 21, 10).items()}
    hundred = (
        "one hundred/a hundred/hundert/einhundert/cent/cien/cem/cento/honderd/sto/مئة/مائة/百/백"
    )
    return numbers | dict.fromkeys(hundred.split("/"), 100)


def _halves() -> dict[str, int]:
    """Make the words for some and a half: their number of halves."""
    german = ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"]
    dutch = ["twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien"]
    halves = {f"{word}{gap}einhalb": 2 * n for n, word in enumerate(german, 1) for gap in ("", " ")}
    halves |= {f"{word}{en}half": 2 * n for n, word in enumerate(dutch, 2) for en in ("ën", "en")}
    halves = {word: n + 1 for word, n in halves.items()}
    one_and_a_half = ("anderthalb", "anderhalf", "anderhalve", "půldruhé", "půldruhého")
    return halves | dict.fromkeys(one_and_a_half, 3)


def _east_asian(digits: str, ten: str) -> dict[str, int]:
    """Make the numbers below 100 of a script that writes 24 as two, ten, four."""
    named = ["", *digits]
    return {
        (named[n // 10] if n >= 20 else "") + (ten if n >= 10 else "") + named[n % 10]: n
        for n in range(1, 100)
    }


def _korean() -> dict[str, int]:
    units = _counted("한 두 세 네 다섯 여섯 일곱 여덟 아홉")
    tens = _counted("열 스물 서른 마흔 쉰 예순 일흔 여든 아흔", 10, 10)
    both = {ten + unit: t + u for (ten, t), (unit, u) in product(tens.items(), units.items())}
    return {**units, **tens, **both, "스무": 20, **_east_asian("일이삼사오육칠팔구", "십")}


def _arabic() -> dict[str, int]:
    units = (
        "واحد/واحدة اثنان/اثنتان/اثنين/اثنتين ثلاث/ثلاثة أربع/أربعة خمس/خمسة ست/ستة سبع/سبعة"
        " ثمان/ثماني/ثمانية تسع/تسعة"
    )
    tens = "عشرون/عشرين ثلاثون/ثلاثين أربعون/أربعين خمسون/خمسين ستون/ستين سبعون/سبعين ثمانون/ثمانين"
    numbers = {**_counted(units), **_counted(tens, 20, 10), "عشر": 10, "عشرة": 10}
    numbers |= {"تسعون": 90, "تسعين": 90}
    numbers |= dict.fromkeys(("أحد عشر", "إحدى عشرة", "احد عشر"), 11)
    numbers |= dict.fromkeys(("اثنا عشر", "اثنتا عشرة", "اثني عشر", "اثنتي عشرة"), 12)
    for name, n in _counted(units).items():
        if n > 2:
            numbers |= {f"{name} عشر": 10 + n, f"{name} عشرة": 10 + n}
    numbers.update(_join(units.split(), tens.split(), "{unit} و{ten}"))
    return numbers


NUMBERS: dict[str, int] = {
    **_european(),
    **_korean(),
    **_arabic(),
    **_east_asian("一二三四五六七八九", "十"),
    **dict.fromkeys(("两", "兩"), 2),
    **dict.fromkeys(("zero", "null", "zéro", "cero", "nul", "nula", "صفر", "零", "ゼロ", "영"), 0),
}
HALVES: dict[str, int] = _halves()
