"""List what the general chat tasks say, in six languages; the generator fills in `{…}`."""

from __future__ import annotations

from dataclasses import dataclass

from envs.tasks.base import words


@dataclass(frozen=True)
class Speech:
    """Holds one language: `{n}` is a name, `{t}` a topic, `{k}` a number, `{c}` the closing.

    A topic is written `as it is shown|stem|another stem`: the answer may inflect it, and shows
    that it keeps to the topic by any of the stems.
    """

    hello: str
    intros: tuple[str, ...]
    asks: tuple[str, ...]
    manners: str
    say: str
    closings: tuple[str, ...]
    topics: tuple[str, ...]


SPEECH: dict[str, Speech] = {
    "en": Speech(
        "Hello",
        ("My name is {n}.", "I am {n} and new here.", "{n} here.", "This is {n}, a student."),
        (
            "Please tell me what you find interesting about {t}.",
            "Can you explain to a beginner what matters about {t}?",
            "I have to give a short talk about {t}. What should I say?",
            "My neighbour is crazy about {t}. Why could that be?",
            "Is it worth spending a weekend on {t}?",
        ),
        'Begin with "Hello", use at most {k} characters, and close with "{c}"',
        "There is much to say about {t}, and the best is that you can start with it today.",
        ("Have a nice day!", "Good luck with it!", "Enjoy the rest of your week!"),
        (
            "green tea|tea",
            "chess",
            "astronomy",
            "pottery",
            "choir singing|choir",
            "hiking|hik",
            "sourdough",
            "photography|photo",
            "bird watching|bird",
            "jazz",
            "public transport|transport",
            "poetry",
            "sailing|sail",
            "gardening|garden",
            "old films|film",
            "mathematics|math",
        ),
    ),
    "de": Speech(
        "Hallo",
        ("Ich heiße {n}.", "Ich bin {n} und neu hier.", "Hier ist {n}.", "{n} mein Name."),
        (
            "Was ist deiner Meinung nach an {t} interessant?",
            "Kannst du jemandem ohne Vorwissen erklären, worauf es bei {t} ankommt?",
            "Ich soll kurz etwas zu {t} vortragen. Was kann ich sagen?",
            "Mein Nachbar ist von {t} begeistert. Woran könnte das liegen?",
            "Lohnt es sich, ein Wochenende mit {t} zu verbringen?",
        ),
        "Beginne mit „Hallo“, schreibe höchstens {k} Zeichen und schließe mit „{c}“",
        "Zu {t} ist viel zu sagen, und das Beste ist, dass du noch heute damit beginnen kannst.",
        ("Einen schönen Tag noch!", "Viel Erfolg dabei!", "Eine gute Woche noch!"),
        (
            "grünem Tee|Tee",
            "Schach",
            "Astronomie",
            "Töpferei|Töpfer",
            "Chorgesang|Chor",
            "Wanderungen|wander",
            "Sauerteig|teig",
            "Fotografie|Foto",
            "Vogelkunde|Vogel",
            "Jazz",
            "Straßenbahnen|Straßenbahn",
            "Gedichten|Gedicht",
            "Segelbooten|Segel",
            "Gartenarbeit|Garten",
            "alten Filmen|Film",
            "Mathematik|Mathe",
        ),
    ),
    "fr": Speech(
        "Bonjour",
        ("Je m'appelle {n}.", "Moi, c'est {n}.", "Ici {n}.", "Je suis {n}, nouveau venu ici."),
        (
            "Qu'est-ce qui t'intéresse dans le thème suivant : {t} ?",
            "Peux-tu expliquer à un débutant l'essentiel sur ce sujet : {t} ?",
            "Je dois faire un petit exposé sur ce sujet : {t}. Que dire ?",
            "Mon voisin a une passion : {t}. Pourquoi, à ton avis ?",
            "Faut-il consacrer un week-end à ce loisir : {t} ?",
        ),
        "Commence par « Bonjour », écris au plus {k} caractères et termine par « {c} »",
        "Sur ce sujet, {t}, il y a beaucoup à dire, et le mieux est de commencer aujourd'hui.",
        ("Bonne journée !", "Bonne chance !", "Bonne fin de semaine !"),
        (
            "le thé vert|thé",
            "les échecs|échecs",
            "l'astronomie|astronomie",
            "la poterie|poterie",
            "le chant choral|chant",
            "la randonnée|randonnée",
            "le levain|levain",
            "la photographie|photo",
            "les oiseaux|oiseau",
            "le jazz|jazz",
            "les trains de nuit|train",
            "la poésie|poésie",
            "la voile|voile",
            "le jardinage|jardin",
            "les vieux films|film",
            "les mathématiques|math",
        ),
    ),
    "es": Speech(
        "Hola",
        ("Me llamo {n}.", "Soy {n}.", "Aquí {n}.", "Mi nombre es {n} y soy nuevo aquí."),
        (
            "¿Qué te parece interesante de este tema: {t}?",
            "¿Puedes explicar a un principiante lo esencial de este tema: {t}?",
            "Tengo que hablar un rato de este tema: {t}. ¿Qué puedo decir?",
            "Mi vecino tiene una pasión: {t}. ¿Por qué será?",
            "¿Vale la pena dedicar un fin de semana a esto: {t}?",
        ),
        "Empieza con «Hola», usa como máximo {k} caracteres y termina con «{c}»",
        "De este tema, {t}, hay mucho que decir, y lo mejor es que puedes empezar hoy mismo.",
        ("¡Que tengas un buen día!", "¡Mucha suerte!", "¡Buena semana!"),
        (
            "el té verde|té",
            "el ajedrez|ajedrez",
            "la astronomía|astronomía",
            "la cerámica|cerámica",
            "el canto coral|canto",
            "el senderismo|sender",
            "la masa madre|masa madre",
            "la fotografía|foto",
            "los pájaros|pájaro",
            "el jazz|jazz",
            "los tranvías|tranvía",
            "la poesía|poesía",
            "la vela|vela",
            "la jardinería|jardín|jardin",
            "el cine antiguo|cine",
            "las matemáticas|matemátic",
        ),
    ),
    "ja": Speech(
        "こんにちは",
        ("{n}です。", "私は{n}といいます。", "初めまして、{n}です。", "学生の{n}です。"),
        (
            "{t}の面白いところを教えてください。",
            "初心者にも分かるように、{t}で大切なことを説明してください。",
            "{t}について短い発表をします。何を話せばいいですか。",
            "隣の人が{t}に夢中です。どうしてでしょうか。",
            "週末を{t}に使う価値はありますか。",
        ),
        "「こんにちは」で始め、{k}文字以内で書き、最後は「{c}」で終えてください。",
        "{t}には話したいことがたくさんありますが、一番いいのは今日から始められることです。",
        ("よい一日を!", "うまくいきますように!", "またいつでもどうぞ!"),
        (
            "緑茶",
            "将棋",
            "天文学",
            "陶芸",
            "合唱",
            "山歩き|山",
            "パン作り|パン",
            "写真",
            "野鳥観察|鳥",
            "ジャズ",
            "路面電車|電車",
            "俳句",
            "ヨット",
            "庭仕事|庭",
            "古い映画|映画",
            "数学",
        ),
    ),
    "zh": Speech(
        "你好",
        ("我叫{n}。", "我是{n}。", "我是新来的{n}。", "这里是{n}。"),
        (
            "请说说{t}有意思的地方。",
            "能给初学者讲讲{t}最重要的是什么吗?",
            "我要做一个关于{t}的简短发言,该说些什么?",
            "我的邻居非常喜欢{t},这是为什么呢?",
            "花一个周末在{t}上值得吗?",
        ),
        "请以“你好”开头,不超过{k}个字符,并以“{c}”结尾。",
        "关于{t}有很多可说的,最好的一点是你今天就可以开始。",
        ("祝你愉快!", "祝你好运!", "祝你一周顺利!"),
        (
            "绿茶",
            "象棋",
            "天文学",
            "陶艺",
            "合唱",
            "徒步",
            "面包",
            "摄影",
            "观鸟|鸟",
            "爵士乐|爵士",
            "有轨电车|电车",
            "诗歌",
            "帆船",
            "园艺",
            "老电影|电影",
            "数学",
        ),
    ),
}

NAMES = words(
    "Amara Bruno Carla Dmitri Elif Farid Greta Hugo Ines Jonas Kaori Luis Mei Noah Olga Pavel "
    "Rosa Samir Tara Ugo Vera Wanda Yusuf Zita"
)
