"""Answers that differ in typography alone are equal, and those that differ in more are not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.math import same_answer
from rewards.math.latex import tidy

SAME = [
    # a sign that isn't needed
    (r"[0,\infty)", r"[0,+\infty)"),
    (r"(-\infty,\infty)", r"\left(-\infty, +\infty\right)"),
    (r"(-\infty,1)\cup(3,\infty)", r"(-\infty;1)\cup(3;+\infty)"),
    (r"\infty", r"+\infty"),
    (r"x>2", r"(2,+ \infty)"),
    (r"x \in [2,\infty)", r"x\in[2,+\infty)"),
    (r"\{1,-1\}", r"\{+1,-1\}"),
    ("(2,-3)", "(+2, -3)"),
    (r"[0,\infty)", r"[0,+\infty["),
    (r"(0,1)\cup(2,\infty)", r"]0;1[\,\cup\,]2;+\infty["),
    (r"(0,1]", r"]0,1]"),
    # two signs for one
    ("14-i", "14+-1i"),
    ("14-i", "14 + -i"),
    ("x-3", "x+-3"),
    ("2x^2-3x+1", "2x^2+-3x+1"),
    ("x-5", "x-+5"),
    ("x+5", "x--5"),
    ("x+5", "x - -5"),
    (r"1-\sqrt{2}", r"1+-\sqrt{2}"),
    (r"3\pm\sqrt{2}", r"3+/-\sqrt{2}"),
    # bases and indices
    ("2516_8", "2516_{8}"),
    ("2516_8", r"2516_{\text{8}}"),
    ("2516_8", r"2516_{\text{eight}}"),
    ("2516_8", r"2516_{eight}"),
    ("2516_8", r"2516_{(8)}"),
    ("2516_8", "2516 _8"),
    ("2516_8", "(2516)_8"),
    ("1010_2", r"1010_\text{2}"),
    ("1010_2", r"1010_{\text{base }2}"),
    ("2B3_{16}", "2B3_16"),
    ("1100_{12}", "1100_12"),
    ("a_1+a_2", "a_{1}+a_{2}"),
    (r"\sum_{k=1}^n k^2", r"\sum_{k=1}^{n}k^{2}"),
    ("v_0", r"v_{\text{0}}"),
    # dots
    (r"1,2,\ldots,n", r"1,2,\dots,n"),
    (r"1,2,\ldots,n", r"1, 2, \cdots, n"),
    (r"1,2,\ldots,n", "1, 2, ..., n"),
    (r"1,2,\ldots,n", "1, 2, …, n"),
    (r"1+2+\cdots+n", r"1+2+\dotsb+n"),
    (r"\{0,1,2,\ldots\}", r"\{0,1,2,\dotsc\}"),
    # fonts
    ("7", r"\boldsymbol{7}"),
    ("7", r"\mathbf{7}"),
    ("7", r"\bm{7}"),
    ("7", r"\bm 7"),
    ("7", r"\textbf{7}"),
    ("7", r"{\bf 7}"),
    ("7", r"\bf{7}"),
    ("x", r"\boldsymbol x"),
    ("5 cm", r"5\rm{cm}"),
    ("2516_8", r"2516_{8}."),
    (r"\{x|x>2\}", r"\{x \mid x > 2\}"),
    (r"[0,\infty)", "[0, +∞)"),
    (r"a_1,a_2,\ldots,a_n", r"a_{1}, a_{2}, \dots, a_{n}"),
    ("7", r"\mathrm{7}"),
    ("7", r"\underline{7}"),
    ("7", r"\mathbf{\boldsymbol{7}}"),
    ("7", r"**7**"),
    ("7", r"`7`"),
    (r"\frac{1}{2}", r"\boldsymbol{\frac{1}{2}}"),
    (r"\frac{1}{2}", r"\mathbf{\dfrac{1}{2}}"),
    (r"2\sqrt{3}", r"\mathbf{2\sqrt{3}}"),
    ("x=5", r"\boldsymbol{x=5}"),
    ("x=5", r"\boldsymbol{x} = \mathbf{5}"),
    ("x^2+1", r"\mathbf{x}^{2}+1"),
    (r"\alpha+1", r"\boldsymbol{\alpha}+1"),
    (r"\text{Yes}", r"\mathbf{Yes}"),
    (r"\text{Yes}", r"\boldsymbol{\text{Yes}}"),
    ("C", r"\textbf{(C)}"),
    ("7", r"\textcolor{red}{7}"),
    ("7", r"\color{blue}{7}"),
    # blanks, sizes, styles
    ("1234", r"1\,234"),
    ("1234", r"1{,}234"),
    ("3.14", r"3{.}14"),
    ("1234", r"1\text{,}234"),
    ("x=1, y=2", r"x=1\text{, }y=2"),
    (r"\frac{1}{2}", r"\displaystyle\frac{1}{2}"),
    (r"\frac{1}{2}", r"\,\tfrac{1}{2}\!"),
    (r"\frac{1}{2}", r"\cfrac{1}{2}"),
    (r"\frac{1}{2}", r"\nicefrac{1}{2}"),
    (r"\frac{1}{2}", r"{1 \over 2}"),
    (r"\binom{5}{2}", r"\dbinom{5}{2}"),
    (r"\binom{5}{2}", r"{5 \choose 2}"),
    ("(1,2)", r"\big(1,\;2\big)"),
    ("(1,2)", r"\Bigl( 1 ,\quad 2 \Bigr)"),
    ("(1,2)", r"\left\lparen 1,\ 2\right\rparen"),
    ("[1,2]", r"\lbrack 1,2 \rbrack"),
    ("xy", r"x\hspace{2pt}y"),
    ("xy", r"x\thinspace y"),
    (r"\operatorname{lcm}(4,6)", r"\text{lcm}(4, 6)"),
    (r"\arctan 2", r"\operatorname{arctan} 2"),
    (r"\sinh x", r"\mathrm{sinh}\, x"),
    (r"\mathbb{R}", r"\mathbb R"),
    (r"f'(x)", r"f^{\prime}(x)"),
    (r"x\ne 1", r"x \not= 1"),
    (r"A \setminus B", r"A \backslash B"),
    (
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"\left[\begin{array}{cc}1 & 2 \\[4pt] 3 & 4\end{array}\right]",
    ),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\bigl(\begin{smallmatrix}1\\2\end{smallmatrix}\bigr)"),
    ("7", r"x = \boxed{7}"),
]
DIFFERENT = [
    (r"\infty", r"-\infty"),
    (r"[0,\infty)", r"[0,-\infty)"),
    (r"[0,\infty)", r"(0,+\infty)"),
    (r"[0,\infty)", r"]0,+\infty["),
    (r"[0,1]", r"[0,1["),
    (r"(0,1]", r"[0,1["),
    ("[1,2]", "(1,2)"),
    ("14+i", "14+-1i"),
    ("14-i", "14--1i"),
    ("x+3", "x+-3"),
    ("x-5", "x--5"),
    ("8", "3--5"),
    ("-2", "3--5"),
    (r"3\pm 2", "3+2"),
    ("+", "-"),
    (r"+\text{ or }-", "-"),
    ("2516_8", "2516_{7}"),
    ("2516_8", "2516"),
    ("2516_8", "25168"),
    ("2516_8", r"2516_{\text{nine}}"),
    ("2516_8", "2516^8"),
    ("1010_2", "1010_{12}"),
    (r"\log_2 8", r"\log_{28}"),
    ("a_1", "a_2"),
    ("a_1", "a1"),
    ("x^2", "x_2"),
    ("x^{23}", "x^2 3"),
    (r"1,2,\ldots,n", "1,2,n"),
    (r"1,2,\ldots,n", r"1,2,\ldots,m"),
    (r"1,2,\ldots,n", r"1,2,\cdot,n"),
    (r"\frac13", r"0.333\ldots"),
    ("0.333", r"0.333\ldots"),
    ("7", r"\boldsymbol{8}"),
    ("7", r"\cancel{7}"),
    ("7", r"\not 7"),
    ("-7", r"\overline{7}"),
    ("12", r"1\quad 2"),
    ("27", r"2\boldsymbol{7}"),
    ("2.5", "2{,}5 3"),
    ("1234", r"1{,}2{,}34"),
    ("1234", r"1\text{, }234"),
    (r"\text{Yes}", r"\mathbf{No}"),
    ("5 m", r"5\,\mathrm{km}"),
    (r"\frac{1}{2}", r"{2 \over 1}"),
    (r"\binom{5}{2}", r"{2 \choose 5}"),
    (r"\mathbb{R}", r"\mathbb{Q}"),
    (r"\mathcal{R}", r"\mathbb{R}"),
    ("f(x)", r"f^{\prime}(x)"),
    (r"x\ne 1", "x=1"),
    (r"\{0,1\}", r"\lbrack 0,1\rbrack"),
    (r"\begin{pmatrix}1&2\end{pmatrix}", r"[\begin{array}{c}1\\2\end{array}]"),
    (r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    ("7", r"\phantom{7}"),
    ("7", r"\boxed{7} \text{ or } \boxed{8}"),
]


@pytest.mark.parametrize(("gold", "given"), SAME)
def test_typography_does_not_matter(gold: str, given: str) -> None:
    assert same_answer(given, gold)
    assert same_answer(gold, given)
    assert get_reward("math").score(f"\\boxed{{{given}}}", ground_truth=gold).score == 1.0


@pytest.mark.parametrize(("gold", "given"), DIFFERENT)
def test_what_says_something_else_does(gold: str, given: str) -> None:
    assert not same_answer(given, gold)
    assert get_reward("math").score(f"\\boxed{{{given}}}", ground_truth=gold).score == 0.0


@pytest.mark.parametrize("text", [one for pair in SAME for one in pair])
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.text(alphabet="\\{}[](),;.+-_^ 128abtex", max_size=60))
def test_any_text_is_tidied(text: str) -> None:
    tidy(text)


LONG = [
    *(
        piece * (5000 // len(piece))
        for piece in ("\\", "+-", "[,", "_{", "{", "\\text{", ", ", "...")
    ),
    *(
        piece * (5000 // len(piece))
        for piece in ("\\left", "(", "\\mathbf{", "] ,", "\\cup[;", "- -")
    ),
    *(head + " " * 5000 for head in ("_", "1", "{", "+", "1+", "\\{", "[")),
    "[" + "," * 5000,
]


@pytest.mark.parametrize("text", LONG)
def test_tidying_takes_no_time(text: str) -> None:
    start = time.process_time()
    tidy(text)
    assert time.process_time() - start < 1.0
