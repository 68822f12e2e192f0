"""SES v2's SendEmail: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html."""

import json
import re
from email.message import EmailMessage

import pytest
from botocore.exceptions import ClientError

from local_aws.services.ses.calls import document
from local_aws.services.ses.refusals import Refusal
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
    return [each["value"] for each in mail["headers"] if each["name"] == name]


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
def test_headers_that_ses_does_not_take(aws, source, headers):
    to = f"{unique()}@example.net"
    assert code_of(send, aws, source, to, simple(Headers=headers)) == "BadRequestException"
    assert aws.mails(to) == []


def test_headers_as_long_and_as_many_as_they_may_be(aws, source):
    to = f"{unique()}@example.net"
    headers = [{"Name": f"X-{number:0124}", "Value": "v" * 870} for number in range(15)]
    send(aws, source, to, simple(Headers=headers))
    assert len([each for each in aws.mails(to)[0]["headers"] if each["name"].startswith("X-")]) == 15


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
def test_addresses_that_ses_does_not_take(aws, source, address):
    assert code_of(send, aws, source, address) == "BadRequestException"
    assert code_of(send, aws, source, "a@example.com", ReplyToAddresses=[address]) == "BadRequestException"


@pytest.mark.parametrize("address", ['"a b"@example.com', "o'hara+blog@sub.example.com", '"Doe, J." <j@example.com>'])
def test_addresses_that_ses_takes(aws, source, address):
    assert send(aws, source, address)


def test_a_sender_must_be_verified(aws):
    assert code_of(send, aws, "nobody@unverified.example", "a@example.com") == "MessageRejected"
    aws.client("sesv2").create_email_identity(EmailIdentity="verified.example")
    assert send(aws, "anybody@sub.verified.example", "a@example.com")
    assert code_of(send, aws, "anybody@notverified.example", "a@example.com") == "MessageRejected"


def test_at_most_50_recipients_in_all(aws, source):
    ses = aws.client("sesv2")

    def send_to(to, cc, bcc):
        lists = {"ToAddresses": to, "CcAddresses": cc, "BccAddresses": bcc}
        filled = {name: [f"r{number}@example.com" for number in range(count)] for name, count in lists.items()}
        return ses.send_email(FromEmailAddress=source, Destination=filled, Content=simple())

    assert send_to(48, 1, 1)["MessageId"]
    assert code_of(send_to, 48, 2, 1) == "BadRequestException"
    assert code_of(send_to, 0, 0, 0) == "BadRequestException"


def test_at_most_40_mb(aws, source):
    million = 1024 * 1024
    assert send(aws, source, "a@example.com", simple("x" * (29 * million)))
    assert code_of(send, aws, source, "a@example.com", simple("x" * (31 * million))) == "BadRequestException"


def test_a_subject_is_one_line(aws, source):
    content = simple(subject="hello\r\nBcc: victim@example.com")
    assert code_of(send, aws, source, "a@example.com", content) == "BadRequestException"


def test_exactly_one_kind_of_content(aws, source):
    both = {**simple(), "Raw": {"Data": b"From: a@example.com\r\n\r\n"}}
    assert code_of(send, aws, source, "a@example.com", both) == "BadRequestException"
    assert code_of(send, aws, source, "a@example.com", {"Simple": {"Subject": {"Data": "s"}, "Body": {}}}) == (
        "BadRequestException"
    )


@pytest.mark.parametrize("tag", [("a b", "c"), ("a", "b\n"), ("a", "ü"), ("n" * 257, "v")])
def test_tags_that_ses_does_not_take(aws, source, tag):
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
def test_members_of_other_types_are_no_call(wrong):
    call = {"FromEmailAddress": "a@example.com", "Content": simple(), "Unknown": 1}
    assert document(json.dumps(call).encode(), "SendEmail") == call
    for text in (json.dumps({**call, **wrong}), "no json", "[]", "null"):
        with pytest.raises(Refusal) as caught:
            document(text.encode(), "SendEmail")
        assert caught.value.code == "SerializationException"


def test_contact_lists_are_not_there(aws, source):
    options = {"ContactListName": "readers"}
    assert code_of(send, aws, source, "a@example.com", ListManagementOptions=options) == "NotFoundException"


def raw_mail(source, to, **headers):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"The Blog <{source}>", to, "Ünïcode"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("plain")
    mail.add_alternative("<b>rich</b>", subtype="html")
    mail.add_attachment(b"\x00\x01", maintype="image", subtype="png", filename="a.png")
    return mail.as_bytes()


