"""The twelve languages of the platform, and the scripts they are written in."""

from __future__ import annotations

import unicodedata

LANGUAGES = ("en", "de", "es", "fr", "ja", "pt", "ar", "cs", "it", "ko", "nl", "zh")

OWN_SCRIPTS: dict[str, tuple[str, ...]] = {
    "ar": ("arabic",),
    "ja": ("kana", "han"),
    "ko": ("hangul", "han"),
    "zh": ("han",),
}
"""Of those that aren't written in Latin script."""


def script_shares(text: str) -> dict[str, float]:
    """Share of the letters per script: latin, arabic, hangul, kana, han, other."""
    counts = dict.fromkeys(("latin", "arabic", "hangul", "kana", "han", "other"), 0)
    for char in text:
        if not char.isalpha():
            continue
        if char.isascii():
            counts["latin"] += 1
            continue
        name = unicodedata.name(char, "")
        for prefix, script in (
            ("LATIN", "latin"),
            ("ARABIC", "arabic"),
            ("HANGUL", "hangul"),
            ("HIRAGANA", "kana"),
            ("KATAKANA", "kana"),
            ("CJK", "han"),
        ):
            if name.startswith(prefix):
                counts[script] += 1
                break
        else:
            counts["other"] += 1
    total = sum(counts.values())
    return {script: count / total if total else 0.0 for script, count in counts.items()}
