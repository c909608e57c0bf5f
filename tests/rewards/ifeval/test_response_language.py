"""A response is in a language if that dominates it, whatever names, code and quotations it has."""

from __future__ import annotations

import pytest

from rewards.ifeval import check
from rewards.reading.languages import LANGUAGES
from tests.rewards.reading.test_languages import PARAGRAPHS

# Two sentences each, about the same things as `PARAGRAPHS`.
OTHERS = {
    "hi": (
        "पिछली गर्मियों में हमने एक छोटी नाव किराए पर ली और नदी के साथ समुद्र तक गए। मौसम सुहावना था, "
        "और शाम को हम डेक पर खाना पकाते और गाँवों की रोशनी गिनते थे।"
    ),
    "ru": (
        "Прошлым летом мы взяли напрокат небольшую лодку и поплыли по реке к морю. Погода была "
        "мягкая, а вечерами мы готовили на палубе и считали огни деревень."
    ),
    "uk": (
        "Минулого літа ми винайняли невеликий човен і попливли річкою до моря. Погода була м'яка, "
        "а вечорами ми готували на палубі й лічили вогні сіл."
    ),
    "el": (
        "Το περασμένο καλοκαίρι νοικιάσαμε μια μικρή βάρκα και ακολουθήσαμε το ποτάμι ως τη "
        "θάλασσα. Ο καιρός ήταν ήπιος και τα βράδια μαγειρεύαμε στο κατάστρωμα."
    ),
    "he": (
        "בקיץ שעבר שכרנו סירה קטנה והפלגנו במורד הנהר עד הים. מזג האוויר היה נעים, ובערבים בישלנו "
        "על הסיפון וספרנו את אורות הכפרים."
    ),
    "th": (
        "ฤดูร้อนที่แล้วเราเช่าเรือลำเล็กและล่องตามแม่น้ำไปจนถึงทะเล อากาศอบอุ่น และตอนเย็นเราทำอาหารบนดาดฟ้า "
        "พร้อมกับนับแสงไฟของหมู่บ้าน"
    ),
    "bn": (
        "গত গ্রীষ্মে আমরা একটি ছোট নৌকা ভাড়া করে নদী ধরে সমুদ্র পর্যন্ত গিয়েছিলাম। আবহাওয়া ছিল মনোরম, "
        "আর সন্ধ্যায় আমরা ডেকে রান্না করতাম।"
    ),
    "ta": (
        "கடந்த கோடையில் நாங்கள் ஒரு சிறிய படகை வாடகைக்கு எடுத்து ஆற்றின் வழியே கடல் வரை சென்றோம். "
        "வானிலை இதமாக இருந்தது, மாலையில் நாங்கள் சமைத்தோம்."
    ),
    "te": (
        "గత వేసవిలో మేము ఒక చిన్న పడవను అద్దెకు తీసుకుని నది వెంట సముద్రం వరకు వెళ్ళాము. వాతావరణం బాగుంది, "
        "సాయంత్రాలు మేము వంట చేసుకున్నాము."
    ),
    "fa": (
        "تابستان گذشته یک قایق کوچک کرایه کردیم و در مسیر رودخانه تا دریا رفتیم. هوا ملایم بود و "
        "شب‌ها روی عرشه آشپزی می‌کردیم و چراغ‌های روستاها را می‌شمردیم."
    ),
    "pl": (
        "Zeszłego lata wynajęliśmy małą łódź i popłynęliśmy rzeką aż do morza. Pogoda była "
        "łagodna, a wieczorami gotowaliśmy na pokładzie i liczyliśmy światła wiosek."
    ),
    "sv": (
        "Förra sommaren hyrde vi en liten båt och följde floden ner till havet. Vädret var milt, "
        "och på kvällarna lagade vi mat på däck och räknade ljusen i byarna."
    ),
    "tr": (
        "Geçen yaz küçük bir tekne kiraladık ve nehri denize kadar takip ettik. Hava ılıktı ve "
        "akşamları güvertede yemek pişirip köylerin ışıklarını sayıyorduk."
    ),
    "vi": (
        "Mùa hè năm ngoái chúng tôi thuê một chiếc thuyền nhỏ và đi dọc theo con sông ra đến biển. "
        "Thời tiết ôn hòa, buổi tối chúng tôi nấu ăn trên boong."
    ),
    "fi": (
        "Viime kesänä vuokrasimme pienen veneen ja seurasimme jokea alas merelle. Sää oli leuto, "
        "ja iltaisin kokkasimme kannella ja laskimme kylien valoja."
    ),
}
ALL = PARAGRAPHS | OTHERS
RELATIVES = (
    *(("es", "pt"), ("pt", "es"), ("it", "es"), ("fr", "it"), ("de", "nl"), ("nl", "de")),
    *(("zh", "ja"), ("ja", "zh"), ("ko", "zh"), ("ja", "ko"), ("cs", "de"), ("ar", "fr")),
    *(("hi", "es"), ("ru", "de"), ("fa", "de"), ("sv", "de"), ("pl", "cs"), ("vi", "fr")),
)


