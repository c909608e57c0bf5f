"""The letter that a response states is read in every dress, and what only looks like one is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.reading.choice import stated_letter

METALS = dict(zip("ABCD", ("iron", "copper", "gold", "zinc"), strict=True))

PHRASES = {
    "en": """The correct answer is d.
The answer is (d).
Answer: d
So the answer is D.
The correct option is D.
The best choice would be (D).
The right choice: D
My final answer is D.
I would choose D.
Therefore, option D is correct.
D is the right answer.
The correct answer must be D.
The answer is option D.
The most appropriate choice is D.
Answer - D
The solution is D.
The answer is therefore D.""",
    "de": """Die richtige Antwort ist D.
Die korrekte Option ist D.
Richtig ist D.
Richtig ist also Antwort D.
Antwort D ist richtig.
Die Lösung ist D.
Lösung: D
Die richtige Antwortmöglichkeit ist D.
Ich wähle D.
Die Antwort lautet: d)
Die beste Wahl ist D.
Die richtige Antwort ist also D.""",
    "es": """La opción correcta es la D.
La alternativa correcta es la D.
La respuesta correcta sería la opción D.
La correcta es la D.
Respuesta final: D
La letra correcta es D.
Elijo la D.
La respuesta es d).
La D es la correcta.
La opción D es correcta.
La opción D es la correcta.""",
    "fr": """La bonne réponse est la D.
La réponse correcte est D.
L'option correcte est D.
Le bon choix est D.
La proposition exacte est la D.
Bonne réponse : D
Réponse : d)
La réponse est la lettre D.
Je choisis D.
D est la bonne réponse.
La bonne réponse est l'option D.
La réponse est donc D.""",
    "pt": """A alternativa correta é a D.
A opção correta é a letra D.
A resposta certa é D.
Gabarito: D
A letra correta é D.
Resposta final: D
A correta é a D.
Escolho a D.
Resposta: alternativa D
A alternativa D está correta.
A opção D está correta.""",
    "it": """L'opzione corretta è la D.
La risposta giusta è D.
L'alternativa corretta è D.
La scelta corretta è la D.
Risposta: d)
La risposta corretta è la lettera D.
Quella corretta è la D.
D è la risposta corretta.
Scelgo D.
La risposta corretta è l'opzione D.""",
    "nl": """Het juiste antwoord is D.
Het goede antwoord is D.
De juiste optie is D.
De correcte keuze is D.
Antwoord: d
Het antwoord is optie D.
Ik kies D.
Ik kies voor D.
D is juist.
Dus het juiste antwoord is D.""",
    "cs": """Správná odpověď je D.
Správná možnost je D.
Správně je D.
Odpověď zní D.
Správná je možnost D.
Odpověď: d)
Správnou odpovědí je D.
Možnost D je správná.
Vybírám D.
Správná odpověď je tedy D.""",
    "ja": """正解はDです。
答えはDです。
正しい選択肢はDです。
正しいのはDです。
正答：D
解答：Ｄ
Dが正解です。
答えは(D)です。
選択肢Dが正しいです。
したがって、答えはDとなります。
選択肢Dが正解です。""",
    "ko": """정답은 D입니다.
정답: D
답은 D입니다.
올바른 선택지는 D입니다.
정답은 (D)번입니다.
D가 정답입니다.
따라서 정답은 D이다.
옳은 것은 D입니다.
정답은 D번이다.
D번이 정답입니다.""",
    "zh": """正确答案：D
答案是D
正确答案是D。
正确选项是D。
正确的选项为D。
故选D。
应选D。
所以选D。
答案应为D。
因此，答案选D。
本题选D。
選D。
正確答案是D。
选项D正确。
D是正确答案。
我选择D。
D选项正确。""",
    "ar": """الإجابة الصحيحة هي D.
الخيار الصحيح هو D.
الجواب الصحيح هو D
الجواب هو (D)
الاختيار الصحيح هو D.
الإجابة: D
إذن الإجابة الصحيحة هي الخيار D.
D هي الإجابة الصحيحة.
أختار D.
الخيار D هو الصحيح.""",
}
LINES = [line for lines in PHRASES.values() for line in lines.split("\n")]

