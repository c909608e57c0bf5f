"""An unknown key is answered with the key that was meant."""

from __future__ import annotations

import pytest

from granite_rl.command_line.synonyms import SYNONYMS, meanings, suggest
from granite_rl.entry import CONF, configure, known_keys
from granite_rl.errors import ConfigError
from tests.granite_rl.command_line.test_overrides import ROOTS

CHOICES = {"rl": ["stage=math"], "pipeline": ["recipe=demo"]}
KNOWN = {name: known_keys(name, CHOICES.get(name, ())) for name in ROOTS}


def test_every_root_of_conf_is_tested_here() -> None:
    assert {path.parent.name for path in CONF.glob("*/config.yaml")} == set(ROOTS)


@pytest.mark.parametrize("synonym", SYNONYMS)
def test_every_target_of_a_synonym_exists_in_a_configuration(synonym: str) -> None:
    for target in SYNONYMS[synonym]:
        found = [key for keys in KNOWN.values() for key in keys if f".{key}".endswith(f".{target}")]
        assert found, target
    assert not any(key.rpartition(".")[2] == synonym for key in KNOWN["rl"] + KNOWN["sft"])
    assert any(meanings(synonym, keys) for keys in KNOWN.values())


@pytest.mark.parametrize(
    ("root", "typed", "meant"),
    [
        ("rl", "optim.learning_rate", "optim.lr"),
        ("rl", "learning_rate", "optim.lr"),
        ("rl", "lr", "optim.lr"),
        ("rl", "rollout.batch_size", "rollout.prompts_per_step"),
        ("rl", "algorithm.beta", "algorithm.kl_beta"),
        ("rl", "beta", "algorithm.kl_beta"),
        ("rl", "optim.beta", "optim.betas"),
        ("rl", "generator.tp", "generator.tensor_parallel"),
        ("rl", "generator.tensor_parallel_size", "generator.tensor_parallel"),
        ("rl", "n", "rollout.samples_per_prompt"),
        ("rl", "rollout.num_generations", "rollout.samples_per_prompt"),
        ("rl", "max_length", "rollout.max_context"),
        ("rl", "max_new_tokens", "rollout.max_response_tokens"),
        ("rl", "seed", "run.seed"),
        ("rl", "num_epochs", "data.epochs"),
        ("rl", "optim.epochs", "data.epochs"),
        ("rl", "temperature", "rollout.temperature"),
        ("rl", "temperture", "rollout.temperature"),
        ("rl", "rollout.promts_per_step", "rollout.prompts_per_step"),
        ("rl", "learning-rate", "optim.lr"),
        ("rl", "lerning_rate", "optim.lr"),
        ("rl", "recip", "recipe"),
        ("sft", "batch_size", "data.batch_rows"),
        ("sft", "max_seq_length", "trainer.row_tokens"),
        ("sft", "warmup_steps", "optim.warmup_fraction"),
        ("sft", "num_train_epochs", "data.epochs"),
        ("reward_model", "data.batch_size", "data.pairs_per_step"),
        ("pretrain", "batch_size", "phases.general.batch_sequences"),
        ("evaluation", "max_tokens", "rollout.max_response_tokens"),
        ("pipeline", "seed", "run.seed"),
        ("pipeline", "output_dir", "run.dir"),
    ],
)
def test_the_key_that_was_meant_is_suggested(root: str, typed: str, meant: str) -> None:
    suggestion = suggest(typed, KNOWN[root])
    assert suggestion is not None
    assert suggestion.startswith(f"did you mean `{meant}`")


@pytest.mark.parametrize("plus", ["", "+"])
@pytest.mark.parametrize("key", ["optim.learning_rate", "learning_rate"])
def test_both_ways_of_refusing_a_key_suggest_the_same(plus: str, key: str) -> None:
    model, needed = ROOTS["rl"]
    given = [f"{name}={value}" for name, value in needed.items()]
    with pytest.raises(ConfigError, match=r"did you mean `optim\.lr`\?"):
        configure("rl", model, [*given, f"{plus}{key}=1e-6"])


def test_without_a_near_one_the_keys_of_the_section_are_listed() -> None:
    fix = suggest("rollout.temperature", KNOWN["evaluation"])
    assert (
        fix == "keys of `rollout`: max_context, max_prompt_tokens, max_response_tokens, max_turns"
    )
    assert suggest("xyzzy", KNOWN["rl"]) is None


@pytest.mark.parametrize(
    ("root", "key"),
    [*((root, "xyzzy") for root in ROOTS), ("rl", ""), ("rl", "hydra.verbose"), ("rl", "conf")],
)
def test_a_key_of_no_section_is_refused_with_the_sections(root: str, key: str) -> None:
    model, needed = ROOTS[root]
    given = [f"{name}={value}" for name, value in needed.items()]
    with pytest.raises(ConfigError, match="unknown configuration key") as caught:
        configure(root, model, [*given, f"{key}=3"])
    assert "recipe" in str(caught.value.fix)
