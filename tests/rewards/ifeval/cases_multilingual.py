"""List texts that follow, and do not follow, the instructions that M-IFEval adds."""

from __future__ import annotations

from tests.rewards.ifeval.cases_published import ENGLISH, Case

SPANISH = "El tren a Hamburgo no sale hoy porque hay un incendio en la vía."
FRENCH = "Le train pour Hambourg ne part pas aujourd'hui parce qu'il y a un feu sur la voie."

MULTILINGUAL: list[Case] = [
    (
        "length_constraints:number_letters",
        {"num_letters": 5, "relation": "以上"},
        ("猫が好き。", "猫 が\n好き。"),
        ("猫好き。", "猫　　 \n。"),
    ),
    (
        "detectable_format:number_numbered_lists",
        {"num_items": 2},
        ("1. 米\n2. 水", "手順：\n1．米を洗う。\n2．待つ。"),
        ("1. 米", "・米\n・水", "1. 米\n2.\n", "2024年に1. 米 2. 水"),
    ),
    (
        "detectable_format:nominal_ending",
        {"count": 2},
        ("美しい春の朝。響く鳥の声。", "大切なのは続けること。目指すはゴール！"),
        ("朝が来た。鳥が鳴く。", "美しい春の朝。鳥が鳴く。", "「春の朝。」と「鳥の声。」を読む。"),
    ),
    (
        "letters:furigana",
        {},
        ("猫（ねこ）が走（はし）る。", "時々（ときどき）です。"),
        ("猫が走（はし）る。", "猫(ねこ)", "猫（ネコ）", "a cat"),
    ),
    (
        "letters:kansuuji",
        {},
        ("三匹の猫です。",),
        ("3匹の猫です。", "３匹の猫です。", "three cats"),
    ),
    ("letters:no_katakana", {}, ("猫が好きです。",), ("ネコが好き。", "ﾈｺが好き。", "a cat")),
    ("letters:katakana_only", {}, ("ネコガスキ！", "コーヒー。"), ("ネコが好き", "ネコ cat", "ー")),
    ("letters:no_hiragana", {}, ("猫大好！ネコ。",), ("猫が好き", "a cat")),
    ("letters:hiragana_only", {}, ("ねこがすき！", "らーめん。"), ("ねこがスキ", "ねこ cat", "ー")),
    (
        "letters:kanji",
        {"kanji_limit": 2, "relation": "未満"},
        ("猫がすき。", "ねこ"),
        ("猫と犬。", "a cat"),
    ),
    ("punctuation:no_period", {}, ("猫です！犬です！",), ("猫です。", "猫です｡犬", "猫です．")),
    (
        "startend:sentence_unified_end",
        {"ending": "です"},
        ("猫です。\n\n犬です！", "彼は「行く。」と言う人です。"),
        ("猫です。犬だ。", "猫です。犬", "「猫です。」"),
    ),
    ("punctuation:question_marks", {}, ("¿Qué tal?",), ("Qué tal?", "¿?", "¿Qué tal", "¡Ay!")),
    ("punctuation:exclamation_marks", {}, ("¡Hola!",), ("Hola!", "¡!", "¡Hola", "¿Y?")),
    (
        "special_character:enie",
        {"let_frequency": 2},
        ("El niño español", "AÑO y Ñu"),
        ("El niño", "el niño español del año", "nino espanol"),
    ),
    (
        "special_character:dieresis",
        {"let_frequency": 1},
        ("el pingüino", "VERGÜENZA"),
        ("el pinguino", "pingüino y cigüeña"),
    ),
    (
        "special_character:tildes",
        {"num_words": 2, "relation": "como máximo"},
        ("Él vino.", "Él comió", "nino"),
        ("Él comió aquí.",),
    ),
    (
        "special_character:ethel_or_cedilla",
        {"forbidden_char": "œ"},
        ("le coeur", "façade"),
        ("le cœur", "LE CŒUR"),
    ),
    ("special_character:no_accents", {}, ("la vie est belle",), ("l'été", "ça", "e\u0301te")),
    (
        "special_character:accents",
        {"word_to_accentuate": {"ecole": "école", "tot": "tôt"}},
        ("L'école commence tôt.", "Les écoles, TÔT !"),
        ("L'ecole commence tôt.", "L'école commence tot.", "Il est tôt.", "a"),
    ),
    ("detectable_content:no_digits", {}, ("dix ans",), ("10 ans", "１０ ans", "٣")),
    (
        "detectable_content:informal_address",
        {},
        ("Tu peux venir avec ton ami.", "Je t'aime."),
        ("Vous pouvez venir avec votre ami.", "Il vient.", "Je t'écris à vous, à votre ami."),
    ),
    (
        "change_case:spanish_capital",
        {},
        (SPANISH.upper(),),
        (SPANISH, ENGLISH.upper(), SPANISH.lower()),
    ),
    (
        "change_case:spanish_lowercase",
        {},
        (SPANISH.lower(),),
        (SPANISH, FRENCH.lower(), SPANISH.upper()),
    ),
    (
        "change_case:french_capital",
        {},
        (FRENCH.upper(),),
        (FRENCH, ENGLISH.upper(), FRENCH.lower()),
    ),
    (
        "change_case:french_lowercase",
        {},
        (FRENCH.lower(),),
        (FRENCH, SPANISH.lower(), FRENCH.upper()),
    ),
]