DRESSED = [
    *("D", "d", "(d)", "d)", "D)", "D.", "d.", "[D]", "**D**", "__D__", "`D`", "*d*", "**(D)**"),
    *(r"\boxed{\textbf{D}}", r"\boxed{\textbf{(D)}}", r"\boxed{\text{D}}", r"\boxed{\mathrm{D}}"),
    *(
        r"\boxed{\mathbf{(D)}}",
        r"$\boxed{\textbf{(D) }}$",
        r"\boxed{d}",
        r"\boxed {D}",
        r"\fbox{D}",
    ),
    *(r"\boxed{\text{Option D}}", r"\boxed{\text{(D) zinc}}", r"\boxed{\textbf{(D)}\ \text{zinc}}"),
    *(
        r"\boxed{\textbf{(D)}\text{ zinc}}",
        r"\boxed{D, zinc}",
        r"\boxed{D. zinc}",
        r"\boxed{D: zinc}",
    ),
    *(
        "<answer>D</answer>",
        "<answer>d</answer>",
        "<answer>(D) zinc</answer>",
        "<answer>\nD\n</answer>",
    ),
    *("<answer>**D**</answer>", r"<answer>\boxed{D}</answer>", "<answer>The answer is D.</answer>"),
    *("<answer>D. zinc</answer>", "<answer>A</answer> No. <answer>D</answer>"),
    *(
        "D. zinc",
        "d. zinc",
        "(D) zinc",
        "(d) zinc",
        "D) zinc",
        "D: zinc",
        "**D. zinc**",
        "**D)** zinc",
    ),
    *("D - zinc", "D – zinc", "[D] zinc", "D. Zinc", "D. zinc.", r"\text{(D)} zinc", "`D. zinc`"),
    *("The answer is D. zinc", "The answer is (D) zinc.", "Answer: D) zinc", "**Answer: D. zinc**"),
    *("The **answer** is **D**.", "The answer is **(D) zinc**.", "**The correct answer is: D**"),
    *("The answer is: D: zinc", "D. zinc\n\nZinc is not magnetic.", "The answer is D, zinc."),
    *(
        "The answer is D. A is incorrect.",
        "The answer is D. B and C are wrong.",
        "D. A is incorrect.",
    ),
    *("The answer is D because A is too heavy.", "The answer is D (A is incorrect).", "D, not A."),
    *("The answer is D, since A rusts and C doesn't.", "Answer: D. Option A is wrong."),
    *("The answer is D. I hope this answer helps.", "The answer is D. This answers the question."),
    *("The answer A is wrong. The answer is D.", "The correct answer is d, since a and b rust."),
    *("The answer is D rather than A.", "Answer: D\n\nA is wrong, or so I think."),
    *("<think>The answer is A.</think>The answer is D.", "The answer is d) zinc."),
]

