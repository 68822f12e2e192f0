"""How failures of a function are reported: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html."""

import pytest

from local_aws.tests.lambda_functions import create


def test_an_exception_is_reported_by_class_message_and_stack(aws):
    function = create(
        aws,
        """
        class Sold(Exception):
            pass

        def handler(event, context):
            raise Sold("no more tickets")
        """,
    )
    response = function.invoke()
    assert (response.status, response.error) == (200, "Unhandled")
    assert (response.payload["errorType"], response.payload["errorMessage"]) == ("Sold", "no more tickets")
    (frame,) = response.payload["stackTrace"]
    assert "app.py" in frame
    assert 'raise Sold("no more tickets")' in frame
    assert any(line.startswith("[ERROR] Sold: no more tickets") for line in response.log)


def test_an_exception_does_not_end_the_environment(aws):
    function = create(
        aws,
        """
        import os
        def handler(event, context):
            if event == "fail":
                raise ValueError("once")
            return os.getpid()
        """,
    )
    before = function.invoke().payload
    assert function.invoke("fail").error == "Unhandled"
    assert function.invoke().payload == before


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            "import not_in_the_package\ndef handler(event, context): pass",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'not_in_the_package'",
        ),
        ("def other(event, context): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(event, context) pass", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        (
            "def handler(event, context): return {1, 2}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        ("1 / 0\ndef handler(event, context): pass", "ZeroDivisionError", "division by zero"),
        (
            "import sys\ndef handler(event, context): sys.exit(3)",
            "Runtime.ExitError",
            "Error: Runtime exited with error: exit status 3",
        ),
        (
            "import os, signal\ndef handler(event, context): os.kill(os.getpid(), signal.SIGKILL)",
            "Runtime.ExitError",
            "Error: Runtime exited with error: signal: killed",
        ),
        (
            "import sys\ndef handler(event, context): sys.exit(0)",
            "Runtime.ExitError",
            "Error: Runtime exited without providing a reason",
        ),
    ],
)
def test_failures_of_the_runtime_have_their_own_error_types(aws, code, kind, message):
    response = create(aws, code).invoke()
    assert response.error == "Unhandled"
    assert response.payload["errorType"] == kind
    assert message in response.payload["errorMessage"]


def test_a_function_that_takes_too_long_is_ended(aws):
    function = create(
        aws,
        """
        import os, time
        def handler(event, context):
            if event == "hang":
                print("before", flush=True)
                time.sleep(60)
            return os.getpid()
        """,
        Timeout=1,
    )
    first = function.invoke().payload
    response = function.invoke("hang")
    assert response.error == "Unhandled"
    assert response.payload["errorType"] == "Sandbox.Timedout"
    assert response.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert "before" in response.log
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in response.log)
    assert function.invoke().payload != first


def test_a_failure_is_delivered_to_the_dead_letter_queue_of_an_asynchronous_call(aws):
    queue = aws.client("sqs").create_queue(QueueName="async-failures")["QueueUrl"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function = create(aws, "def handler(event, context): raise KeyError('gone')")
    function.allow({"Action": "sqs:SendMessage", "Resource": arn})
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=function.name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    function.invoke({"order": 1}, InvocationType="Event", LogType="None")
    message = aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"][0]
    assert '"errorType": "KeyError"' in message["Body"]
