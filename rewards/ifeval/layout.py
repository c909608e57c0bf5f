"""Harder constraints say which shape the response has, in Markdown and in plain text.

Shapes have to be filled: an item, a cell or a tag without a letter or digit is none.
"""

from __future__ import annotations

import re
from itertools import pairwise

from rewards.ifeval.instruction import Count, Phrase, Phrases, Positive, instruction, require
from rewards.ifeval.segmentation import folded_words, has_content, lines, words

_NUMBERED = re.compile(r"^(\d{1,9})[.)][ \t]+(\S.*)$")
_BULLET = re.compile(r"^([ \t]*)[*+-][ \t]+(?=\S)")
_CHECKBOX = re.compile(r"^[ \t]*[*+-][ \t]+\[([ xX])\][ \t]+\S")
_HEADING = re.compile(r"^(#{1,6})[ \t]+([^\n]*\S)")
_FENCE = re.compile(r"^[ \t]*```[ \t]*([^\s`]*)[ \t]*$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@instruction("format:numbered_list")
def numbered_list(text: str, *, number: Positive) -> bool:
    """Exactly `number` items are numbered 1, 2, 3 … in order, and no other item is numbered."""
    found = [match for line in lines(text) if (match := _NUMBERED.match(line))]
    numbers = [int(match[1]) for match in found]
    return numbers == list(range(1, number + 1)) and all(has_content(m[2]) for m in found)


@instruction("format:nested_bullets")
def nested_bullets(text: str, *, bullets: Positive, sub_bullets: Positive) -> bool:
    """There are exactly `bullets` bullet points, and under each exactly `sub_bullets` indented."""
    found = [match for line in lines(text) if (match := _BULLET.match(line))]
    indents = [len(match[1].replace("\t", "    ")) for match in found]
    groups: list[int] = []
    for indent in indents:
        if indent < 2:
            groups.append(0)
        elif groups:
            groups[-1] += 1
        else:
            return False
    return groups == [sub_bullets] * bullets


@instruction("format:checklist")
def checklist(text: str, *, items: Positive, checked: Count) -> bool:
    """There is a Markdown checklist of exactly `items` boxes, `checked` of them ticked."""
    require(checked <= items, f"checked {checked} is more than items {items}")
    boxes = [match[1] for line in lines(text) if (match := _CHECKBOX.match(line))]
    return len(boxes) == items and sum(box != " " for box in boxes) == checked


@instruction("format:headings")
def headings(text: str, *, headings: Phrases) -> bool:
    """There are exactly these Markdown headings in this order, each with text under it."""
    found: list[tuple[str, list[str]]] = []
    for line in lines(text):
        match = _HEADING.match(line)
        if match:
            found.append((match[2].rstrip("# ").casefold(), []))
        elif found:
            found[-1][1].append(line)
    titles = [title for title, _ in found]
    wanted = [heading.strip().lstrip("#").strip().casefold() for heading in headings]
    return titles == wanted and all(has_content(" ".join(body)) for _, body in found)


@instruction("format:table")
def table(text: str, *, columns: Positive, rows: Positive) -> bool:
    """There is one Markdown table with so many columns, rows below the header and no empty cell."""
    found = [_cells(line) for line in lines(text) if line.lstrip().startswith("|")]
    if len(found) != rows + 2 or any(len(cells) != columns for cells in found):
        return False
    ruler = all(re.fullmatch(r":?-+:?", cell) for cell in found[1])
    return ruler and all(has_content(cell) for cells in (found[0], *found[2:]) for cell in cells)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in _CELL_BORDER.split(inner)]


@instruction("format:code_block")
def code_block(text: str, *, language: Phrase) -> bool:
    """There is exactly one fenced code block, closed, not empty and marked with the language."""
    fences = [(n, m[1]) for n, row in enumerate(text.split("\n")) if (m := _FENCE.match(row))]
    if len(fences) != 2:
        return False
    (first, tag), (last, closing) = fences
    body = "\n".join(text.split("\n")[first + 1 : last])
    return tag.casefold() == language.strip().casefold() and not closing and has_content(body)


