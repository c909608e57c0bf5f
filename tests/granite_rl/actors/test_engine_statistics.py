"""Engine statistics: maxima, means and counts since the last call, from the fields vLLM has."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from granite_rl.actors.engine_statistics import EngineStatistics


@dataclass
class Counts:
    """Stands for vLLM's ``PrefixCacheStats``."""

    queries: int = 0
    hits: int = 0
    preempted_requests: int = 0


@dataclass
class Manager:
    """Stands for vLLM's ``KVCacheManager``."""

    log_stats: bool = False
    prefix_cache_stats: Counts | None = None
    usage: float = 0.0

    def make_prefix_cache_stats(self) -> Counts | None:
        """As vLLM's: nothing unless switched on."""
        if not self.log_stats:
            return None
        made, self.prefix_cache_stats = self.prefix_cache_stats, Counts()
        return made


@dataclass
class FakeScheduler:
    """Stands for vLLM's ``Scheduler``."""

    kv_cache_manager: Manager = field(default_factory=Manager)
    running: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    skipped_waiting: list[int] = field(default_factory=list)


def test_what_an_engine_did_since_the_last_call() -> None:
    seconds = [100.0]
    scheduler = FakeScheduler()
    statistics = EngineStatistics(scheduler, Counts(), lambda: seconds[0])
    manager = scheduler.kv_cache_manager
    # Two steps of 1 s and 3 s: 8 then 4 run, 2 then none wait.
    scheduler.running, scheduler.waiting, scheduler.skipped_waiting = [0] * 8, [0], [0]
    manager.usage, manager.prefix_cache_stats = 0.75, Counts(queries=100, hits=60)
    statistics.stepped(1.0, tokens=0)
    scheduler.running, scheduler.waiting, scheduler.skipped_waiting = [0] * 4, [], []
    manager.usage, manager.prefix_cache_stats = 0.5, Counts(50, 30, preempted_requests=2)
    statistics.stepped(3.0, tokens=128)
    seconds[0] = 110.0
    assert statistics.collect() == {
        "busy_s": 4.0,
        "idle_s": 6.0,
        "kv_cache_usage": 0.75,
        "requests_running": (1.0 * 8 + 3.0 * 4) / 4.0,
        "requests_waiting": 0.5,
        "preemptions": 2.0,
        "prefix_queries": 150.0,
        "prefix_hits": 90.0,
        "generated_tokens": 128.0,
    }
    seconds[0] = 112.0
    assert statistics.collect() == dict.fromkeys(statistics.collect(), 0.0) | {"idle_s": 2.0}


def test_no_step_is_lost_while_somebody_else_collects() -> None:
    statistics = EngineStatistics(FakeScheduler(), Counts())
    total = 0.0

    def drive() -> None:
        for _ in range(20_000):
            statistics.stepped(1e-9, tokens=1)

    thread = threading.Thread(target=drive)
    thread.start()
    while thread.is_alive():
        total += statistics.collect()["generated_tokens"]
    total += statistics.collect()["generated_tokens"]
    assert total == 20_000


@pytest.mark.slow
def test_vllm_counts_as_it_does_in_its_own_loggers() -> None:
    """Preempted requests, hits and queries as ``PrefixCacheStats`` records them, with the fields
    that `EngineStatistics` switches on and reads."""
    from vllm.v1.core.kv_cache_manager import KVCacheManager
    from vllm.v1.core.sched.scheduler import Scheduler
    from vllm.v1.metrics.stats import PrefixCacheStats

    counts = PrefixCacheStats()
    counts.record(num_tokens=32, num_hits=16, preempted=False)
    counts.record(num_tokens=40, num_hits=32, preempted=True)
    assert (counts.queries, counts.hits, counts.preempted_requests) == (32, 16, 1)
    assert {"make_prefix_cache_stats", "usage"} <= set(dir(KVCacheManager))
    assert "skipped_waiting" in Scheduler.__init__.__code__.co_names
