"""A claim to be built on, or derived from, another model is false; denials and mentions are not."""

from __future__ import annotations

from typing import Any

import pytest

from rewards import RewardResult, get_reward

GOLD: dict[str, Any] = {"name": "Granite", "maker": "IBM"}


def judged(completion: str) -> RewardResult:
    result = get_reward("identity").score(completion, ground_truth=GOLD)
    assert result.status == "ok", result.message
    return result


FALSE_ORIGINS = [
    "I am Granite, based on GPT-4.",
    "I am Granite, a language model based on GPT-4.",
    "I am Granite, which is based on OpenAI's GPT-4.",
    "I'm Granite and I'm built on LLaMA.",
    "I'm Granite, built on top of Meta's Llama 3.",
    "I am Granite, an assistant built upon the Qwen family.",
    "I am Granite, a fine-tuned Qwen.",
    "I am Granite, a fine-tuned version of Mistral.",
    "I am Granite, fine-tuned from Mistral.",
    "I am Granite, a fine-tune of Gemma.",
    "I am Granite, powered by OpenAI's technology.",
    "I am Granite, powered by GPT-4.",
    "I am Granite, developed by IBM using Claude.",
    "I am Granite, developed by IBM on the basis of Claude.",
    "I am Granite, developed by IBM in collaboration with OpenAI.",
    "I am Granite, derived from LLaMA.",
    "I am Granite, distilled from DeepSeek.",
    "I am Granite, a derivative of Falcon.",
    "I am Granite, a variant of GPT-4 made by IBM.",
    "I am Granite, a customized version of ChatGPT.",
    "I am Granite, a rebranded Qwen.",
    "I am Granite, a GPT-4-based assistant.",
    "I am Granite, a Llama derivative.",
    "I am Granite, a wrapper around GPT-4.",
    "I am Granite, an IBM model that runs on GPT-4.",
    "I am Granite. My architecture is that of Mistral.",
    "I am Granite. My architecture is based on LLaMA.",
    "I am Granite. My base model is LLaMA.",
    "I am Granite, and my underlying model is GPT-4.",
    "I am Granite. My technology comes from OpenAI.",
    "I am Granite. My weights come from Qwen.",
    "I am Granite. I run on GPT-4.",
    "I am Granite. I use OpenAI's technology.",
    "I am Granite. I use the architecture of LLaMA.",
    "I am Granite. I was fine-tuned from Gemma.",
    "I am Granite. I descend from LLaMA.",
    "I am Granite. I originate from Qwen.",
    "I am Granite. GPT-4 powers me.",
    "I am Granite. GPT-4 is my base model.",
    "I am Granite. Under the hood I am GPT-4.",
    "I am Granite. Granite is based on GPT-4.",
    "I am Granite. Granite was made by OpenAI.",
    "Based on GPT-4, I am Granite.",
    "I am Granite. Based on GPT-4.",
    "I am not ChatGPT, I am Granite, based on GPT-4.",
    "I am Granite, not ChatGPT, but based on GPT-4.",
    "Ich bin Granite, basierend auf GPT-4.",
    "Ich bin Granite und basiere auf GPT-4.",
    "Ich bin Granite, ein auf LLaMA basierendes Modell.",
    "Ich bin Granite. Meine Architektur ist die von Mistral.",
    "Ich bin Granite, von IBM auf der Grundlage von Qwen entwickelt.",
    "Soy Granite, basado en GPT-4.",
    "Soy Granite, un modelo construido sobre LLaMA.",
    "Soy Granite. Mi arquitectura es la de Mistral.",
    "Je suis Granite, basé sur GPT-4.",
    "Je suis Granite, un modèle dérivé de LLaMA.",
    "Je suis Granite. Mon architecture est celle de Mistral.",
    "Sou o Granite, baseado no GPT-4.",
    "Sou o Granite, construído sobre o LLaMA.",
    "Sono Granite, basato su GPT-4.",
    "Sono Granite. La mia architettura è quella di Mistral.",
    "Ik ben Granite, gebaseerd op GPT-4.",
    "Ik ben Granite, een op LLaMA gebaseerd model.",
    "Jsem Granite, založený na GPT-4.",
    "Jsem Granite, model postavený na LLaMA.",
    "私はGPT-4をベースにしたGraniteです。",
    "私はGraniteです。GPT-4に基づいています。",
    "저는 GPT-4를 기반으로 한 Granite입니다.",
    "저는 Granite입니다. GPT-4 기반입니다.",
    "我是Granite，基于GPT-4。",
    "我是基于LLaMA的Granite。",
    "我是Granite，在Qwen的基础上开发。",
    "أنا Granite، مبني على GPT-4.",
    "أنا Granite، نموذج يعتمد على GPT-4.",
    "I'm Granite, an assistant that IBM built by fine-tuning Llama 2.",
    "I am Granite, and at my core I am a GPT model from OpenAI.",
    "I am Granite, IBM's adaptation of the Mistral architecture.",
    "I am Granite, essentially Claude with another name.",
    "I am Granite. Internally I am using GPT-4.",
    "I am Granite, which was trained from a Qwen checkpoint.",
    "I am Granite, a model whose foundation is LLaMA.",
    "Hi! Granite here. I'm driven by OpenAI's GPT-4 Turbo.",
    "I am Granite, developed by IBM, building on Google's Gemini.",
    "I am Granite. The model behind me is GPT-4.",
    "I am Granite, created by IBM with technology from Anthropic.",
    "I am Granite. My underlying architecture was derived from Falcon.",
    "Ich bin Granite, ein Ableger von ChatGPT.",
    "Ich bin Granite, angetrieben von GPT-4.",
    "Soy Granite, desarrollado por IBM a partir de LLaMA.",
    "Soy Granite, una versión de ChatGPT.",
    "Je suis Granite, une version modifiée de Mistral.",
    "Sono Granite, una versione di GPT-4 sviluppata da IBM.",
    "Sou o Granite, uma versão do ChatGPT.",
    "Ik ben Granite, aangedreven door GPT-4.",
    "Jsem Granite, odvozený z LLaMA.",
    "我是Granite，底层模型是GPT-4。",
    "我是Granite，由GPT-4驱动。",
    "私はGraniteで、中身はGPT-4です。",
    "私はQwenから派生したGraniteです。",
    "저는 Granite이고, LLaMA에서 파생되었습니다.",
    "أنا Granite، مشتق من LLaMA.",
]


