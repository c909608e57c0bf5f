"""The reward `chat_rubric` checks general chat by a rubric of the row; held-out evaluation uses it.

Training on general chat takes its score from the scalar reward model; evaluating with the same
model would only say that the policy pleases its own judge. So evaluation uses deterministic
checks, against what policies do to please it: it greets as asked, names the topic as a word,
closes politely, stays in the language of the prompt, does not repeat itself, and is not too long.
All must hold (score 1), each is a component.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.languages import LANGUAGES, TOLERANCE, foreign_share, is_consistent
from rewards.reading.text import after_reasoning, fold
from rewards.registry import reward
from rewards.repetition import repeated_share
from rewards.result import RewardResult

# Full-width marks are ASCII after NFKC; these are what remains.
_ENDS = " .!?。؟"
_SENTENCE = re.compile(f"[^{_ENDS[1:]}]+")
DEFAULT_MAX_CHARS = 2000
# Shorter texts say too little for the identifier; what they say, function words tell.
_IDENTIFIABLE = 200
_REPETITIVE = 0.3
# A letter of a script that separates words: next to one, another letter belongs to the word.
_LETTER = r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"


def _word(item: str) -> str:
    """Build a pattern for the item as a word; Arabic and Korean join particles to it."""
    item = fold(item).casefold()
    before = rf"(?<!{_LETTER})" if re.match(r"[a-z\u00c0-\u024f]", item) else ""
    after = rf"(?!{_LETTER})" if re.search(r"[a-z\u00c0-\u024f]$", item) else ""
    return f"{before}{re.escape(item)}{after}"


def _any_of(text: str, wanted: Sequence[str]) -> bool:
    return any(re.search(_word(item), text) for item in wanted)


def has_repetition(text: str) -> bool:
    """Tell whether a sentence, a word three times in a row, or much of the wording is repeated."""
    sentences = [s.strip().casefold() for s in _SENTENCE.findall(text) if s.strip()]
    words = text.casefold().split()
    runs = any(words[i] == words[i + 1] == words[i + 2] for i in range(len(words) - 2))
    return runs or len(sentences) != len(set(sentences)) or repeated_share(text) > _REPETITIVE


def _in_language(text: str, language: str) -> bool:
    if len(text) < _IDENTIFIABLE:
        return is_consistent(text, language)
    share = foreign_share(text, language)
    return is_consistent(text, language) if share is None else share <= TOLERANCE


@reward("chat_rubric", range=(0.0, 1.0), timeout_s=2.0, imports=("rewards.reading.languages:load",))
def chat_rubric(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if every check of the rubric holds, else 0.

    `ground_truth` is `{"language": "de", "greeting": [...], "topic": [...], "closing": [...],
    "max_chars": optional}`; of each list at least one entry must occur, the greeting at the
    start and the closing at the end.
    """
    language = ground_truth.get("language")
    lists = [ground_truth.get(key) for key in ("greeting", "topic", "closing")]
    if language not in LANGUAGES or not all(isinstance(x, list | tuple) and x for x in lists):
        return RewardResult.error(
            "chat_rubric: ground_truth wants 'language' and lists 'greeting', 'topic', 'closing'"
        )
    greeting, topic, closing = ([str(item) for item in x or ()] for x in lists)
    if not all(fold(item).strip(_ENDS) for item in (*greeting, *topic, *closing)):
        return RewardResult.error("chat_rubric: an entry of its lists is empty")
    response = after_reasoning(completion).strip()
    if not response:
        return RewardResult.wrong_format("says nothing")
    text = fold(response).casefold()
    ending = text.rstrip(_ENDS)
    checks = {
        "greets": any(re.match(_word(item), text) for item in greeting),
        "on_topic": _any_of(text, topic),
        "closes": any(ending.endswith(fold(x).casefold().rstrip(_ENDS)) for x in closing),
        "language": _in_language(response, language),
        "no_repetition": not has_repetition(text),
        "short_enough": len(response) <= int(ground_truth.get("max_chars", DEFAULT_MAX_CHARS)),
    }
    failed = [name for name, held in checks.items() if not held]
    return RewardResult(
        float(not failed),
        components={name: float(held) for name, held in checks.items()},
        message=f"failed: {', '.join(failed)}" if failed else "",
    )
