"""Episodes, order, loss and deadlines, with generators and scorers that do as they are told."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import pytest

from granite_rl.actors.generator_pool import GeneratorPool
from granite_rl.actors.scoring import SampleKey, ScorerPool
from granite_rl.errors import InfrastructureError
from granite_rl.rl.rollouts import RolloutEngine, Sampling
from granite_rl.types import GenerationRequest, Key, PromptGroup, PromptRow, ScoredGroup, Turn
from rewards.result import Continue, Reply, RewardResult

EOS = 0


class Script:
    """Generators and scorers in one: what is asked is answered from the back, or not at all."""

    def __init__(self, reply: Callable[[Key, int, tuple[str, ...]], Reply | None]) -> None:
        self.reply = reply
        self.requests: list[list[GenerationRequest]] = []
        self.waiting: list[tuple[GenerationRequest, int]] = []
        self.scoring: list[tuple[SampleKey, list[tuple[str, ...]]]] = []
        self.aborted: list[tuple[Key, int]] = []
        self.silent: set[tuple[Key, int]] = set()
        self.late = False
        """Whether what was silent finishes when it is given up."""
        self.asked: list[SampleKey] = []

    def engine(self) -> RolloutEngine:
        """A rollout engine over this script; an answer becomes one token, 99."""
        return RolloutEngine(
            cast(GeneratorPool, Generators(self)),
            cast(ScorerPool, Scorers(self)),
            lambda _: [99],
            1.0,
        )


class Generators:
    """As `GeneratorPool`."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def submit(self, requests: Sequence[GenerationRequest]) -> None:
        self.script.requests.append(list(requests))
        for request in requests:
            self.script.waiting += [(request, at) for at in request.samples]

    def collect(self, ready: Sequence[Any]) -> list[Turn]:
        kept = [
            item for item in self.script.waiting if (item[0].key, item[1]) in self.script.silent
        ]
        done = [item for item in self.script.waiting if item not in kept]
        self.script.waiting = kept
        return [
            Turn(request.key, at, [10 + at, EOS], [-0.5, -0.25], f"t{at}", "stop", ((0, 3),))
            for request, at in reversed(done)
        ]

    def abort(self, samples: Iterable[tuple[Key, int]]) -> None:
        self.script.aborted += samples
        if self.script.late:
            self.script.silent.clear()

    def references(self) -> list[Any]:
        return []

    def waiting_for(self) -> str:
        return "generator 0: " + ", ".join(str(request.key) for request, _ in self.script.waiting)


