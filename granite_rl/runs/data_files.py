"""Record which files a run is trained on, and refuse other ones when it is resumed.

What a step trains is a function of the rows and of its number. With other rows a resumed run would
train some twice and others never, without a sign of it in any metric.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from granite_rl.errors import DataError
from granite_rl.runs.lineage import read_lineage


class DataFile(NamedTuple):
    """Describes one file of training data as lineage.json holds it, in ``extra.data``."""

    key: str
    """Configuration key that names it."""
    file: str
    """Absolute path, for people: a file may move."""
    sha256: str
    """Digest of its content, or of what was made of it."""


def data_files(key: str, files: Sequence[Path]) -> list[DataFile]:
    """Describe the files of a configuration key, in the order in which they are read.

    Raises:
        DataError: a file can't be read.
    """
    described = []
    for file in files:
        try:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            problem = f"{key}: {file}: {error.strerror or error}"
            raise DataError(problem, "check the path") from error
        described.append(DataFile(key, str(file.absolute()), digest))
    return described


def recorded(data: Sequence[DataFile]) -> list[dict[str, str]]:
    """Return data files as lineage.json holds them; `check_unchanged` reads them back."""
    return [entry._asdict() for entry in data]


def check_unchanged(run_dir: Path, now: Sequence[DataFile], step: int) -> None:
    """Compare a run's data with what lineage.json says that it was trained on.

    Args:
        run_dir: the run directory; one whose lineage names no data is not checked.
        now: the data that it would go on with.
        step: the step after which it would go on, for the message.

    Raises:
        DataError: another content, number or order of files; the message names the first.
    """
    lineage = read_lineage(run_dir)
    if lineage is None or "data" not in lineage.extra:
        return
    trained = [DataFile(**entry) for entry in lineage.extra["data"]]
    for old, new in zip_longest(trained, now):
        if old is None:
            what = f"{new.key}: {new.file} is new"
        elif new is None:
            what = f"{old.key}: {old.file} is gone"
        elif old.sha256 != new.sha256:
            moved = "" if old.file == new.file else f" (that was {old.file})"
            what = f"{new.key}: {new.file} is not what this run was trained on{moved}"
        else:
            continue
        raise DataError(
            f"{what}; {step} steps were trained on other rows",
            "put the data back as it was, or start afresh in another directory with run.dir=DIR",
        )
