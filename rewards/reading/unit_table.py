"""List units of measurement with their factors to SI base units, for `rewards.reading.units`.

Sources of the factors: the SI brochure (9th edition, 2019), NIST SP 811 (2008), appendix B, for
units outside the SI, CODATA 2022 for the dalton and the atomic units, and IAU resolutions 2012 B2
(astronomical unit) and 2015 B2 (parsec). All are exact by definition but those marked measured. A
product of factors stands as such, so that nothing is rounded here.

Left out because the same letters mean different sizes: `Cal` (kilocalorie or a capitalised
calorie), `kt` (knots, kilotonnes), `mb` (millibar, millibarn), `ppt` (trillion, thousand), `a.u.`,
`gm`, `pt`, `qt`, `cup` and spoons (US, imperial, metric), `R`. `g` is the gram, never gravity.
Years and months have no length in days, so they convert only into each other. A decibel is a ratio
on a scale of its own and converts into nothing; no other logarithmic unit is read.
"""

from __future__ import annotations

from fractions import Fraction

# Fifty digits: degrees and revolutions are compared with radians.
PI = Fraction("3.14159265358979323846264338327950288419716939937510")

# Unit -> factor and SI base units. What may carry any SI prefix: the kilogram is the base of mass,
# so the gram has a factor. A newton metre is a joule here, torque or not.
PREFIXABLE: dict[str, tuple[str, str]] = {
    "m": ("1", "m"),
    "g": ("0.001", "kg"),
    "s": ("1", "s"),
    "A": ("1", "A"),
    "K": ("1", "K"),
    "mol": ("1", "mol"),
    "cd": ("1", "cd"),
    "Hz": ("1", "s^-1"),
    "N": ("1", "kg m s^-2"),
    "Pa": ("1", "kg m^-1 s^-2"),
    "J": ("1", "kg m^2 s^-2"),
    "W": ("1", "kg m^2 s^-3"),
    "C": ("1", "A s"),
    "V": ("1", "kg m^2 s^-3 A^-1"),
    "F": ("1", "kg^-1 m^-2 s^4 A^2"),
    "Ω": ("1", "kg m^2 s^-3 A^-2"),
    "S": ("1", "kg^-1 m^-2 s^3 A^2"),
    "Wb": ("1", "kg m^2 s^-2 A^-1"),
    "T": ("1", "kg s^-2 A^-1"),
    "H": ("1", "kg m^2 s^-2 A^-2"),
    "Bq": ("1", "s^-1 Bq"),
    "eV": ("1.602176634e-19", "kg m^2 s^-2"),
    "L": ("0.001", "m^3"),
    "l": ("0.001", "m^3"),
    "bar": ("100000", "kg m^-1 s^-2"),
    "cal": ("4.184", "kg m^2 s^-2"),
    "Wh": ("3600", "kg m^2 s^-2"),
    "Ah": ("3600", "A s"),
    "M": ("1000", "mol m^-3"),
}
PREFIXES = {
    "f": "1e-15", "p": "1e-12", "n": "1e-9", "μ": "1e-6", "u": "1e-6", "m": "1e-3", "c": "1e-2",
    "d": "1e-1", "h": "1e2", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12", "P": "1e15",
    "K": "1e3",
}  # fmt: skip
COMMON_PREFIXES = "f p n μ u m c d h k M G T"
# What carries some prefixes only, because others make another unit of it or nothing that is used.
SOME_PREFIXES: dict[str, tuple[str, str, str]] = {
    "t": ("1000", "kg", "M G"),
    "B": ("1", "byte", "k M G T P K"),
    "bit": ("1/8", "byte", "k M G T"),
    "P": ("0.1", "kg m^-1 s^-1", "c m μ"),
    "G": ("0.0001", "kg s^-2 A^-1", "k m μ"),
    "D": ("1e-21/299792458", "A s m", "m"),
    "Da": ("1.66053906892e-27", "kg", "k M"),  # measured
    "pc": ("149597870700*648000/PI", "m", "k M G"),
    "ly": ("9460730472580800", "m", "k M G"),
    "Gy": ("1", "m^2 s^-2", "m μ k c"),
    "Sv": ("1", "m^2 s^-2 Sv", "m μ n"),
    "Ci": ("3.7e10", "s^-1 Bq", "m μ n p k"),
    "St": ("0.0001", "m^2 s^-1", "c"),
    "lm": ("1", "cd sr", "k"),
    "lx": ("1", "cd sr m^-2", "k m"),
    "kat": ("1", "mol s^-1", "m μ n"),
    "psi": ("0.45359237*9.80665/0.00064516", "kg m^-1 s^-2", "k M"),
    "barn": ("1e-28", "m^2", "m μ n p f"),
    "molal": ("1", "mol kg^-1", "m"),
    # A capital K is a slip for kilo where nothing else has it.
    **{name: (*PREFIXABLE[name], f"{COMMON_PREFIXES} K") for name in ("Hz", "Pa", "cal", "mol")},
    **{
        name: (*PREFIXABLE[name], f"{COMMON_PREFIXES} P K")
        for name in ("m", "g", "N", "J", "W", "V", "Wh", "eV", "L")
    },
}
PLAIN: dict[str, tuple[str, str]] = {
    "min": ("60", "s"),
    "h": ("3600", "s"),
    "hr": ("3600", "s"),
    "d": ("86400", "s"),
    "day": ("86400", "s"),
    "week": ("604800", "s"),
    "month": ("1", "month"),
    "yr": ("12", "month"),
    "decade": ("120", "month"),
    "century": ("1200", "month"),
    "ha": ("10000", "m^2"),
    "acre": ("4046.8564224", "m^2"),
    "atm": ("101325", "kg m^-1 s^-2"),
    "Torr": ("101325/760", "kg m^-1 s^-2"),
    "mmHg": ("133.322387415", "kg m^-1 s^-2"),
    "cmHg": ("1333.22387415", "kg m^-1 s^-2"),
    "inHg": ("25.4*133.322387415", "kg m^-1 s^-2"),
    "in": ("0.0254", "m"),
    "ft": ("0.3048", "m"),
    "yd": ("0.9144", "m"),
    "mi": ("1609.344", "m"),
    "nmi": ("1852", "m"),
    "Å": ("1e-10", "m"),
    "micron": ("1e-6", "m"),
    "AU": ("149597870700", "m"),
    "bohr": ("5.29177210544e-11", "m"),  # measured
    "mph": ("0.44704", "m s^-1"),
    "kph": ("1000/3600", "m s^-1"),
    "kmph": ("1000/3600", "m s^-1"),
    "kn": ("1852/3600", "m s^-1"),
    "c": ("299792458", "m s^-1"),
    "oz": ("0.028349523125", "kg"),
    "lb": ("0.45359237", "kg"),
    "lbf": ("0.45359237*9.80665", "kg m s^-2"),
    "kip": ("453.59237*9.80665", "kg m s^-2"),
    "slug": ("0.45359237*9.80665/0.3048", "kg"),
    "kgf": ("9.80665", "kg m s^-2"),
    "dyn": ("0.00001", "kg m s^-2"),
    "erg": ("1e-7", "kg m^2 s^-2"),
    "BTU": ("1055.05585262", "kg m^2 s^-2"),
    "hartree": ("4.3597447222060e-18", "kg m^2 s^-2"),  # measured
    "rydberg": ("2.1798723611030e-18", "kg m^2 s^-2"),  # measured
    "hp": ("550*0.45359237*9.80665*0.3048", "kg m^2 s^-3"),
    "gal": ("0.003785411784", "m^3"),
    "u": ("1.66053906892e-27", "kg"),  # measured
    "rad": ("1", "rad"),
    "mrad": ("0.001", "rad"),
    "sr": ("1", "sr"),
    "°": ("PI/180", "rad"),
    "arcmin": ("PI/10800", "rad"),
    "arcsec": ("PI/648000", "rad"),
    "rev": ("2*PI", "rad"),
    "rpm": ("PI/30", "rad s^-1"),
    "°C": ("1", "celsius"),
    "°F": ("1", "fahrenheit"),
    "dB": ("1", "decibel"),
    "ppm": ("1e-6", ""),
    "ppb": ("1e-9", ""),
    "‰": ("0.001", ""),
    "cent": ("0.01", "USD"),
    **{code: ("1", code) for code in ("USD", "EUR", "GBP", "JPY", "INR", "CNY", "KRW", "CHF")},
    **{code: ("1", code) for code in ("CAD", "AUD", "BRL", "CZK", "MXN")},
}
# Symbols' other spellings.
ALIASES = {
    "amu": "u", "au": "AU", "yrs": "yr", "hrs": "h", "mins": "min", "secs": "s", "sec": "s",
    "msec": "ms", "usec": "μs", "μsec": "μs", "nsec": "ns", "lbs": "lb", "yds": "yd", "mis": "mi",
    "kgs": "kg", "kms": "km", "mcg": "μg", "cc": "cm^3", "lbm": "lb", "Btu": "BTU", "kts": "kn",
    "kmh": "kph", "dyne": "dyn", "deg": "°", "degC": "°C", "degF": "°F", "$": "USD", "€": "EUR",
    "£": "GBP", "¥": "JPY", "₹": "INR", "¢": "cent", "₩": "KRW", "US$": "USD", "RMB": "CNY",
}  # fmt: skip
# Long names, without the plural's s. They take long prefixes.
NAMES = {
    "meter": "m", "metre": "m", "gram": "g", "gramme": "g", "second": "s", "sec": "s",
    "ampere": "A", "amp": "A", "kelvin": "K", "mole": "mol", "hertz": "Hz", "newton": "N",
    "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V", "farad": "F",
    "ohm": "Ω", "siemen": "S", "mho": "S", "weber": "Wb", "tesla": "T", "henry": "H",
    "liter": "L", "litre": "L", "calorie": "cal", "byte": "B", "ton": "t", "tonne": "t",
    "electronvolt": "eV", "becquerel": "Bq", "curie": "Ci", "gray": "Gy", "sievert": "Sv",
    "parsec": "pc", "dalton": "Da", "poise": "P", "stoke": "St", "gauss": "G", "lumen": "lm",
    "watthour": "Wh", "bit": "bit",
}  # fmt: skip
OTHER_NAMES = {
    **{name: name for name in ("day", "week", "month", "decade", "century", "acre", "micron")},
    **{name: name for name in ("cent", "hartree", "rydberg", "bohr", "slug", "erg", "barn", "bar")},
    **{name: name for name in ("min", "atm", "psi", "rpm", "kip", "molal")},
    "minute": "min", "hour": "h", "year": "yr", "hectare": "ha", "inch": "in", "inche": "in",
    "foot": "ft", "feet": "ft", "yard": "yd", "mile": "mi", "ounce": "oz", "pound": "lb",
    "gallon": "gal", "radian": "rad", "degree": "°", "dollar": "USD", "euro": "EUR", "yen": "JPY",
    "rupee": "INR", "yuan": "CNY", "won": "KRW", "angstrom": "Å", "ångström": "Å",
    "atmosphere": "atm", "torr": "Torr", "debye": "D", "knot": "kn", "centurie": "century",
    "horsepower": "hp", "steradian": "sr", "lux": "lx", "candela": "cd", "revolution": "rev",
    "celsius": "°C", "fahrenheit": "°F", "decibel": "dB", "pound-force": "lbf", "henrie": "H",
    "lightyear": "ly", "arcminute": "arcmin", "arcsecond": "arcsec",
}  # fmt: skip
LONG_PREFIXES = {
    "femto": "f", "pico": "p", "nano": "n", "micro": "μ", "milli": "m", "centi": "c", "deci": "d",
    "hecto": "h", "kilo": "k", "mega": "M", "giga": "G", "tera": "T",
}  # fmt: skip
# Names of several words, and what they are one word for. Read without regard to capitals.
PHRASES = (
    (r"\b(kilo|mega|giga|centi|milli|micro|nano|pico)[- ](?=[a-z]{3})", r"\1"),
    (r"\b([kMG])[- ]?ohms?\b", r"\1Ω"),
    (r"\blight[- ]?years?\b", "ly"),
    (r"\belectron[- ]volts?\b", "electronvolt"),
    (r"\bwatt[- ]hours?\b", "watthour"),
    (r"(?<=watt)[- ]hours?\b", "hour"),
    (r"\batomic mass units?\b", "u"),
    (r"\bastronomical units?\b", "AU"),
    (r"\bparts per million\b", "ppm"),
    (r"\bparts per billion\b", "ppb"),
    (r"\b(?:mm|millimet(?:er|re)s?) ?(?:of )?(?:Hg|mercury)\b", "mmHg"),
    (r"\b(?:cm|centimet(?:er|re)s?) ?(?:of )?(?:Hg|mercury)\b", "cmHg"),
    (r"\b(?:in|inch|inches) ?(?:of )?(?:Hg|mercury)\b", "inHg"),
    (r"\bdeg(?:rees?)?\.? (?:celsius|centigrade|C)\b", "°C"),
    (r"\bdeg(?:rees?)?\.? (?:fahrenheit|F)\b", "°F"),
    (r"\bdegrees? kelvin\b", "K"),
    (r"\bnautical miles?\b", "nmi"),
    (r"\bmetric tons?\b", "t"),
    (r"\bstandard atmospheres?\b", "atm"),
    (r"\bpounds? per square inch\b", "psi"),
    (r"\b(?:pounds?[- ]force|lb[- ]f)\b", "lbf"),
    (r"\bUS ?\$|\bUS dollars?\b", "USD"),
    (r"\bper ?cent\b|\bpct\b", "%"),
    (r"\bfoot[- ]pounds?\b", "ft*lb"),
    (r"\b(?:revolutions?|rev) per min(?:ute)?\b", "rpm"),
)
# What is counted: no unit, but an electron isn't a photon.
COUNTED = {
    **{name: name for name in ("electron", "proton", "neutron", "photon", "atom", "molecule")},
    **{name: name for name in ("ion", "particle", "nucleus", "event", "count", "cycle", "decay")},
    **{name: name for name in ("collision", "fringe", "oscillation")},
    "nuclei": "nucleus",
    "disintegration": "decay",
}
# Letters that are more often variables: units only where a measured value stands before them.
MEASURED_ONLY = frozenset(
    (
        "c",
        "D",
        "P",
        "G",
        "pc",
        "ly",
        "kn",
        "lm",
        "lx",
        "sr",
        "AU",
        "Da",
        "St",
        "Ci",
        "Gy",
        "Sv",
        "hp",
    )
)
