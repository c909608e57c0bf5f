"""General chat, judged by a rubric of the row: what held-out evaluation uses.

Training on general chat takes its score from the scalar reward model; evaluating with the same
model would only say that the policy pleases its own judge. So evaluation uses deterministic
checks: it greets as asked, names the topic, closes politely, stays in the language of the
prompt, does not repeat itself, and is not too long. All must hold (score 1), each is a component.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.language import is_consistent
from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import fold

# Full-width marks are ASCII after NFKC; these are what remains.
_ENDS = " .!?。؟"
_SENTENCE = re.compile(f"[^{_ENDS[1:]}]+")
DEFAULT_MAX_CHARS = 2000


def _any_of(text: str, wanted: Sequence[str]) -> bool:
    return any(fold(item).casefold() in text for item in wanted)


def has_repetition(text: str) -> bool:
    """Whether a sentence, or a word three times in a row, is said again."""
    sentences = [s.strip().casefold() for s in _SENTENCE.findall(text) if s.strip()]
    words = text.casefold().split()
    runs = any(words[i] == words[i + 1] == words[i + 2] for i in range(len(words) - 2))
    return runs or len(sentences) != len(set(sentences))


@reward("chat_rubric", range=(0.0, 1.0), timeout_s=1.0)
def chat_rubric(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """1 if every check of the rubric holds, else 0.

    `ground_truth` is `{"language": "de", "greeting": [...], "topic": [...], "closing": [...],
    "max_chars": optional}`; of each list at least one entry must occur, the greeting at the
    start and the closing at the end.
    """
    language = ground_truth.get("language")
    lists = [ground_truth.get(key) for key in ("greeting", "topic", "closing")]
    if not isinstance(language, str) or not all(isinstance(x, list | tuple) and x for x in lists):
        return RewardResult.error(
            "chat_rubric: ground_truth wants 'language' and lists 'greeting', 'topic', 'closing'"
        )
    greeting, topic, closing = ([str(item) for item in x or ()] for x in lists)
    text = fold(completion).casefold()
    ending = text.rstrip(_ENDS)
    checks = {
        "greets": any(text.startswith(fold(item).casefold()) for item in greeting),
        "on_topic": _any_of(text, topic),
        "closes": any(ending.endswith(fold(x).casefold().rstrip(_ENDS)) for x in closing),
        "language": is_consistent(completion, language),
        "no_repetition": not has_repetition(text),
        "short_enough": len(completion) <= int(ground_truth.get("max_chars", DEFAULT_MAX_CHARS)),
    }
    failed = [name for name, held in checks.items() if not held]
    return RewardResult(
        float(not failed),
        components={name: float(held) for name, held in checks.items()},
        message=f"failed: {', '.join(failed)}" if failed else "",
    )
