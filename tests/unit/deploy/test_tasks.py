"""An app's tasks are loaded without a trace."""

import sys

from deploy.apps import App
from deploy.tasks import find_tasks


def test_loading_tasks_leaves_no_bytecode_in_the_app(tmp_path, monkeypatch):
    # Chalice hashes and zips what lies there: the package would be built again, and otherwise.
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    (tmp_path / "imported_by_tasks.py").write_text("ANSWER = 42\n")
    (tmp_path / "tasks.py").write_text(
        "import imported_by_tasks\n\n\ndef seed(context):\n    return imported_by_tasks.ANSWER\n"
    )
    tasks = find_tasks(App(tmp_path))
    assert tasks["seed"](None) == 42
    assert [path for path in tmp_path.rglob("*") if path.suffix == ".pyc"] == []
    assert sys.dont_write_bytecode is False
