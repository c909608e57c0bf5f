"""Split SQLite's SQL into tokens, as far as finding an ORDER BY or a nested query needs it.

Linear in the length of the text, which may be a model's: an unclosed quote runs to the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<text>'[^']*(?:'|\Z))
      | (?P<name>"[^"]*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[^\]]*(?:\]|\Z)|[^\W\d][\w$]*)
      | (?P<number>\d[\w.]*|\.\d[\w.]*)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """Is a piece of SQL: its kind, where it is, and how deep inside parentheses.

    A doubled quote inside quotes gives two tokens, which does no harm to what tokens are for.
    """

    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def word(self) -> str:
        """Return the token as a keyword or sign: lower case, and empty for everything quoted."""
        return "" if self.text[0] in "'\"`[" else self.text.lower()

    @property
    def identifier(self) -> str:
        """Return the token as a name, quoted or not; SQLite takes even 'text' for a name."""
        return self.text.strip("'\"`[]").lower()


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, for lists of keywords and functions that are easy to read."""
    return frozenset(text.split())


def tokens(sql: str) -> list[Token]:
    """Return the tokens of a query without white space and comments."""
    found, depth = [], 0
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "sign"
        depth -= match[0] == ")"
        if kind != "skip":
            found.append(Token(kind, match[0], match.start(), match.end(), depth))
        depth += match[0] == "("
    return found
