"""List the wording of the temporal tasks in six languages; the generator fills in `{…}`."""

from __future__ import annotations

LANGUAGES = ("en", "de", "fr", "es", "ja", "zh")

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "ja": ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}

# The last sentence of a prompt: where the answer goes, and in which format.
REPLY = {
    "en": 'Reply with a last line "Answer: …", {f}.',
    "de": "Schließe mit einer Zeile „Antwort: …“, {f}.",
    "fr": "Termine par une ligne « Réponse : … », {f}.",
    "es": "Termina con una línea «Respuesta: …», {f}.",
    "ja": "最後の行に「答え: …」の形で、{f}答えてください。",
    "zh": "请在最后一行以“答案: …”的形式作答,{f}。",
}
LABEL = {
    "en": "Answer:",
    "de": "Antwort:",
    "fr": "Réponse :",
    "es": "Respuesta:",
    "ja": "答え:",
    "zh": "答案:",
}
# How a format is asked for; `{n}` is its name as `rewards.temporal.formats` has it.
IN_FORMAT = {
    "en": "in the format {n}",
    "de": "im Format {n}",
    "fr": "au format {n}",
    "es": "en el formato {n}",
    "ja": "{n} の形式で",
    "zh": "格式为 {n}",
}
SPECIAL_FORMATS: dict[str, dict[str, str]] = {
    "integer": {
        "en": "as a number only",
        "de": "nur als Zahl",
        "fr": "uniquement le nombre",
        "es": "solo el número",
        "ja": "数字だけで",
        "zh": "只写数字",
    },
    "weekday": {
        "en": "with the full name of the weekday only",
        "de": "nur mit dem vollen Namen des Wochentags",
        "fr": "uniquement le nom complet du jour",
        "es": "solo el nombre completo del día",
        "ja": "曜日だけで(例: 月曜日)",
        "zh": "只写星期几(例如:星期一)",
    },
    "yes/no": {
        "en": "with yes or no only",
        "de": "nur mit ja oder nein",
        "fr": "uniquement oui ou non",
        "es": "solo sí o no",
        "ja": "「はい」か「いいえ」だけで",
        "zh": "只写“是”或“否”",
    },
    "H:MM": {
        "en": "as hours and minutes in the format H:MM",
        "de": "als Stunden und Minuten im Format H:MM",
        "fr": "en heures et minutes au format H:MM",
        "es": "en horas y minutos en el formato H:MM",
        "ja": "時間と分を H:MM の形式で",
        "zh": "用小时和分钟,格式为 H:MM",
    },
}

