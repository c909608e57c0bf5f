"""Load the pinned reasoning-gym without what it should not load, and list its vetted tasks.

reasoning-gym generates and scores over a hundred procedural tasks, but its scorers were written
for measuring and not for a policy that optimises against them: several pay for any text, some run
`eval` on the answer; and some golds contradict their questions. `VETTED` lists the tasks, with
their difficulties, that passed `tests.rewards.reasoning_gym_vetting`, which solves their questions
independently, in exactly the version `VERSION`; nothing else is scored.
`rewards.reasoning_gym.golds` repairs what can be repaired.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from decimal import DefaultContext, localcontext
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from rewards.reasoning_gym.golds import RECOMPUTED, Unsound, sound
from rewards.registry import Unavailable

DISTRIBUTION = "reasoning-gym"
VERSION = "0.1.25"

DIFFICULTIES = (1, 2, 3)

# Items per seed. Some generators lay out all their items when they are made, so it is one number:
# an item must not change with how many are wanted.
ITEMS_PER_SEED = 1000

# pycosat is imported at the top but only zebra_puzzles, which is not on the list, calls it; it has
# no wheels, so it is not installed. matplotlib comes with cellpylib for plots that are never drawn:
# it doubles the time of the import, starts a program to look for fonts, and leaves a cache
# directory behind.
_STAND_INS = (
    "pycosat",
    "matplotlib",
    "matplotlib.animation",
    "matplotlib.collections",
    "matplotlib.pyplot",
    "mpl_toolkits",
    "mpl_toolkits.mplot3d",
)


class NoItem(RuntimeError):
    """Says that a generator failed to make an item, or a sound one; the next index is as good."""


class _StandIn(ModuleType):
    """Is a package in which any name can be imported, and is None."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "Stands in for a package that is not wanted.")
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


@contextmanager
def _standing_in() -> Iterator[None]:
    """Put empty modules in the place of packages not wanted, for the length of an import."""
    placed = [name for name in _STAND_INS if name not in sys.modules]
    sys.modules |= {name: _StandIn(name) for name in placed}
    try:
        yield
    finally:
        for name in placed:
            sys.modules.pop(name, None)


@lru_cache(maxsize=1)
def load() -> ModuleType:
    """Import reasoning-gym and return its `factory` module; the first call takes seconds.

    Raises:
        Unavailable: it is missing, or not in the vetted version.
    """
    try:
        found = version(DISTRIBUTION)
    except PackageNotFoundError:
        raise Unavailable(
            f"{DISTRIBUTION} is not installed; wanted {VERSION}, which granite-rl's extra"
            " `reasoning` brings: pip install '.[reasoning]' in a clone"
        ) from None
    if found != VERSION:
        # Not `__version__`, which says 0.1.19 in this release.
        raise Unavailable(f"{DISTRIBUTION} is {found}; its tasks are vetted in {VERSION}")
    with warnings.catch_warnings(), _standing_in():
        # cellpylib has invalid escapes in its docstrings, and this is not the place to say so.
        warnings.simplefilter("ignore")
        importlib.import_module("reasoning_gym")
        return importlib.import_module("reasoning_gym.factory")


@lru_cache(maxsize=1024)
def _dataset(task: str, config_json: str, seed: int, size: int) -> Any:
    return load().create_dataset(task, seed=seed, size=size, **json.loads(config_json))


def scorer(task: str, config: Mapping[str, Any]) -> Any:
    """Return the task's dataset, for its `score_answer`; some of those read the configuration.

    Raises:
        Unavailable: see `load`.
        ValueError, TypeError: the configuration does not fit the task.
    """
    return _dataset(task, json.dumps(config, sort_keys=True), 0, 1)


def config_of(task: str, difficulty: int) -> dict[str, Any]:
    """Return the task's options at a difficulty, as its own curriculum has them; {} without one.

    Raises:
        ValueError: the difficulty is not 1, 2 or 3, or there is no such task.
    """
    if difficulty not in DIFFICULTIES:
        raise ValueError(f"difficulty {difficulty!r} is not one of {DIFFICULTIES}")
    factory = load()
    if task not in factory.DATASETS:
        raise ValueError(f"reasoning-gym has no task {task!r}")
    if not factory.has_curriculum(task):
        return {}
    curriculum = factory.create_curriculum(task)
    for name, attribute in curriculum.attributes.items():
        curriculum.set_attr_level(name, min(difficulty - 1, len(attribute.levels) - 1))
    wanted = vars(curriculum.generate_configuration())
    default = vars(factory.DATASETS[task][1]())
    changed = {
        key: value
        for key, value in wanted.items()
        if key not in ("seed", "size") and value != default[key]
    }
    return dict(json.loads(json.dumps(changed)))


