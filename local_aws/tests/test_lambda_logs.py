"""What a function logs: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html."""

import re

from local_aws.testing import process_state, wait_until
from local_aws.tests.lambda_functions import create


def _invocations(lines):
    """Lines by request id, from START to END; lines outside any under None."""
    found, current = {None: []}, None
    for line in lines:
        if match := re.match(r"START RequestId: (\S+) Version", line):
            assert current is None, "an invocation began inside another"
            current = match[1]
            found[current] = []
        elif match := re.match(r"END RequestId: (\S+)", line):
            assert match[1] == current
            current = None
        elif not line.startswith("REPORT "):
            found[current].append(line)
    return found


def test_prints_and_logging_are_in_the_log_under_their_request_id(aws):
    function = create(
        aws,
        """
        import logging, sys
        logging.getLogger().setLevel(logging.INFO)
        def handler(event, context):
            print("printed", event)
            print("to stderr", event, file=sys.stderr)
            logging.info("logged %s\\nin two lines", event)
            sys.stdout.write("no newline")
            return context.aws_request_id
        """,
    )
    ids = [function.invoke(number).payload for number in range(3)]
    by_request = _invocations([line for _, line in function.log_events()])
    for number, request_id in enumerate(ids):
        printed, stderr, logged, rest = by_request[request_id]
        assert (printed, stderr, rest) == (f"printed {number}", f"to stderr {number}", "no newline")
        assert re.fullmatch(rf"\[INFO\]\t\S+Z\t{request_id}\tlogged {number}\nin two lines", logged)


def test_log_streams_are_those_that_the_context_names(aws):
    function = create(
        aws,
        """
        def handler(event, context):
            return [context.log_group_name, context.log_stream_name]
        """,
    )
    first, second = function.invoke().payload, function.invoke().payload
    assert first == second
    assert first[0] == f"/aws/lambda/{function.name}"
    assert {stream for stream, _ in function.log_events()} == {first[1]}
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", first[1])


def test_the_tail_has_the_lines_of_its_invocation_and_the_report(aws):
    function = create(aws, "def handler(event, context):\n    print('said', event)\n", MemorySize=256)
    function.invoke("first")
    log = function.invoke("second").log
    assert re.match(r"START RequestId: \S+ Version: \$LATEST", log[0])
    assert "said second" in log
    assert not any("first" in line for line in log)
    assert re.fullmatch(
        r"REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\t"
        r"Max Memory Used: [1-9]\d* MB",
        log[-1],
    )


def test_a_thread_that_outlives_its_invocation_is_frozen_until_the_next(aws):
    function = create(
        aws,
        """
        import os, threading
        again, threads = threading.Event(), []
        def late(event):
            again.wait()
            print("late", event)
        def handler(event, context):
            if event == "first":
                threads.append(threading.Thread(target=late, args=[event]))
                threads[0].start()
            else:
                again.set()
                threads[0].join()
            return [context.aws_request_id, os.getpid()]
        """,
    )
    first, pid = function.invoke("first").payload
    # "Lambda freezes the execution environment": no thread of it runs.
    wait_until(lambda: process_state(pid) == "T", "the environment is frozen")
    second, same_pid = function.invoke("second").payload
    assert same_pid == pid
    by_request = _invocations([line for _, line in function.log_events()])
    assert by_request[first] == []
    assert by_request[second] == ["late first"]


def test_more_output_than_a_pipe_holds_is_logged_in_order(aws):
    function = create(
        aws,
        """
        def handler(event, context):
            for number in range(3000):
                print(number, "x" * 100)
        """,
    )
    function.invoke()
    lines = [line for _, line in function.log_events() if line.endswith("xxx")]
    assert [int(line.split()[0]) for line in lines] == list(range(3000))


def test_output_of_initialisation_is_before_the_first_invocation(aws):
    function = create(aws, "print('importing')\ndef handler(event, context):\n    print('handling')\n")
    function.invoke()
    lines = [line for _, line in function.log_events()]
    assert lines[0] == "importing"
    assert lines[1].startswith("START ")
    assert lines[2] == "handling"
