"""Identity: what the model claims to be, as opposed to what it mentions.

"I am not ChatGPT" mentions ChatGPT and claims nothing; "Granite?" copied from the question is
no claim either. A claim is the name directly behind a self-introduction ("I am", "ich bin",
"私は", …) in one of the twelve languages. The response must claim the right name or maker, as the
row demands, and claim no wrong one.

`ground_truth` is `{"name": "Granite", "maker": "IBM", "require": ["name"] | ["maker"] | both}`;
for example the completion "I am Granite, made by IBM." scores 1 with `require: ["name", "maker"]`
and "I am ChatGPT, not Granite." scores 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import after_reasoning, fold

OTHER_NAMES = ("chatgpt", "gpt", "claude", "gemini", "llama", "bard", "copilot", "qwen", "mistral")
OTHER_MAKERS = (
    "openai",
    "anthropic",
    "google",
    "meta",
    "microsoft",
    "alibaba",
    "mistral ai",
    "deepseek",
)

# Patterns before (or, in Japanese and Korean, around) the claimed name. NFKC-folded, casefolded.
_I_AM = (
    r"\b(?:i am|i'm|my name is|call me|this is)(?: called)?",
    r"\b(?:ich bin|ich heiße|ich heisse|mein name ist)",
    r"\b(?:soy|yo soy|me llamo|mi nombre es)",
    r"\b(?:je suis|je m'appelle|mon nom est)",
    r"\b(?:sou|eu sou|me chamo|chamo-me|meu nome é)(?: o| a)?",
    r"\b(?:jsem|jmenuji se|moje jméno je)",
    r"\b(?:sono|io sono|mi chiamo|il mio nome è)",
    r"\b(?:ik ben|ik heet|mijn naam is)",
    r"(?:私は|私の名前は|僕は)",
    r"(?:저는|나는|제 이름은)",
    r"(?:我是|我叫|我的名字是)",
    r"(?:أنا|اسمي)",
)
_MADE_BY = (
    r"\b(?:made|built|created|developed|trained|designed) by",
    r"\b(?:von)",
    r"\b(?:por|creado por|hecho por|criado por|feito por)",
    r"\b(?:par)",
    r"\b(?:od|vytvořil|vytvořila)",
    r"\b(?:da|creato da)",
    r"\b(?:door)",
    r"(?:由|来自)",
    r"(?:من|بواسطة)",
)
# Subject-verb order: "IBM made me".
_MAKER_BEFORE = r"{who}(?:'s)? (?:made|built|created|developed|trained) me\b"
# Maker before its particle: "IBMが作った", "IBM이 만든".
_MAKER_PARTICLE = r"{who}\s?(?:が|によって|に|이|가|에서|의)"

_GAP = r"[\s,]*(?:an? |the |il |der |die |das |el |la |le |o |de )?[\"'*]*"
_CLAIM = "(?:" + "|".join(_I_AM) + ")" + _GAP
_MAKER = "(?:" + "|".join(_MADE_BY) + ")" + _GAP


def _word(name: str) -> str:
    # Not \b: in Japanese, Korean and Chinese a particle follows without a space.
    return rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])"


def claims_name(text: str, name: str) -> bool:
    """Whether the text introduces itself as `name` (mentions and negations do not count)."""
    return re.search(_CLAIM + _word(name.casefold()), fold(text).casefold()) is not None


def claims_maker(text: str, maker: str) -> bool:
    """Whether the text says that it was made by `maker`."""
    text, who = fold(text).casefold(), _word(maker.casefold())
    return any(
        re.search(pattern, text)
        for pattern in (
            _MAKER + who,
            _MAKER_BEFORE.format(who=who),
            _MAKER_PARTICLE.format(who=who),
        )
    )


@reward("identity", range=(0.0, 1.0), timeout_s=1.0)
def identity(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """1 if every required claim is made and no wrong one, else 0."""
    name, maker = ground_truth.get("name"), ground_truth.get("maker")
    require = ground_truth.get("require", ["name"])
    if not isinstance(name, str) or not isinstance(maker, str) or not require:
        return RewardResult.error("identity: ground_truth wants 'name' and 'maker' strings")
    if not set(require) <= {"name", "maker"}:
        return RewardResult.error(f"identity: 'require' {require!r} is not of name, maker")
    text = after_reasoning(completion)
    wrong = [n for n in OTHER_NAMES if n != name.casefold() and claims_name(text, n)]
    wrong += [m for m in OTHER_MAKERS if m != maker.casefold() and claims_maker(text, m)]
    made = {"name": claims_name(text, name), "maker": claims_maker(text, maker)}
    right = all(made[key] for key in require) and not wrong
    return RewardResult(
        float(right),
        components={
            "claims_name": float(made["name"]),
            "claims_maker": float(made["maker"]),
            "false_claim": float(bool(wrong)),
        },
        message=f"claims {', '.join(wrong)}" if wrong else "",
    )
