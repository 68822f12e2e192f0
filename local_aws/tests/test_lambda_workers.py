"""The life of environments: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_aws.testing import EmbeddedAws, process_state, wait_until
from local_aws.tests.lambda_functions import create, package

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"
SLOW_PID = """
    import os, time
    def handler(event, context):
        time.sleep(event or 0)
        return os.getpid()
    """
# Answers when as many as the event says run at once.
MEETS = """
    import os, pathlib, time
    def handler(event, context):
        folder = pathlib.Path(event["folder"])
        (folder / context.aws_request_id).touch()
        while len(list(folder.iterdir())) < event["count"]:
            time.sleep(0.01)
        return os.getpid()
    """


def _alive(pid):
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_warm_environment_is_reused(aws):
    function = create(aws, PID)
    assert len({function.invoke().payload for _ in range(5)}) == 1


def test_each_concurrent_invocation_has_its_own_environment(aws, tmp_path):
    function = create(aws, MEETS)
    event = {"folder": str(tmp_path), "count": 3}
    with ThreadPoolExecutor(3) as threads:
        assert len(set(threads.map(lambda _: function.invoke(event).payload, range(3)))) == 3


def test_environments_of_old_code_and_old_configuration_end(aws):
    function = create(aws, PID)
    client = aws.client("lambda")
    first = function.invoke().payload
    client.update_function_code(FunctionName=function.name, ZipFile=package({"app.py": PID + "# new\n"}))
    wait_until(lambda: not _alive(first), "the old code's environment is gone")
    second = function.invoke().payload
    client.update_function_configuration(FunctionName=function.name, Environment={"Variables": {"A": "1"}})
    wait_until(lambda: not _alive(second), "the old configuration's environment is gone")
    assert function.invoke().payload not in {first, second}


def test_invocations_that_run_during_an_update_finish_with_the_old_code(aws):
    function = create(aws, SLOW_PID)
    warm = function.invoke().payload
    wait_until(lambda: process_state(warm) == "T", "the environment is frozen")
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(function.invoke, 1)
        wait_until(lambda: process_state(warm) != "T", "the environment is thawed")
        aws.client("lambda").update_function_code(FunctionName=function.name, ZipFile=package({"app.py": PID}))
        assert running.result().payload == warm
    wait_until(lambda: not _alive(warm), "the old code's environment is gone")


def test_an_idle_environment_is_frozen(aws):
    pid = create(aws, PID).invoke().payload
    wait_until(lambda: process_state(pid) == "T", "the environment is frozen")


def test_no_worker_outlives_a_killed_server(tmp_path):
    server = EmbeddedAws(tmp_path).start()
    code = """
        import os, subprocess, sys, time
        children = []
        def handler(event, context):
            if event == "child":
                children.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
                return children[-1].pid
            if event == "loop":
                while True: pass
            return os.getpid()
        """
    idle, busy = create(server, code, Timeout=100), create(server, code, Timeout=100)
    pids = [idle.invoke().payload, idle.invoke("child").payload, busy.invoke().payload]
    with ThreadPoolExecutor(1) as threads:
        threads.submit(busy.invoke, "loop")
        wait_until(lambda: process_state(pids[2]) == "R", "the function runs")
        assert all(_alive(pid) for pid in pids)
        server.kill()
    wait_until(lambda: not any(_alive(pid) for pid in pids), "every worker is gone")


def test_no_worker_outlives_a_stopped_server(tmp_path):
    server = EmbeddedAws(tmp_path).start()
    pid = create(server, PID).invoke().payload
    server.stop()
    wait_until(lambda: not _alive(pid), "the worker is gone")


def test_an_endless_recursion_of_a_function_is_stopped(aws):
    """After about 16 invocations: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html."""
    function = create(
        aws,
        """
        import boto3
        client = boto3.client("lambda")
        def handler(event, context):
            try:
                client.invoke(FunctionName=context.function_name, InvocationType="Event", Payload=b"{}")
            except client.exceptions.RecursiveInvocationException:
                print("stopped")
        """,
        Timeout=30,
    )
    function.allow({"Action": "lambda:InvokeFunction", "Resource": "*"})
    function.invoke()

    def lines():
        return [line for _, line in function.log_events()]

    wait_until(lambda: "stopped" in lines(), "the chain is stopped")
    assert sum(line.startswith("START ") for line in lines()) == 16


def test_functions_and_their_mappings_work_after_a_restart(tmp_path):
    server = EmbeddedAws(tmp_path).start()
    try:
        function = create(
            server, "def handler(event, context):\n    print('got', len(event['Records']))\n", Publish=True
        )
        queue = server.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:000000000000:kept"
        function.allow({"Action": "sqs:*", "Resource": arn})
        server.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function.name)
        server.stop()
        server.start()
        server.client("sqs").send_message(QueueUrl=queue, MessageBody="after")
        wait_until(lambda: _logged(function, "got 1"), "the function got the message")
        assert function.invoke({"Records": []}, Qualifier="1").version == "1"
    finally:
        server.stop()


def _logged(function, wanted):
    groups = function.aws.client("logs").describe_log_groups()["logGroups"]
    if f"/aws/lambda/{function.name}" not in [group["logGroupName"] for group in groups]:
        return False
    return wanted in [line for _, line in function.log_events()]


def test_temporary_files_are_deleted_with_their_environment(aws):
    function = create(
        aws,
        """
        import tempfile
        def handler(event, context):
            return tempfile.mkdtemp()
        """,
    )
    folder = Path(function.invoke().payload)
    assert folder.exists()
    aws.client("lambda").delete_function(FunctionName=function.name)
    wait_until(lambda: not folder.exists(), "its temporary folder is gone")


def test_a_forked_child_that_returns_from_the_handler_sends_no_response(aws):
    code = "import os\ndef handler(event, context):\n    return 'parent' if os.fork() else 'child'\n"
    function = create(aws, code)
    assert [function.invoke().payload for _ in range(4)] == ["parent"] * 4