def test_a_raw_mail_is_read(aws, source):
    to, hidden = (f"{unique()}@example.net" for _ in range(2))
    raw = raw_mail(source, to, Bcc=hidden, List_Unsubscribe="<https://blog.example/u>", X_SES_MESSAGE_TAGS="a=b")
    answer = aws.client("sesv2").send_email(Content={"Raw": {"Data": raw}})
    (mail,) = aws.mails(to)
    assert (mail["id"], mail["subject"]) == (answer["MessageId"], "Ünïcode")
    assert (mail["text"].strip(), mail["html"].strip(), mail["attachments"]) == ("plain", "<b>rich</b>", ["a.png"])
    assert header(mail, "List-Unsubscribe") == ["<https://blog.example/u>"]
    assert mail["tags"] == {"a": ["b"]}
    assert not [each for each in mail["headers"] if each["name"].lower() in ("bcc", "x-ses-message-tags")]
    assert [each["id"] for each in aws.mails(hidden)] == [mail["id"]]


def test_names_that_are_not_ascii_are_encoded_on_the_way_and_readable_in_the_mailbox(aws, source):
    to = f"{unique()}@example.net"
    raw = f"From: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <{source}>\r\nTo: =?utf-8?q?=C3=9C?= <{to}>\r\nSubject: s\r\n\r\nt"
    aws.client("sesv2").send_email(Content={"Raw": {"Data": raw.encode()}})
    send(aws, f"=?utf-8?q?Gr=C3=BC=C3=9Fe?= <{source}>", to)
    assert [mail["sender"] for mail in aws.mails(to)] == [f"Grüße <{source}>"] * 2
    assert code_of(send, aws, f"Grüße <{source}>", to) == "BadRequestException"


def test_a_raw_mails_destination_goes_before_its_headers(aws, source):
    written, meant = (f"{unique()}@example.net" for _ in range(2))
    send(aws, source, meant, {"Raw": {"Data": raw_mail(source, written)}})
    assert len(aws.mails(meant)) == 1
    assert aws.mails(written) == []


def test_a_raw_mail_from_an_unverified_sender_is_refused(aws, source):
    forged = raw_mail("boss@unverified.example", "a@example.com")
    assert code_of(send, aws, source, "a@example.com", {"Raw": {"Data": forged}}) == "MessageRejected"


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"no header at all", b"To: a@example.com\r\n\r\nhello"])
def test_what_is_no_mail_is_refused(aws, raw):
    ses = aws.client("sesv2")
    assert code_of(ses.send_email, Content={"Raw": {"Data": raw}}) == "BadRequestException"


def test_v1_calls_have_limits_too(aws, source):
    ses = aws.client("ses")

    def call(to, text="t", **more):
        message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": text}}}
        return ses.send_email(Source=source, Destination={"ToAddresses": to}, Message=message, **more)

    fifty = [f"r{number}@example.com" for number in range(50)]
    assert call(fifty)["MessageId"]
    assert code_of(call, [*fifty, "one@example.com"]) == "InvalidParameterValue"
    assert code_of(call, ["a b@example.com"]) == "InvalidParameterValue"
    assert code_of(call, fifty, "x" * (10 * 1024 * 1024)) == "InvalidParameterValue"
    name = unique("set-")
    assert code_of(call, fifty, ConfigurationSetName=name) == "ConfigurationSetDoesNotExist"
    aws.client("sesv2").create_configuration_set(ConfigurationSetName=name)
    assert call(fifty, ConfigurationSetName=name)
    aws.client("sesv2").delete_configuration_set(ConfigurationSetName=name)
    assert code_of(call, fifty, ConfigurationSetName=name) == "ConfigurationSetDoesNotExist"


def test_v1_calls_arrive_too(aws, source):
    aws.client("ses").verify_email_identity(EmailAddress=source)
    to = f"{unique()}@example.net"
    aws.client("ses").send_email(
        Source=source,
        Destination={"ToAddresses": [to]},
        Message={"Subject": {"Data": "one"}, "Body": {"Html": {"Data": "<p>"}}},
    )
    (mail,) = aws.mails(to)
    assert (mail["subject"], mail["html"], header(mail, "To")) == ("one", "<p>", [to])


@pytest.mark.parametrize("operation", ["send_email", "put_suppressed_destination"])
def test_a_body_that_is_nested_too_deeply_is_no_json(aws, source, operation):
    client = aws.client("sesv2")
    client.meta.events.register("before-call", lambda params, **_: params.update(body=b"[" * 100_000))
    calls = {
        "send_email": {"FromEmailAddress": source, "Content": simple()},
        "put_suppressed_destination": {"EmailAddress": "a@example.com", "Reason": "BOUNCE"},
    }
    assert code_of(getattr(client, operation), **calls[operation]) in ("SerializationException", "BadRequestException")
