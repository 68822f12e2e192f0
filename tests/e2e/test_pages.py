"""Every command block of README and docs runs, in the order of the page, in one checkout.

They are run by `make test PAGES=all` only, as in continuous integration: they take 30 s of a processor.
"""

import os
import subprocess
import sys

import pytest

from tests.documentation import PAGES
from tests.e2e.local_stage import ROOT
from tests.e2e.page_commands import blocks, program

pytestmark = pytest.mark.skipif(not os.environ.get("PAGES"), reason="without PAGES=all")
RUN = [page for page in PAGES if any(not block.reason for block in blocks(page))]


@pytest.fixture(scope="module")
def checkout(stage):
    """The stage's folder, completed to a checkout: the pages say `.venv/bin/python -m deploy`."""
    for name in ("contract", "deploy", "local_aws", "requirements"):
        (stage.root / name).symlink_to(ROOT / name)
    (stage.root / ".venv").symlink_to(sys.prefix)
    # The pages are about a stage in which devices send.
    done = stage.deploy("task", "pipeline_app", "simulate", "--devices", "1", "--name", "room", "--seconds", "2")
    assert done.returncode == 0, done.stderr
    return stage.root


@pytest.mark.parametrize("page", RUN, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_the_commands_of_a_page_run(stage, checkout, page, tmp_path):
    failures = tmp_path / "failures"
    failures.touch()
    environment = {**os.environ, "FAILURES": str(failures)}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        ["bash", "-c", program(page, stage.port)], cwd=checkout, env=environment, capture_output=True, text=True
    )
    report = f"{failures.read_text()}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert not failures.read_text(), report
    assert done.returncode == 0, report