def is_in(text: str, language: str) -> bool:
    return check(text, "language:response_language", {"language": language})


def three_quarters(language: str, other: str) -> list[str]:
    """Return texts whose larger part is in the other language, in sentences and in lines."""
    mine, theirs = ALL[language], ALL[other]
    return [
        f"{theirs} {theirs} {mine}",
        f"{mine}\n\n{theirs}\n\n{theirs}",
        f"- {theirs}\n- {mine}\n- {theirs}",
    ]


@pytest.mark.parametrize("language", sorted(ALL))
def test_a_text_in_the_language_is(language: str) -> None:
    assert is_in(ALL[language], language)
    assert not any(is_in(ALL[language], other) for other in LANGUAGES if other != language)


@pytest.mark.parametrize("language", sorted(set(ALL) - {"en"}))
def test_mostly_english_text_is_in_no_other_language(language: str) -> None:
    assert not [text for text in three_quarters(language, "en") if is_in(text, language)]


@pytest.mark.parametrize(("language", "other"), RELATIVES)
def test_text_mostly_in_another_language_is_not(language: str, other: str) -> None:
    assert not [text for text in three_quarters(language, other) if is_in(text, language)]


@pytest.mark.parametrize("language", sorted(set(ALL) - {"en"}))
def test_half_of_each_is_in_neither(language: str) -> None:
    half = f"{ALL[language]}\n\n{PARAGRAPHS['en']}"
    assert not is_in(half, language)
    assert not is_in(half, "en")


