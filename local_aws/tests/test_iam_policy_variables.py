"""Policy variables, from https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html."""

import uuid

import pytest

from local_aws.tests.iam_principals import User, policy, refused, statement


@pytest.fixture(scope="module")
def bucket(aws) -> str:
    name = f"variables-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(Bucket=name)
    return name


def may_put(user: User, bucket: str, key: str) -> bool:
    return not refused(user.client("s3").put_object, Bucket=bucket, Key=key, Body=b"")


def may_list(user: User, bucket: str, prefix: str) -> bool:
    return not refused(user.client("s3").list_objects_v2, Bucket=bucket, Prefix=prefix)


def test_a_resource_names_the_callers_own_folder(aws, bucket):
    user = User(aws, policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*")))
    assert may_put(user, bucket, f"{user.name}/a")
    assert not may_put(user, bucket, "other/a")
    assert not may_put(user, bucket, f"{user.name}-other/a")
    assert not may_put(user, bucket, f"x/{user.name}/a")


def test_a_condition_value_names_the_callers_own_prefix(aws, bucket):
    condition = {"StringLike": {"s3:prefix": ["${aws:username}/*"]}}
    user = User(aws, policy(statement("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition)))
    assert may_list(user, bucket, f"{user.name}/a")
    assert not may_list(user, bucket, "other/")
    assert not may_list(user, bucket, "")


def test_a_principal_tag_is_a_variable(aws, bucket):
    document = policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/*"))
    user = User(aws, document, tags={"team": "blue"})
    assert may_put(user, bucket, "blue/a")
    assert not may_put(user, bucket, "red/a")


@pytest.mark.parametrize("value", ["*", "?", "blu?", "b*"])
def test_a_variables_value_is_text_and_not_a_wildcard(aws, bucket, value):
    resources = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/x"
    like = {"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}"}}
    # IAM's own tags refuse these characters; a session tag from an identity provider's claim may hold them.
    user = User(
        aws,
        policy(
            statement("s3:PutObject", resources),
            statement("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=like),
        ),
        tags={"team": value},
    )
    assert not may_put(user, bucket, "blue/x")
    assert not may_list(user, bucket, "blue")
    assert may_list(user, bucket, value)


def test_special_characters_are_literal(aws, bucket):
    document = policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/a${{*}}b${{?}}c${{$}}d"))
    user = User(aws, document)
    assert may_put(user, bucket, "a*b?c$d")
    assert not may_put(user, bucket, "axb?c$d")
    assert not may_put(user, bucket, "a*bxc$d")


def test_a_variable_without_a_value_has_its_default(aws, bucket):
    document = policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team, 'company-wide'}}/*"))
    assert may_put(User(aws, document), bucket, "company-wide/a")
    tagged = User(aws, document, tags={"team": "blue"})
    assert may_put(tagged, bucket, "blue/a")
    assert not may_put(tagged, bucket, "company-wide/a")


def test_a_variable_without_a_value_matches_no_resource(aws, bucket):
    user = User(aws, policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}*")))
    assert not may_put(user, bucket, "a")
    assert not may_put(user, bucket, "${aws:PrincipalTag/team}")


def test_a_variable_without_a_value_equals_nothing(aws, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    equals = {"StringEquals": {"s3:prefix": "${aws:PrincipalTag/team}"}}
    user = User(aws, policy(statement("s3:ListBucket", arn, Condition=equals)))
    assert not may_list(user, bucket, "")
    assert not may_list(user, bucket, "${aws:PrincipalTag/team}")
    differs = {"StringNotEquals": {"s3:prefix": "${aws:PrincipalTag/team}"}}
    user = User(aws, policy(statement("s3:ListBucket", arn, Condition=differs)))
    assert may_list(user, bucket, "anything")


def test_a_deny_of_everything_but_a_variable_without_a_value_denies_everything(aws, bucket):
    deny = {
        "Effect": "Deny",
        "Action": "s3:PutObject",
        "NotResource": f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/*",
    }
    document = policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/*"), deny)
    assert not may_put(User(aws, document), bucket, "a")
    tagged = User(aws, document, tags={"team": "blue"})
    assert may_put(tagged, bucket, "blue/a")
    assert not may_put(tagged, bucket, "red/a")


def test_only_version_2012_10_17_has_variables(aws, bucket):
    document = policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*"), version="2008-10-17")
    user = User(aws, document)
    assert not may_put(user, bucket, f"{user.name}/a")
    assert may_put(user, bucket, "${aws:username}/a")


def test_a_bucket_policy_has_variables(aws):
    bucket = f"variables-{uuid.uuid4().hex[:8]}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket)
    user = User(aws, policy(statement("s3:ListAllMyBuckets")))
    allow = statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*", Principal={"AWS": user.arn})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow))
    assert may_put(user, bucket, f"{user.name}/a")
    assert not may_put(user, bucket, "other/a")


def test_a_wildcard_spans_line_breaks(aws, bucket):
    """Otherwise a Deny would not apply to keys with line breaks."""
    document = policy(
        statement("s3:PutObject", f"arn:aws:s3:::{bucket}/*"),
        statement("s3:PutObject", f"arn:aws:s3:::{bucket}/secret/*", effect="Deny"),
    )
    user = User(aws, document)
    assert may_put(user, bucket, "open/a\nb")
    assert not may_put(user, bucket, "secret/a\nb")
    assert not may_put(user, bucket, "secret/a\n")
