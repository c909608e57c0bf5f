"""The reward `ifeval` checks constraints that a program can verify, in the twelve languages.

    get_reward("ifeval").score(text, ground_truth={
        "instruction_id_list": ["punctuation:no_comma", "sentence:nth_keyword"],
        "kwargs": [{}, {"position": 2, "keyword": "tea"}],
    })

Ids and kwargs are those of IFEval (`published`) and of M-IFEval (`multilingual`; an id may have the
language of the prompt before it, `es:keywords:existence`), and as many harder ones of our own
(`counts`, `wording`, `sentence_rules`, `layout`, `languages`). `known_instructions()` has the
kwargs schema of each, `python -m rewards.ifeval` prints them.

All constraints must hold for score 1. The share that holds is a component, so is each constraint
under its place in the row (a row may repeat an id), and so is `loose`: whether all would hold for
the best of the variants that the paper allows, which drop the first line, the last line and the
asterisks. Loose is for comparing with published numbers; trained on, it would pay for preambles.

Everything is decided by rules from the text alone: nothing is downloaded or sampled. What is wrong
with a row (unknown id, kwargs that do not fit, instructions that exclude each other) is status
`error` and names the id, whatever the completion says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewards.ifeval import (
    counts,
    languages,
    layout,
    multilingual,
    published,
    sentence_rules,
    wording,
)
from rewards.ifeval.instruction import (
    BadInstruction,
    BoundInstruction,
    Schema,
    bind,
    declared,
)
from rewards.ifeval.segmentation import has_content
from rewards.reading.text import after_reasoning
from rewards.registry import reward
from rewards.result import RewardResult

__all__ = [
    "BadInstruction",
    "check",
    "ifeval",
    "known_instructions",
    "loose_variants",
    "parse_row",
]

# Importing a family declares its instructions; this names them for readers and linters.
FAMILIES = (published, multilingual, counts, wording, sentence_rules, layout, languages)

_CASELESS = frozenset(("ar", "ja", "ko", "zh"))
_CASE = {
    f"change_case:{name}_{case}": code
    for name, code in (("english", "en"), ("spanish", "es"), ("french", "fr"))
    for case in ("capital", "lowercase")
}
_CASED = frozenset(("case:title", "case:alternating_words"))


def known_instructions() -> dict[str, Schema]:
    """Return the JSON schema of the kwargs of every known instruction, by id, sorted."""
    return {id: one.schema for id, one in declared().items()}


def parse_row(ground_truth: Any) -> list[BoundInstruction]:
    """Return the instructions of a row, in its order.

    Args:
        ground_truth: `{"instruction_id_list": [id, …], "kwargs": [{…}, …]}`; kwargs that are null
            count as not given.

    Raises:
        BadInstruction: the row is malformed, names an unknown id, has kwargs that do not fit, or
            asks for two things that exclude each other.
    """
    row = ground_truth if isinstance(ground_truth, Mapping) else {}
    ids, kwargs = row.get("instruction_id_list"), row.get("kwargs")
    if not isinstance(ids, list) or not isinstance(kwargs, list) or len(ids) != len(kwargs):
        raise BadInstruction(
            "ground_truth wants 'instruction_id_list' and 'kwargs' of equal length"
        )
    if not ids:
        raise BadInstruction("'instruction_id_list' is empty")
    bound = [bind(id, given) for id, given in zip(ids, kwargs, strict=True)]
    _refuse_contradictions(bound)
    return bound


def _refuse_contradictions(row: Sequence[BoundInstruction]) -> None:
    ids = {one.plain_id for one in row}
    # One language for the whole response; `format:code_block` has a language of another kind.
    wanted = {
        str(one.kwargs["language"])
        for one in row
        if one.plain_id.startswith("language:") and "language" in one.kwargs
    }
    if len(wanted) > 1:
        raise BadInstruction(f"two languages at once: {', '.join(sorted(wanted))}")
    whole = sorted(ids & _CASE.keys())
    if len(whole) > 1:
        raise BadInstruction(f"{' and '.join(whole)} exclude each other")
    for id in whole:
        if wanted - {_CASE[id]}:
            raise BadInstruction(f"{id}: the row asks for {wanted.pop()!r} as well")
    for id in sorted(ids & _CASED):
        if wanted & _CASELESS:
            raise BadInstruction(f"{id}: {wanted.pop()!r} has no upper and lower case")


def check(text: str, instruction_id: str, kwargs: Mapping[str, Any] | None = None) -> bool:
    """Tell whether one constraint holds; text without a letter or digit satisfies none.

    Raises:
        BadInstruction: the id is unknown or its kwargs do not fit.
    """
    return _holds(text, bind(instruction_id, kwargs))


def _holds(text: str, one: BoundInstruction) -> bool:
    # Asked first, also for empty text, so that a broken row is broken for every completion.
    followed = one.holds(text)
    return followed and has_content(text)


def loose_variants(text: str) -> list[str]:
    """Return the text and what the paper's loose reading makes of it, without repetitions.

    First line dropped, last line dropped, both dropped; each with and without asterisks.
    """
    rows = text.split("\n")
    cut = (text, "\n".join(rows[1:]), "\n".join(rows[:-1]), "\n".join(rows[1:-1]))
    stripped = [text, *(one.strip() for one in cut[1:])]
    return list(dict.fromkeys([*stripped, *(one.replace("*", "") for one in stripped)]))


@reward("ifeval", range=(0.0, 1.0), timeout_s=2.0, imports=("rewards.reading.languages:load",))
def ifeval(completion: str, ground_truth: Any) -> RewardResult:
    """Score 1 if all constraints hold; rows: `{"instruction_id_list": [...], "kwargs": [...]}`."""
    text = after_reasoning(completion).replace("\r\n", "\n")
    try:
        row = parse_row(ground_truth)
        held = [_holds(text, one) for one in row]
    except BadInstruction as problem:
        return RewardResult.error(f"ifeval: {problem}")
    others = loose_variants(text)[1:]
    loose = all(
        strictly or any(_holds(variant, one) for variant in others)
        for one, strictly in zip(row, held, strict=True)
    )
    # Positional keys: a dict keyed by id alone would drop a constraint that occurs twice.
    components = {f"{n}:{one.id}": float(held[n]) for n, one in enumerate(row)}
    components |= {"share": sum(held) / len(held), "loose": float(loose)}
    failed = [one.id for one, ok in zip(row, held, strict=True) if not ok]
    return RewardResult(
        float(not failed),
        "ok" if text.strip() else "wrong_format",
        components=components,
        message=f"failed: {', '.join(failed)}" if failed else "",
    )
