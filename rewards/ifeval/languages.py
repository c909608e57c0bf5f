"""Harder constraints say which of the twelve languages each part of the response is in."""

from __future__ import annotations

from rewards.ifeval.instruction import OurLanguage, OurLanguages, instruction, require
from rewards.ifeval.segmentation import paragraphs
from rewards.reading.languages import stays_in


@instruction("language:every_paragraph")
def every_paragraph(text: str, *, language: OurLanguage) -> bool:
    """Every paragraph is in the language.

    `language:response_language` judges the whole, so that a short passage in another passes.
    """
    parts = paragraphs(text)
    return bool(parts) and all(stays_in(part, language) for part in parts)


@instruction("language:paragraph_languages")
def paragraph_languages(text: str, *, languages: OurLanguages) -> bool:
    """There are as many paragraphs as languages, each in the language at its place."""
    require(len(set(languages)) > 1, "at least two different languages")
    parts = paragraphs(text)
    return len(parts) == len(languages) and all(
        stays_in(part, language) for part, language in zip(parts, languages, strict=True)
    )
