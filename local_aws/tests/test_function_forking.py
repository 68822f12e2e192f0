"""Environments are forked from a process that has imported Lambda's packages, and behave as processes of their own."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_aws.testing import wait_until
from local_aws.tests.lambda_functions import create

PARENT = "import os\ndef handler(event, context):\n    return os.getppid()\n"


def _is_fork_server(pid):
    return b"fork_server.py" in Path(f"/proc/{pid}/cmdline").read_bytes()


NEW_PROCESS = {"Environment": {"Variables": {"PYTHONUNBUFFERED": "1"}}}


def test_a_function_finds_the_modules_that_it_would_find_in_a_new_process(aws):
    code = """
        import os, sys
        before = sorted(sys.modules)
        import botocore
        alone = sorted(vars(botocore))
        import botocore.session
        names = {name: sorted(vars(module)) for name, module in sys.modules.items() if name not in before}
        def handler(event, context):
            return os.getppid(), before, alone, sorted(sys.modules), names
        """
    forked_from, *forked = create(aws, code).invoke().payload
    started_by, *started = create(aws, code, **NEW_PROCESS).invoke().payload
    assert _is_fork_server(forked_from)
    assert not _is_fork_server(started_by)
    assert forked == started


def test_environments_are_forked(aws):
    assert _is_fork_server(create(aws, PARENT).invoke().payload)


def test_a_package_of_the_function_comes_before_that_of_the_runtime(aws):
    code = """
        import os, botocore.session, jmespath
        def handler(event, context):
            return os.getppid(), jmespath.search("a", {"a": 1})
        """
    files = {"app.py": code, "jmespath/__init__.py": "def search(*_):\n    return 'own'\ncompile = search\n"}
    files["jmespath/exceptions.py"] = "class JMESPathError(Exception):\n    pass\n"
    parent, found = create(aws, files).invoke().payload
    assert found == "own"
    assert not _is_fork_server(parent)


def test_variables_that_python_reads_at_its_start_have_their_effect(aws):
    code = """
        import sys, time
        def handler(event, context):
            return sys.flags.optimize, time.strftime("%H", time.gmtime(0)), time.strftime("%H", time.localtime(0))
        """
    options = {"Environment": {"Variables": {"PYTHONOPTIMIZE": "2", "TZ": "EST5"}}}
    assert create(aws, code, **options).invoke().payload == [2, "00", "19"]
    options = {"Environment": {"Variables": {"TZ": "EST5"}}}
    assert create(aws, code, **options).invoke().payload == [0, "00", "19"]


def test_environments_share_no_descriptors_and_no_random_numbers(aws, tmp_path):
    code = """
        import os, pathlib, random, time, uuid
        def handler(event, context):
            folder = pathlib.Path(event)
            (folder / context.aws_request_id).touch()
            while len(list(folder.iterdir())) < 3:
                time.sleep(0.01)
            links = [f"/proc/self/fd/{number}" for number in range(3, 30)]
            own = {os.readlink(link) for link in links if os.path.lexists(link)}
            return sorted(own), random.random(), str(uuid.uuid4()), os.getsid(0) == os.getpid()
        """
    function = create(aws, code)
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: function.invoke(str(tmp_path)).payload, range(3)))
    links = [link for own, *_ in answers for link in own if link.startswith(("pipe:", "socket:"))]
    assert len(links) == len(set(links))
    assert len({number for _, number, _, _ in answers}) == len({name for _, _, name, _ in answers}) == 3
    assert all(leads for *_, leads in answers)


def test_functions_run_after_the_fork_server_was_killed(aws):
    function = create(aws, PARENT)
    fork_server = function.invoke().payload
    os.kill(fork_server, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{fork_server}/cmdline").read_bytes(), "it is a zombie")
    # The first call may find the environment that ran, the next one needs another.
    function.invoke()
    again = create(aws, PARENT).invoke().payload
    assert again != fork_server
    assert _is_fork_server(create(aws, PARENT).invoke().payload)
