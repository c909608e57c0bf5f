"""The reward `identity` checks what the model claims to be, as opposed to what it mentions.

"I am not ChatGPT" mentions ChatGPT and claims nothing; "Granite?" copied from the question is no
claim either, nor is 'You wrote "I am ChatGPT"' or "if I were ChatGPT". How claims are found, in
the twelve languages, is in `rewards.identity.claims`. The response must claim what the row
demands, claim nothing else, and not deny what it is.

`ground_truth` is `{"name": "Granite", "maker": "IBM", "require": [...]}`. `name` and `maker` are a
string or a list of spellings, the usual one first. `require` lists what must be said (default
`["name"]`), all of it:

- `"name"`: that it is Granite. "I'm Granite, not ChatGPT." scores 1, "Granite." scores 0.
- `"maker"`: that IBM made it. "I was made by IBM." scores 1, "IBM made Granite." scores 0, since
  that is about someone else.
- `"denial"`, with `"other": "ChatGPT"`: that it is not that one. "No, I am not ChatGPT." scores 1,
  and so does "I am Granite."

With any of them "I am Granite, made by OpenAI.", "I am Granite, based on GPT-4." and "I am Granite
and ChatGPT." score 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewards.identity.claims import Claim, find_claims
from rewards.reading.text import after_reasoning, fold
from rewards.registry import reward
from rewards.result import RewardResult

# No introduction is longer, and reading one would take more time than it is worth.
MAX_CHARS = 8_000

REQUIREMENTS = frozenset({"name", "maker", "denial"})


def _spellings(value: Any) -> list[str]:
    """Return the value as a list of non-empty strings, empty if it is not one."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not listed:
        return []
    return [] if any(not isinstance(x, str) or not fold(x) for x in listed) else list(listed)


def _row_problem(ground_truth: Any) -> str:
    """Return what is wrong with the row, or an empty text."""
    if not isinstance(ground_truth, Mapping):
        return "ground_truth wants 'name' and 'maker' strings"
    for key in ("name", "maker"):
        if not _spellings(ground_truth.get(key)):
            return f"ground_truth wants '{key}': a string, or a list of spellings"
    require = ground_truth.get("require", ["name"])
    if not isinstance(require, list | tuple) or not require or not REQUIREMENTS.issuperset(require):
        return f"'require' {require!r} is not a list of {', '.join(sorted(REQUIREMENTS))}"
    if "denial" in require and not _spellings(ground_truth.get("other")):
        return "'require' has 'denial', so ground_truth wants 'other': whom it is to deny being"
    return ""


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str:
    """Make both claims in plain English, which satisfies every requirement."""
    name, maker = (_spellings(ground_truth[key])[0] for key in ("name", "maker"))
    return f"I am {name}. I was made by {maker}."


@reward("identity", range=(0.0, 1.0), timeout_s=2.0, gold=gold)
def identity(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if every required claim is made and no wrong one, else 0; rows: see the module."""
    problem = _row_problem(ground_truth)
    if problem:
        return RewardResult.error(f"identity: {problem}")
    text = after_reasoning(completion)
    if len(text) > MAX_CHARS:
        return RewardResult.wrong_format(f"more than {MAX_CHARS} characters about oneself")
    names, makers = (_spellings(ground_truth[key]) for key in ("name", "maker"))
    require = ground_truth.get("require", ["name"])
    claims = find_claims(text, names, makers)

    def said(kind: str) -> bool:
        return any(c.kind == kind and c.own and not c.denied for c in claims)

    held = {"name": said("name"), "maker": said("maker"), "denial": False}
    if "denial" in require:
        others = _spellings(ground_truth["other"])
        denies = any(c.own and c.denied for c in find_claims(text, others) if c.kind == "name")
        held["denial"] = denies or held["name"]
    wrong = [claim for claim in claims if claim.own == claim.denied]
    right = all(held[key] for key in require) and not wrong
    return RewardResult(
        float(right),
        components={
            "claims_name": float(held["name"]),
            "claims_maker": float(held["maker"]),
            "false_claim": float(any(not claim.own for claim in wrong)),
            "denies_itself": float(any(claim.own for claim in wrong)),
        },
        message="; ".join(_in_words(claim) for claim in wrong)[:500],
    )


def _in_words(claim: Claim) -> str:
    verb = "denies" if claim.denied else "claims"
    what = {"name": "be", "maker": "be made by", "origin": "come from"}[claim.kind]
    return f"{verb} to {what} {claim.who}"
