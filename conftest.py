"""What every test of the project shares."""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from tests.scheduling import GroupScheduling, processes, turn

# No test may see the developer's own AWS set-up.
for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

# No test is held to a time: by default Hypothesis fails an example that takes 200 ms, as it may on a busy machine.
hypothesis.settings.register_profile("quartet", deadline=None)
hypothesis.settings.load_profile("quartet")


def pytest_configure(config: pytest.Config) -> None:
    """Load the app for a run that begins in an app's folder."""
    folder = Path.cwd()
    if any((path / "stages.yaml").is_file() for path in (folder, *folder.parents)):
        from tests import app_folder  # noqa: PLC0415 - other runs do not need what it imports

        if app := app_folder.app_folder(folder):
            app_folder.start(app)
            config.pluginmanager.register(app_folder)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage in what the tests make only: to look through all that was imported takes a tenth of their time.

    Each process has a hundred megabytes of modules and tests that stay until its end.
    """
    gc.disable()
    result = yield
    gc.freeze()
    # Not after 700 new objects: moto and botocore make thousands for each request.
    gc.set_threshold(10_000, 10, 10)
    gc.enable()
    return result


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest groups first."""
    items.sort(key=lambda item: turn(item.nodeid))


def pytest_xdist_auto_num_workers() -> int:
    """Say how many processes `--numprocesses auto` means."""
    return processes(len(os.sched_getaffinity(0)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Run the tests of a group in one process, whatever `--dist` says."""
    # In our order, and not by the number of their tests.
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
