"""A function is active at once here: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html."""

from local_aws.tests.lambda_functions import create, package

HANDLER = "def handler(event, context):\n    return {value}\n"


def test_a_new_function_is_active_at_once(aws):
    function = create(aws, HANDLER.format(value=1))
    config = aws.client("lambda").get_function_configuration(FunctionName=function.name)
    assert (config["State"], config["LastUpdateStatus"]) == ("Active", "Successful")


def test_an_updated_function_is_active_at_once_and_runs_the_new_code(aws):
    function = create(aws, HANDLER.format(value=1))
    assert function.invoke().payload == 1
    client = aws.client("lambda")
    client.update_function_code(FunctionName=function.name, ZipFile=package({"app.py": HANDLER.format(value=2)}))
    config = client.get_function_configuration(FunctionName=function.name)
    assert (config["State"], config["LastUpdateStatus"]) == ("Active", "Successful")
    assert function.invoke().payload == 2


def test_a_function_with_new_configuration_is_active_at_once(aws):
    function = create(aws, "import os\ndef handler(event, context):\n    return os.environ['COLOUR']\n")
    client = aws.client("lambda")
    client.update_function_configuration(FunctionName=function.name, Environment={"Variables": {"COLOUR": "red"}})
    config = client.get_function_configuration(FunctionName=function.name)
    assert (config["State"], config["LastUpdateStatus"]) == ("Active", "Successful")
    assert function.invoke().payload == "red"


def test_a_published_version_is_active_at_once(aws):
    function = create(aws, HANDLER.format(value=1), Publish=True)
    config = aws.client("lambda").get_function_configuration(FunctionName=function.name, Qualifier="1")
    assert config["State"] == "Active"
