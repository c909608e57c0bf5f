"""Write a tokenizer back byte for byte as it was read.

Training changes no tokenizer, and what transformers writes for one that it has read is another:
the class becomes its own name for a tokenizer.json, files that it doesn't need are left out, and
settings of the reading process are added. Other programs choose by just these.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from transformers import PreTrainedTokenizerFast

_PATTERNS = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "chat_template*",
    "additional_chat_templates/*",
)


class CheckpointTokenizer(PreTrainedTokenizerFast):
    """Holds the tokenizer of a checkpoint directory together with its files."""

    files: dict[str, bytes]
    """Content by path below the directory."""
    as_read: tuple[object, ...]
    """State of the tokenizer when it was read, to notice changes made in memory."""

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read a tokenizer and its files; no code of the directory is executed."""
        tokenizer: Self = cls.from_pretrained(
            str(directory), trust_remote_code=False, local_files_only=True
        )
        tokenizer.files = {
            str(path.relative_to(directory)): path.read_bytes()
            for pattern in _PATTERNS
            for path in sorted(directory.glob(pattern))
            if path.is_file()
        }
        tokenizer.as_read = tokenizer._changeable()
        return tokenizer

    def _changeable(self) -> tuple[object, ...]:
        return (
            self.chat_template,
            self.get_added_vocab(),
            self.special_tokens_map,
            self.padding_side,
        )

    def save_pretrained(
        self, save_directory: str | Path, *args: Any, **kwargs: Any
    ) -> tuple[str, ...]:
        """Write the files that were read, unless the tokenizer was changed since."""
        if self._changeable() != self.as_read:
            names: tuple[str, ...] = super().save_pretrained(save_directory, *args, **kwargs)
            return names
        written = []
        for name, content in self.files.items():
            path = Path(save_directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(str(path))
        return tuple(written)
