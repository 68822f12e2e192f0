"""An app's tasks are loaded without writing bytecode, and fail with one line."""

import sys

import pytest

from deploy.apps import App
from deploy.errors import DeployError
from deploy.progress import Progress, counted
from deploy.target import Target
from deploy.tasks import before_removal, find_tasks, run_task, task_help


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


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("\nimport no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module' ({}, line 2)"),
        ("a = 1\nb = (\n", "SyntaxError: '(' was never closed (tasks.py, line 2) ({}, line 2)"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named_with_the_line(tmp_path, source, reason):
    path = tmp_path / "tasks.py"
    path.write_text(source)
    with pytest.raises(DeployError) as failure:
        find_tasks(App(tmp_path))
    assert str(failure.value) == f"{tmp_path.name}/tasks.py cannot be loaded: {reason.format(path)}"


def test_a_task_that_times_out_fails_with_one_line(tmp_path):
    (tmp_path / "tasks.py").write_text("def wait(context):\n    raise TimeoutError('nothing came: run it again')\n")
    with pytest.raises(DeployError, match=r"^task wait: nothing came: run it again$"):
        run_task(App(tmp_path), Target("prod", "us-east-1"), {}, "wait", [])


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        (["a", "b"], ("a", "b", "")),
        (["a", "--title", "b"], ("a", "b", "")),
        (["--title=b", "a", "--more-words", "--x"], ("a", "b", "--x")),
    ],
)
def test_arguments_are_taken_by_place_and_by_name(tmp_path, arguments, received):
    (tmp_path / "tasks.py").write_text(
        "def show_all(context, file, title, more_words=''):\n    return file, title, more_words\n"
    )
    assert run_task(App(tmp_path), Target("prod", "us-east-1"), {}, "show-all", arguments) == received


def test_a_name_that_the_task_does_not_know_is_refused(tmp_path):
    (tmp_path / "tasks.py").write_text("def show(context, title):\n    return title\n")
    with pytest.raises(DeployError, match=r"(?s)^task show: .*\nusage: show TITLE$"):
        run_task(App(tmp_path), Target("prod", "us-east-1"), {}, "show", ["--titel", "a"])


def test_help_says_how_a_task_is_called_without_running_it(tmp_path):
    (tmp_path / "tasks.py").write_text(
        "def add_film(context, file, title='', price='4.90'):\n    'Add a film.'\n    raise ValueError\n"
    )
    assert task_help(App(tmp_path), "add-film") == "usage: add-film FILE [--title TEXT] [--price 4.90]\n\nAdd a film."


def test_help_without_a_name_says_how_each_task_of_operators_is_called(tmp_path):
    hooks = "def after_deployment(context): ...\ndef before_removal(context): ...\ndef stack_parameters(context): ...\n"
    (tmp_path / "tasks.py").write_text(f"def seed(context): ...\ndef add_film(context, file): ...\n{hooks}")
    assert task_help(App(tmp_path), "") == "seed\nadd-film FILE"
    with pytest.raises(DeployError, match=r"has no task swim; there are: seed, add-film$"):
        task_help(App(tmp_path), "swim")


def test_a_value_that_the_task_refuses_fails_with_one_line(tmp_path):
    (tmp_path / "tasks.py").write_text("def show(context):\n    raise ValueError('no such file')\n")
    with pytest.raises(DeployError, match=r"^task show: no such file$"):
        run_task(App(tmp_path), Target("prod", "us-east-1"), {}, "show", [])


def test_what_an_app_removes_before_its_stack_is_printed(tmp_path, capsys):
    target, progress = Target("dev", "us-east-1"), Progress("app")
    before_removal(App(tmp_path), target, {"Name": "x"}, progress)
    assert capsys.readouterr().out == ""
    (tmp_path / "tasks.py").write_text(
        "def before_removal(context):\n    return f'{context.outputs[\"Name\"]} removed'\n"
    )
    before_removal(App(tmp_path), target, {}, progress)
    assert capsys.readouterr().out == ""
    before_removal(App(tmp_path), target, {"Name": "7 devices"}, progress)
    assert "7 devices removed" in capsys.readouterr().out


def test_one_thing_is_counted_in_the_singular():
    assert [counted(number, "object") for number in (0, 1, 2)] == ["0 objects", "1 object", "2 objects"]