REFUSED = [
    # hedges
    *("A or D", "D or A", "d or a", "D, A", "D/A", "D and A", "(D) or (A)", "D? no, maybe C", "D?"),
    *("The answer is D? No, maybe C.", "The answer is D or maybe C", "The answer is d or c."),
    *(
        "The answer is D. Actually, C.",
        "The answer is D. Wait, it is C.",
        "Answer: D. C is also correct.",
    ),
    *("The answer is D, or possibly A.", "The answer is (d), (a)", "The answer is D and also C."),
    *("The answer is D. Perhaps C.", "The answer is D; A is correct too.", "Either D or A"),
    *(
        r"\boxed{D or A}",
        r"\boxed{D, A}",
        r"\boxed{\text{D}, \text{A}}",
        r"\boxed{D}, \boxed{A}, \boxed{D or A}",
    ),
    *(
        "<answer>D or A</answer>",
        "<answer>D, A</answer>",
        "<answer>A B C D</answer>",
        "<answer></answer> D",
    ),
    *(r"\boxed{A, B, C, D}", r"\boxed{A or \boxed{D}}", "A. iron\nB. copper\nC. gold\nD. zinc"),
    *("D. zinc\nC. gold", "D. zinc or C. gold", "D. zinc, C. gold", "(D) zinc\n(A) iron"),
    *(
        "La respuesta es D o A.",
        "La opción correcta es la D o la A.",
        "答案是D或A",
        "正确答案：D、A",
    ),
    *(
        "Die richtige Option ist D oder A.",
        "Le bon choix est D ou A.",
        "정답은 D 또는 A",
        "DまたはA",
    ),
    # taken back
    *(
        "The answer is not D.",
        "D is not correct.",
        "Option D is incorrect.",
        "The answer D is wrong.",
    ),
    *("If D is correct, A is wrong.", "Is D correct?", "Antwort D ist falsch.", "D est fausse."),
    *(
        "La opción D es incorrecta.",
        "选项D错误",
        "Dは間違いです",
        "D는 틀렸습니다",
        "D non è corretta.",
    ),
    *("~~D~~", "The answer is ~~D~~", "The closest is D, but it's not a correct choice."),
    # the text says another choice
    *(
        "D. gold",
        "(D) iron",
        "D) copper",
        r"\boxed{\textbf{(D)}\ \text{gold}}",
        "The answer is D. gold",
    ),
    *("<answer>D. iron</answer>", "The answer is (D) gold.", "D: gold", "D - copper"),
    # nothing stated
    *(
        "",
        "zinc",
        "The metal is zinc",
        "I choose",
        "Option",
        "The choices are many",
        "This answers D's",
    ),
    *(
        "Vitamin D",
        "Grade D student",
        "The answer depends on D",
        "DNA",
        "D-Day",
        "D'Artagnan",
        "D2",
    ),
]

NO_CHOICES = [
    ("E. coli", "E"),
    ("E. coli is a bacterium.", "E"),
    ("The answer is E. coli", "E"),
    ("the answer is e. coli", "E"),
    ("C. elegans", "C"),
    ("S. aureus", "S"),
    ("C. S. Lewis", "C"),
    ("H. G. Wells wrote it.", "H"),
    ("The answer is e.g. this", "E"),
    ("The answer is i.e. that", "I"),
    ("The answer is U.S. law", "U"),
    ("The answer is a metal.", "A"),
    ("The answer is a", "A"),
    ("The answer is i think so", "I"),
    ("A metal conducts.", "A"),
    ("A", "B"),
    ("I think it is zinc.", "I"),
    ("I", "A"),
    ("The answer is I believe zinc", "I"),
    ("The answer is A noble gas", "A"),
    ("A resposta é a", "A"),
    ("A resposta é o", "O"),
    ("La respuesta es a veces", "A"),
    ("Answer: c. 1900", "C"),
    ("A: Paris", "A"),
    (r"\boxed{A^2}", "A"),
    (r"\boxed{A_1}", "A"),
    (r"\boxed{A=5}", "A"),
    (r"\boxed{AB}", "A"),
    (r"\boxed{\text{A metal}}", "A"),
    (r"\boxed{E, A}", "E"),
    (r"\boxed{E, A or B}", "E"),
    (r"\boxed{E, A}", "A"),
]
WITHOUT = [
    (r"\boxed{\textbf{(C)}\ 12}", "C"),
    (r"\boxed{\textbf{(C)} \frac{1}{2}}", "C"),
    (r"\boxed{(B)\;1{,}200}", "B"),
    (r"\boxed{E, A polygenic risk score}", "E"),
    (r"\boxed{E: A polygenic risk score}", "E"),
    (r"\boxed{B, I think so}", "B"),
    ("D. zinc", "D"),
    ("B. E. coli", "B"),
    ("The answer is B. E. coli", "B"),
    ("The answer is (A) a metal", "A"),
    ("The answer is a.", "A"),
    ("The answer is (a)", "A"),
    ("Answer: a", "A"),
    ("The answer is A.", "A"),
    ("The answer is I.", "I"),
    ("The answer is C, the red one.", "C"),
    ("The answer is D. A is incorrect.", "D"),
    ("The correct answer is d. A is a gas.", "D"),
    ("D.zinc", "D"),
]


