"""Draw science tasks: physics, chemistry and biology, calculated or looked up, in lettered choices.

The wrong choices are what typical slips give (a forgotten square, the inverse, a lost factor of
ten), so that neither size nor roundness gives the right one away; the order is shuffled.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from fractions import Fraction

from envs.tasks.base import Task, TaskDomain

# Symbol, name, atomic number, molar mass in g/mol (to the digits that school tables give).
ELEMENTS: tuple[tuple[str, str, int, Fraction], ...] = tuple(
    (symbol, name, number, Fraction(mass))
    for symbol, name, number, mass in (
        ("H", "hydrogen", 1, "1.0"),
        ("He", "helium", 2, "4.0"),
        ("Li", "lithium", 3, "6.9"),
        ("Be", "beryllium", 4, "9.0"),
        ("B", "boron", 5, "10.8"),
        ("C", "carbon", 6, "12.0"),
        ("N", "nitrogen", 7, "14.0"),
        ("O", "oxygen", 8, "16.0"),
        ("F", "fluorine", 9, "19.0"),
        ("Ne", "neon", 10, "20.2"),
        ("Na", "sodium", 11, "23.0"),
        ("Mg", "magnesium", 12, "24.3"),
        ("Al", "aluminium", 13, "27.0"),
        ("Si", "silicon", 14, "28.1"),
        ("P", "phosphorus", 15, "31.0"),
        ("S", "sulfur", 16, "32.1"),
        ("Cl", "chlorine", 17, "35.5"),
        ("Ar", "argon", 18, "39.9"),
        ("K", "potassium", 19, "39.1"),
        ("Ca", "calcium", 20, "40.1"),
        ("Ti", "titanium", 22, "47.9"),
        ("Cr", "chromium", 24, "52.0"),
        ("Mn", "manganese", 25, "54.9"),
        ("Fe", "iron", 26, "55.8"),
        ("Ni", "nickel", 28, "58.7"),
        ("Cu", "copper", 29, "63.5"),
        ("Zn", "zinc", 30, "65.4"),
        ("Br", "bromine", 35, "79.9"),
        ("Ag", "silver", 47, "107.9"),
        ("Sn", "tin", 50, "118.7"),
        ("I", "iodine", 53, "126.9"),
        ("Ba", "barium", 56, "137.3"),
        ("Au", "gold", 79, "197.0"),
        ("Hg", "mercury", 80, "200.6"),
        ("Pb", "lead", 82, "207.2"),
    )
)
# Formula as (element, count) pairs, with its name.
COMPOUNDS: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    ("water", (("H", 2), ("O", 1))),
    ("carbon dioxide", (("C", 1), ("O", 2))),
    ("methane", (("C", 1), ("H", 4))),
    ("ammonia", (("N", 1), ("H", 3))),
    ("glucose", (("C", 6), ("H", 12), ("O", 6))),
    ("ethanol", (("C", 2), ("H", 6), ("O", 1))),
    ("sulfuric acid", (("H", 2), ("S", 1), ("O", 4))),
    ("sodium chloride", (("Na", 1), ("Cl", 1))),
    ("calcium carbonate", (("Ca", 1), ("C", 1), ("O", 3))),
    ("iron(III) oxide", (("Fe", 2), ("O", 3))),
    ("aluminium oxide", (("Al", 2), ("O", 3))),
    ("magnesium oxide", (("Mg", 1), ("O", 1))),
    ("propane", (("C", 3), ("H", 8))),
    ("nitric acid", (("H", 1), ("N", 1), ("O", 3))),
    ("sodium hydroxide", (("Na", 1), ("O", 1), ("H", 1))),
    ("benzene", (("C", 6), ("H", 6))),
)
_MASS = {symbol: mass for symbol, _, _, mass in ELEMENTS}

# (question, right answer, wrong answers in the order of their temptation)
Drawn = tuple[str, str, Sequence[str]]


def _number(value: Fraction | int) -> str:
    """Write a decimal of at most four significant digits, without an exponent."""
    text = f"{float(value):.4g}"
    if "e" in text:
        text = f"{float(text):.10f}".rstrip("0").rstrip(".")
    return text


def _asked(
    question: str, right: Fraction | int, wrong: Sequence[Fraction | int], unit: str = ""
) -> Drawn:
    def written(value: Fraction | int) -> str:
        return f"{_number(value)} {unit}".strip()

    return question, written(right), [written(value) for value in wrong]


def _slips(right: Fraction) -> list[Fraction]:
    return [right * factor for factor in (2, Fraction(1, 2), 10, 4, Fraction(1, 4), 3, 5)]


def _motion(rng: random.Random, difficulty: int) -> Drawn:
    a, t, v = rng.randint(2, 9), rng.randint(2, 20), rng.randint(0, 15) if difficulty > 1 else 0
    distance = v * t + Fraction(a * t * t, 2)
    start = f"moving at {v} m/s" if v else "at rest"
    wrong = [Fraction(v * t + a * t * t), Fraction((v + a) * t), v * t + Fraction(a * t, 2)]
    question = (
        f"A cart {start} accelerates uniformly at {a} m/s² for {t} s. How far does it travel in"
        " that time?"
    )
    return _asked(question, distance, [*wrong, *_slips(distance)], "m")


def _ohm(rng: random.Random, difficulty: int) -> Drawn:
    first, second, volts = rng.randint(2, 40), rng.randint(2, 40), rng.randint(3, 48)
    if difficulty == 1:
        current = Fraction(volts, first)
        wrong = [Fraction(first, volts), Fraction(first * volts), *_slips(current)]
        question = f"A voltage of {volts} V is applied to a resistor of {first} Ω. What current?"
    elif difficulty == 2:
        current = Fraction(volts, first + second)
        wrong = [Fraction(volts, first) + Fraction(volts, second), Fraction(volts, first)]
        question = (
            f"Resistors of {first} Ω and {second} Ω are in series with a battery of {volts} V. What"
            " current flows?"
        )
    else:
        current = Fraction(volts, first) + Fraction(volts, second)
        wrong = [Fraction(volts, first + second), Fraction(volts, first), Fraction(volts, second)]
        question = (
            f"Resistors of {first} Ω and {second} Ω are in parallel across a battery of {volts} V."
            " What current does the battery supply?"
        )
    return _asked(question, current, [*wrong, *_slips(current)], "A")


def _energy(rng: random.Random, difficulty: int) -> Drawn:
    mass, speed = rng.randint(2, 60), rng.randint(2, 30)
    if difficulty == 1:
        energy = Fraction(mass * speed * speed, 2)
        wrong = [Fraction(mass * speed * speed), Fraction(mass * speed, 2), Fraction(mass * speed)]
        question = f"What is the kinetic energy of a body of {mass} kg that moves at {speed} m/s?"
    else:
        final = speed + rng.randint(2, 20)
        energy = Fraction(mass * (final**2 - speed**2), 2)
        wrong = [
            Fraction(mass * (final - speed) ** 2, 2),
            Fraction(mass * (final**2 - speed**2)),
            Fraction(mass * final**2, 2),
        ]
        question = (
            f"How much work speeds a body of {mass} kg up from {speed} m/s to {final} m/s, without"
            " friction?"
        )
    return _asked(question, energy, [*wrong, *_slips(energy)], "J")


def _density(rng: random.Random, difficulty: int) -> Drawn:
    density, side = rng.randint(2, 20), rng.randint(2, (6, 12, 30)[difficulty - 1])
    mass = Fraction(density * side**3)
    wrong = [Fraction(density * side**2), Fraction(density * 6 * side**2), Fraction(density * side)]
    question = f"A solid cube with edges of {side} cm has a density of {density} g/cm³. Its mass?"
    return _asked(question, mass, [*wrong, *_slips(mass)], "g")


def _molar_mass(rng: random.Random, difficulty: int) -> Drawn:
    name, formula = rng.choice(COMPOUNDS)
    mass = sum((_MASS[symbol] * count for symbol, count in formula), Fraction(0))
    once = sum((_MASS[symbol] for symbol, _ in formula), Fraction(0))
    table = ", ".join(f"{symbol} {_number(_MASS[symbol])}" for symbol, _ in formula)
    if difficulty == 1:
        sample, unit = mass, "g/mol"
        question = f"What is the molar mass of {name}? Atomic masses: {table}."
        wrong = [once, mass + 1, mass - 1, mass + 16, mass - 12]
    else:
        moles = Fraction(rng.randint(1, 80), 1 if difficulty == 2 else 8)
        sample, unit = moles * mass, "g"
        question = (
            f"What is the mass of {_number(moles)} mol of {name}? Atomic masses in g/mol: {table}."
        )
        wrong = [moles * once, mass / moles, mass]
    return _asked(question, sample, [*wrong, *_slips(sample)], unit)


def _half_life(rng: random.Random, difficulty: int) -> Drawn:
    half, times = rng.randint(2, 60), rng.randint(2, 3 + difficulty)
    start = rng.randint(1, 20) * 2**times
    left = Fraction(start, 2**times)
    wrong = [start - left, Fraction(start, times), Fraction(start, 2), left * 2, left / 2]
    question = (
        f"A radioactive isotope has a half-life of {half} days. How much of {start} g is left after"
        f" {half * times} days?"
    )
    return _asked(question, left, [*wrong, *_slips(left)], "g")


def _gas(rng: random.Random, difficulty: int) -> Drawn:
    volume, cold = rng.randint(2, 60), rng.choice((200, 240, 250, 300, 320, 400))
    warm = cold + rng.choice((40, 50, 60, 80, 100, 120))
    if difficulty == 1:
        press = rng.randint(2, 9)
        result = Fraction(volume, press)
        wrong = [Fraction(volume * press), Fraction(volume), Fraction(volume, 2 * press)]
        change = f"multiplying its pressure by {press} at constant temperature"
    else:
        result = Fraction(volume * warm, cold)
        wrong = [Fraction(volume * cold, warm), Fraction(volume + warm - cold), Fraction(volume)]
        change = f"heating it from {cold} K to {warm} K at constant pressure"
    if difficulty == 3:
        press = rng.randint(2, 5)
        result /= press
        wrong = [result * press * press, *(value / press for value in wrong)]
        change = (
            f"it is heated from {cold} K to {warm} K while its pressure is multiplied by {press}"
        )
    question = f"An ideal gas fills {volume} L. What volume does it fill after {change}?"
    return _asked(question, result, [*wrong, *_slips(result)], "L")


def _wave(rng: random.Random, difficulty: int) -> Drawn:
    frequency, length = rng.randint(2, 90), Fraction(rng.randint(2, 60), (1, 2, 5)[difficulty - 1])
    speed = frequency * length
    wrong = [frequency / length, length / frequency, frequency + length]
    question = (
        f"A wave has a frequency of {frequency} Hz and a wavelength of {_number(length)} m. Its"
        " speed?"
    )
    return _asked(question, speed, [*wrong, *_slips(speed)], "m/s")


def _acid(rng: random.Random, difficulty: int) -> Drawn:
    first, factor = rng.randint(1, 6), rng.randint(1, 6)
    if difficulty == 1:
        question = f"A strong acid has [H⁺] = 10^-{first} mol/L. What is its pH?"
        right = first
    else:
        question = (
            f"A solution of a strong monoprotic acid with pH {first} is diluted with water to"
            f" {10**factor} times its volume. What is its pH, to the nearest whole number?"
        )
        # However much it is diluted, an acid does not turn basic.
        right = min(first + factor, 7)
    return _asked(
        question, right, [14 - right, right + 1, right - 1, right + 2, first, 10, 3, 1, 9]
    )


def _atom(rng: random.Random, difficulty: int) -> Drawn:
    symbol, name, number, mass = rng.choice(ELEMENTS)
    neutrons = round(mass) - number + rng.randint(0, 2)
    charge = rng.randint(-3, min(3, number)) if difficulty == 3 else 0
    what = rng.choice(("protons", "neutrons", "electrons"))
    right = {"protons": number, "neutrons": neutrons, "electrons": number - charge}[what]
    ion = f" ion with a charge of {charge:+d}" if charge else " atom"
    question = f"How many {what} are in a {name}-{number + neutrons} ({symbol}){ion}?" + (
        f" Its atomic number is {number}." if difficulty == 1 else ""
    )
    others = [number, neutrons, number + neutrons, number + charge, right + 1, right + 2, right + 4]
    return _asked(question, right, others)


_TRAITS = (
    ("pea plants", "round seeds", "wrinkled seeds", "R"),
    ("pea plants", "yellow seeds", "green seeds", "Y"),
    ("pea plants", "purple flowers", "white flowers", "P"),
    ("rabbits", "black fur", "white fur", "B"),
    ("cattle", "no horns", "horns", "H"),
    ("guinea pigs", "short hair", "long hair", "S"),
    ("tomato plants", "red fruit", "yellow fruit", "T"),
    ("fruit flies", "grey bodies", "black bodies", "G"),
)


def _cross(rng: random.Random, difficulty: int) -> Drawn:
    kind, dominant, recessive, letter = rng.choice(_TRAITS)
    pairs = (letter * 2, letter + letter.lower(), letter.lower() * 2)
    one, other = rng.choice(pairs), rng.choice(pairs)
    wanted = rng.choice((dominant, recessive))
    both_small = Fraction(one.count(letter.lower()) * other.count(letter.lower()), 4)
    share = both_small if wanted == recessive else 1 - both_small
    number = rng.randint(10, 90) * 4 * (1, 3, 7)[difficulty - 1]
    counts = [number * Fraction(part, 4) for part in range(5)]
    question = (
        f"In {kind}, {dominant} ({letter}) are dominant over {recessive} ({letter.lower()}). Of"
        f" {number} offspring of {one} × {other}, how many are expected to have {wanted}?"
    )
    others = [*counts, Fraction(number, 3), Fraction(number, 8), Fraction(number, 16)]
    return _asked(question, number * share, others)


KINDS: dict[str, Callable[[random.Random, int], Drawn]] = {
    "motion": _motion,
    "ohm": _ohm,
    "energy": _energy,
    "density": _density,
    "molar_mass": _molar_mass,
    "half_life": _half_life,
    "gas": _gas,
    "wave": _wave,
    "acid": _acid,
    "atom": _atom,
    "cross": _cross,
}


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a question with four, five or six choices, by difficulty."""
    while True:
        kind = rng.choice(tuple(KINDS))
        question, right, wrong = KINDS[kind](rng, difficulty)
        choices = [c for c in dict.fromkeys(wrong) if c != right and not c.startswith("-")]
        choices = choices[: difficulty + 2]
        if len(choices) == difficulty + 2:
            break
    choices.append(right)
    rng.shuffle(choices)
    letter = string.ascii_uppercase[choices.index(right)]
    listed = "\n".join(
        f"{mark}) {choice}" for mark, choice in zip(string.ascii_uppercase, choices, strict=False)
    )
    return Task(
        kind=kind,
        prompt=f'{question}\n\n{listed}\n\nEnd your reply with a line of the form "Answer: X",'
        " where X is one letter.",
        ground_truth=letter,
        gold_completion=f"Answer: {letter}",
        extra_info={"choices": choices},
    )


DOMAIN = TaskDomain("science", "mcq", draw)
