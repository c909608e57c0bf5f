"""`numeric` reads units as people and models write them, and tells apart what looks alike."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from rewards import get_reward
from rewards.reading.units import read_unit


def score(completion: str, gold: Any, **extra: Any) -> float:
    result = get_reward("numeric").score(completion, ground_truth=gold, extra_info=extra)
    assert result.status != "error", result.message
    return result.score


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        # Fractions, products and powers in LaTeX.
        (r"\boxed{9.81\,\frac{m}{s^2}}", "9.81 m/s^2"),
        (r"\boxed{9.81 \frac{\text{m}}{\text{s}^2}}", "9.81 m/s^2"),
        (r"\boxed{9.81\ \dfrac{\mathrm{m}}{\mathrm{s}^{2}}}", "9.81 m/s^2"),
        (r"\boxed{20\ m\cdot s^{-1}}", "20 m/s"),
        (r"\boxed{6\ \mathrm{kg\,m/s^2}}", "6 N"),
        (r"\boxed{6\,\mathrm{kg\cdot m\cdot s^{-2}}}", "6 N"),
        (r"\boxed{8.314\ \frac{J}{mol\cdot K}}", "8.314 J/(mol K)"),
        (r"\boxed{8.314\ \frac{\text{J}}{\text{mol}} \text{K}^{-1}}", "8.314 J/(mol K)"),
        (r"\boxed{4.18\ \text{J}\,\text{g}^{-1}\,{}^\circ\text{C}^{-1}}", "4.18 J/(g K)"),
        (r"\boxed{5\,\text{k}\Omega}", "5000 ohm"),
        (r"\boxed{5 k\Omega}", "5000 Ω"),
        (r"\boxed{5\,\mathrm{M}\Omega}", "5e6 ohm"),
        (r"\boxed{3\,\mu m}", "3e-6 m"),
        (r"\boxed{3\ \mu\text{m}}", "3e-6 m"),
        (r"\boxed{3~\mathrm{\mu F}}", "3e-6 F"),
        (r"\boxed{25\degree C}", "25 °C"),
        (r"\boxed{25^\circ\text{C}}", "25 °C"),
        (r"\boxed{25\,^{\circ}\mathrm{C}}", "25 °C"),
        (r"\boxed{30^\circ}", {"value": 30, "unit": "degrees"}),
        (r"\boxed{12\%}", "12%"),
        (r"\boxed{12\,\%}", "0.12"),
        (r"\boxed{1.6\times 10^{-19}\ \text{C}}", "1.602e-19 C"),
        (r"$\boxed{9.8}\ \text{m/s}^2$", "9.8 m/s^2"),
        (r"The speed is $\boxed{3.0} \text{ m/s}$.", "3 m/s"),
        # Units that are spelled like functions.
        (r"\boxed{5\text{ min}}", "300 s"),
        (r"\boxed{20\ \mathrm{min}}", "20 min"),
        (
            r"\boxed{6.6\ \mathrm{L}/\mathrm{min}}",
            {"value": 6.6, "unit": r"$\mathrm{L}/\mathrm{min}$"},
        ),
        (r"\boxed{5\ \text{sec}}", "5 s"),
        (r"\boxed{5\ \mathrm{m}/\mathrm{sec}}", "5 m/s"),
        (r"\boxed{5 \min}", "5 min"),
        # Glued products.
        ("12 Nm", "12 N m"),
        ("0.5 kNm", "500 N m"),
        ("3 kN·m", "3000 J"),
        ("3.6 kWh", "12.96 MJ"),
        ("8.314 JK^{-1}mol^{-1}", "8.314 J/(mol K)"),
        ("10 Ns", "10 kg m/s"),
        ("230 VA", "230 W"),
        ("2 mAh", "7.2 C"),
        ("0.001 Pas", "1 cP"),
        # Without the caret.
        ("9.81 m s-2", "9.81 m/s^2"),
        ("9.81 m.s^-2", "9.81 m/s^2"),
        ("1000 kg m-3", "1 g/cm3"),
        ("9.81 m s⁻²", "9.81 m/s^2"),
        # Words.
        ("9.81 meters per second squared", "9.81 m/s^2"),
        ("5 newton-meters", "5 J"),
        ("4.5 kilowatt-hours", "4.5 kWh"),
        ("13.6 electron volts", "13.6 eV"),
        ("25 degrees Celsius", "25 °C"),
        ("760 millimeters of mercury", "1 atm"),
        ("4.2 light-years", "4.2 ly"),
        ("3 parts per million", "3 ppm"),
        ("18 atomic mass units", "18 u"),
        ("100 Kelvin", "100 K"),
        ("3 hours", "180 min"),
        ("8 cubic centimeters per mole", "8 cm^3/mol"),
        ("8 joules per kelvin per mole", "8 J/(mol K)"),
        ("20 kgs", "20 kg"),
        ("10 secs", "10 s"),
    ],
)
def test_a_unit_is_read(completion: str, gold: Any) -> None:
    assert score(completion, gold) == 1.0


# Spellings as responses and textbooks have them.
@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        (r"\boxed{9.8 \, \text{m} \cdot \text{s}^{-2}}", "9.8 m/s^2"),
        (r"\boxed{9.8\ \text{m s}^{-2}}", "9.8 m/s^2"),
        (r"\boxed{\text{9.8 m/s}^2}", "9.8 m/s^2"),
        (r"\boxed{9.8\ \text{meters per second squared}}", "9.8 m/s^2"),
        (r"\boxed{9.8 \text{ } \text{m/s}^2}", "9.8 m/s^2"),
        (r"\boxed{9.8\,\unit{m/s^2}}", "9.8 m/s^2"),
        (r"\boxed{\SI{9.8}{m/s^2}}", "9.8 m/s^2"),
        (r"\boxed{\qty{9.8}{\meter\per\second\squared}}", "9.8 m/s^2"),
        (r"\boxed{9.8\ \si{\meter\per\second\squared}}", "9.8 m/s^2"),
        (r"\boxed{5\text{ k}\Omega}", "5000 ohm"),
        (r"\boxed{5\ \text{kilo-ohms}}", "5000 ohm"),
        (r"\boxed{5\,\text{k}\,\Omega}", "5000 ohm"),
        (r"\boxed{5\ \mathrm{k\Omega}}", "5000 ohm"),
        ("5 kΩ", "5000 ohm"),
        ("5 kohm", "5000 ohm"),
        ("5 k ohms", "5000 ohm"),
        ("1.5E8 km", "1.5e8 km"),
        ("1.5·10^8 km", "1.5e8 km"),
        ("1.5*10^8 km", "1.5e8 km"),
        ("1.5 x 10^8 km", "1.5e8 km"),
        ("1.5 × 10⁸ km", "1.5e8 km"),
        ("1.5*10**8 km", "1.5e8 km"),
        (r"0.05\ \text{mol}\cdot\text{dm}^{-3}", "0.05 M"),
        ("0.05 mol dm-3", "0.05 M"),
        ("0.05 mol/dm³", "0.05 M"),
        ("0.05 mol L⁻¹", "0.05 M"),
        ("0.05 moles per liter", "0.05 M"),
        ("50 ℃", "50 °C"),
        (r"50^{\circ}C", "50 °C"),
        ("50 degrees C", "50 °C"),
        ("50 deg C", "50 °C"),
        (r"50 \text{ °C}", "50 °C"),
        ("5 m/sec", "5 m/s"),
        ("5 m/sec^2", "5 m/s^2"),
        ("5 kg*m/s", "5 kg m/s"),
        ("5 kg-m/s", "5 kg m/s"),
        ("5 kg·m²/s²", "5 J"),
        ("5 W/m²·K", "5 W/(m^2 K)"),
        ("5 W/(m^2*K)", "5 W/(m^2 K)"),
        ("5 W m−2 K−1", "5 W/(m^2 K)"),
        ("5 J/kg-K", "5 J/(kg K)"),
        ("5 lb/ft³", "5 lb/ft^3"),
        ("5 in.", "5 inches"),
        ("5 sq ft", "5 ft^2"),
        ("5 square feet", "5 ft^2"),
        ("5 cubic feet", "5 ft^3"),
        ("60 mi/hr", "60 mph"),
        ("5 gal/min", "5 gallons per minute"),
        ("5 Btu/(hr ft² °F)", "5 BTU/(h ft^2 °F)"),
        ("5 N/m^2", "5 Pa"),
        ("5 Pa·s", "5 Pa s"),
        ("100 km/hr", "100 km/h"),
        ("5 (m/s)", "5 m/s"),
        ("5 [m/s]", "5 m/s"),
        ("5 Newtons", "5 N"),
        ("5 newton", "5 N"),
        ("5 Coulombs", "5 C"),
        ("5 amps", "5 A"),
        ("5 microfarads", "5 μF"),
        ("5 uF", "5 μF"),
        ("5 micrometers", "5 μm"),
        ("5 um", "5 μm"),
        ("5 nanometers", "5 nm"),
        (r"-13.6\,\text{eV}", "-13.6 eV"),
        (r"1.6 \times 10^{-19} C", "1.6e-19 C"),
        (r"\frac{1}{2}\,\text{kg}", "0.5 kg"),
        (r"25 \%", "25%"),
        ("25 percent", "25%"),
        ("25 per cent", "25%"),
        (r"25\text{ percent}", "25%"),
        (r"The final answer is $\boxed{5}$ m/s.", "5 m/s"),
        (r"$$\boxed{5}\text{ m/s}$$", "5 m/s"),
        (r"\[\boxed{5 \text{ m/s}}\]", "5 m/s"),
        (r"\boxed{5} \, \mathrm{m/s}", "5 m/s"),
        ("3.0e8 m/s", "3e8 m/s"),
        ("3 x 10^8 m s^-1", "3e8 m/s"),
        (r"3.00 \times 10^{8}~\mathrm{m\,s^{-1}}", "3e8 m/s"),
        (r"$v = 3.0 \times 10^8$ m/s", "3e8 m/s"),
        ("**Answer:** 5 m/s", "5 m/s"),
        ("Answer: **5 m/s**", "5 m/s"),
        ("Final answer: 5 m/s", "5 m/s"),
        ("The answer is approximately 5 m/s.", "5 m/s"),
        ("The answer is about 5 m/s", "5 m/s"),
        (r"4 \text{ A}", "4 A"),
        (r"4 \; \text{A}", "4 A"),
        ("4 Å", "0.4 nm"),
        (r"4 \AA", "0.4 nm"),
        (r"4 \text{ Å}", "0.4 nm"),
        ("1 rad/s", "1 rad/s"),
        ("1 s^{-1}", "1 Hz"),
        ("1/s", "1 s^-1"),
        ("5 /s", "5 Hz"),
        (r"5 \text{ J} \cdot \text{mol}^{-1} \cdot \text{K}^{-1}", "5 J/(mol K)"),
        ("5 J mol^{-1}K^{-1}", "5 J/(mol K)"),
        ("5 J·mol⁻¹·K⁻¹", "5 J/(mol K)"),
        ("5 V/m", "5 N/C"),
        ("5 T·m²", "5 Wb"),
        ("5 N·s/m²", "5 Pa s"),
        ("5 kg/(m·s)", "5 Pa s"),
        ("5 kJ/mol", "5000 J/mol"),
        ("5 kcal/mol", "20.92 kJ/mol"),
        ("1.0 atm", "101.325 kPa"),
        ("1 bar", "100 kPa"),
        ("14.7 psi", "101.3 kPa"),
        ("5 g/mL", "5 g/cm^3"),
        ("5 mg/dL", "50 mg/L"),
        ("5 μg/m^3", "5e-6 g/m^3"),
        ("5 cm^{-1}", "500 m^-1"),
        (r"5 \mathrm{D}", "5 D"),
        ("1.85 Debye", "1.85 D"),
        ("$5.00", "5 dollars"),
        (r"\$5.00", "5 dollars"),
        (r"5.00 \$", "5 dollars"),
        (r"\text{\$5}", "5 dollars"),
        (r"\text{5 dollars}", "5 dollars"),
    ],
)
def test_more_spellings(completion: str, gold: str) -> None:
    assert score(completion, gold) == 1.0


# Values: SI brochure (9th ed.), NIST SP 811 appendix B, CODATA 2022, IAU 2012 and 2015, retyped
# from the documents and not from the table.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("760 Torr", "1 atm"),
        ("1 mmHg", "133.322387415 Pa"),
        ("1 mm Hg", "133.322387415 Pa"),
        ("1 psi", "6894.757293168 Pa"),
        ("1 mbar", "100 Pa"),
        ("1 inHg", "3386.388640341 Pa"),
        ("1 AU", "149597870700 m"),
        ("1 au", "1.495978707e8 km"),
        ("1 ly", "9460730472580800 m"),
        ("1 pc", "3.0856775814914e16 m"),
        ("1 Mpc", "3.0856775814914e19 km"),
        ("1 D", "3.33564095198e-30 C m"),
        ("1 u", "1.66053906892e-27 kg"),
        ("1 amu", "1.66053906892e-27 kg"),
        ("1 Da", "1.66053906892e-24 g"),
        ("1 kDa", "1000 u"),
        ("1 eV", "1.602176634e-19 J"),
        ("1 MeV", "1.602176634e-13 J"),
        ("1 kcal", "4184 J"),
        ("1 cal/g", "4184 J/kg"),
        ("1 Å", "0.1 nm"),
        ("1 angstrom", "1e-10 m"),
        ("1 P", "0.1 Pa s"),
        ("1 cP", "1 mPa s"),
        ("1 G", "1e-4 T"),
        ("5 kG", "0.5 T"),
        ("1 gauss", "1e-4 T"),
        ("60 rpm", "6.28318530718 rad/s"),
        ("1 rev/s", "6.28318530718 rad/s"),
        ("180°", "3.14159265359 rad"),
        ("1 knot", "0.514444444444 m/s"),
        ("10 knots", "18.52 km/h"),
        ("1 hectare", "10000 m^2"),
        ("1 acre", "4046.8564224 m^2"),
        ("1 mL", "1 cm^3"),
        ("1 μL", "1 mm^3"),
        ("1 M", "1 mol/L"),
        ("1 mM", "1 mol/m^3"),
        ("1 mol/dm^3", "1 M"),
        ("1 lbf", "4.4482216152605 N"),
        ("1 ft-lb", "1.3558179483314 J"),
        ("1 lb/in^2", "1 psi"),
        ("1 slug", "14.593902937206 kg"),
        ("1 hp", "745.69987158227 W"),
        ("1 BTU", "1055.05585262 J"),
        ("1 dyn", "1e-5 N"),
        ("1 erg", "1e-7 J"),
        ("1 Ci", "3.7e10 Bq"),
        ("1 Gy", "1 J/kg"),
        ("1 nmi", "1852 m"),
        ("1 barn", "1e-28 m^2"),
        ("0.5 c", "149896229 m/s"),
        ("1 MeV/c^2", "1.78266192163e-30 kg"),
        ("1 year", "12 months"),
        ("5 ppm", "5 mg/kg"),
        ("1000 ppb", "1 ppm"),
        ("0.0005%", "5 ppm"),
        ("1 J/°C", "1 J/K"),
    ],
)
def test_two_units_convert_to_full_precision(one: str, other: str) -> None:
    # Far below the default tolerance: 1e-11 is the last digit of the values above.
    assert score(one, other, rtol=1e-11) == 1.0
    assert score(other, one, rtol=1e-11) == 1.0


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("5 km", "5 m"),
        ("5 m", "5 min"),
        ("5 min", "5 m"),
        ("5 nm", "5 N m"),
        ("5 Nm", "5 nm"),
        ("5 mN", "5 N m"),
        ("5 Nm", "5 N/m"),
        ("5 mM", "5 M"),
        ("5 mM", "5 mm"),
        ("5 MM", "5 mm"),
        ("5 pA", "5 Pa"),
        ("5 Pa", "5 pA"),
        ("2 g", "19.6 m/s^2"),
        ("5 ms", "5 m/s"),
        ("5 m s", "5 m/s"),
        ("5 m/s^2", "5 m/s"),
        (r"\boxed{5\,\frac{s}{m}}", "5 m/s"),
        (r"\boxed{5\,\frac{m}{s^2}}", "5 m/s"),
        (r"\boxed{5\,m\cdot s^{-2}}", "5 m/s"),
        (r"\boxed{5\,\text{m}\Omega}", "5 kΩ"),
        (r"\boxed{5\,\text{M}\Omega}", "5 mΩ"),
        (r"\boxed{5\,\mu m}", "5 mm"),
        (r"\boxed{5^\circ\text{F}}", "5 °C"),
        (r"\boxed{5 K}", "5 °C"),
        ("1 mmHg", "1 atm"),
        ("760 mmHg", "760 atm"),
        ("5 ppb", "5 ppm"),
        ("5 ppm", "5%"),
        ("5 ppm", "5"),
        ("5 ly", "5 pc"),
        ("5 kcal", "5 cal"),
        ("5 kcal", "5 kJ"),
        ("5 eV", "5 MeV"),
        ("5 meV", "5 MeV"),
        ("5 kWh", "5 kW"),
        ("5 kW", "5 kWh"),
        ("5 kW/h", "5 kWh"),
        ("60 rpm", "1 rad/s"),
        ("5 rad", "5°"),
        ("5 G", "5 T"),
        ("5 mol", "5 mol/L"),
        ("5 g/L", "5 M"),
        ("5 lbf", "5 lb"),
        ("5 $", "5 €"),
        ("5 electrons", "5 photons"),
        ("5 J/K", "5 J/mol"),
        ("5 J/mol·K", "5 J·K/mol"),
    ],
)
def test_another_unit_does_not_pay(completion: str, gold: Any) -> None:
    assert score(completion, gold) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "cal/Cal",
        "Cal",
        "kt",
        "mb",
        "ppt",
        "a.u.",
        "gm",
        "metric hp",
        "pt",
        "kgms",
        "mK s/",
        "X",
        "% %",
    ],
)
def test_an_ambiguous_unit_is_refused(text: str) -> None:
    assert read_unit(text, measured=True) is None


@pytest.mark.parametrize("text", ["Nm", "VA", "JK", "5 Nm", "photons", "%", "ppm%"])
def test_letters_are_a_product_only_where_a_measured_value_stands_before_them(text: str) -> None:
    assert read_unit(text) is None


def test_a_range_of_lengths_is_no_unit() -> None:
    for text in ("m-5 m", "m - 5 m", "m to 5 m", "s-1 s"):
        assert read_unit(text, measured=True) is None


def test_conversions_are_exact() -> None:
    foot = read_unit("ft")
    pound = read_unit("lb")
    assert foot is not None
    assert pound is not None
    psi = read_unit("psi")
    assert psi is not None
    inch = foot.factor / 12
    assert psi.factor == pound.factor * Fraction("9.80665") / inch**2
