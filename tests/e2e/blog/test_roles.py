"""Least privilege: each role of blog_app is refused what it must not do, with the role's own credentials."""

import pytest
from botocore.exceptions import ClientError

APP = "blog_app"


@pytest.fixture(scope="module")
def names(stage):
    return stage.outputs(APP)


def attempts(names):
    """(role, what it tries, the call) for everything a role must not be able to do."""
    posts, subscribers = names["TableName"], names["SubscriberTableName"]
    site, pool = names["SiteBucketName"], names["UserPoolId"]
    key = {"pk": {"S": "post#x"}, "sk": {"S": "post"}}
    mail = {
        "FromEmailAddress": names["MailFrom"],
        "Destination": {"ToAddresses": ["x@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
    }
    asked = {
        "ConditionCheck": {"TableName": posts, "Key": key, "ConditionExpression": "attribute_not_exists(pk)"},
    }
    home, notes = {**key, "pk": {"S": "home"}}, {**key, "pk": {"S": "publishing#us-east-1"}}
    paths = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "x"}
    another = {**mail, "FromEmailAddress": "ceo@example.org"}
    api, publish, welcome, scheduled = "RoleApiHandler", "RolePublish", "RoleWelcome", "RolePublishScheduled"
    thumbnails, catalogue, mails = "RoleMakeThumbnails", "RoleCataloguePhotos", "RoleSendMails"
    uploads, media = names["UploadsBucketName"], names["MediaBucketName"]
    return [
        (api, "scan posts", "dynamodb", lambda c: c.scan(TableName=posts)),
        (api, "list subscribers", "dynamodb", lambda c: c.scan(TableName=subscribers)),
        (api, "list confirmed subscribers", "dynamodb", lambda c: _confirmed(c, subscribers)),
        (api, "have a post mailed", "sqs", lambda c: c.send_message(QueueUrl=names["MailQueueUrl"], MessageBody="{}")),
        (api, "write a page", "s3", lambda c: c.put_object(Bucket=site, Key="index.html", Body=b"")),
        (api, "move home", "dynamodb", lambda c: c.put_item(TableName=posts, Item=home)),
        (api, "meddle with publishing", "dynamodb", lambda c: c.put_item(TableName=posts, Item=notes)),
        (api, "send mail", "sesv2", lambda c: c.send_email(**mail)),
        (api, "invalidate", "cloudfront", lambda c: _invalidate(c, names, paths)),
        (api, "make users", "cognito-idp", lambda c: c.admin_create_user(UserPoolId=pool, Username="x")),
        (publish, "write a post", "dynamodb", lambda c: c.put_item(TableName=posts, Item=key)),
        (publish, "delete a post", "dynamodb", lambda c: c.delete_item(TableName=posts, Key=key)),
        (publish, "read a subscriber", "dynamodb", lambda c: c.get_item(TableName=subscribers, Key=key)),
        (publish, "move home", "dynamodb", lambda c: c.put_item(TableName=posts, Item=home)),
        (publish, "read an upload", "s3", lambda c: c.get_object(Bucket=uploads, Key="uploads/x")),
        (publish, "read what is in quarantine", "s3", lambda c: c.get_object(Bucket=uploads, Key="quarantine/x")),
        (publish, "announce a photo", "s3", lambda c: c.put_object(Bucket=media, Key="catalogue/x", Body=b"")),
        (publish, "send mail", "sesv2", lambda c: c.send_email(**mail)),
        (publish, "delete the bucket", "s3", lambda c: c.delete_bucket(Bucket=site)),
        (welcome, "read a post", "dynamodb", lambda c: c.get_item(TableName=posts, Key=key)),
        (welcome, "ask of a post", "dynamodb", lambda c: c.transact_write_items(TransactItems=[asked])),
        (welcome, "move home", "dynamodb", lambda c: c.put_item(TableName=posts, Item=home)),
        (welcome, "list subscribers", "dynamodb", lambda c: c.scan(TableName=subscribers)),
        (welcome, "delete a subscriber", "dynamodb", lambda c: c.delete_item(TableName=subscribers, Key=key)),
        (welcome, "read the site", "s3", lambda c: c.list_objects_v2(Bucket=site)),
        (welcome, "list confirmed subscribers", "dynamodb", lambda c: _confirmed(c, subscribers)),
        (mails, "write a post", "dynamodb", lambda c: c.put_item(TableName=posts, Item=key)),
        (mails, "ask of a post", "dynamodb", lambda c: c.transact_write_items(TransactItems=[asked])),
        (mails, "move home", "dynamodb", lambda c: c.put_item(TableName=posts, Item=home)),
        (
            mails,
            "read drafts",
            "dynamodb",
            lambda c: c.get_item(TableName=posts, Key={**key, "pk": {"S": "posts#draft"}}),
        ),
        (mails, "scan subscribers", "dynamodb", lambda c: c.scan(TableName=subscribers)),
        (mails, "delete a subscriber", "dynamodb", lambda c: c.delete_item(TableName=subscribers, Key=key)),
        (
            mails,
            "count requests",
            "dynamodb",
            lambda c: c.get_item(TableName=subscribers, Key={**key, "pk": {"S": "count#x"}}),
        ),
        (mails, "read media", "s3", lambda c: c.get_object(Bucket=media, Key="media/x")),
        (mails, "mail as another", "sesv2", lambda c: c.send_email(**another)),
        (
            welcome,
            "mail as another",
            "sesv2",
            lambda c: c.send_email(**another),
        ),
        (api, "read an upload", "s3", lambda c: c.get_object(Bucket=uploads, Key="uploads/x")),
        (api, "upload elsewhere", "s3", lambda c: c.put_object(Bucket=uploads, Key="quarantine/x", Body=b"")),
        (api, "write media", "s3", lambda c: c.put_object(Bucket=media, Key="media/x", Body=b"")),
        (thumbnails, "write a post", "dynamodb", lambda c: c.put_item(TableName=posts, Item=key)),
        (thumbnails, "ask of a post", "dynamodb", lambda c: c.transact_write_items(TransactItems=[asked])),
        (thumbnails, "move home", "dynamodb", lambda c: c.put_item(TableName=posts, Item=home)),
        (thumbnails, "write an upload", "s3", lambda c: c.put_object(Bucket=uploads, Key="uploads/x", Body=b"")),
        (thumbnails, "write a page", "s3", lambda c: c.put_object(Bucket=site, Key="index.html", Body=b"")),
        (thumbnails, "send mail", "sesv2", lambda c: c.send_email(**mail)),
        (catalogue, "read a post", "dynamodb", lambda c: c.get_item(TableName=posts, Key=key)),
        (catalogue, "ask of a post", "dynamodb", lambda c: c.transact_write_items(TransactItems=[asked])),
        (catalogue, "move home", "dynamodb", lambda c: c.put_item(TableName=posts, Item=home)),
        (catalogue, "write media", "s3", lambda c: c.put_object(Bucket=media, Key="media/x", Body=b"")),
        (catalogue, "delete an upload", "s3", lambda c: c.delete_object(Bucket=uploads, Key="uploads/x")),
        (scheduled, "move home", "dynamodb", lambda c: c.put_item(TableName=posts, Item=home)),
        (scheduled, "read a subscriber", "dynamodb", lambda c: c.get_item(TableName=subscribers, Key=key)),
        (scheduled, "write a page", "s3", lambda c: c.put_object(Bucket=site, Key="index.html", Body=b"")),
        (scheduled, "send mail", "sesv2", lambda c: c.send_email(**mail)),
    ]


def _confirmed(client, table):
    values = {":shard": {"S": "0"}}
    condition = {"KeyConditionExpression": "confirmedShard = :shard", "ExpressionAttributeValues": values}
    return client.query(TableName=table, IndexName="confirmed", **condition)


def _invalidate(client, names, paths):
    return client.create_invalidation(DistributionId=names["DistributionId"], InvalidationBatch=paths)


def test_each_role_is_refused_what_it_must_not_do(stage, names):
    done = []
    for role, what, service, call in attempts(names):
        response = stage.client("sts").assume_role(RoleArn=names[role], RoleSessionName="role-test")
        try:
            call(stage.client(service, response["Credentials"]))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if "AccessDenied" not in code and "NotAuthorized" not in code:
                done.append((role, what, code))
        else:
            done.append((role, what, "done"))
    assert done == []


def test_no_policy_allows_everything(stage, names):
    iam = stage.client("iam")
    roles = [names[name].rpartition("/")[2] for name in names if name.startswith("Role")]
    assert roles
    for role in roles:
        policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
        assert policies, role
        for policy in policies:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            assert document["Statement"], (role, policy)
            for statement in document["Statement"]:
                assert statement["Resource"] != "*", (role, statement)
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not any(action.endswith("*") for action in actions), (role, statement)
