"""Abbreviations, ordinals and quotations don't end a sentence, and what does is seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewards.ifeval.segmentation import sentences
from rewards.reading.languages import LANGUAGES
from tests.rewards.ifeval.cases_published import score

LABELLED = Path(__file__).parent / "labelled"
NUMBER = "length_constraints:number_sentences"


def labelled(file: str) -> Iterator[tuple[str, str, int]]:
    """Yield language, text and number of sentences; the files say how they are written."""
    for line in (LABELLED / file).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, text = line.replace("⏎", "\n").split("\t")
            yield language, text.replace("‖", ""), text.count("‖") + 1


@pytest.mark.parametrize(
    ("file", "rows", "misses"),
    [("sentences.tsv", 360, 1), ("held_out.tsv", 111, 0), ("third.tsv", 71, 2)],
)
def test_labelled_texts_are_cut_right(file: str, rows: int, misses: int) -> None:
    found = list(labelled(file))
    wrong = [(text, sentences(text)) for _, text, n in found if len(sentences(text)) != n]
    assert len(found) >= rows
    assert {language for language, _, _ in found} == set(LANGUAGES)
    assert len(wrong) <= misses, wrong


# One sentence each, for all that they have in them.
ONE = (
    "Der 2. Weltkrieg endete 1945.",
    "La sanction prévue à l'article L. 1114-4 du code est applicable.",
    "The U.S. Army left on Jan. 3.",
    "Die 1. und 2. Bundesliga spielen am 3. Spieltag.",
    "Ludwig van Beethovens 9. Sinfonie ist die bekannteste.",
    "Am 24. Dez. 2020 war er ca. 3 Std. z. B. in Bonn, d. h. am Rhein.",
    "Prof. Dr. h. c. Meier wohnt in der Hauptstr. 5.",
    "Dne 21. srpna 1968 přijel např. p. Novák do ul. Dlouhé č. 5.",
    "V r. 500 př. n. l. žil tzv. mudrc.",
    "Vittorio Emanuele II. era re d'Italia, cfr. pag. 3, cap. 2.",
    "La Fiat S.p.A. e il sig. M. Rossi, p. es., firmarono.",
    "Dhr. J. de Boer, o.a. bekend van dr. K. Vos, kwam bijv. op 3 jan. 2020 aan.",
    "El Sr. D. Luis y la Sra. Ruiz viven en EE. UU. desde el s. XX.",
    "Los JJ. OO. de 1992 costaron aprox. 5.000 millones, p. ej. en obras.",
    "O Prof. A. Lima nasceu em 3 de fev. de 1950, no séc. XX d.C. em Lisboa.",
    "MM. Dupont et Leroy, J.-P. Sartre et Mme. Curie habitent av. Foch.",
    "Mr. and Mrs. J. R. R. Tolkien met Lt. Col. Brown at 5 p.m. on Main St. in St. Louis.",
    "Smith & Co., Ltd., of Washington, D.C., sells v2.0 of Node.js, e.g. at example.com.",
    "C. elegans and E. coli, i.e. two species, grow at 37.5 degrees, vs. 20 for others.",
    "彼はU.S. Armyに入り、「行こう。」と言った。",
    "그는 Dr. Kim과 J. K. 롤링을 2024. 5. 3. 서울에서 만났다.",
    "د. أحمد وم. خالد ولدا عام 1950 م. في دمشق.",
    "他在U.S.A.工作，“为什么？”她问。",
    "Step 1. Open the door of the house.",
    "“Why did he go?” John asked Mary.",
)
# Two sentences each, though the first ends like what ends nothing.
TWO = (
    "Er wurde 2. Dann ging er.",
    "He lives in the U.S. She does not.",
    "We met at 5 p.m. Then we left.",
    "Bring pens, paper, etc. Then wait.",
    "My friend is called Jan. She likes tea.",
    "The answer is no. 5 people disagreed.",
    "I prefer vitamin C. It helps.",
    "He moved to Washington, D.C. It was cold.",
    "She lives on Main St. He lives on Park Ave. in Boston.",
    "Sie hat 3 Kinder, er hat 2. Zusammen sind es 5.",
    "Er wohnt im 4. Sie wohnt im 5. Stock.",
    "Sie kaufte Obst, Gemüse usw. Danach fuhr sie heim.",
    "Er starb 280 v. Chr. Niemand weiß, warum.",
    "Ich mag es. Du auch.",
    "Platz 1 ging an Italien, Platz 2 an Frankreich, Spanien wurde 3. Deutschland schied aus.",
    "Přišli Petr, Pavel atd. Potom odešli.",
    "Měl jsem sen. Pak jsem vstal.",
    "Ho comprato pane, latte, ecc. Poi sono tornato.",
    "Hij stierf in 52 v.Chr. Rome rouwde.",
    "Compró pan, leche, etc. Después volvió.",
    "Quiero ir. Luego vuelvo.",
    "La empresa Pérez S.A. Sus dueños se mudaron.",
    "Ele mora nos E.U.A. Ela mora no Brasil.",
    "Il a vendu Total S.A. Ensuite il est parti.",
    "「はい。」彼は笑った。",
    "他说：“走吧！”我们就走了。",
    "أين الكتاب؟ على الطاولة.",
    "오늘은 3. 내일은 4.",
)


@pytest.mark.parametrize("text", ONE)
def test_one_sentence_is_one(text: str) -> None:
    assert score(text, (NUMBER, {"num_sentences": 2, "relation": "less than"})).score == 1.0
    assert score(text, (NUMBER, {"num_sentences": 2, "relation": "at least"})).score == 0.0


@pytest.mark.parametrize("text", TWO)
def test_two_sentences_are_two(text: str) -> None:
    assert score(text, (NUMBER, {"num_sentences": 2, "relation": "at least"})).score == 1.0
    assert score(text, (NUMBER, {"num_sentences": 2, "relation": "less than"})).score == 0.0
    assert score(text, (NUMBER, {"num_sentences": 3, "relation": "at least"})).score == 0.0


@pytest.mark.parametrize(
    "piece", ["a. ", "z. B. ", "1. ", "U.S. ", "A. A. ", "Dr. ", "3. 4. ", "etc. ", "「。」", "?” "]
)
def test_long_runs_of_marks_are_cut_in_time_that_grows_with_them(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    start = time.process_time()
    sentences(text)
    assert time.process_time() - start < 15
