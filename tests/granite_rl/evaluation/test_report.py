"""The matrix, report.json, report.html and the table over seeds, from files as runs leave them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from envs.names import NINE_DOMAINS
from granite_rl.config import RL_STAGES
from granite_rl.errors import ConfigError, DataError
from granite_rl.evaluation.matrix import ALL_STAGES, Matrix, load_evaluation, render_text
from granite_rl.evaluation.report import main, read_curves, write_report
from granite_rl.evaluation.svg import curve_panel, interval_panel, nice_ticks

HOSTILE = "</pre><script>alert('x')</script><img src=http://evil.example/x.png onerror=alert(1)>"


def make_run(
    root: Path,
    accuracies: dict[str, float],
    *,
    seed: int = 0,
    control: bool = False,
    n: int = 200,
    special: dict[tuple[str, str], float] | None = None,
) -> Path:
    """A pipeline's run directory with one accuracy per stage, except where ``special`` says
    else."""
    root.mkdir(parents=True)
    evaluations, runs = {}, {}
    for stage, accuracy in accuracies.items():
        directory = root / stage
        directory.mkdir()
        domains = {}
        for domain in (*NINE_DOMAINS, "identity"):
            value = (special or {}).get((stage, domain), accuracy)
            domains[domain] = {"accuracy": value, "n": n, "mean_reward": value, "failed": 0}
        sample = {
            "domain": "math",
            "prompt": HOSTILE,
            "completion": HOSTILE,
            "reward": 0.0,
            "status": "wrong_format",
        }
        document = {"model": f"{stage}/hf", "domains": domains, "samples": [sample]}
        (directory / "eval.json").write_text(json.dumps(document))
        evaluations[stage], runs[stage] = f"{stage}/eval.json", stage
        if stage in RL_STAGES:
            lines = [
                json.dumps({"step": i, "reward/mean": i / 10, "policy/kl": 0.1}) for i in (1, 2)
            ]
            (directory / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 3, "rew']))
            lineage = {
                "stage": stage,
                "recipe": "demo",
                "parent": "/elsewhere/sft/hf",
                "parent_relative": "../sft/hf",
                "parent_hash": "sha256:abcdef0123456789",
            }
            (directory / "lineage.json").write_text(json.dumps(lineage))
    record: dict[str, Any] = {
        "recipe": "demo",
        "seed": seed,
        "control": control,
        "evaluations": evaluations,
        "runs": runs,
        "steps": {s: {"seconds": 61.0} for s in accuracies},
    }
    (root / "pipeline.json").write_text(json.dumps(record))
    return root


ALL = dict(zip(ALL_STAGES, (0.05, 0.40, 0.60, 0.60, 0.61, 0.62), strict=True))


def test_report_json_holds_what_was_evaluated(tmp_path: Path) -> None:
    """Cells, means, gains and gates, worked out by hand."""
    run = make_run(tmp_path / "run", ALL, special={("rlhf", "math"): 0.45})
    write_report(run)
    report = json.loads((run / "report.json").read_text())
    assert list(report["matrix"]) == list(ALL_STAGES)
    cell = report["matrix"]["sft"]["math"]
    assert (cell["accuracy"], cell["n"]) == (0.40, 200)
    assert cell["ci95"][0] < 0.40 < cell["ci95"][1]
    mean = report["mean_over_nine"]["rlhf"]["accuracy"]
    assert mean == pytest.approx((8 * 0.60 + 0.45) / 9)  # identity isn't among the nine
    gain = next(g for g in report["gains"] if g["stage"] == "multi_domain")
    assert gain["parent"] == "sft"
    assert gain["mean_over_nine"]["change"] == pytest.approx(0.20)
    assert gain["mean_over_nine"]["significant"] is True
    assert [(g["stage"], g["domain"]) for g in report["gates"]] == [("rlhf", "math")]
    assert report["gates"][0]["change"] == pytest.approx(-0.15)
    assert report["lineage"][0]["parent"] == "sft/hf"
    assert report["seconds"]["math"] == 61.0


def test_no_change_is_no_gain(tmp_path: Path) -> None:
    """A stage that does nothing is neither significant nor a regression."""
    run = make_run(tmp_path / "run", {"base": 0.1, "sft": 0.4, "multi_domain": 0.4})
    matrix = write_report(run)
    transition = matrix.transition("sft", "multi_domain")
    assert transition.mean is not None
    assert not transition.mean.significant
    assert "within noise" in transition.sentence()
    assert "no single domain" in transition.sentence()


class Page(HTMLParser):
    """Collects tags, attributes and the text that a browser would show."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.urls: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.urls += [value or "" for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_page_escapes_what_models_say_and_needs_no_network(tmp_path: Path) -> None:
    """No element comes out of a completion, and nothing is loaded from anywhere."""
    run = make_run(tmp_path / "run", ALL)
    write_report(run)
    content = (run / "report.html").read_text()
    page = Page()
    page.feed(content)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert page.urls == []
    assert "http" not in content.replace("http-equiv", "").replace("http://evil.example", "")
    assert HOSTILE in page.text  # shown as text, in full
    assert "prefers-color-scheme: dark" in content
    shown = " ".join(page.text)
    for word in (*ALL_STAGES, *NINE_DOMAINS, "n 200", "1:01", "abcdef0123456789"):
        assert word in shown


def test_hostile_domain_names_are_escaped_too(tmp_path: Path) -> None:
    """A domain's name comes from a third party's environment."""
    run = make_run(tmp_path / "run", {"base": 0.1, "sft": 0.2})
    path = run / "sft" / "eval.json"
    document = json.loads(path.read_text())
    document["domains"]["<script>x</script>"] = {"accuracy": 0.5, "n": 10}
    path.write_text(json.dumps(document))
    write_report(run)
    page = Page()
    page.feed((run / "report.html").read_text())
    assert "script" not in page.tags


