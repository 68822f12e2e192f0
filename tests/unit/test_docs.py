"""The documents say what the code says: targets, commands, stages, the embedded AWS, folders, links."""

import argparse
import inspect
import json
import re
import shlex
from pathlib import Path

import msgspec
import pytest

from deploy import cli, settings
from deploy.apps import find_apps
from deploy.tasks import _split, find_tasks
from local_aws.faults import rules as fault_rules
from tests.documentation import CODE, DOCS, EMBEDDED_AWS, PAGES, README, ROOT, commands, names, rows, section
from tests.e2e.page_commands import blocks

APPS = find_apps(ROOT)
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
DECLARES_HOOK = re.compile(r"^(?:(?:@(?:\w+\.)?around|@?(?:wraps|replaces)|put)\(|@prepares$)", re.MULTILINE)
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")


# ---- tools ----------------------------------------------------------------------------------------------------------


def tool_commands() -> dict[str, argparse.ArgumentParser]:
    """The deploy tool's commands."""
    (subparsers,) = (action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction))
    return subparsers.choices


def test_every_deploy_command_is_in_its_table():
    text = section((DOCS / "deploy.md").read_text(), "The tool's commands")
    assert names(text) == set(tool_commands())


def test_every_make_target_is_in_its_table():
    text = section((DOCS / "deploy.md").read_text(), "Make targets")
    targets = {target for row in rows(text) for target in re.findall(r"`make ([a-z-]+)`", row[0])}
    assert targets == TARGETS
    variables = {name for name in names(text) if name.isupper()}
    assert variables == {"PORT", "STAGE", "APP", "TO", "BENCH", "PAGES", "PYTHON", "V"}
    assert all(f"$({name}" in MAKEFILE or f",$({name})" in MAKEFILE for name in variables)


def test_every_make_command_names_targets_and_variables_that_exist():
    make_commands = [(page, line) for page, line in commands() if re.match(r"make( |$)", line)]
    assert len(make_commands) > 20
    for page, line in make_commands:
        for word in line.split()[1:]:
            name, equals, _ = word.partition("=")
            known = f"$({name})" in MAKEFILE if equals else name in TARGETS
            assert known, f"{page.name}: {line}"


def task_options(words: list[str]) -> set[str]:
    """The options of the app's task that a command line runs."""
    tasks = [find_tasks(app)[words[words.index(app.key) + 1].replace("-", "_")] for app in APPS if app.key in words]
    return {f"--{name.replace('_', '-')}" for task in tasks for name in inspect.signature(task).parameters}


def test_every_deploy_command_line_is_one_that_the_tool_takes():
    deploy_commands = [(page, line) for page, line in commands() if "python -m deploy " in line]
    assert len(deploy_commands) > 5
    for page, line in deploy_commands:
        words = re.split(r"[)\"';|]", line.partition("python -m deploy ")[2])[0].split()
        if words[0] == "COMMAND":
            continue
        assert words[0] in tool_commands(), f"{page.name}: {line}"
        options = {option for action in tool_commands()[words[0]]._actions for option in action.option_strings}
        options |= task_options(words) if words[0] == "task" else set()
        unknown = [word for word in words if word.startswith("--") and word not in options]
        assert not unknown, f"{page.name}: {line}"


def test_every_task_in_a_command_line_takes_what_follows_its_name():
    # An option of the tool after the name would go to the task.
    task_commands = [(page, line) for page, line in commands() if re.search("python -m deploy task (?!APP)", line)]
    assert len(task_commands) > 4
    for page, line in task_commands:
        parsed = cli._parser().parse_args(shlex.split(line.partition("python -m deploy ")[2]))
        (app,) = (app for app in APPS if app.key == parsed.task_app)
        task = find_tasks(app)[parsed.name.replace("-", "_")]
        positional, by_name = _split(parsed.arguments)
        unknown = by_name.keys() - inspect.signature(task).parameters.keys()
        assert not unknown, f"{page.name}: {line}"
        inspect.signature(task).bind(None, *positional, **by_name)