# Under an id with the language of the prompt before it.
PREFIXED: list[Case] = [
    (
        "fr:detectable_format:title",
        {},
        ("##hymne à la joie##\nLa vie est belle.", "## Hymne ##\nLa vie."),
        ("<<hymne à la joie>>\nLa vie.", "## Hymne\nLa vie.", "#### ####", "### a ###"),
    ),
    (
        "es:detectable_format:title",
        {},
        ("<<poema>>\nLa vida.",),
        ("##poema##\nLa vida.", "«poema»"),
    ),
    (
        "ja:detectable_format:title",
        {},
        ("『喜びの詩』\n春が来た。",),
        ("<<喜びの詩>>\n春が来た。", "「喜びの詩」", "『』春"),
    ),
    (
        "ja:detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        ("《春》と《夏》です。",),
        ("《春》です。", "*春*と*夏*です。", "《》《 》"),
    ),
    (
        "ja:detectable_format:multiple_sections",
        {"section_spliter": "章", "num_sections": 2},
        (
            "第1章\n春です。\n第2章\n夏です。",
            "第一章 春です。\n第二章 夏です。",
            "**第１章** 春\n第２章 夏",
        ),
        ("章1\n春です。\n章2\n夏です。", "第1章 春です。", "第1章\n第2章", "春の第1章と第2章"),
    ),
    (
        "ja:detectable_format:number_bullet_lists",
        {"num_bullets": 2},
        ("・春\n・夏", "季節：\n・春です。\n・夏です。"),
        ("・春", "* 春\n* 夏", "春・夏", "・\n・春"),
    ),
    (
        "ja:detectable_format:constrained_response",
        {},
        ("はい、そうです。", "いいえ、違います。犬です。"),
        ("はい。", "My answer is yes.", "はい、そうです。いいえ、違います。"),
    ),
    (
        "es:detectable_format:constrained_response",
        {},
        ("Sí.", "No. No lo es."),
        ("Así.", "sí", "Sí. No."),
    ),
    ("fr:detectable_format:constrained_response", {}, ("Oui.", "Peut-être."), ("Yes.", "oui")),
    ("ja:startend:quotation", {}, ("「春です。」",), ('"春です。"', "「春です。", "春です。")),
    ("fr:startend:quotation", {}, ("« Oui. »", '"Oui."'), ("Oui.", "« Oui.")),
    (
        "es:startend:end_checker",
        {"end_phrase": "Un saludo"},
        ("Adiós. Un saludo.", "Adiós. Un saludo"),
        ("Un saludo. Adiós.", "Adiós. Un saludo a todos."),
    ),
    (
        "es:length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "como máximo"},
        ("Vino el Sr. Ruiz. Se fue.", "Una."),
        ("Una. Dos. Tres.",),
    ),
    (
        "fr:length_constraints:number_words",
        {"num_words": 3, "relation": "moins de"},
        ("un deux",),
        ("un deux trois",),
    ),
    (
        "ja:keywords:frequency",
        {"keyword": "猫", "frequency": 2, "relation": "以上"},
        ("猫と猫",),
        ("猫と犬",),
    ),
    ("en:punctuation:no_comma", {}, ("a b",), ("a, b",)),
]
