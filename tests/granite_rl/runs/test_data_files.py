"""A resumed run goes on with the rows that it was trained on, or says which file differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from granite_rl.errors import DataError
from granite_rl.runs.data_files import DataFile, check_unchanged, data_files, recorded
from tests.granite_rl.runs.conftest import OpenRun

FIRST = DataFile("data.train", "/a.jsonl", "1")
SECOND = DataFile("data.train", "/b.jsonl", "2")


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    for name, content in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).write_text(content)
    one, same, other = data_files("data.train", [tmp_path / name for name in "abc"])
    assert one.sha256 == same.sha256 != other.sha256
    with pytest.raises(DataError, match=r"data\.train: .*/d: No such file"):
        data_files("data.train", [tmp_path / "d"])


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ([FIRST, SECOND], None),
        ([FIRST._replace(file="/moved.jsonl"), SECOND], None),
        ([FIRST], r"data\.train: /b\.jsonl is gone; 7 steps"),
        ([FIRST, SECOND, DataFile("data.train", "/c.jsonl", "3")], r"/c\.jsonl is new; 7 steps"),
        ([FIRST, SECOND._replace(sha256="9")], r"/b\.jsonl is not what this run was trained on;"),
        ([SECOND, FIRST], r"/b\.jsonl is not what this run was trained on \(that was /a\.jsonl\)"),
        ([], r"/a\.jsonl is gone"),
    ],
)
def test_other_data_is_refused(open_run: OpenRun, now: list[DataFile], says: str | None) -> None:
    with open_run() as run:
        check_unchanged(run.path, now, 7)  # nothing is recorded yet
        run.write_lineage("sft", "demo", None, None, data=recorded([FIRST, SECOND]))
        if says is None:
            check_unchanged(run.path, now, 7)
        else:
            with pytest.raises(DataError, match=says) as caught:
                check_unchanged(run.path, now, 7)
            assert caught.value.exit_code == 4
        run.finish("succeeded", 0)
