"""List the wording of the math tasks in six languages; `envs.tasks.math` fills in `{…}`."""

from __future__ import annotations

LANGUAGES = ("en", "de", "fr", "es", "ja", "zh")

INSTRUCTION = {
    "en": "Put the final answer in \\boxed{}.",
    "de": "Schreibe das Ergebnis in \\boxed{}.",
    "fr": "Écris la réponse finale dans \\boxed{}.",
    "es": "Escribe la respuesta final en \\boxed{}.",
    "ja": "最終的な答えを \\boxed{} の中に書いてください。",
    "zh": "请把最终答案写在 \\boxed{} 中。",
}

TEXTS: dict[str, dict[str, str]] = {
    "expression": {
        "en": "Compute ${e}$.",
        "de": "Berechne ${e}$.",
        "fr": "Calcule ${e}$.",
        "es": "Calcula ${e}$.",
        "ja": "${e}$ を計算してください。",
        "zh": "计算 ${e}$。",
    },
    "equation": {
        "en": "Solve for $x$: ${e}$.",
        "de": "Löse nach $x$ auf: ${e}$.",
        "fr": "Résous en $x$ : ${e}$.",
        "es": "Despeja $x$: ${e}$.",
        "ja": "方程式 ${e}$ を $x$ について解いてください。",
        "zh": "解关于 $x$ 的方程:${e}$。",
    },
    "system": {
        "en": "If ${e}$ and ${f}$, what is ${g}$?",
        "de": "Es gelten ${e}$ und ${f}$. Wie groß ist ${g}$?",
        "fr": "Sachant que ${e}$ et ${f}$, que vaut ${g}$ ?",
        "es": "Si ${e}$ y ${f}$, ¿cuánto vale ${g}$?",
        "ja": "${e}$ かつ ${f}$ のとき、${g}$ の値を求めてください。",
        "zh": "已知 ${e}$ 且 ${f}$,求 ${g}$ 的值。",
    },
    "quadratic": {
        "en": "What is the larger root of ${e}$?",
        "de": "Wie lautet die größere Lösung von ${e}$?",
        "fr": "Quelle est la plus grande solution de ${e}$ ?",
        "es": "¿Cuál es la mayor solución de ${e}$?",
        "ja": "方程式 ${e}$ の大きい方の解を求めてください。",
        "zh": "方程 ${e}$ 的较大根是多少?",
    },
    "fraction": {
        "en": "Compute ${e}$ as a fraction in lowest terms.",
        "de": "Berechne ${e}$ als vollständig gekürzten Bruch.",
        "fr": "Calcule ${e}$ sous forme de fraction irréductible.",
        "es": "Calcula ${e}$ como fracción irreducible.",
        "ja": "${e}$ を計算し、既約分数で答えてください。",
        "zh": "计算 ${e}$,结果写成最简分数。",
    },
    "gcd": {
        "en": "What is the greatest common divisor of {a} and {b}?",
        "de": "Was ist der größte gemeinsame Teiler von {a} und {b}?",
        "fr": "Quel est le plus grand commun diviseur de {a} et {b} ?",
        "es": "¿Cuál es el máximo común divisor de {a} y {b}?",
        "ja": "{a} と {b} の最大公約数を求めてください。",
        "zh": "{a} 和 {b} 的最大公约数是多少?",
    },
    "remainder": {
        "en": "What is the remainder when ${a}^{{{b}}}$ is divided by {m}?",
        "de": "Welchen Rest lässt ${a}^{{{b}}}$ bei der Division durch {m}?",
        "fr": "Quel est le reste de la division de ${a}^{{{b}}}$ par {m} ?",
        "es": "¿Qué resto deja ${a}^{{{b}}}$ al dividirlo entre {m}?",
        "ja": "${a}^{{{b}}}$ を {m} で割った余りを求めてください。",
        "zh": "${a}^{{{b}}}$ 除以 {m} 的余数是多少?",
    },
    "divisors": {
        "en": "How many positive divisors does {a} have?",
        "de": "Wie viele positive Teiler hat {a}?",
        "fr": "Combien de diviseurs positifs {a} possède-t-il ?",
        "es": "¿Cuántos divisores positivos tiene {a}?",
        "ja": "{a} の正の約数はいくつありますか。",
        "zh": "{a} 有多少个正约数?",
    },
    "committee": {
        "en": "In how many ways can {k} of {n} people be chosen for a committee if {r} particular"
        " people must be among them?",
        "de": "Auf wie viele Arten lassen sich {k} von {n} Personen für einen Ausschuss auswählen,"
        " wenn {r} bestimmte Personen dabei sein müssen?",
        "fr": "De combien de façons peut-on choisir {k} personnes parmi {n} pour un comité si {r}"
        " personnes précises doivent en faire partie ?",
        "es": "¿De cuántas maneras se pueden elegir {k} de {n} personas para un comité si {r}"
        " personas concretas deben formar parte de él?",
        "ja": "{n} 人から {k} 人の委員を選びます。特定の {r} 人を必ず含める選び方は何通りですか。",
        "zh": "从 {n} 人中选出 {k} 人组成委员会,其中指定的 {r} 人必须入选,共有多少种选法?",
    },
    "series": {
        "en": "What is the sum of the first {n} terms of the arithmetic sequence"
        " ${a}, {b}, {c}, \\ldots$?",
        "de": "Wie groß ist die Summe der ersten {n} Glieder der arithmetischen Folge"
        " ${a}, {b}, {c}, \\ldots$?",
        "fr": "Quelle est la somme des {n} premiers termes de la suite arithmétique"
        " ${a}, {b}, {c}, \\ldots$ ?",
        "es": "¿Cuánto suman los primeros {n} términos de la progresión aritmética"
        " ${a}, {b}, {c}, \\ldots$?",
        "ja": "等差数列 ${a}, {b}, {c}, \\ldots$ の最初の {n} 項の和を求めてください。",
        "zh": "等差数列 ${a}, {b}, {c}, \\ldots$ 的前 {n} 项之和是多少?",
    },
    "derivative": {
        "en": "Let $f(x) = {e}$. What is $f'({k})$?",
        "de": "Sei $f(x) = {e}$. Wie groß ist $f'({k})$?",
        "fr": "Soit $f(x) = {e}$. Que vaut $f'({k})$ ?",
        "es": "Sea $f(x) = {e}$. ¿Cuánto vale $f'({k})$?",
        "ja": "$f(x) = {e}$ とします。$f'({k})$ を求めてください。",
        "zh": "设 $f(x) = {e}$,求 $f'({k})$。",
    },
    "triangle": {
        "en": "A right triangle has legs of {a} cm and {b} cm. How many centimetres is its"
        " perimeter?",
        "de": "Ein rechtwinkliges Dreieck hat Katheten von {a} cm und {b} cm. Wie viele Zentimeter"
        " misst sein Umfang?",
        "fr": "Un triangle rectangle a des cathètes de {a} cm et {b} cm. Combien de centimètres"
        " mesure son périmètre ?",
        "es": "Un triángulo rectángulo tiene catetos de {a} cm y {b} cm. ¿Cuántos centímetros mide"
        " su perímetro?",
        "ja": "直角をはさむ二辺が {a} cm と {b} cm の直角三角形の周の長さは何 cm ですか。",
        "zh": "直角三角形的两条直角边分别为 {a} 厘米和 {b} 厘米,它的周长是多少厘米?",
    },
    "shop": {
        "en": "A shop sells notebooks for {p} euros and pens for {q} euros. {n} people each buy"
        " {a} notebooks and {b} pens, and together they pay with {c} euros. How many euros do"
        " they get back?",
        "de": "Ein Laden verkauft Hefte für {p} Euro und Stifte für {q} Euro. {n} Personen kaufen"
        " jeweils {a} Hefte und {b} Stifte und zahlen zusammen mit {c} Euro. Wie viele Euro"
        " bekommen sie zurück?",
        "fr": "Un magasin vend des cahiers à {p} euros et des stylos à {q} euros. {n} personnes"
        " achètent chacune {a} cahiers et {b} stylos et donnent ensemble {c} euros. Combien"
        " d'euros leur rend-on ?",
        "es": "Una tienda vende cuadernos a {p} euros y bolígrafos a {q} euros. {n} personas"
        " compran cada una {a} cuadernos y {b} bolígrafos y pagan juntas con {c} euros. ¿Cuántos"
        " euros les devuelven?",
        "ja": "ノートは1冊 {p} ユーロ、ペンは1本 {q} ユーロです。{n} 人がそれぞれノートを {a} 冊と"
        "ペンを {b} 本買い、合わせて {c} ユーロを払いました。おつりは何ユーロですか。",
        "zh": "商店里笔记本每本 {p} 欧元,钢笔每支 {q} 欧元。{n} 人每人买 {a} 本笔记本和 {b} 支钢笔,"
        "一共付了 {c} 欧元。应找回多少欧元?",
    },
    "percent": {
        "en": "A price of {a} euros is raised by {p} percent and then lowered by {q} percent. What"
        " is the final price in euros?",
        "de": "Ein Preis von {a} Euro wird um {p} Prozent erhöht und dann um {q} Prozent gesenkt."
        " Wie viele Euro beträgt der Endpreis?",
        "fr": "Un prix de {a} euros augmente de {p} pour cent puis baisse de {q} pour cent. Quel"
        " est le prix final en euros ?",
        "es": "Un precio de {a} euros sube un {p} por ciento y luego baja un {q} por ciento."
        " ¿Cuál es el precio final en euros?",
        "ja": "{a} ユーロの価格が {p} パーセント上がり、その後 {q} パーセント下がりました。"
        "最終価格は何ユーロですか。",
        "zh": "某商品价格为 {a} 欧元,先上涨百分之 {p},再下降百分之 {q}。最终价格是多少欧元?",
    },
}
