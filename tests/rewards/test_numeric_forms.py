"""`numeric` reads equations, money, exact forms and lists of values, and no hedge among them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rewards import get_reward


def score(completion: str, gold: Any, **extra: Any) -> tuple[float, str]:
    result = get_reward("numeric").score(completion, ground_truth=gold, extra_info=extra)
    assert result.status != "error", result.message
    return result.score, result.status


RIGHT, WRONG, UNREADABLE = (1.0, "ok"), (0.0, "ok"), (0.0, "wrong_format")


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        (r"\boxed{\Delta G = -3.2\ \text{kJ/mol}}", "-3.2 kJ/mol"),
        (r"\boxed{\Delta G^\circ = -3.2\ \text{kJ/mol}}", "-3.2 kJ/mol"),
        (r"\boxed{\Delta_r G^{\circ}_{298} = -3.2\ \text{kJ/mol}}", "-3.2 kJ/mol"),
        (r"\boxed{\Delta H_{\text{rxn}} \approx -3.2\ \text{kJ/mol}}", "-3.2 kJ/mol"),
        (r"\boxed{E_k \approx 1.6 \times 10^{-19}\ \text{J}}", "1.6e-19 J"),
        (r"\boxed{E_{\text{kin}} = 12\ \mathrm{J}}", "12 J"),
        (r"\boxed{v = 3\ \text{m/s}}", "3 m/s"),
        ("v = 3 m/s", "3 m/s"),
        (r"\boxed{|\vec{F}| = 12 N}", "12 N"),
        (r"\boxed{\vec{v} = 3\ \text{m/s}}", "3 m/s"),
        (r"\boxed{\lambda = 500\ \text{nm}}", "500 nm"),
        (r"\boxed{\lambda_{max} = 500\ \text{nm}}", "500 nm"),
        (r"\boxed{K_{sp} = 1.8\times10^{-10}}", "1.8e-10"),
        (r"\boxed{\text{pH} = 4.75}", "4.75"),
        ("pH = 4.75", "4.75"),
        (r"\boxed{P(X > 3) = 0.25}", "0.25"),
        (r"\boxed{f(2) = 7}", "7"),
        (r"\boxed{x'(0) = 7}", "7"),
        (r"\boxed{\text{Speed} = 3\ \text{m/s}}", "3 m/s"),
        ("The answer is v = 3 m/s.", "3 m/s"),
        (r"\boxed{F = ma = 6\ \text{N}}", "6 N"),
        (r"\boxed{F = 2 \times 3 = 6\ \text{N}}", "6 N"),
        (r"\boxed{v = 72\ \text{km/h} = 20\ \text{m/s}}", "20 m/s"),
        (r"\boxed{x = \frac{2}{3} \approx 0.667}", "0.667"),
        (r"\boxed{2\pi \approx 6.28}", "6.28"),
        (r"\boxed{\approx 6.28}", "6.28"),
        (r"\boxed{1/3 = 0.333}", "0.333"),
    ],
)
def test_an_equation_before_the_value(completion: str, gold: Any) -> None:
    assert score(completion, gold) == RIGHT


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("V = 5 V", "5 V"),
        ("m = 5 g", "5 g"),
        ("a = 5 m/s^2", "5 m/s^2"),
        ("T = 5 K", "5 K"),
        ("R = 5 Ω", "5 ohm"),
        ("x=5", "5"),
        (r"\mu = 5", "5"),
        (r"\theta = 30^\circ", "30°"),
        (r"\bar{x} = 5", "5"),
        (r"\hat{p} = 0.5", "0.5"),
        (r"\sigma^2 = 5", "5"),
        (r"\text{Var}(X) = 5", "5"),
        ("E[X] = 5", "5"),
        (r"\mathbb{E}[X] = 5", "5"),
        (r"\langle x \rangle = 5", "5"),
        (r"\Delta S^\circ_{\text{rxn}} = 5\ \text{J/K}", "5 J/K"),
        ("[H^+] = 5 M", "5 M"),
        (r"[\text{H}^+] = 5\ \text{M}", "5 M"),
        ("n(Ag) = 5 mol", "5 mol"),
        (r"\frac{dy}{dx} = 5", "5"),
        ("y'(0)=5", "5"),
        (r"\int_0^1 x\,dx = 0.5", "0.5"),
        (r"F_{net} = 5\,N", "5 N"),
        (r"\lambda_2 = 5 nm", "5 nm"),
        (r"P_{\text{out}} = 5 \text{ W}", "5 W"),
        (r"\%\ \text{yield} = 75\%", "75%"),
        (r"\text{Percent yield} = 75\%", "75%"),
        ("I_{max} = 5A", "5 A"),
        (r"v_{\max} = 5 m/s", "5 m/s"),
    ],
)
def test_more_names(completion: str, gold: str) -> None:
    assert score(completion, gold) == RIGHT


@pytest.mark.parametrize(
    "completion",
    [
        r"\boxed{4 = 5}",
        r"\boxed{5 = 4}",
        r"\boxed{x = 3 = 4}",
        r"\boxed{x = 4 = 3}",
        r"\boxed{2 \times 3 = 4}",
        r"\boxed{x \ne 4}",
        r"\boxed{x > 4}",
        r"\boxed{x \le 4}",
        r"\boxed{x \approx}",
        r"\boxed{= }",
        r"\boxed{3 \text{ or } x = 4}",
        r"\boxed{\text{not } x = 4}",
        r"\boxed{x = 3, 4}",
        r"\boxed{x = 3, y = 4}",
        r"\boxed{x = 4 \pm 1}",
        r"\boxed{x = 3 \text{ or } x = 4}",
        r"\boxed{v = 4 km = 4 m}",
        r"\boxed{x = y}",
        r"\boxed{4x = 4}",
        r"\boxed{x + 3 = 4}",
        r"\boxed{x = [3, 5]}",
        r"\boxed{3 \neq 4}",
    ],
)
def test_an_equation_that_states_no_single_value(completion: str) -> None:
    assert score(completion, "4") == UNREADABLE


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        (r"\boxed{\$5}", "$5"),
        (r"\boxed{\$5}", "5 USD"),
        (r"\boxed{\$5.00}", {"value": 5, "unit": "$"}),
        (r"\boxed{$5}", {"value": 5, "unit": r"$\$$"}),
        (r"\boxed{\$1{,}234.50}", {"value": "1234.5", "unit": "dollars"}),
        ("$1,234.50", "1234.5 USD"),
        ("US$ 5", "$5"),
        ("5 USD", "$5"),
        ("5 dollars", "$5"),
        ("$5 USD", "$5"),
        ("-$5", "-5 USD"),
        ("$-5", "-5 USD"),
        ("€5", "5 EUR"),
        ("5 €", "5 euros"),
        ("€ 5.50", "5.5 EUR"),
        ("5,50 €", "5.5 EUR"),
        ("£5", "5 GBP"),
        ("¥500", "500 yen"),
        ("50 cents", "$0.50"),
        ("$0.12/kWh", "0.12 USD/kWh"),
        (r"\boxed{\$18 \text{ per hour}}", "18 $/h"),
        (r"\boxed{x = \$5}", "$5"),
        ("The answer is $5.", "$5"),
        (r"\boxed{\text{\$}5}", "$5"),
    ],
)
def test_money(completion: str, gold: Any) -> None:
    assert score(completion, gold, decimal_comma=completion == "5,50 €") == RIGHT


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("€5", "$5"),
        ("$5", "€5"),
        ("£5", "5 USD"),
        ("5", "$5"),
        ("$5 per hour", "$5"),
        ("$5", "5 $/h"),
        ("$5 million", "$5"),
        ("$5k", "$5"),
        ("A$5", "$5"),
        ("C$ 5", "$5"),
        ("$5 AUD", "$5"),
        ("$5 EUR", "$5"),
        ("$5 or $6", "$5"),
        ("$5-$6", "$5"),
        ("$ $5", "$6"),
        ("5 cents", "$5"),
        ("50", "$0.50"),
        ("$50", "$0.50"),
        ("$5 m", "$5"),
        ("$5 km", "5 km"),
    ],
)
def test_other_money(completion: str, gold: Any) -> None:
    assert score(completion, gold)[0] == 0.0


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        (r"\boxed{1800\pi}", r"1800\pi"),
        (r"\boxed{1800\pi}", "5654.87"),
        ("5654.87", r"$1800\pi$"),
        (r"\boxed{1800 \pi \text{ cm}^3}", "5654.87 cm^3"),
        (r"\boxed{\frac{3}{4}}", "0.75"),
        (r"\boxed{\frac{3}{4}\ \text{m}}", "0.75 m"),
        (r"\boxed{2\sqrt{3}}", "3.4641"),
        (r"\boxed{2\sqrt{3}\text{ m}}", "3.4641 m"),
        (r"\boxed{\sqrt{493}}", "22.2036"),
        (r"\boxed{10\sqrt{93}}", "96.4365"),
        (r"\boxed{\frac{\sqrt{3}}{2}}", "0.866"),
        (r"\boxed{\frac{1}{\sqrt{4\pi}}}", "0.2820947918"),
        (r"\boxed{\frac{2\pi}{15}}", "0.41888"),
        (r"\boxed{\pi/4}", "0.7854"),
        (r"\boxed{\frac{\pi}{4}\,\text{rad}}", "45°"),
        (r"\boxed{-\pi}", "-3.1416"),
        (r"\boxed{3\pi^2}", "29.6088"),
        (r"\boxed{6.02\times10^{23}}", "6.02e23"),
        (r"\boxed{10^{-3}}", "0.001"),
        (r"\boxed{1 - \frac{1}{e}}", "0.63212"),
        (r"\boxed{e^{-1}}", "0.367879"),
        (r"\boxed{\ln 2}", "0.693147"),
        (r"\boxed{\frac{\ln 50}{0.03}}", "130.4"),
        (r"\boxed{3 + 2\sqrt{2}}", "5.828427"),
        (r"\boxed{\frac{1+\sqrt{5}}{2}}", "1.618034"),
        (r"\boxed{\arctan(\sqrt{3}/4)}", "0.4086"),
        (r"\boxed{\cos^{-1}\left(\frac{2}{3}\right)}", "0.8411"),
        (r"\boxed{2^{1/2}}", "1.41421"),
        (r"\boxed{x = 2\pi\ \text{rad}}", "6.283185 rad"),
        (r"\boxed{2400\cos 40^\circ\ \text{J}}", "1838.5 J"),
        (r"\boxed{2\times10^{3}\pi}", "6283.185"),
        ("2π m", "6.283185 m"),
        ("√2 m", "1.41421 m"),
        ("1838.51", r"$2400\cos({40}^{\circ})$"),
        ("0.704", r"$3(\frac{1}{3})-3(\frac{1}{3})^2+(\frac{1}{3})^3$"),
        ("0.648", r"$1-(11 / 12)^{12}$"),
    ],
)
def test_exact_forms(completion: str, gold: Any) -> None:
    assert score(completion, gold) == RIGHT


@pytest.mark.parametrize(
    ("completion", "gold", "wanted"),
    [
        # Arithmetic that is left to whoever reads the answer.
        (r"\boxed{17\cdot 23}", "391", UNREADABLE),
        (r"\boxed{2 \cdot 3\pi}", "18.85", UNREADABLE),
        (r"\boxed{2^5}", "32", UNREADABLE),
        (r"\boxed{\sqrt{3^2+4^2}}", "5", UNREADABLE),
        (r"\boxed{\frac{9+7}{2}}", "8", UNREADABLE),
        (r"\boxed{3 + 4}", "7", UNREADABLE),
        (r"\boxed{3(4)}", "12", UNREADABLE),
        (r"\boxed{1-(11/12)^{12}}", "0.648", UNREADABLE),
        (r"\boxed{5!}", "120", UNREADABLE),
        (r"\boxed{\binom{5}{2}}", "10", UNREADABLE),
        (r"\boxed{10 - 6}", "4", UNREADABLE),
        # What is no constant.
        (r"\boxed{2x}", "4", UNREADABLE),
        (r"\boxed{2\pi r}", "6.28", UNREADABLE),
        (r"\boxed{\log 100}", "2", UNREADABLE),
        (r"\boxed{\sqrt{-1}}", "1", UNREADABLE),
        (r"\boxed{2i}", "2", UNREADABLE),
        (r"\boxed{\frac{1}{0}}", "1", UNREADABLE),
        (r"\boxed{\infty}", "1", UNREADABLE),
        (r"\boxed{9^{9^{9^9}}}", "1", UNREADABLE),
        (r"\boxed{\pi \pm 1}", "3.14", UNREADABLE),
        (r"\boxed{\pi \text{ or } 4}", "4", UNREADABLE),
        (r"\boxed{\pi, 4}", "4", UNREADABLE),
        # Another value, or another unit.
        (r"\boxed{1800\pi}", "1800", WRONG),
        (r"\boxed{1800}", r"1800\pi", WRONG),
        (r"\boxed{\frac{3}{4}}", "1.33", WRONG),
        (r"\boxed{2\sqrt{3}}", "6", WRONG),
        (r"\boxed{2\sqrt{3}}", "3.4641 m", WRONG),
        (r"\boxed{2\sqrt{3}\ \text{cm}}", "3.4641 m", WRONG),
        (r"\boxed{e^{1}}", "0.3679", WRONG),
        (r"\boxed{10^{3}}", "0.001", WRONG),
        (r"\boxed{\frac{\pi}{4}}", "45°", WRONG),
        (r"\boxed{3\pi}", r"\pi/3", WRONG),
    ],
)
def test_forms_that_do_not_pay(completion: str, gold: Any, wanted: tuple[float, str]) -> None:
    assert score(completion, gold) == wanted


def test_an_exact_form_needs_no_tolerance() -> None:
    assert score(r"\boxed{\frac{3600\pi}{2}}", r"1800\pi", rtol=1e-30) == RIGHT
    assert score("5654.866776461628", r"1800\pi", rtol=1e-15) == RIGHT
    assert score("5654.8667764616", r"1800\pi", rtol=1e-15) == WRONG


IN_ORDER = {"values": [2, 3], "ordered": True}


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        (r"\boxed{x = 2, y = 3}", "x = 2, y = 3"),
        (r"\boxed{y = 3, x = 2}", "x = 2, y = 3"),
        (r"\boxed{x = 2 \text{ and } y = 3}", "x = 2, y = 3"),
        (r"\boxed{x=2; y=3}", "x = 2, y = 3"),
        (r"\boxed{(2, 3)}", "x = 2, y = 3"),
        (r"\boxed{2, 3}", "x = 2, y = 3"),
        (r"\boxed{(2, 3)}", "(2, 3)"),
        (r"\boxed{2, 3}", "(2, 3)"),
        (r"\boxed{\left(2,\ 3\right)}", "(2, 3)"),
        (r"\boxed{x = 2, y = 3}", "(2, 3)"),
        (r"\boxed{[2, 3]}", IN_ORDER),
        (r"\boxed{2, 3}", [2, 3]),
        (r"\boxed{3, 2}", [2, 3]),
        (r"\boxed{\{3, 2\}}", [2, 3]),
        ("The answer is 2 and 3.", [2, 3]),
        ("Answer: 2; 3", [2, 3]),
        (r"\boxed{4.41, 13.3}", "4.4, 13.3"),
        (r"\boxed{13.3\text{ s}, 4.4\text{ s}}", {"values": [4.4, 13.3], "unit": "s"}),
        (r"\boxed{4.4, 13.3\text{ s}}", {"values": [4.4, 13.3], "unit": "s"}),
        (r"\boxed{74.8^\circ, 5.2^\circ}", r"$74.8^\circ$, $5.2^\circ$"),
        (
            r"\boxed{T_{\text{electron}} = 999.5, T_{\text{proton}} = 433}",
            r"$T_{electron} = 999.5$, $T_{proton} = 433$",
        ),
        (r"\boxed{5\text{ m}, 3\text{ kg}}", ["3 kg", "5 m"]),
        (r"\boxed{2.02, 2.0}", [2.0, 2.02]),
        (r"\boxed{1{,}234, 5}", [1234, 5]),
        (r"\boxed{1,234, 5}", [1234, 5]),
        (r"\boxed{\pi, 2\pi}", "3.14159, 6.28319"),
        (r"\boxed{x = 2, x = 3}", [2, 3]),
        (r"\boxed{x = 2 \text{ or } x = 3}", [2, 3]),
        (r"\boxed{x = 3, 2}", [2, 3]),
        (r"\boxed{(2, 3)\text{ m}}", {"values": "(2, 3)", "unit": "m"}),
        (r"\boxed{(2\text{ m}, 3\text{ m})}", {"values": [2, 3], "unit": "m", "ordered": True}),
        (r"\boxed{v_1 = 2\ \text{m/s},\ v_2 = 3\ \text{m/s}}", "v_1 = 2 m/s, v_2 = 3 m/s"),
    ],
)
def test_lists_of_values(completion: str, gold: Any) -> None:
    assert score(completion, gold) == RIGHT


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        (r"\boxed{x = 3, y = 2}", "x = 2, y = 3"),
        (r"\boxed{y = 2, x = 3}", "x = 2, y = 3"),
        (r"\boxed{(3, 2)}", "x = 2, y = 3"),
        (r"\boxed{x = 2, z = 3}", "x = 2, y = 3"),
        (r"\boxed{x = 2}", "x = 2, y = 3"),
        (r"\boxed{x = 2, x = 3}", "x = 2, y = 3"),
        (r"\boxed{x = 2, 3}", "x = 2, y = 3"),
        (r"\boxed{(3, 2)}", "(2, 3)"),
        (r"\boxed{3, 2}", "(2, 3)"),
        (r"\boxed{y = 3, x = 2}", "(2, 3)"),
        (r"\boxed{3, 2}", IN_ORDER),
        (r"\boxed{\{2, 3\}}", IN_ORDER),
        (r"\boxed{2, 3, 4}", [2, 3]),
        (r"\boxed{2}", [2, 3]),
        (r"\boxed{2, 2}", [2, 3]),
        (r"\boxed{2 \text{ or } 3}", [2, 3]),
        (r"\boxed{2-3}", [2, 3]),
        (r"\boxed{23}", [2, 3]),
        (r"\boxed{2, 3, 2, 3}", [2, 3]),
        (r"\boxed{2, 3 or 4}", [2, 3]),
        (r"\boxed{2\text{ m}, 3\text{ m}}", {"values": [2, 3], "unit": "s"}),
        (r"\boxed{2, 3}", {"values": [2, 3], "unit": "s"}),
        (r"\boxed{2\text{ s}, 3}", {"values": [2, 3], "unit": "s"}),
        (r"\boxed{5\text{ kg}, 3\text{ m}}", ["3 kg", "5 m"]),
        (r"\boxed{1,234}", [1, 234]),
        (r"\boxed{2, 3}", "2"),
        (r"\boxed{(2, 3)}", "3"),
        (r"\boxed{2.02, 2.0}", [2.5, 2.02]),
    ],
)
def test_lists_that_do_not_pay(completion: str, gold: Any) -> None:
    assert score(completion, gold)[0] == 0.0


@pytest.mark.parametrize(
    "gold",
    [
        {"values": []},
        {"values": [2, 3], "ordered": 1},
        {"values": [2, 3], "value": 2},
        {"values": [2, None]},
        {"values": 5},
        [2, "x"],
        [2, [3]],
        "2, x",
        "x = 2, x = 3",
        r"3 \pm 1",
        list(range(50)),
    ],
)
def test_a_broken_list_is_an_error(gold: Any) -> None:
    result = get_reward("numeric").score("5", ground_truth=gold, extra_info={})
    assert result.status == "error"


def test_lists_and_forms_take_no_time() -> None:
    start = time.process_time()
    for part in (
        "2, ",
        "x = 2, ",
        "(",
        "\\frac{",
        "\\sqrt",
        "2^",
        "= ",
        "\\pi",
        "{",
        "m^",
        "\\mu ",
    ):
        for gold in (4, [2, 3], "x = 2, y = 3"):
            score(part * 50_000, gold)
            score(f"\\boxed{{{part * 12}}}", gold)
            score(f"\\boxed{{{part * 500}}}", gold)
    assert time.process_time() - start < 10.0