def test_options_named_in_the_tools_table_exist():
    text = section((DOCS / "deploy.md").read_text(), "The tool's commands")
    for row in rows(text)[1:]:
        parser = tool_commands()[row[0].strip("`")]
        known = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"`(--[a-z-]+)`", row[1])) <= known, row


def test_stages_are_those_of_the_apps():
    text = section((DOCS / "deploy.md").read_text(), "Stages")
    known = {stage for app in APPS for stage in settings.app_file(app.folder / "stages.yaml").stages}
    assert names(text) == known


def test_every_setting_of_stages_yaml_is_described():
    text = section((DOCS / "deploy.md").read_text(), "stages.yaml")
    structs = [kind for kind in vars(settings).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    fields = {field.name for struct in structs for field in msgspec.structs.fields(struct)}
    assert len(structs) > 5
    assert fields <= set(re.findall(r"`(\w+)`", text))
    tops = {
        field.name for struct in (settings.AppFile, settings.StageSettings) for field in msgspec.structs.fields(struct)
    }
    assert names(text) == tops


# ---- the embedded AWS -----------------------------------------------------------------------------------------------


def test_every_module_with_hooks_is_in_its_table():
    root = ROOT / "local_aws"
    modules = {
        ".".join(path.relative_to(root).with_suffix("").parts).removeprefix("services.")
        for package in ("faults", "services", "state")
        for path in (root / package).rglob("*.py")
        if DECLARES_HOOK.search(path.read_text())
    }
    assert names(section(EMBEDDED_AWS.read_text(), "Modules")) == modules


def test_every_field_of_a_fault_is_in_its_table():
    assert names(section(EMBEDDED_AWS.read_text(), "Faults")) == set(fault_rules._READERS)


def test_faults_in_examples_are_valid():
    text = EMBEDDED_AWS.read_text()
    rules = re.findall(r"-d '(\{.*?\})'", text)
    assert rules
    for rule in rules:
        fault_rules.parse_rule(json.loads(rule), {"dynamodb": "dynamodb"})


def test_ports_are_the_apps():
    table = rows(section(EMBEDDED_AWS.read_text(), "Addresses"))[1:]
    ports = {int(row[0].split()[0]) for row in table}
    servers = {8000 + server.port_offset for app in APPS for server in app.stage("local").servers.values()}
    fronts = {base + app.port_offset for app in APPS for base in (8000, 8440)}
    mqtt, dax = 8013, 8111
    assert ports == {8000, mqtt, dax, *fronts, *servers}


# ---- all pages ------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@by_page
def test_relative_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page.read_text()))
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@by_page
def test_every_command_block_is_one_that_the_end_to_end_tests_find(page):
    text = page.read_text()
    assert text.count("```sh\n") == len(blocks(page))
    assert text.count("<!-- not run: ") == len([block for block in blocks(page) if block.reason])
    for language, block in CODE.findall(text):
        assert language == "sh" or not re.search(r"^(make|curl|cd|aws|\.venv/bin/\S+) ", block, re.MULTILINE), block


@by_page
def test_files_named_in_code_exist(page):
    for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|yaml|json|txt|md|toml))`", page.read_text()):
        generated = name.startswith(".")
        assert generated or (ROOT / name).exists(), name


@by_page
def test_no_page_names_a_path_of_a_machine(page):
    assert not re.findall(r"(?<![\w.:}])/(?:home|root|work|Users|mnt|opt|var)/\S*", page.read_text())


def test_every_top_level_folder_is_described():
    folders = section((DOCS / "architecture.md").read_text(), "The folders")
    named = set(re.findall(r"^\| \[([\w.]+)/\]", folders, re.MULTILINE))
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ignored}
    assert named == there


def test_every_step_of_up_is_in_its_table():
    steps = re.findall(r'progress\.step\(f?"(?:{self\.label})?(\d) ', (ROOT / "deploy" / "up.py").read_text())
    table = rows(section((DOCS / "architecture.md").read_text(), "How an `up` runs"))[1:]
    assert [row[0] for row in table] == sorted(set(steps))


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [README]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = re.findall(r"\]\(([\w./-]+\.md)", page.read_text())
        waiting += {(page.parent / link).resolve() for link in links} - reached
    assert reached == set(PAGES)