class Scorers:
    """As `ScorerPool`."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def submit(self, key: SampleKey, row: PromptRow, actions: Any, **_: Any) -> None:
        self.script.asked.append(key)
        self.script.scoring.append((key, list(actions)))

    def collect(self, ready: Sequence[Any]) -> list[tuple[SampleKey, list[Reply]]]:
        """The last that came in, first."""
        if not self.script.scoring:
            return []
        (key, samples), actions = self.script.scoring.pop()
        replies = [
            self.script.reply(key, at, said) for at, said in zip(samples, actions, strict=True)
        ]
        return [((key, samples), [reply for reply in replies if reply is not None])]

    def references(self) -> list[Any]:
        return []

    def next_deadline(self) -> float | None:
        return None


def groups(count: int) -> list[PromptGroup]:
    prompt = ({"role": "user", "content": "q"},)
    row = PromptRow("t", prompt, "e", {}, {}, "math", "f:1", token_ids=(1, 2, 3))
    return [PromptGroup(index, row, 1000 * index) for index in range(count)]


def sampling(**changes: Any) -> Sampling:
    return Sampling(
        **{
            "samples": 2,
            "temperature": 1.0,
            "top_p": 1.0,
            "max_response_tokens": 20,
            "max_context": 64,
            "logprobs": True,
            "evaluation": False,
            "max_turns": 4,
        }
        | changes
    )


def final(_key: Key, at: int, _said: tuple[str, ...]) -> Reply:
    return RewardResult(float(at))


def run(script: Script, count: int = 5, **changes: Any) -> list[ScoredGroup]:
    return list(script.engine().run(groups(count), sampling(**changes)))


def test_groups_come_in_prompt_order_whatever_finishes_first() -> None:
    scored = run(Script(final))
    assert [group.group.index for group in scored] == [0, 1, 2, 3, 4]
    for group in scored:
        assert [item.token_ids for item in group.completions] == [[10, EOS], [11, EOS]]
        assert [result.score for result in group.results] == [0.0, 1.0]
        assert group.weight_version == 3
        assert group.lost == 0


def three_turns(_key: Key, _at: int, said: tuple[str, ...]) -> Reply:
    if len(said) < 3:
        return Continue(({"role": "tool", "content": f"answer {len(said)}"},))
    return RewardResult(1.0)


@pytest.mark.parametrize("deterministic", [True, False])
def test_an_episode_is_what_was_said_and_answered(deterministic: bool) -> None:
    script = Script(three_turns)
    scored = run(script, 2, deterministic=deterministic)
    (first, second), _ = (group.completions for group in scored)
    assert first.token_ids == [10, EOS, 99, 10, EOS, 99, 10, EOS]
    assert first.sampled == [True, True, False, True, True, False, True, True]
    assert first.logprobs == [-0.5, -0.25, 0.0] * 2 + [-0.5, -0.25]
    assert first.length == 6
    assert second.actions == ("t1", "t1", "t1")
    assert second.text == "t1"
    assert "[tool] answer 2" in second.transcript
    assert second.versions == ((0, 3), (3, 3), (6, 3))
    later = [request for call in script.requests[1:] for request in call]
    assert {len(request.prompt_ids) for request in later} == {6, 9}
    assert {request.max_tokens for request in later} == {18, 16}, "all turns share the budget"
    seeds = [seed for call in script.requests for request in call for seed in request.seeds or ()]
    assert len(set(seeds)) == len(seeds) == 12, "no turn draws what another one drew"


def test_deterministic_later_turns_go_out_in_one_call_and_in_order() -> None:
    script = Script(three_turns)
    run(script, 3)
    assert [len(call) for call in script.requests] == [3, 6, 6]
    for call in script.requests[1:]:
        places = [(request.key, request.samples) for request in call]
        assert places == sorted(places)
    eager = Script(three_turns)
    run(eager, 3, deterministic=False)
    assert len(eager.requests) > 3


@pytest.mark.parametrize(
    ("changes", "turns"),
    [({"max_turns": 2}, 2), ({"max_response_tokens": 4}, 2), ({"max_context": 8}, 2)],
)
def test_an_episode_without_room_for_an_answer_is_the_models_fault(
    changes: dict[str, int], turns: int
) -> None:
    (group,) = run(Script(three_turns), 1, **changes)
    for completion, result in zip(group.completions, group.results, strict=True):
        assert len(completion.actions) == turns
        assert completion.truncated
        assert result.status == "wrong_format"
        assert result.teaches


def test_a_late_sample_is_given_up_and_lost() -> None:
    script = Script(final)
    script.silent = {((0, 1), 0)}
    scored = run(script, 3, deadline_s=0.2)
    assert [group.lost for group in scored] == [0, 1, 0]
    assert [result.score for result in scored[1].results] == [1.0]
    assert script.aborted == [((0, 1), 0)]


def test_a_sample_that_was_given_up_comes_back_without_effect() -> None:
    """As aborted, or finished after all, while the others of its group are being scored."""
    script = Script(final)
    script.silent = {((0, 0), 0)}
    script.late = True
    (group,) = run(script, 1, samples=3, deadline_s=0.05)
    assert group.lost == 1
    assert [result.score for result in group.results] == [1.0, 2.0]
    assert script.asked == [((0, 0), (1, 2))], "the others are scored once"


def test_two_batches_in_flight_keep_their_groups_apart() -> None:
    script = Script(final)
    engine = script.engine()
    first = engine.begin(groups(3), sampling())
    second = engine.begin(groups(2), sampling())
    assert [group.group.index for group in engine.collect(first)] == [0, 1, 2]
    assert [group.group.index for group in engine.collect(second)] == [0, 1]
    for batch in (first, second):
        assert 0 < batch.times.generated_s <= batch.times.scored_s


def test_a_dropped_batch_is_given_up_and_heard_of_no_more() -> None:
    script = Script(final)
    engine = script.engine()
    script.silent = {((0, 0), 0), ((0, 0), 1)}
    engine.drop(engine.begin(groups(1), sampling()))
    assert sorted(script.aborted) == [((0, 0), 0), ((0, 0), 1)]
    script.silent = set()
    second = engine.begin(groups(1), sampling())
    assert len(list(engine.collect(second))) == 1, "what comes in late for the first is ignored"


def test_what_is_waited_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(final)
    script.silent = {((0, 0), 0)}
    clock = itertools.count(0, 2)
    monkeypatch.setattr("granite_rl.rl.rollouts.time.monotonic", lambda: float(next(clock)))
    with pytest.raises(InfrastructureError, match=r"no rollout made progress.*\(0, 0\)"):
        run(script, 1)


def test_a_check_ends_a_batch_in_its_midst() -> None:
    script = Script(final)
    script.silent = {((0, 1), 0)}
    calls = itertools.count()

    def check() -> None:
        if next(calls) > 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        list(script.engine().run(groups(3), sampling(), check))
    assert script.aborted == [((0, 1), 0)], "what is under way is given up"
