"""Define the metric catalogue: what every number means, in which unit, and which value is bad.

Console, JSONL, W&B, TensorBoard, Prometheus, alarms and docs/metrics.md all take their names from
here, so a metric means the same everywhere and a misspelt one is found by a test. Sections stand in
the order in which a person diagnoses a run: is it learning, what is it saying, is the optimisation
healthy, does the generator agree with the trainer, where does the time go.

``<domain>``, ``<language>``, ``<name>`` and ``<status>`` in a name stand for one path part.
``python -m granite_rl.runs.catalogue`` prints docs/metrics.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType


@dataclass(frozen=True)
class Metric:
    """Holds one metric of the catalogue."""

    name: str
    """Key in metrics.jsonl; may hold ``<placeholders>``."""
    unit: str
    meaning: str
    """Meaning of the metric, in one sentence."""
    bad: str
    """What a bad value looks like and what it points to; empty when no value is bad in itself."""

    @property
    def section(self) -> str:
        """Return the part of the name before the first slash."""
        return self.name.partition("/")[0]


SECTIONS = MappingProxyType(
    {
        "reward": "Is it learning?",
        "rollout": "What does the policy say, and how much of it can teach?",
        "policy": "Is the optimisation healthy?",
        "mismatch": "Do generator and trainer see the same policy?",
        "time": "Where does a step's time go?",
        "perf": "How fast is it?",
        "engine": "What are the generators doing?",
        "eval": "How does it do on held-out prompts?",
        "run": "How far is it?",
        "train": "Pre-training, SFT and reward-model training.",
    }
)

_REWARD = (
    Metric(
        "reward/mean",
        "reward",
        "Mean reward over the step's samples that teach, as the verifiers gave it: before any "
        "penalty.",
        "Flat for many steps: too hard, too easy, or a broken verifier.",
    ),
    Metric(
        "reward/std",
        "reward",
        "Standard deviation of the reward over the step's samples.",
        "Near 0: every answer is scored alike, and nothing can be learnt.",
    ),
    Metric(
        "reward/<domain>/mean",
        "reward",
        "Mean reward of one domain's samples.",
        "Falls while reward/mean rises: the mixture trades this domain away.",
    ),
    Metric(
        "reward/<domain>/std",
        "reward",
        "Standard deviation of the reward within one domain.",
        "Near 0: this domain teaches nothing now.",
    ),
    Metric(
        "reward/<domain>/n",
        "samples",
        "Number of the domain's samples that carry a reward.",
        "Far below its share of the mixture: samples fail to be scored.",
    ),
    Metric(
        "reward/<domain>/component/<name>",
        "reward",
        "Mean of one component that the domain's verifier reports, such as format or correctness.",
        "Rises while the mean does not: the policy games this component.",
    ),
    Metric(
        "reward/<domain>/language/<language>",
        "reward",
        "Mean reward of the domain's prompts in one language, where rows name it "
        "(`extra_info.language`).",
        "One language falls behind the others: a reward model or verifier that reads it badly, or "
        "too few prompts.",
    ),
    Metric(
        "reward/overlong_penalty",
        "reward",
        "Mean soft overlong punishment over the step's samples (zero or negative).",
        "Grows in size: answers run into the length limit.",
    ),
    Metric(
        "reward/advantage_std",
        "advantage",
        "Standard deviation of the advantages over the samples that teach.",
        "Near 0: the step has no gradient signal.",
    ),
)

_ROLLOUT = (
    Metric(
        "rollout/response_length/mean",
        "tokens",
        "Mean response length.",
        "Grows without reward: length hacking. Collapses: the policy gives up.",
    ),
    Metric("rollout/response_length/max", "tokens", "Longest response of the step.", ""),
    Metric("rollout/response_length/min", "tokens", "Shortest response of the step.", "0: empty."),
    Metric(
        "rollout/<domain>/response_length",
        "tokens",
        "Mean response length of one domain.",
        "Grows without reward: length hacking in this domain.",
    ),
    Metric("rollout/prompt_length/mean", "tokens", "Mean prompt length of the step's groups.", ""),
    Metric(
        "rollout/truncated_fraction",
        "fraction",
        "Share of responses ended by the token limit instead of the model.",
        "Over 0.5: max_response_tokens is too small, or the policy babbles.",
    ),
    Metric(
        "rollout/<domain>/truncated_fraction",
        "fraction",
        "Share of one domain's responses ended by the token limit.",
        "Over 0.5: this domain needs more room.",
    ),
    Metric(
        "rollout/zero_variance_fraction",
        "fraction",
        "Share of prompt groups whose samples all got the same reward.",
        "Over 0.9 for many steps: prompts too easy or too hard, almost no gradient.",
    ),
    Metric(
        "rollout/<domain>/zero_variance_fraction",
        "fraction",
        "Share of one domain's prompt groups whose samples all got the same reward.",
        "Near 1: this domain teaches nothing now.",
    ),
    Metric("rollout/groups", "groups", "Prompt groups consumed by the step.", ""),
    Metric("rollout/<domain>/groups", "groups", "Prompt groups of one domain in the step.", ""),
    Metric(
        "rollout/samples", "samples", "Samples asked for in the step, failed ones included.", ""
    ),
    Metric(
        "rollout/failed",
        "fraction",
        "Share of samples that got no trustworthy reward and therefore don't teach.",
        "Over 0.05: a verifier or a generator is broken.",
    ),
    Metric(
        "rollout/failed/<status>",
        "samples",
        "Samples that don't teach, by the status of their score (timeout, error, skipped), and "
        "those that a generator never finished (lost).",
        "Any steady number: look at the messages in rollouts/.",
    ),
    Metric(
        "rollout/groups_dropped",
        "groups",
        "Prompt groups left out: too few of their samples carry a reward, or all earned the same "
        "and algorithm.zero_variance is drop.",
        "Above 0 for long: see rollout/failed and rollout/zero_variance_fraction.",
    ),
)

_POLICY = (
    Metric(
        "policy/loss",
        "nats",
        "Loss of the step: policy loss plus weighted KL loss, aggregated over the global batch.",
        "Its size means little in RL; a sudden jump does.",
    ),
    Metric(
        "policy/pg_loss",
        "nats",
        "Policy-gradient part of the loss, aggregated over the global batch.",
        "",
    ),
    Metric(
        "policy/kl_loss",
        "nats",
        "KL part of the loss, already multiplied by its beta, aggregated over the global batch.",
        "Dominates policy/pg_loss: beta is too high, nothing but staying put is learnt.",
    ),
    Metric(
        "policy/kl",
        "nats/token",
        "Estimated KL divergence from the frozen reference, unweighted, token mean.",
        "Rises without bound: the policy leaves the reference; raise beta or lower the rate.",
    ),
    Metric(
        "policy/kl_bounded_fraction",
        "fraction",
        "Share of tokens that the policy finds e^20 times less likely than the reference does, "
        "where the k3 estimate goes on as its tangent.",
        "Above 0: the policy has left the reference, or the reference is the wrong checkpoint.",
    ),
    Metric(
        "policy/<domain>/kl",
        "nats/token",
        "Estimated KL divergence from the reference on one domain's tokens.",
        "Much above the others: this domain drags the policy away.",
    ),
    Metric(
        "policy/entropy",
        "nats/token",
        "Mean entropy of the policy's next-token distribution on the response tokens.",
        "Halved against the first steps: exploration collapses.",
    ),
    Metric(
        "policy/clip_fraction_low",
        "fraction",
        "Share of tokens that were to become less likely (advantage < 0) and are already below the "
        "clip (ratio < 1 - clip_low).",
        "Above 0 in a strictly on-policy run: weights or log-probabilities disagree.",
    ),
    Metric(
        "policy/clip_fraction_high",
        "fraction",
        "Share of tokens that were to become likelier (advantage > 0) and are already above the "
        "clip (ratio > 1 + clip_high).",
        "Above 0 in a strictly on-policy run: weights or log-probabilities disagree.",
    ),
    Metric(
        "policy/clip_fraction",
        "fraction",
        "Share of clipped tokens as the policy loss counts them.",
        "Above 0 in a strictly on-policy run; over 0.2 off-policy.",
    ),
    Metric(
        "policy/grad_norm",
        "norm",
        "Global gradient norm before clipping.",
        "A spike of 6 sigma, or steadily at many times the clip.",
    ),
    Metric("policy/lr", "1", "Learning rate of the step.", ""),
    Metric(
        "policy/ratio_max",
        "1",
        "Largest probability ratio of new to old policy over the step's tokens.",
        "Differs from 1 in a strictly on-policy run.",
    ),
    Metric(
        "policy/tokens",
        "tokens",
        "Response tokens that the step's loss is a mean over.",
        "Far below samples x length: most samples don't teach.",
    ),
    Metric(
        "policy/step_skipped",
        "steps",
        "1 when the optimizer step was skipped because loss or gradient was not finite.",
        "Ever 1.",
    ),
)

_MISMATCH = (
    Metric(
        "mismatch/logprob_abs_diff_mean",
        "nats/token",
        "Mean absolute difference between the generator's and the trainer's log-probabilities of "
        "the sampled tokens.",
        "Over 1e-2 (1e-4 in float32): stale weights, wrong temperature or a numerics bug.",
    ),
    Metric(
        "mismatch/logprob_abs_diff_max",
        "nats",
        "Largest absolute difference of a sampled token's log-probabilities.",
        "Over 1: single tokens are seen entirely differently.",
    ),
    Metric(
        "mismatch/token_mult_prob_error",
        "1",
        "Mean of exp(|log-probability difference|) over the sampled tokens (NeMo RL's measure).",
        "Over 1.01: the generator does not sample from the policy that is trained.",
    ),
    Metric(
        "mismatch/kl",
        "nats/token",
        "KL divergence of the trainer's policy from the generator's, by the k3 estimate on the "
        "sampled tokens.",
        "Over 1e-3.",
    ),
    Metric(
        "mismatch/importance_capped_fraction",
        "fraction",
        "Share of the importance ratios (of tokens or sequences) that were cut to importance_cap.",
        "Over 0.01 on-policy: generator and trainer disagree, the correction only hides it.",
    ),
    Metric(
        "mismatch/weight_version",
        "version",
        "Version of the oldest weights that sampled a token of the step.",
        "Below the previous step's number by more than rollout.staleness: stale weights.",
    ),
)

_TIME = (
    Metric("time/step_s", "s", "Wall time of the whole step.", "Rises: see the parts below."),
    Metric(
        "time/generate_s",
        "s",
        "Time that a generator's engine worked, mean over generators.",
        "Dominates the step: add generators or shorten responses.",
    ),
    Metric(
        "time/score_s",
        "s",
        "From the last generated group to the last scored one: what scoring adds to the step.",
        "More than a few per cent of the step: add reward workers.",
    ),
    Metric(
        "time/reference_s",
        "s",
        "Log-probabilities of the frozen reference on the slowest rank; part of time/train_s.",
        "Over a third of time/train_s: see the placement of the reference.",
    ),
    Metric(
        "time/train_s",
        "s",
        "Forward, backward and optimizer step.",
        "Dominates the step: add trainer ranks.",
    ),
    Metric(
        "time/weight_sync_s",
        "s",
        "From the optimizer step until every generator serves the new weights.",
        "More than a few per cent of the step.",
    ),
    Metric(
        "time/wait_for_batch_s",
        "s",
        "Time in which the trainer had nothing to do but wait for scored groups.",
        "Large: generation or scoring is the bottleneck.",
    ),
    Metric(
        "time/generators_idle_s",
        "s",
        "Time since the end of the previous step that a generator's engine had nothing to do, mean "
        "over generators: it waited for weights, for prompts, for slower generators, or while a "
        "checkpoint was saved.",
        "Large: training is the bottleneck, or one generator got all the long answers.",
    ),
    Metric("time/save_s", "s", "Writing checkpoints and rollouts.", "Dominates: save less often."),
    Metric("time/eval_s", "s", "Held-out evaluation.", ""),
    Metric("time/data_s", "s", "Waiting for the next batch of training data.", "Dominates."),
)

_PERF = (
    Metric(
        "perf/tokens_per_s",
        "tokens/s",
        "Prompt and response tokens processed per second of step time.",
        "Falls at equal lengths: something is contending.",
    ),
    Metric("perf/samples_per_s", "samples/s", "Samples trained per second of step time.", "Falls."),
    Metric(
        "perf/response_tokens_per_s",
        "tokens/s",
        "Response tokens generated per second of generation time, all generators together.",
        "Falls at equal lengths: see engine/.",
    ),
    Metric(
        "perf/tokens_per_s_per_device",
        "tokens/s",
        "perf/tokens_per_s divided by the devices of generators and trainer ranks together.",
        "Falls as devices are added: communication or waiting dominates.",
    ),
    Metric(
        "perf/packing_efficiency",
        "fraction",
        "Share of the packed rows that is not padding.",
        "Under 0.8: row_tokens fits the lengths badly.",
    ),
)

_ENGINE = (
    Metric(
        "engine/kv_cache_usage",
        "fraction",
        "Highest share of the KV cache in use after any engine step; maximum over generators.",
        "At 1 with preemptions: too many sequences for the cache.",
    ),
    Metric(
        "engine/requests_running",
        "requests",
        "Sequences being decoded, mean over the time an engine works; sum over generators.",
        "Far below max_num_seqs with requests waiting: the cache is full.",
    ),
    Metric(
        "engine/requests_waiting",
        "requests",
        "Sequences queued inside an engine, mean over the time it works; sum over generators.",
        "Large throughout: raise max_num_seqs or add generators.",
    ),
    Metric(
        "engine/preemptions",
        "requests",
        "Sequences thrown out of the KV cache in this step and computed again; sum over "
        "generators.",
        "Above 0 for long: lower max_num_seqs or enlarge the cache.",
    ),
    Metric(
        "engine/prefix_cache_hit_rate",
        "fraction",
        "Share of prompt tokens served from the prefix cache, all generators together.",
        "Near 0 with many samples per prompt and prompts longer than block_size: the cache does "
        "not work.",
    ),
    Metric(
        "engine/generated_tokens",
        "tokens",
        "Tokens of the samples that the engines finished; sum over generators.",
        "",
    ),
    Metric("engine/generators_alive", "actors", "Generators that serve.", "Fewer than replicas."),
    Metric(
        "engine/generator_restarts",
        "restarts",
        "Generators that died or hung and were replaced since this process began.",
        "Rising: look at the node's memory; cluster.max_restarts ends the run.",
    ),
    Metric(
        "engine/reward_worker_restarts",
        "restarts",
        "Reward workers killed (deadline, memory) and replaced since this process began.",
        "Rising: a verifier hangs or crashes.",
    ),
)

_EVAL = (
    Metric(
        "eval/<domain>/accuracy",
        "fraction",
        "Share of one domain's held-out prompts answered correctly, greedily.",
        "Below the parent stage's by more than the interval: a regression.",
    ),
    Metric("eval/<domain>/n", "prompts", "Held-out prompts behind the accuracy.", "Small: noisy."),
    Metric("eval/mean", "fraction", "Mean of the domains' accuracies, each weighing the same.", ""),
)

_RUN = (
    Metric("run/global_step", "steps", "Optimizer steps done: the axis of every chart.", ""),
    Metric("run/tokens_total", "tokens", "Tokens trained since the run began.", ""),
    Metric(
        "run/samples_total",
        "samples",
        "Samples asked for since the run began, failed ones too.",
        "",
    ),
    Metric("run/epoch", "epochs", "Passes over the training data.", "Many: over-fitting."),
    Metric("run/memory_gib", "GiB", "Resident memory of the driver process.", "Grows steadily."),
    Metric("run/disk_free_gib", "GiB", "Free space where the run writes its checkpoints.", ""),
    Metric(
        "run/disk_free_checkpoints",
        "checkpoints",
        "How many more checkpoints of the newest one's size fit on the disk.",
        "Below 2: a save may fail, because the old one goes only when the new one is complete.",
    ),
)

_TRAIN = (
    Metric("train/loss", "nats/token", "Cross-entropy of the step, token mean.", "Rises or NaN."),
    Metric(
        "train/bits_per_byte",
        "bits/byte",
        "Cross-entropy per byte of text: comparable between tokenizers.",
        "Rises.",
    ),
    Metric("train/eval_loss", "nats/token", "Cross-entropy on held-out text.", "Rises: over-fit."),
    Metric("train/lr", "1", "Learning rate of the step.", ""),
    Metric("train/grad_norm", "norm", "Global gradient norm before clipping.", "Spikes."),
    Metric("train/tokens", "tokens", "Trained tokens of the step (masked ones don't count).", ""),
    Metric("train/sequences", "sequences", "Documents or conversations in the step.", ""),
    Metric(
        "train/steps_skipped",
        "steps",
        "Steps so far that changed nothing, because their gradient was not finite.",
        "Rising: too high a rate, or damaged data; ten in a row end the run.",
    ),
    Metric("train/phase", "index", "Pre-training phase, counted from 1.", ""),
    Metric("train/accuracy", "fraction", "Preference pairs ranked correctly (reward model).", ""),
    Metric("train/margin", "reward", "Mean reward of chosen over rejected (reward model).", "< 0."),
)

CATALOGUE: tuple[Metric, ...] = (
    *_REWARD,
    *_ROLLOUT,
    *_POLICY,
    *_MISMATCH,
    *_TIME,
    *_PERF,
    *_ENGINE,
    *_EVAL,
    *_RUN,
    *_TRAIN,
)

_POSITION = {metric.name: index for index, metric in enumerate(CATALOGUE)}
_EXACT = {metric.name: metric for metric in CATALOGUE if "<" not in metric.name}
_PATTERNS = [
    (re.compile(re.sub(r"<\w+>", "[^/]+", metric.name)), metric)
    for metric in CATALOGUE
    if "<" in metric.name
]


@cache
def lookup(name: str) -> Metric | None:
    """Return the catalogue's entry for a metric key, patterns included; None when there is none."""
    exact = _EXACT.get(name)
    if exact is not None:
        return exact
    return next((metric for pattern, metric in _PATTERNS if pattern.fullmatch(name)), None)