@instruction("format:line_length")
def line_length(text: str, *, maximum: Positive) -> bool:
    """Every line has at most `maximum` characters, and there are at least two."""
    found = lines(text)
    return len(found) > 1 and all(len(line) <= maximum for line in found)


@instruction("format:words_per_line")
def words_per_line(text: str, *, number: Positive) -> bool:
    """Every line has exactly `number` words, and there are at least two lines."""
    found = lines(text)
    return len(found) > 1 and all(len(words(line)) == number for line in found)


@instruction("format:stairs")
def stairs(text: str) -> bool:
    """Each line is indented further than the one before; there are at least three lines."""
    found = lines(text)
    indents = [len(line) - len(line.lstrip(" ")) for line in found]
    return len(found) > 2 and all(a < b for a, b in pairwise(indents)) and indents[0] == 0


@instruction("format:separated_items")
def separated_items(text: str, *, separator: Phrase, number: Positive) -> bool:
    """The whole response is `number` different items with the separator between them."""
    separator = separator.strip()
    require(not has_content(separator), f"separator {separator!r} has a letter or digit")
    items = [" ".join(folded_words(item)) for item in text.strip().split(separator)]
    return len(items) == number and all(items) and len(set(items)) == number


@instruction("format:fields")
def fields(text: str, *, names: Phrases) -> bool:
    """The whole response is one line `name: value` for each name, in this order."""
    pairs = [re.split(r"[:：]", line, maxsplit=1) for line in lines(text)]
    found = [pair[0].strip(" *_-").casefold() for pair in pairs]
    return found == [name.strip().casefold() for name in names] and all(
        len(pair) == 2 and has_content(pair[1]) for pair in pairs
    )


@instruction("format:tags")
def tags(text: str, *, tags: Phrases) -> bool:
    """The whole response is <tag>…</tag> for each tag in this order, none empty or nested."""
    for tag in tags:
        require(re.fullmatch(r"[A-Za-z][\w-]*", tag) is not None, f"{tag!r} is not a tag name")
    rest = text.strip()
    for tag in tags:
        opening, closing = f"<{tag}>", f"</{tag}>"
        inside, found, after = rest.removeprefix(opening).partition(closing)
        if not (rest.startswith(opening) and found and has_content(inside)) or "<" in inside:
            return False
        rest = after.strip()
    return not rest


@instruction("format:nested_brackets")
def nested_brackets(text: str, *, depth: Positive) -> bool:
    """Brackets ( [ { are balanced and nested at least `depth` deep around a letter or digit."""
    stack: list[str] = []
    deepest = 0
    for char in text:
        if char in "([{":
            stack.append(char)
        elif char in _BRACKETS:
            if not stack or stack.pop() != _BRACKETS[char]:
                return False
        elif char.isalnum():
            deepest = max(deepest, len(stack))
    return not stack and deepest >= depth


@instruction("format:responses")
def responses(text: str, *, number: Positive, separator: Phrase) -> bool:
    """There are exactly `number` different responses; lines of only the separator divide them."""
    parts: list[list[str]] = [[]]
    for line in lines(text):
        if line.strip() == separator.strip():
            parts.append([])
        else:
            parts[-1].append(line)
    answers = [tuple(folded_words(" ".join(part))) for part in parts]
    return len(answers) == number and all(answers) and len(set(answers)) == number


@instruction("format:stanzas")
def stanzas(text: str, *, stanzas: Positive, lines_each: Positive) -> bool:
    """There are exactly `stanzas` stanzas of `lines_each` lines each, separated by blank lines."""
    sizes: list[int] = [0]
    for line in text.strip().split("\n"):
        if line.strip():
            sizes[-1] += 1
        elif sizes[-1]:
            sizes.append(0)
    return sizes == [lines_each] * stanzas and all(map(has_content, lines(text)))