def test_control_is_marked(tmp_path: Path) -> None:
    """Nobody should take a control for a result."""
    run = make_run(tmp_path / "run", {"base": 0.1, "sft": 0.4, "multi_domain": 0.4}, control=True)
    write_report(run)
    assert "Control run" in (run / "report.html").read_text()


def test_terminal_table_fits_120_columns(tmp_path: Path) -> None:
    """Six stages, the longest names, 100 % everywhere."""
    run = make_run(tmp_path / "run", dict.fromkeys(ALL_STAGES, 1.0))
    table = render_text(write_report(run)).split("\n\n")[0]
    assert max(len(line) for line in table.splitlines()) <= 120
    assert "100.0  98–100" in table


def test_mean_needs_all_nine(tmp_path: Path) -> None:
    """A mean over fewer domains would not be comparable, so there is none."""
    path = tmp_path / "eval.json"
    path.write_text(json.dumps({"model": "m", "domains": {"math": {"accuracy": 0.5, "n": 4}}}))
    matrix = Matrix({"base": load_evaluation(path)})
    assert matrix.mean("base") is None
    assert "math" in render_text(matrix)


def test_domain_without_scored_samples_has_no_cell(tmp_path: Path) -> None:
    """All generations failed: that is no accuracy of zero."""
    path = tmp_path / "eval.json"
    domains = {"math": {"accuracy": 0.0, "n": 0, "failed": 8}}
    path.write_text(json.dumps({"model": "m", "domains": domains}))
    assert Matrix({"base": load_evaluation(path)}).cell("base", "math") is None


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "not JSON.*line 1"),
        ('{"model": "m"}', "domains: Field required"),
        ('{"model": "m", "domains": {"math": {"accuracy": 1.5, "n": 3}}}', "domains.math.accuracy"),
    ],
)
def test_broken_evaluation_is_named(tmp_path: Path, content: str, named: str) -> None:
    """File and key, not a traceback."""
    path = tmp_path / "eval.json"
    path.write_text(content)
    with pytest.raises(DataError, match=named) as caught:
        load_evaluation(path)
    assert str(path) in str(caught.value)


def test_report_of_nothing_is_refused(tmp_path: Path) -> None:
    """A directory that no pipeline wrote, and one where nothing was evaluated."""
    with pytest.raises(ConfigError, match=r"pipeline\.json"):
        write_report(tmp_path)
    run = make_run(tmp_path / "run", {})
    with pytest.raises(DataError, match="nothing was evaluated"):
        write_report(run)


def test_table_over_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Treated and control apart, with means and spreads worked out by hand."""
    runs = []
    for seed, accuracy in enumerate((0.50, 0.60, 0.70)):
        stages = {"base": 0.1, "sft": 0.4, "multi_domain": accuracy}
        runs.append(make_run(tmp_path / f"run{seed}", stages, seed=seed))
        flat = {"base": 0.1, "sft": 0.4, "multi_domain": 0.4}
        runs.append(make_run(tmp_path / f"control{seed}", flat, seed=seed, control=True))
    assert main([str(run) for run in runs]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert cells[0] == ["run", "seed", "rewards", *ALL_STAGES[:3], "gain sft → multi_domain"]
    assert [row[1] for row in cells[2:5]] == ["0", "1", "2"]
    treated, control = (row for row in cells if row[0] == "mean of 3 seeds")
    assert treated[5] == "60.0 ± 10.0"
    assert treated[6] == "**+20.0** ± 24.8"  # 4.303 · 10 / √3
    assert control[2] == "shuffled (control)"
    assert control[6].startswith("**+0.0**")


def test_single_run_prints_table_and_markdown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line over one run."""
    run = make_run(tmp_path / "run", ALL)
    assert main([str(run)]) == 0
    assert "mean over nine" in capsys.readouterr().out
    assert main([str(run), "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.count("|") for line in lines} == {len(ALL_STAGES) + 3}


def test_curves_skip_torn_lines(tmp_path: Path) -> None:
    """A killed run leaves half a line behind."""
    run = make_run(tmp_path / "run", ALL)
    curves = read_curves(run / "math" / "metrics.jsonl", ["reward/mean", "absent"])
    assert curves == {"reward/mean": [(1.0, 0.1), (2.0, 0.2)], "absent": []}


def test_pictures_are_well_formed_and_to_scale() -> None:
    """Every dot lies where its value belongs; a gap stays a gap."""
    picture = interval_panel("a < b", ["one", "two", "three"], [(0.0, 0, 0.1), None, (1.0, 0.9, 1)])
    root = ElementTree.fromstring(picture)
    dots = root.findall(".//circle")
    assert len(dots) == 2
    gridlines = sorted(float(line.get("y1", "nan")) for line in root.findall(".//line"))
    assert float(dots[0].get("cy", "nan")) == gridlines[-1]  # 0 % on the lowest line
    assert float(dots[1].get("cy", "nan")) == gridlines[0]
    ElementTree.fromstring(curve_panel("c", [(1, 0.2)], from_zero=True))
    assert "not logged" in curve_panel("c", [], from_zero=True)


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (0.31, 0.74), (-0.0002, 0.0041), (5.0, 5.0), (0.0, 0.0)]
)
def test_ticks_are_round_and_cover(low: float, high: float) -> None:
    """Few, evenly spaced, around the data."""
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert ticks[0] <= low + 1e-12
    assert ticks[-1] >= high - 1e-12