@pytest.mark.parametrize("completion", [*LINES, *DRESSED])
@pytest.mark.parametrize("options", [None, METALS])
def test_stated(completion: str, options: dict[str, str] | None) -> None:
    assert stated_letter(completion, options) == "D"


@pytest.mark.parametrize("line", LINES)
def test_stated_at_the_end_of_a_solution(line: str) -> None:
    assert stated_letter(f"A rusts, and B does not.\nGold is C.\n{line}") == "D"


@pytest.mark.parametrize("completion", REFUSED)
def test_refused(completion: str) -> None:
    assert stated_letter(completion, METALS) in (None, "")
    for gold in METALS:
        score = get_reward("mcq").score(
            completion, ground_truth=gold, extra_info={"choices": METALS}
        )
        assert score.score == 0.0


@pytest.mark.parametrize(("completion", "letter"), WITHOUT)
def test_stated_without_choices(completion: str, letter: str) -> None:
    assert stated_letter(completion) == letter


@pytest.mark.parametrize(("completion", "letter"), NO_CHOICES)
def test_words_and_names_are_no_letters(completion: str, letter: str) -> None:
    assert stated_letter(completion) != letter


OPTIONS = {
    "A": "a noble gas",
    "B": "E. coli",
    "C": "zinc (Zn)",
    "D": "5 \\times 10^3",
    "E": "zinc oxide",
}


@pytest.mark.parametrize(
    ("completion", "letter"),
    [
        ("The answer is B. E. coli", "B"),
        ("B) E. coli", "B"),
        ("A. A noble gas", "A"),
        ("The answer is A, a noble gas.", "A"),
        ("C. zinc (Zn)", "C"),
        ("C. Zinc", None),  # or zinc oxide
        ("A. noble gas", None),
        (r"\boxed{D. $5 \times 10^{3}$}", "D"),
        ("E. zinc oxide or C", ""),
        ("The answer is E. coli", None),
        ("答えはE) zinc oxideです。", "E"),
        ("정답은 E. zinc oxide입니다.", "E"),
        ("正解はC) zinc oxideです。", None),
        ("A a noble gas", "A"),
        ("A noble gas", None),
        ("A noble gas is inert.", None),
        ("A a noble gas is inert.", None),
        ("E zinc oxide", "E"),
        ("E zinc", None),
        ("zinc oxide (E)", None),
        ("The answer is zinc oxide (E).", "E"),
        ("Answer: E. coli (B)", "B"),
        ("The answer is zinc oxide (A).", None),
        ("The answer is zinc oxide (E) or (A)", None),
        ("E is correct. A is wrong.", "E"),
        ("E is correct. A is also correct.", ""),
        ("E is correct, but so is A.", ""),
        ("E is correct if A is not.", None),
    ],
)
def test_the_texts_of_the_choices_decide(completion: str, letter: str | None) -> None:
    assert stated_letter(completion, OPTIONS) == letter


@given(
    st.text(max_size=200), st.sampled_from(["", "The answer is ", "\\boxed{", "D. ", "<answer>"])
)
def test_any_text_is_read(text: str, head: str) -> None:
    stated_letter(head + text, METALS)


@given(st.lists(st.sampled_from("ABCD"), min_size=2, max_size=5, unique=True))
def test_several_letters_state_none(letters: list[str]) -> None:
    for joint in (" or ", ", ", " and ", "/", " ", " und ", " o ", "、", "或"):
        for text in ("The answer is {}.", "\\boxed{{{}}}", "<answer>{}</answer>", "{}", "答案是{}"):
            assert stated_letter(text.format(joint.join(letters)), METALS) in (None, "")


LONG = (
    "answer is ",
    "A ",
    "D. ",
    "(",
    "\\boxed{D ",
    "选",
    "<answer>D",
    "the answer is D, ",
    "the ",
    "option ",
    " ",
)


@pytest.mark.parametrize("piece", LONG)
def test_long_text_takes_no_time(piece: str) -> None:
    start = time.process_time()
    stated_letter(piece * (10**6 // len(piece)), METALS)
    assert time.process_time() - start < 1.0