TEXTS: dict[str, dict[str, str]] = {
    "add_days": {
        "en": "Which date is {n} days {w} {d}?",
        "de": "Welches Datum ist {n} Tage {w} dem {d}?",
        "fr": "Quelle date est {n} jours {w} le {d} ?",
        "es": "¿Qué fecha es {n} días {w} la fecha {d}?",
        "ja": "{d} の {n} 日{w}は何年何月何日ですか。",
        "zh": "{d} 的 {n} 天{w}是哪一天?",
    },
    "between": {
        "en": "How many days are there from {a} to {b}, counting {c}?",
        "de": "Wie viele Tage sind es vom {a} bis zum {b}, wenn {c}?",
        "fr": "Combien de jours y a-t-il du {a} au {b}, en comptant {c} ?",
        "es": "¿Cuántos días hay del {a} al {b}, contando {c}?",
        "ja": "{a} から {b} まで、{c}何日ありますか。",
        "zh": "从 {a} 到 {b},{c},一共有多少天?",
    },
    "weekday": {
        "en": "On which day of the week does {d} fall?",
        "de": "Auf welchen Wochentag fällt der {d}?",
        "fr": "Quel jour de la semaine est le {d} ?",
        "es": "¿Qué día de la semana es el {d}?",
        "ja": "{d} は何曜日ですか。",
        "zh": "{d} 是星期几?",
    },
    "weekday_offset": {
        "en": "Today is {s}. Which weekday is it {n} days {w} today?",
        "de": "Heute ist {s}. Welcher Wochentag ist {n} Tage {w} heute?",
        "fr": "Aujourd'hui, nous sommes {s}. Quel jour de la semaine est-ce {n} jours {w}"
        " aujourd'hui ?",
        "es": "Hoy es {s}. ¿Qué día de la semana es {n} días {w} hoy?",
        "ja": "今日は{s}です。今日の {n} 日{w}は何曜日ですか。",
        "zh": "今天是{s}。今天的 {n} 天{w}是星期几?",
    },
    "leap": {
        "en": "Is {y} a leap year in the Gregorian calendar?",
        "de": "Ist {y} im gregorianischen Kalender ein Schaltjahr?",
        "fr": "L'année {y} est-elle bissextile dans le calendrier grégorien ?",
        "es": "¿Es {y} un año bisiesto en el calendario gregoriano?",
        "ja": "グレゴリオ暦で {y} 年はうるう年ですか。",
        "zh": "按照公历,{y} 年是闰年吗?",
    },
    "leap_count": {
        "en": "How many leap years are there from {a} to {b}, both included?",
        "de": "Wie viele Schaltjahre gibt es von {a} bis {b}, beide eingeschlossen?",
        "fr": "Combien d'années bissextiles y a-t-il de {a} à {b}, toutes deux comprises ?",
        "es": "¿Cuántos años bisiestos hay de {a} a {b}, ambos incluidos?",
        "ja": "{a} 年から {b} 年まで(両端を含む)に、うるう年は何回ありますか。",
        "zh": "从 {a} 年到 {b} 年(含首尾)共有多少个闰年?",
    },
    "clock": {
        "en": "A train leaves at {t} and travels for {h} hours and {m} minutes. At what time of day"
        " does it arrive?",
        "de": "Ein Zug fährt um {t} ab und ist {h} Stunden und {m} Minuten unterwegs. Um welche"
        " Uhrzeit kommt er an?",
        "fr": "Un train part à {t} et roule pendant {h} heures et {m} minutes. À quelle heure"
        " arrive-t-il ?",
        "es": "Un tren sale a las {t} y viaja durante {h} horas y {m} minutos. ¿A qué hora llega?",
        "ja": "列車が {t} に出発し、{h} 時間 {m} 分走ります。到着は何時何分ですか。",
        "zh": "一列火车 {t} 出发,行驶 {h} 小时 {m} 分钟。它几点到达?",
    },
    "duration": {
        "en": "A shift starts at {a} on one day and ends at {b} {k} days later. How long is it?",
        "de": "Eine Schicht beginnt an einem Tag um {a} und endet {k} Tage später um {b}. Wie lange"
        " dauert sie?",
        "fr": "Une garde commence à {a} et se termine {k} jours plus tard à {b}. Combien de temps"
        " dure-t-elle ?",
        "es": "Un turno empieza a las {a} y termina {k} días después a las {b}. ¿Cuánto dura?",
        "ja": "勤務はある日の {a} に始まり、{k} 日後の {b} に終わります。長さはどれだけですか。",
        "zh": "一次值班从某天 {a} 开始,到 {k} 天后的 {b} 结束。一共多长时间?",
    },
    "zone": {
        "en": "It is {t} local time in {a}. What is the local date and time in {b} at that moment?"
        " The zones are {p} and {q} of the tz database.",
        "de": "In {a} ist es {t} Ortszeit. Welches Datum und welche Uhrzeit gelten in diesem Moment"
        " in {b}? Die Zonen sind {p} und {q} der tz-Datenbank.",
        "fr": "Il est {t} heure locale à {a}. Quelles sont la date et l'heure locales à {b} au même"
        " moment ? Les fuseaux sont {p} et {q} de la base tz.",
        "es": "Son las {t}, hora local, en {a}. ¿Qué fecha y hora local hay en {b} en ese momento?"
        " Las zonas son {p} y {q} de la base de datos tz.",
        "ja": "{a} の現地時刻は {t} です。そのとき {b} の現地の日付と時刻は何ですか。"
        "タイムゾーンは tz データベースの {p} と {q} です。",
        "zh": "{a} 当地时间为 {t}。此刻 {b} 当地的日期和时间是什么?"
        "时区分别为 tz 数据库中的 {p} 和 {q}。",
    },
    "reformat": {
        "en": "The date {d} is written in the format {f}. Write it in another format.",
        "de": "Das Datum {d} steht im Format {f}. Schreibe es in einem anderen Format.",
        "fr": "La date {d} est écrite au format {f}. Écris-la dans un autre format.",
        "es": "La fecha {d} está escrita en el formato {f}. Escríbela en otro formato.",
        "ja": "日付 {d} は {f} の形式です。別の形式で書き直してください。",
        "zh": "日期 {d} 的格式是 {f}。请用另一种格式改写。",
    },
}
AFTER = {"en": "after", "de": "nach", "fr": "après", "es": "después de", "ja": "後", "zh": "后"}
BEFORE = {"en": "before", "de": "vor", "fr": "avant", "es": "antes de", "ja": "前", "zh": "前"}
# Which of the two ends are counted.
COUNTED: dict[str, dict[str, str]] = {
    "both": {
        "en": "both the first and the last day",
        "de": "der erste und der letzte Tag mitzählen",
        "fr": "le premier et le dernier jour",
        "es": "tanto el primer día como el último",
        "ja": "両端の日を含めて",
        "zh": "首尾两天都计算在内",
    },
    "last": {
        "en": "the last day but not the first",
        "de": "der letzte Tag mitzählt, der erste aber nicht",
        "fr": "le dernier jour mais pas le premier",
        "es": "el último día pero no el primero",
        "ja": "最後の日は含め、最初の日は含めずに",
        "zh": "计算最后一天但不计算第一天",
    },
    "neither": {
        "en": "neither the first nor the last day",
        "de": "weder der erste noch der letzte Tag mitzählt",
        "fr": "ni le premier ni le dernier jour",
        "es": "ni el primer día ni el último",
        "ja": "両端の日を含めずに",
        "zh": "首尾两天都不计算在内",
    },
}
