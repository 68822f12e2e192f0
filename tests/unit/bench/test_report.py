"""The table and the JSON have the same results, including missed targets."""

import io
import json
from pathlib import Path

from rich.console import Console

from bench.report import busy, missed, print_table, write_json
from bench.result import Limit, Ratio, Result
from bench.sampling import Pair

RESULTS = [
    Result("fast thing", "ms", 2.0, 8.0, "slow thing", Ratio(0.5), Pair((2.0,), (8.0,))),
    Result("large thing", "MB", 123.4, None, "none; its size", Limit(100)),
    Result("other thing", "s", 12.34, None, "none; told only", None),
]


def table() -> list[list[str]]:
    output = io.StringIO()
    print_table(RESULTS, Console(file=output, width=160))
    return [line.split() for line in output.getvalue().splitlines()]


def test_the_table_has_a_line_for_each_result():
    lines = table()
    assert lines[0] == ["measurement", "unit", "ours", "reference", "ratio", "target", "met"]
    assert lines[1] == ["fast", "thing", "ms", "2.00", "8.00", "0.25x", "<=", "0.5x", "yes"]
    assert lines[2] == ["large", "thing", "MB", "123", "<=", "100", "NO"]
    assert lines[3] == ["other", "thing", "s", "12.3"]


def test_every_reference_is_named_below_the_table():
    assert ["fast", "thing:", "slow", "thing"] in table()


def test_the_json_has_the_results_and_the_machine(tmp_path: Path):
    write_json(RESULTS, tmp_path / "new" / "x.json", short=True)
    document = json.loads((tmp_path / "new" / "x.json").read_text())
    assert document["short"] is True
    assert document["machine"]["cpus"] >= 1
    found = [(result["name"], result["target"], result["ratio"], result["met"]) for result in document["results"]]
    assert found == [
        ("fast thing", "<= 0.5x", 0.25, True),
        ("large thing", "<= 100", None, False),
        ("other thing", None, None, None),
    ]
    assert document["results"][0]["samples"] == {"ours": [2.0], "reference": [8.0]}


def test_missed_targets_are_named():
    assert missed(RESULTS) == ["large thing"]


def test_the_report_says_that_the_machine_was_busy():
    assert busy(2.0, 2) is None
    assert "load average 7.9, 2 CPUs" in str(busy(7.9, 2))
