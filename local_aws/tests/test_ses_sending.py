"""SES v2's SendEmail: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html."""

import json
import re

import pytest
from botocore.exceptions import ClientError

from local_aws.services.ses.errors import SesError
from local_aws.services.ses.request_body import parse_request
from local_aws.testing import changed_requests
from local_aws.tests.mail import send, sender, simple, unique

UNSUBSCRIBE = [
    {"Name": "List-Unsubscribe", "Value": "<https://blog.example/unsubscribe?token=t>"},
    {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
]


@pytest.fixture(scope="module")
def source(aws):
    return sender(aws)


def code_of(call, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return caught.value.response["Error"]["Code"]


def header(mail, name):
    return [header["value"] for header in mail["headers"] if header["name"] == name]


def test_a_mail_arrives_with_its_headers_reply_address_and_tags(aws, source):
    to = f"{unique()}@example.net"
    body = {"Text": {"Data": "täxt"}, "Html": {"Data": "<p>html"}}
    content = {"Simple": {"Subject": {"Data": "Grüße"}, "Body": body, "Headers": UNSUBSCRIBE}}
    more = {"ReplyToAddresses": ["Reply <reply@example.org>"], "EmailTags": [{"Name": "campaign", "Value": "welcome"}]}
    message_id = send(aws, f"The Blog <{source}>", to, content, **more)
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f-]{36}-000000", message_id)
    (mail,) = aws.mails(to)
    assert (mail["subject"], mail["text"], mail["html"]) == ("Grüße", "täxt", "<p>html")
    assert mail["sender"] == f"The Blog <{source}>"
    assert header(mail, "List-Unsubscribe") == ["<https://blog.example/unsubscribe?token=t>"]
    assert header(mail, "List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    assert header(mail, "Reply-To") == ["Reply <reply@example.org>"]
    assert mail["tags"] == {"campaign": ["welcome"]}


@pytest.mark.parametrize(
    "headers",
    [
        [{"Name": "X-A", "Value": "one\r\nBcc: victim@example.com"}],
        [{"Name": "X-A\r\nBcc", "Value": "victim@example.com"}],
        [{"Name": "X A", "Value": "a"}],
        [{"Name": "X:A", "Value": "a"}],
        [{"Name": "n" * 127, "Value": "a"}],
        [{"Name": "X-A", "Value": "v" * 871}],
        [{"Name": "X-A", "Value": "ü"}],
        [{"Name": f"X-{number}", "Value": "a"} for number in range(16)],
        [UNSUBSCRIBE[0], UNSUBSCRIBE[0]],
        *([{"Name": name, "Value": "a"}] for name in ("From", "subject", "Return-Path", "Content-Type")),
    ],
    ids=repr,
)
def test_invalid_headers_are_refused(aws, source, headers):
    to = f"{unique()}@example.net"
    assert code_of(send, aws, source, to, simple(Headers=headers)) == "BadRequestException"
    assert aws.mails(to) == []


def test_headers_of_the_maximum_length_and_number_are_accepted(aws, source):
    to = f"{unique()}@example.net"
    headers = [{"Name": f"X-{number:0124}", "Value": "v" * 870} for number in range(15)]
    send(aws, source, to, simple(Headers=headers))
    assert len([header for header in aws.mails(to)[0]["headers"] if header["name"].startswith("X-")]) == 15


@pytest.mark.parametrize(
    "address",
    [
        "plain",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@exa mple.com",
        "ü@example.com",
        "a@exämple.com",
        "а@example.com",
        "a@b.com, c@d.com",
        "a@example.com\r\nBcc: victim@example.com",
        "a\x00@example.com",
        "<a@example.com> <b@example.com>",
        "a..b@example.com",
        f"{'l' * 65}@example.com",
        f"a@{'d' * 64}.com",
        "a@-example.com",
        "",
    ],
)
def test_invalid_addresses_are_refused(aws, source, address):
    assert code_of(send, aws, source, address) == "BadRequestException"
    assert code_of(send, aws, source, "a@example.com", ReplyToAddresses=[address]) == "BadRequestException"


@pytest.mark.parametrize("address", ['"a b"@example.com', "o'hara+blog@sub.example.com", '"Doe, J." <j@example.com>'])
def test_valid_addresses_are_accepted(aws, source, address):
    assert send(aws, source, address)


def test_a_sender_must_be_verified(aws):
    assert code_of(send, aws, "nobody@unverified.example", "a@example.com") == "MessageRejected"
    aws.client("sesv2").create_email_identity(EmailIdentity="verified.example")
    assert send(aws, "anybody@sub.verified.example", "a@example.com")
    assert code_of(send, aws, "anybody@notverified.example", "a@example.com") == "MessageRejected"


def test_a_mail_has_at_most_50_recipients(aws, source):
    ses = aws.client("sesv2")

    def send_to(to, cc, bcc):
        lists = {"ToAddresses": to, "CcAddresses": cc, "BccAddresses": bcc}
        filled = {name: [f"r{number}@example.com" for number in range(count)] for name, count in lists.items()}
        return ses.send_email(FromEmailAddress=source, Destination=filled, Content=simple())

    assert send_to(48, 1, 1)["MessageId"]
    assert code_of(send_to, 48, 2, 1) == "BadRequestException"
    assert code_of(send_to, 0, 0, 0) == "BadRequestException"


def test_a_mail_has_at_most_40_mb(aws, source):
    million = 1024 * 1024
    assert send(aws, source, "a@example.com", simple("x" * (29 * million)))
    assert code_of(send, aws, source, "a@example.com", simple("x" * (31 * million))) == "BadRequestException"


def test_a_subject_is_one_line(aws, source):
    content = simple(subject="hello\r\nBcc: victim@example.com")
    assert code_of(send, aws, source, "a@example.com", content) == "BadRequestException"


def test_a_subject_and_a_body_are_required(aws, source):
    for content in ({}, {"Simple": {"Subject": {"Data": "s"}, "Body": {}}}):
        call = {"Destination": {"ToAddresses": ["a@example.com"]}, "Content": content}
        assert code_of(aws.client("sesv2").send_email, FromEmailAddress=source, **call) == "BadRequestException"


@pytest.mark.parametrize(
    "content",
    [
        {"Raw": {"Data": b"From: a@example.com\r\n\r\n"}},
        {**simple(), "Raw": {"Data": b"From: a@example.com\r\n\r\n"}},
        {"Template": {"TemplateContent": {"Subject": "s", "Text": "t"}, "TemplateData": "{}"}},
        simple(Attachments=[{"FileName": "a.txt", "RawContent": b"a"}]),
    ],
    ids=["raw", "raw and simple", "template", "attachments"],
)
def test_other_content_is_not_supported(aws, source, content):
    to = f"{unique()}@example.net"
    assert code_of(send, aws, source, to, content) == "BadRequestException"
    assert aws.mails(to) == []


@pytest.mark.parametrize("tag", [("a b", "c"), ("a", "b\n"), ("a", "ü"), ("n" * 257, "v")])
def test_invalid_tags_are_refused(aws, source, tag):
    tags = [{"Name": tag[0], "Value": tag[1]}]
    assert code_of(send, aws, source, "a@example.com", EmailTags=tags) == "BadRequestException"


def test_a_configuration_set_must_exist_and_be_sending(aws, source):
    name = unique("set-")
    assert code_of(send, aws, source, "a@example.com", ConfigurationSetName=name) == "NotFoundException"
    aws.client("sesv2").create_configuration_set(ConfigurationSetName=name)
    assert send(aws, source, "a@example.com", ConfigurationSetName=name)
    aws.client("sesv2").put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
    assert code_of(send, aws, source, "a@example.com", ConfigurationSetName=name) == "SendingPausedException"


@pytest.mark.parametrize(
    "wrong",
    [
        {"Destination": {"ToAddresses": [1]}},
        {"Content": "text"},
        {"Content": {"Simple": {"Subject": "s", "Body": "b"}}},
        {"Content": {"Raw": "r"}},
        {"EmailTags": [1]},
        {"FromEmailAddress": 5},
    ],
    ids=repr,
)
def test_members_of_other_types_are_refused(wrong):
    call = {"FromEmailAddress": "a@example.com", "Content": simple(), "Unknown": 1}
    assert parse_request(json.dumps(call).encode(), "SendEmail") == call
    for text in (json.dumps({**call, **wrong}), "no json", "[]", "null"):
        with pytest.raises(SesError) as caught:
            parse_request(text.encode(), "SendEmail")
        assert caught.value.code == "SerializationException"


def test_contact_lists_are_not_found(aws, source):
    options = {"ContactListName": "readers"}
    assert code_of(send, aws, source, "a@example.com", ListManagementOptions=options) == "NotFoundException"


def test_names_that_are_not_ascii_are_encoded_on_the_way_and_readable_in_the_mailbox(aws, source):
    to = f"{unique()}@example.net"
    send(aws, f"=?utf-8?q?Gr=C3=BC=C3=9Fe?= <{source}>", to)
    assert [mail["sender"] for mail in aws.mails(to)] == [f"Grüße <{source}>"]
    assert code_of(send, aws, f"Grüße <{source}>", to) == "BadRequestException"


def test_a_body_that_is_nested_too_deeply_is_refused(aws, source):
    client = aws.client("sesv2")
    call = {"FromEmailAddress": source, "Content": simple()}
    with changed_requests(client, lambda params: params.update(body=b"[" * 100_000)):
        assert code_of(client.send_email, **call) in ("SerializationException", "BadRequestException")
