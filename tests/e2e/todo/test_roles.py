"""Least privilege: each role is refused what it must not do, with the role's own credentials."""

import pytest
from botocore.exceptions import ClientError

APP = "todo_app"


@pytest.fixture(scope="module")
def names(stage):
    return stage.outputs(APP)


@pytest.fixture(scope="module")
def as_role(stage, names):
    """A function that gives a client with the credentials of one of the stack's function roles."""

    def client(role_output, service):
        sts = stage.client("sts")
        credentials = sts.assume_role(RoleArn=names[role_output], RoleSessionName="role-test")["Credentials"]
        return stage.client(service, credentials)

    return client


def attempts(names):
    """(role, what it tries, the call) for everything a role must not be able to do."""
    table, bucket, pool = names["TableName"], names["BucketName"], names["UserPoolId"]
    item = {"owner": {"S": "x"}, "key": {"S": "todo#x"}}
    deletions = names["DeletionQueueUrl"]
    api, worker, files = "RoleApiHandler", "RoleDeleteAccount", "RoleDeleteFiles"
    return [
        (api, "scan", "dynamodb", lambda c: c.scan(TableName=table)),
        (api, "delete the table", "dynamodb", lambda c: c.delete_table(TableName=table)),
        (api, "read a file", "s3", lambda c: c.get_object(Bucket=bucket, Key="a/b")),
        (api, "list files", "s3", lambda c: c.list_objects_v2(Bucket=bucket)),
        (
            api,
            "write the site",
            "s3",
            lambda c: c.put_object(Bucket=names["SiteBucketName"], Key="index.html", Body=b""),
        ),
        (api, "take deletions", "sqs", lambda c: c.receive_message(QueueUrl=deletions)),
        (api, "list users", "cognito-idp", lambda c: c.list_users(UserPoolId=pool)),
        (api, "delete a user", "cognito-idp", lambda c: c.admin_delete_user(UserPoolId=pool, Username="x")),
        (api, "list secrets", "secretsmanager", lambda c: c.list_secrets()),
        (
            api,
            "change the secret",
            "secretsmanager",
            lambda c: c.put_secret_value(SecretId=names["CursorSecretArn"], SecretString="known"),
        ),
        (
            api,
            "change itself",
            "lambda",
            lambda c: c.update_function_configuration(FunctionName="todo-local", Timeout=3),
        ),
        (files, "read a to-do", "dynamodb", lambda c: c.get_item(TableName=table, Key=item)),
        (
            files,
            "read a title",
            "dynamodb",
            lambda c: c.get_item(TableName=table, Key=item, ProjectionExpression="title"),
        ),
        (files, "write a to-do", "dynamodb", lambda c: c.put_item(TableName=table, Item=item)),
        (files, "delete a to-do", "dynamodb", lambda c: c.delete_item(TableName=table, Key=item)),
        (files, "read a file", "s3", lambda c: c.get_object(Bucket=bucket, Key="a/todos/b/c")),
        (files, "write a file", "s3", lambda c: c.put_object(Bucket=bucket, Key="a/todos/b/c", Body=b"")),
        (files, "delete a file of no to-do", "s3", lambda c: c.delete_object(Bucket=bucket, Key="a/note.txt")),
        (files, "list a folder", "s3", lambda c: c.list_objects_v2(Bucket=bucket, Prefix="a/")),
        (files, "list all to-dos' files", "s3", lambda c: c.list_objects_v2(Bucket=bucket, Prefix="a/todos/")),
        (files, "read dead letters", "sqs", lambda c: c.receive_message(QueueUrl=names["StreamDeadLettersUrl"])),
        (files, "request deletions", "sqs", lambda c: c.send_message(QueueUrl=deletions, MessageBody="x")),
        (worker, "write a to-do", "dynamodb", lambda c: c.put_item(TableName=table, Item=item)),
        (worker, "scan", "dynamodb", lambda c: c.scan(TableName=table)),
        (worker, "read a file", "s3", lambda c: c.get_object(Bucket=bucket, Key="a/b")),
        (worker, "write a file", "s3", lambda c: c.put_object(Bucket=bucket, Key="a/b", Body=b"")),
        (worker, "empty the site", "s3", lambda c: c.delete_object(Bucket=names["SiteBucketName"], Key="index.html")),
        (worker, "list users", "cognito-idp", lambda c: c.list_users(UserPoolId=pool)),
        (
            worker,
            "set a password",
            "cognito-idp",
            lambda c: c.admin_set_user_password(UserPoolId=pool, Username="x", Password="long-enough-1"),
        ),
        (worker, "read the secret", "secretsmanager", lambda c: c.get_secret_value(SecretId=names["CursorSecretArn"])),
    ]


def test_each_role_is_refused_what_it_must_not_do(names, as_role):
    allowed = []
    for role, what, service, call in attempts(names):
        try:
            call(as_role(role, service))
            allowed.append(f"{role} may {what}")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
                allowed.append(f"{role}: {what}: {error}")
    assert allowed == []


def test_only_lambda_can_assume_a_functions_role(stage, names):
    iam = stage.client("iam")
    for role in ("RoleApiHandler", "RoleDeleteAccount", "RoleDeleteFiles"):
        document = iam.get_role(RoleName=names[role].rsplit("/", 1)[1])["Role"]["AssumeRolePolicyDocument"]
        assert [s["Principal"] for s in document["Statement"]] == [{"Service": "lambda.amazonaws.com"}]


# What Lambda does for a function in a VPC; EC2 does not take all of it by resource.
NETWORK = {
    f"ec2:{action}"
    for action in (
        "CreateNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "DeleteNetworkInterface",
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
    )
}


def test_no_policy_of_the_stack_names_every_resource(stage, names):
    iam = stage.client("iam")
    roles = [r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("todo-local-")]
    assert len(roles) == (5 if "DaxEndpoint" in names else 4)
    for role in roles:
        policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
        assert policies, role
        for policy in policies:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            assert document["Statement"], (role, policy)
            for statement in (each for each in document["Statement"] if each["Effect"] == "Allow"):
                is_network = set(statement["Action"]) == NETWORK
                assert is_network or "*" not in (statement["Resource"], statement["Action"]), (role, statement)


def test_what_lambda_may_do_in_the_network_the_code_of_the_function_may_not(stage, names):
    if "DaxEndpoint" not in names:
        pytest.skip("the function is not in a network")
    role = names["RoleApiHandler"].rsplit("/", 1)[1]
    document = stage.client("iam").get_role_policy(RoleName=role, PolicyName="network")["PolicyDocument"]
    (denied,) = (each for each in document["Statement"] if each["Effect"] == "Deny")
    assert (denied["Action"], denied["Resource"]) == ("ec2:*", "*")
    function = stage.client("lambda").get_function_configuration(FunctionName="todo-local")
    assert denied["Condition"] == {"ArnEquals": {"lambda:SourceFunctionArn": function["FunctionArn"]}}