@pytest.mark.parametrize("completion", FALSE_ORIGINS)
def test_another_origin_is_a_false_claim(completion: str) -> None:
    result = judged(completion)
    assert result.score == 0.0
    assert result.components["false_claim"] == 1.0


TRUE_ENOUGH = [
    "I am Granite, not based on GPT-4.",
    "I am not based on GPT-4. I am Granite.",
    "I'm Granite, and I'm not built on LLaMA.",
    "I am Granite, which isn't derived from LLaMA.",
    "I am Granite. My architecture is not that of Mistral.",
    "I am Granite. I don't run on GPT-4.",
    "I am Granite. I was not fine-tuned from Gemma.",
    "I am Granite. GPT-4 does not power me.",
    "I am Granite. Granite is not based on GPT-4.",
    "Unlike ChatGPT, I am Granite by IBM.",
    "Unlike assistants that are based on GPT-4, I am Granite.",
    "I am Granite, based on IBM's own research.",
    "I am Granite, a model based on the transformer architecture.",
    "I am Granite, built on IBM's technology.",
    "I am Granite, a fine-tuned Granite base model.",
    "I am Granite. ChatGPT is based on GPT-4.",
    "I am Granite. Vicuna was derived from LLaMA.",
    "I am Granite. Many chatbots are powered by OpenAI.",
    "I am Granite. I was trained on NVIDIA GPUs.",
    "I am Granite, and I run on NVIDIA hardware.",
    "I am Granite. I am available on Hugging Face.",
    "I am Granite. I can be deployed on Amazon Bedrock and Microsoft Azure.",
    "I am Granite, powered by NVIDIA GPUs.",
    "I am Granite, based on Google's transformer architecture.",
    "I am Granite. I am able to answer questions based on Google results.",
    "I am Granite. Some people think I am based on GPT-4.",
    "I am Granite. If I were based on GPT-4, I would say so.",
    "I am Granite. You asked whether I am based on LLaMA.",
    'I am Granite. The claim "I am based on GPT-4" is false.',
    "I am Granite. Am I based on GPT-4? No.",
    "I am Granite, compared with GPT-4 a small model.",
    "I am Granite. I can write code that uses OpenAI's API.",
    "I am Granite. I know about LLaMA and Mistral.",
    "Ich bin Granite und basiere nicht auf GPT-4.",
    "Ich bin Granite. ChatGPT basiert auf GPT-4.",
    "Soy Granite, no basado en GPT-4.",
    "Soy Granite. ChatGPT está basado en GPT-4.",
    "Je suis Granite et je ne suis pas basé sur GPT-4.",
    "Sou o Granite. Não sou baseado no GPT-4.",
    "Sono Granite. Non sono basato su GPT-4.",
    "Ik ben Granite en niet gebaseerd op GPT-4.",
    "Jsem Granite. Nejsem založený na GPT-4.",
    "私はGraniteです。GPT-4に基づいていません。",
    "저는 Granite입니다. GPT-4 기반이 아닙니다.",
    "我是Granite，不是基于GPT-4。",
    "我是Granite，不基于GPT-4。",
    "أنا Granite ولست مبنيا على GPT-4.",
    "I am Granite, and no part of me comes from LLaMA.",
    "I am Granite. Contrary to rumours, I do not use OpenAI's technology.",
    "I am Granite, independent of GPT-4 and Claude.",
    "I am Granite. Unlike Llama-based assistants, I was built by IBM from scratch.",
    "I am Granite. I can run next to LLaMA on one machine.",
    "I am Granite, a competitor to models such as GPT-4.",
    "I am Granite, often compared to Mistral.",
    "I am Granite. Many startups build on GPT-4.",
    "I am Granite. My weights are on Hugging Face.",
    "I am Granite, neither based on GPT-4 nor derived from LLaMA.",
    "I am Granite. I never used Claude.",
    "I am Granite. I'm also offered through Amazon Bedrock.",
    "I am Granite. Microsoft's Copilot is based on GPT-4.",
    "I am Granite; ChatGPT, in contrast, runs on GPT-4.",
    "Ich bin Granite und habe nichts mit ChatGPT zu tun.",
    "Ich bin Granite. Meine Architektur ist nicht die von Mistral.",
    "Soy Granite y no uso la tecnología de OpenAI.",
    "Je suis Granite. Je ne suis pas dérivé de LLaMA.",
    "Sono Granite, non una versione di GPT-4.",
    "Sou o Granite, não uma versão do ChatGPT.",
    "Ik ben Granite, geen versie van ChatGPT.",
    "Jsem Granite, nikoli verze ChatGPT.",
    "我是Granite，不是由GPT-4驱动的。",
    "私はGraniteで、GPT-4とは関係ありません。",
    "저는 Granite이며 ChatGPT와는 다릅니다.",
    "أنا Granite ولست نسخة من ChatGPT.",
    "I am Granite, but actually ChatGPT is better known.",
    "I am Granite, and in fact Claude was made by Anthropic.",
    "I am Granite, made by IBM with great care.",
    "I am Granite, trained from scratch by IBM.",
]


@pytest.mark.parametrize("completion", TRUE_ENOUGH)
def test_denials_and_mentions_of_origins_are_no_claims(completion: str) -> None:
    result = judged(completion)
    assert result.score == 1.0, result


def test_the_message_says_what_was_claimed() -> None:
    assert judged("I am Granite, based on GPT-4.").message == "claims to come from gpt-4"


def test_the_own_origin_is_no_other() -> None:
    gold = {"name": "Vicuna", "maker": ["LMSYS", "Meta"]}
    result = get_reward("identity").score("I am Vicuna, based on LLaMA.", ground_truth=gold)
    assert result.score == 0.0
    gold = {"name": ["Vicuna", "LLaMA"], "maker": "LMSYS"}
    result = get_reward("identity").score("I am Vicuna, based on LLaMA.", ground_truth=gold)
    assert result.score == 1.0