def dashboard_order(name: str) -> tuple[int, str]:
    """Return the sort key that orders metrics as in the catalogue; unknown ones come last."""
    metric = lookup(name)
    return (len(CATALOGUE) if metric is None else _POSITION[metric.name], name)


def markdown() -> str:
    """Return the reference page docs/metrics.md, as Markdown."""
    return "\n".join(_markdown_lines())


def _markdown_lines() -> Iterator[str]:
    yield "# Metrics"
    yield ""
    yield (
        "Every key of `metrics.jsonl`, W&B and TensorBoard, in dashboard order. The x-axis is "
        "`run/global_step`. `<domain>`, `<language>`, `<name>` and `<status>` stand for one "
        "word. Non-finite values are left out and reported in `events.jsonl`. What to look at "
        "first, and the names in Prometheus: [observability.md](observability.md)."
    )
    yield ""
    yield ("This page is generated: `python -m granite_rl.runs.catalogue > docs/metrics.md`.")
    for section, question in SECTIONS.items():
        yield ""
        yield f"## {section}/"
        yield ""
        yield question
        yield ""
        yield "| Metric | Unit | Meaning | A bad sign |"
        yield "| --- | --- | --- | --- |"
        for metric in CATALOGUE:
            if metric.section == section:
                yield f"| `{metric.name}` | {metric.unit} | {metric.meaning} | {metric.bad} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(markdown())
