"""The environment of a function.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

import importlib._bootstrap_external as external
import json
import os
import sys

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws
from local_aws.tests.lambda_functions import RUNTIME, create, package

# The page's defined runtime variables, as far as they apply to Python on demand, and its unreserved ones.
DOCUMENTED = {
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
    *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
    *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    *("LANG", "PATH", "TZ", "AWS_XRAY_CONTEXT_MISSING"),
}
OURS = {"AWS_ENDPOINT_URL", "TMPDIR", "HOME"}
# The interpreter's own; and the authority of DAX clusters, once a test of this server has made one.
SOMETIMES = {"LC_CTYPE", "SSL_CERT_FILE"}


@pytest.fixture(scope="module")
def settings(aws):
    """The environment of one function that has a variable of its own."""
    function = create(
        aws,
        """
        import os, sys
        def handler(event, context):
            return {
                "variables": dict(os.environ),
                "path": sys.path,
                "folder": os.getcwd(),
                "modules": sorted(sys.modules),
                "prefix": sys.base_prefix,
            }
        """,
        Environment={"Variables": {"COLOUR": "red", "AWS_LAMBDA_FUNCTION_VERSION": "mine"}},
        MemorySize=512,
    )
    return function, function.invoke().payload


def test_a_function_has_lambdas_variables_and_its_own_and_no_others(settings):
    function, seen = settings
    variables = seen["variables"]
    assert set(variables) - SOMETIMES == DOCUMENTED | OURS | {"COLOUR"}
    assert variables["COLOUR"] == "red"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"  # reserved: the function cannot set it
    assert variables["AWS_EXECUTION_ENV"] == f"AWS_Lambda_{RUNTIME}"
    assert variables["_X_AMZN_TRACE_ID"].startswith("Root=1-")


def test_a_function_does_not_get_the_servers_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTET_SECRET_OF_THE_SERVER", "1")
    server = EmbeddedAws(tmp_path).start()
    try:
        seen = create(server, "import os\ndef handler(event, context): return dict(os.environ)").invoke().payload
    finally:
        server.stop()
    assert "QUARTET_SECRET_OF_THE_SERVER" not in seen
    assert os.environ["PATH"] != seen["PATH"]


def test_code_is_imported_from_its_folder_first(settings):
    _, seen = settings
    assert seen["path"][0] == seen["folder"] == seen["variables"]["LAMBDA_TASK_ROOT"]


@pytest.mark.parametrize("module", ["chalice", "ministack", "local_aws", "pip", "setuptools", "moto", "msgspec"])
def test_a_package_that_is_not_in_the_zip_cannot_be_imported(aws, module):
    response = create(aws, f"import {module}\ndef handler(event, context): pass").invoke()
    assert response.payload["errorType"] == "Runtime.ImportModuleError"
    assert response.payload["errorMessage"] == f"Unable to import module 'app': No module named '{module}'"


def test_boto3_can_be_imported_and_acts_as_the_functions_role(aws):
    function = create(
        aws,
        """
        import boto3
        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Arn"]
        """,
    )
    arn = f"arn:aws:sts::000000000000:assumed-role/{function.role}/{function.name}"
    assert function.invoke().payload == arn


def test_a_role_without_permission_is_refused(aws):
    function = create(
        aws,
        """
        import boto3
        def handler(event, context):
            return boto3.client("sqs").create_queue(QueueName=event)["QueueUrl"]
        """,
    )
    assert "AccessDenied" in function.invoke("q-" + function.name).payload["errorMessage"]
    function.allow({"Action": "sqs:CreateQueue", "Resource": "*"})
    assert function.invoke("q-" + function.name).payload.endswith("q-" + function.name)


def test_each_environment_has_credentials_of_its_own_that_expire(aws):
    code = """
        import os
        def handler(event, context):
            return os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        """
    function = create(aws, code)
    first = function.invoke().payload
    assert first[0].startswith("ASIA")
    aws.client("lambda").update_function_configuration(FunctionName=function.name, Description="new")
    second = function.invoke().payload
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_bytecode_in_the_package_is_used(aws, tmp_path):

    code = compile("VALUE = 'from bytecode'", "part.py", "exec")
    # Unchecked, so the source beside it is not looked at (PEP 552).
    pyc = external._code_to_hash_pyc(code, b"\0" * 8, False)
    function = create(
        aws,
        {
            "app.py": "import part\ndef handler(event, context): return part.VALUE\n",
            "part.py": "VALUE = 'from source'\n",
            f"__pycache__/part.{sys.implementation.cache_tag}.pyc": bytes(pyc),
        },
    )
    assert function.invoke().payload == "from bytecode"


def test_a_function_can_write_to_tmp_and_not_to_its_code(aws):
    function = create(
        aws,
        """
        import os, tempfile
        def handler(event, context):
            with tempfile.NamedTemporaryFile() as file:
                file.write(b"x")
            with open(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "app.py"), "w") as file:
                file.write("")
        """,
    )
    assert function.invoke().payload["errorType"] in {"PermissionError", "OSError"}


def test_the_context_describes_the_invocation(aws):
    function = create(
        aws,
        """
        import time
        def handler(event, context):
            before = context.get_remaining_time_in_millis()
            time.sleep(0.05)
            return {
                "name": context.function_name,
                "version": context.function_version,
                "memory": context.memory_limit_in_mb,
                "arn": context.invoked_function_arn,
                "request": context.aws_request_id,
                "remaining": [before, context.get_remaining_time_in_millis()],
            }
        """,
        Timeout=7,
        Publish=True,
    )
    response = function.invoke(Qualifier="1").payload
    before, after = response.pop("remaining")
    assert 6000 < after < before <= 7000
    assert before - after >= 50
    assert response.pop("request").count("-") == 4
    assert response == {
        "name": function.name,
        "version": "1",
        "memory": "128",
        "arn": f"arn:aws:lambda:us-east-1:000000000000:function:{function.name}:1",
    }


@pytest.mark.parametrize("runtime", ["nodejs22.x", "python3.9", "ruby3.4"])
def test_a_runtime_that_cannot_run_here_is_refused_by_name(aws, runtime):
    with pytest.raises(ClientError, match=f"InvalidParameterValueException.*{runtime}.*{RUNTIME}"):
        create(aws, {"app.py": ""}, Runtime=runtime)
    function = create(aws, "def handler(event, context): return 1")
    with pytest.raises(ClientError, match=f"InvalidParameterValueException.*{runtime}"):
        aws.client("lambda").update_function_configuration(FunctionName=function.name, Runtime=runtime)
    assert function.invoke().payload == 1


def test_a_layers_packages_can_be_imported(aws):
    layer = aws.client("lambda").publish_layer_version(
        LayerName="numbers", Content={"ZipFile": package({"python/numbers_layer.py": "ONE = 1\n"})}
    )
    code = "import numbers_layer\ndef handler(event, context): return numbers_layer.ONE"
    assert create(aws, code, Layers=[layer["LayerVersionArn"]]).invoke().payload == 1


def test_an_event_can_be_any_json(aws):
    function = create(
        aws,
        """
        from decimal import Decimal
        def handler(event, context):
            return {"event": event, "one": Decimal("1"), "half": Decimal("0.5")}
        """,
    )
    for event in ([1, None, "ä"], "text", 3, None, {"a": {"b": []}}):
        response = function.invoke(Payload=json.dumps(event).encode())
        assert response.payload == {"event": event, "one": 1, "half": 0.5}
