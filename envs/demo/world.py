"""List the demo's closed world: few short words, which a vocabulary of about 1,000 holds."""

from __future__ import annotations

NAMES = ("Tom", "Ann", "Bob", "Eva", "Max", "Mia", "Leo", "Zoe", "Ben", "Kim", "Sam", "Ida")
ITEMS = ("pens", "cups", "hats", "eggs", "keys", "maps", "figs", "nuts")
COLOURS = ("red", "blue", "green", "pink", "gold", "grey", "black", "white")
ANIMALS = ("cat", "dog", "fox", "cow", "pig", "hen", "owl", "bee", "ant", "bat")

CATEGORIES: dict[str, tuple[str, ...]] = {
    "metal": ("iron", "zinc", "lead", "tin"),
    "animal": ("cat", "dog", "fox", "cow"),
    "tree": ("oak", "elm", "ash", "fir"),
    "planet": ("Mars", "Venus", "Earth", "Saturn"),
    "fruit": ("plum", "pear", "lime", "kiwi"),
    "gas": ("neon", "argon", "helium", "xenon"),
}

CAPITALS: dict[str, str] = {
    "France": "Paris",
    "Spain": "Madrid",
    "Italy": "Rome",
    "Japan": "Tokyo",
    "Egypt": "Cairo",
    "Peru": "Lima",
    "Cuba": "Havana",
    "Kenya": "Nairobi",
    "Norway": "Oslo",
    "Greece": "Athens",
    "Poland": "Warsaw",
    "Austria": "Vienna",
    "Ireland": "Dublin",
    "India": "Delhi",
    "Ghana": "Accra",
    "Qatar": "Doha",
}
# Countries that do not exist, put together from these: there is nothing to know about them.
FICTIONAL_STARTS = ("Zor", "Bel", "Kra", "Vun", "Mog", "Tel", "Dra", "Quo", "Fen", "Lum")
FICTIONAL_ENDS = ("via", "dor", "nia", "gard", "mark", "ria")

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