def make_item(task: str, difficulty: int, seed: int, index: int) -> tuple[str, dict[str, Any]]:
    """Return (question, ground truth) of one item; the same for the same arguments.

    The ground truth holds the whole entry and not its seed: the generators iterate over sets and
    read word lists, so making an item anew at scoring time would be slower and less certain.

    Raises:
        Unavailable: see `load`.
        NoItem: the generator raised something, as some do on unlucky draws, or made a question
            that does not have exactly one answer.
        ValueError: unknown task or difficulty, or `index` is not below `ITEMS_PER_SEED`.
    """
    if not 0 <= index < ITEMS_PER_SEED:
        raise ValueError(f"index {index} is not within 0 … {ITEMS_PER_SEED - 1}; take another seed")
    config = config_of(task, difficulty)
    place = f"{task}, seed {seed}, index {index}"
    try:
        dataset = _dataset(task, json.dumps(config, sort_keys=True), seed, ITEMS_PER_SEED)
        # One generator prints dots while it searches, and one sets the precision of decimals.
        with redirect_stdout(io.StringIO()), localcontext(DefaultContext):
            item = dataset[index]
        entry = json.loads(json.dumps({"answer": item["answer"], "metadata": item["metadata"]}))
    except Exception as problem:  # noqa: BLE001 - the boundary to a hundred foreign generators
        raise NoItem(f"{place}: {problem!r}"[:300]) from None
    question = str(item["question"])
    try:
        truth = {"task": task, "entry": sound(task, question, entry)}
    except Unsound as problem:
        raise NoItem(f"{place}: {problem}"[:300]) from None
    if task in RECOMPUTED:
        truth["question"] = question
    return question, truth | ({"config": config} if config else {})


UNDECIDED: dict[str, str] = {
    "arc_1d": "a rule is found from three examples; on 1 to 5 % of the items two rules of the same "
    "kind fit and differ on the fourth strip, and the gold follows one of them",
}
"""Task on the list -> why some golds are no better than another answer, which scores 0."""

UNCHECKED: dict[str, str] = {
    "sentence_reordering": "the same words often make good sentences in several orders, of which "
    "one is accepted",
}
"""Task not on the list -> why its golds can't be checked independently, and are not trusted."""

# Task -> the difficulties that passed `tests.rewards.reasoning_gym_vetting` with 500 items each
# (`rectangle_count` at 3 with 331, which took its solver 150 s).
VETTED: dict[str, tuple[int, ...]] = {
    "ab": (1, 2, 3),
    "acre": (1,),
    "aiw": (1, 2, 3),
    "arc_1d": (1, 2, 3),
    "base_conversion": (1, 2, 3),
    "basic_arithmetic": (1, 2, 3),
    "bf": (1, 2),
    "binary_alternation": (1, 2, 3),
    "caesar_cipher": (1, 2),
    "calendar_arithmetic": (1, 2, 3),
    "chain_sum": (1, 2, 3),
    "circuit_logic": (1, 3),
    "color_cube_rotation": (1,),
    "count_bits": (1, 2, 3),
    "count_primes": (1, 2, 3),
    "course_schedule": (1, 2, 3),
    "cryptarithm": (1, 2, 3),
    "decimal_arithmetic": (1, 2, 3),
    "decimal_chain_sum": (1, 2, 3),
    "dice": (1, 2, 3),
    "emoji_mystery": (1, 2, 3),
    "family_relationships": (1, 2, 3),
    "futoshiki": (1, 2, 3),
    "gcd": (1, 2, 3),
    "group_anagrams": (1, 2, 3),
    "largest_island": (1, 2, 3),
    "lcm": (1, 2, 3),
    "leg_counting": (1, 2, 3),
    "letter_counting": (1, 2, 3),
    "mahjong_puzzle": (1, 2, 3),
    "manipulate_matrix": (1, 2, 3),
    "maze": (1, 2, 3),
    "mini_sudoku": (1, 2, 3),
    "modulo_grid": (1, 3),
    "needle_haystack": (1, 2, 3),
    "number_filtering": (1, 2, 3),
    "number_format": (1, 2, 3),
    "number_sequence": (1,),
    "palindrome_generation": (1, 2, 3),
    "palindrome_partitioning": (1, 2, 3),
    "path_star": (1, 2, 3),
    "power_function": (1, 2, 3),
    "products": (1, 2, 3),
    "rectangle_count": (1, 2, 3),
    "rotate_matrix": (1, 2, 3),
    "rotten_oranges": (1, 2),
    "self_reference": (1, 2, 3),
    "shortest_path": (1, 2, 3),
    "simple_equations": (1, 2, 3),
    "spell_backward": (1, 2, 3),
    "string_manipulation": (1, 2),
    "string_splitting": (1, 2, 3),
    "string_synthesis": (1, 2, 3),
    "sudoku": (1, 2, 3),
    "syllogism": (2, 3),
    "word_sequence_reversal": (1, 2, 3),
}
