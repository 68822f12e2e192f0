"""Operations that the embedded AWS does not serve."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.mail import sender, unique
from local_aws.tests.test_cloudformation import Stack

NAME, ADDRESS = "name", "a@example.com"
CONTENT = {"Subject": "s", "Text": "t"}
MESSAGE = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/name"
STATEMENT = "SELECT * FROM \"t\" WHERE id = 'a'"
PARAMETERS = {
    "dynamodb": {
        "execute_statement": {"Statement": STATEMENT},
        "batch_execute_statement": {"Statements": [{"Statement": STATEMENT}]},
        "execute_transaction": {"TransactStatements": [{"Statement": STATEMENT}]},
    },
    "kinesis": {
        "register_stream_consumer": {"StreamARN": STREAM, "ConsumerName": NAME},
        "subscribe_to_shard": {
            "ConsumerARN": f"{STREAM}/consumer/{NAME}:1",
            "ShardId": "shardId-000000000000",
            "StartingPosition": {"Type": "LATEST"},
        },
    },
    "sesv2": {
        "send_bulk_email": {
            "DefaultContent": {"Template": {"TemplateContent": CONTENT, "TemplateData": "{}"}},
            "BulkEmailEntries": [{"Destination": {"ToAddresses": [ADDRESS]}}],
        },
        "create_email_template": {"TemplateName": NAME, "TemplateContent": CONTENT},
        "get_email_template": {"TemplateName": NAME},
        "list_email_templates": {},
        "update_email_template": {"TemplateName": NAME, "TemplateContent": CONTENT},
        "delete_email_template": {"TemplateName": NAME},
        "test_render_email_template": {"TemplateName": NAME, "TemplateData": "{}"},
        "put_suppressed_destination": {"EmailAddress": ADDRESS, "Reason": "BOUNCE"},
        "get_suppressed_destination": {"EmailAddress": ADDRESS},
        "list_suppressed_destinations": {"Reasons": ["BOUNCE"]},
        "delete_suppressed_destination": {"EmailAddress": ADDRESS},
        "put_account_suppression_attributes": {"SuppressedReasons": []},
        "put_configuration_set_suppression_options": {"ConfigurationSetName": NAME},
    },
    "ses": {
        "send_email": {"Source": ADDRESS, "Destination": {"ToAddresses": [ADDRESS]}, "Message": MESSAGE},
        "send_raw_email": {"RawMessage": {"Data": b"From: a@example.com\r\n\r\n"}},
        "create_template": {"Template": {"TemplateName": NAME, "SubjectPart": "s"}},
        "verify_email_identity": {"EmailAddress": ADDRESS},
        "set_identity_notification_topic": {"Identity": ADDRESS, "NotificationType": "Bounce"},
    },
}
UNKNOWN = "UnknownOperationException"
CODES = {"dynamodb": UNKNOWN, "kinesis": UNKNOWN, "sesv2": "BadRequestException", "ses": "InvalidAction"}


@pytest.mark.parametrize(
    ("service", "operation"), [(service, operation) for service in PARAMETERS for operation in PARAMETERS[service]]
)
def test_an_unsupported_operation_returns_its_services_error(aws, service, operation):
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service), operation)(**PARAMETERS[service][operation])
    assert caught.value.response["Error"]["Code"] == CODES[service]
    assert "not supported by the embedded AWS" in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_refused_operation_sends_no_mail(aws):
    to = f"{unique()}@example.net"
    with pytest.raises(ClientError):
        aws.client("ses").send_email(Source=sender(aws), Destination={"ToAddresses": [to]}, Message=MESSAGE)
    assert aws.mails(to) == []


def test_cloudformation_does_not_support_email_templates(aws):
    template = {"Resources": {"Mail": {"Type": "AWS::SES::Template", "Properties": {"Template": {"SubjectPart": "s"}}}}}
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        Stack(aws).deploy(json.dumps(template))