@pytest.mark.parametrize("language", sorted(ALL))
def test_what_is_foreign_everywhere_does_not_count(language: str) -> None:
    text = ALL[language]
    quoted = '"All happy families are alike."' if language != "en" else '"Ceci est une pipe."'
    for variant in (
        f"{text}\n```python\nfor line in open('the_file'):\n    print(line)\n```",
        f"{text} (https://example.com/the/road/not/taken?and=that)",
        f"{text} {quoted}",
        f"**{text}**\n\n1. {text}\n2. {text}",
        f"{text} \\(x^2 + y^2 = z^2\\) $E = mc^2$",
        f"{text} Johann Sebastian Bach, William Shakespeare.",
        f"{text}\n- New York\n- Los Angeles\n- Bohemian Rhapsody",
    ):
        assert is_in(variant, language), variant


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("hi", "Python एक लोकप्रिय programming language है जिसे Guido van Rossum ने 1991 में बनाया था।"),
        ("hi", "मुझे WhatsApp और Google Maps का उपयोग करना बहुत पसंद है, क्योंकि वे आसान हैं।"),
        ("zh", "我喜欢用Python写machine learning程序。"),
        ("zh", "我喜欢用Python和TensorFlow写程序，因为它们的文档很清楚，社区也很活跃。"),
        ("ja", "Pythonのpandasライブラリを使うと、CSVファイルを簡単に読み込むことができます。"),
        ("ko", "저는 Python과 TensorFlow로 프로그램을 만드는 것을 좋아합니다."),
        (
            "ar",
            "أستخدم برنامج Microsoft Word لكتابة التقارير وبرنامج Excel لحساب الأرقام في العمل.",
        ),
        ("ru", "Компания Apple представила новый iPhone, а Google показала Android и Chrome OS."),
        (
            "de",
            "Das Meeting mit dem Team war ein Highlight, und das Feedback zum Design war super.",
        ),
        (
            "de",
            "Der Film „The Lord of the Rings: The Return of the King“ gewann elf "
            "Oscars in einer einzigen Nacht.",
        ),
        (
            "fr",
            "Le groupe a joué « Stairway to Heaven » et « Hotel California » devant nous.",
        ),
        (
            "es",
            "La banda tocó «Stairway to Heaven» y «Hotel California» ante un público encantado.",
        ),
        (
            "it",
            "Il software open source usa un server web e un database per i file degli utenti.",
        ),
        (
            "en",
            "The Champs-Élysées and the Arc de Triomphe are the best known sights of Paris.",
        ),
        (
            "en",
            "The German word “Schadenfreude” means the joy that one feels at others’ bad luck.",
        ),
        (
            "pt",
            'O livro "One Hundred Years of Solitude" foi traduzido para mais de quarenta idiomas.',
        ),
        (
            "nl",
            "De ceo van het start-upbedrijf gaf een presentatie over machine learning en de cloud.",
        ),
        (
            "cs",
            "Skupina Red Hot Chili Peppers vystoupila v Praze a zahrála své největší hity.",
        ),
        ("th", "ฉันชอบใช้ Facebook และ YouTube เพราะมันใช้งานง่ายและมีเนื้อหามากมายให้ดู"),
    ],
)
def test_names_and_loan_words_do_not_change_the_language(language: str, text: str) -> None:
    assert is_in(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("hi", f"{PARAGRAPHS['en']} धन्यवाद।"),
        ("hi", f'"{PARAGRAPHS["en"]}" {OTHERS["hi"][:60]}।'),
        ("hi", "Mausam bahut suhavna tha aur hum shaam ko naav par khana pakate the, dost."),
        ("hi", "The weather was mild, and in the evenings we cooked on deck and मौसम सुहावना था"),
        ("zh", f"{PARAGRAPHS['en']} 天气温和，晚上我们在甲板上做饭，数着村庄里的灯光。"),
        ("ja", f"{PARAGRAPHS['en']} 天気は穏やかで、夜には甲板で料理をしていました。"),
        ("ar", f"{PARAGRAPHS['en']} كان الطقس معتدلا، وفي المساء كنا نطبخ على ظهر القارب."),
        ("ko", f"{PARAGRAPHS['en']} 날씨는 온화했고, 저녁이면 갑판에서 요리를 했다."),
        ("ru", f"{PARAGRAPHS['en']} Погода была мягкая, а вечерами мы готовили на палубе."),
        (
            "es",
            f"{PARAGRAPHS['en']}\n\n{PARAGRAPHS['en']}\n\nHacía buen tiempo en el mar.",
        ),
        (
            "de",
            f"{PARAGRAPHS['en']}\n\nDas Wetter war mild, und abends kochten wir an Deck zusammen.",
        ),
        ("fr", f"Voici le texte demandé.\n\n{PARAGRAPHS['en']}"),
        ("en", f"Here is the text that you asked for:\n\n{PARAGRAPHS['de']}"),
        (
            "en",
            f"{PARAGRAPHS['de']}\n\n(Translation: Last summer we rented a small boat for a week.)",
        ),
        ("pt", f"{PARAGRAPHS['es']} O tempo estava ameno, e à noite cozinhávamos no convés."),
    ],
)
def test_a_little_of_the_language_is_not_enough(language: str, text: str) -> None:
    assert not is_in(text, language)


def test_a_closing_line_in_another_language_is_allowed() -> None:
    for language, text in ALL.items():
        if language != "en":
            assert is_in(f"{text}\n\n{text}\n\nHope this helps!", language), language
    assert is_in(f"{PARAGRAPHS['en']}\n\n{PARAGRAPHS['en']}\n\nHasta la vista, amigos.", "en")


@pytest.mark.parametrize("language", sorted(set(ALL) - {"en"}))
def test_neither_quoting_nor_shouting_nor_lists_hide_another_language(language: str) -> None:
    """One sentence of the language against two in English, however those are dressed."""
    one = ALL[language].split("。")[0].split(". ")[0].split("। ")[0]
    first, second = PARAGRAPHS["en"].split(". ")
    for hidden in (
        f'"{first}. {second}" {one}.',
        f"> {first}.\n> {second}\n\n{one}.",
        f"{first.upper()}. {second.upper()} {one}.",
        f"- {first}.\n- {second}\n- {one}.",
        f"{one[:12]} {first}.",
    ):
        assert not is_in(hidden, language), hidden
