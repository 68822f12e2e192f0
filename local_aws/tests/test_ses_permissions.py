"""Permissions to send: https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html."""

import pytest

from local_aws.tests.iam_principals import User, policy, refused, statement
from local_aws.tests.mail import sender, simple, unique

ARN = "arn:aws:ses:us-east-1:000000000000"


@pytest.fixture(scope="module")
def source(aws):
    return sender(aws)


def user(aws, *statements):
    return User(aws, policy(*statements)).client("sesv2")


def may_send(ses, source, to="reader@example.net", content=None, **more):
    destination = {"ToAddresses": [to] if isinstance(to, str) else to}
    return not refused(
        ses.send_email, FromEmailAddress=source, Destination=destination, Content=content or simple(), **more
    )


def test_the_identity_is_the_resource(aws, source):
    ses = user(aws, statement("ses:SendEmail", f"{ARN}:identity/{source}"))
    assert may_send(ses, source)
    assert may_send(ses, f"Name <{source}>")
    assert not may_send(ses, sender(aws))
    assert not may_send(user(aws, statement("ses:GetAccount")), source)


def test_a_domain_is_the_identity_of_its_addresses(aws):
    domain = f"{unique()}.example"
    aws.client("sesv2").create_email_identity(EmailIdentity=domain)
    ses = user(aws, statement("ses:SendEmail", f"{ARN}:identity/{domain}"))
    assert may_send(ses, f"anybody@{domain}")


def test_the_configuration_set_is_a_resource_too(aws, source):
    name = unique("set-")
    aws.client("sesv2").create_configuration_set(ConfigurationSetName=name)
    identity_only = user(aws, statement("ses:SendEmail", f"{ARN}:identity/{source}"))
    both = user(aws, statement("ses:SendEmail", [f"{ARN}:identity/{source}", f"{ARN}:configuration-set/{name}"]))
    assert not may_send(identity_only, source, ConfigurationSetName=name)
    assert may_send(both, source, ConfigurationSetName=name)


def test_a_condition_on_the_sender(aws):
    domain = f"{unique()}.example"
    aws.client("sesv2").create_email_identity(EmailIdentity=domain)
    condition = {"StringEquals": {"ses:FromAddress": f"blog@{domain}"}}
    ses = user(aws, statement("ses:SendEmail", Condition=condition))
    assert may_send(ses, f"blog@{domain}")
    assert may_send(ses, f"The Blog <blog@{domain}>")
    assert not may_send(ses, f"other@{domain}")


def test_conditions_on_the_senders_name_and_the_api_version(aws, source):
    named = user(aws, statement("ses:SendEmail", Condition={"StringLike": {"ses:FromDisplayName": "Blog*"}}))
    assert may_send(named, f"Blog news <{source}>")
    assert not may_send(named, source)
    second = user(aws, statement("ses:SendEmail", Condition={"StringEquals": {"ses:ApiVersion": "2"}}))
    assert may_send(second, source)
    first = user(aws, statement("ses:SendEmail", Condition={"StringEquals": {"ses:ApiVersion": "1"}}))
    assert not may_send(first, source)


def test_a_condition_on_the_recipients(aws, source):
    condition = {"ForAllValues:StringLike": {"ses:Recipients": "*@example.net"}}
    ses = user(aws, statement("ses:SendEmail", Condition=condition))
    assert may_send(ses, source, "a@example.net")
    assert may_send(ses, source, ["a@example.net", "Name <b@example.net>"])
    assert not may_send(ses, source, ["a@example.net", "b@example.org"])
