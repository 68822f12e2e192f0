"""How many mails the mailbox keeps, whichever call sent them: docs/local-aws.md says it."""

import pytest

from local_aws.testing import EmbeddedAws
from local_aws.tests.mail import sender, unique

MOST_MAILS, OF_A_CALL = 5000, 50


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server of these tests' own, for they push other mails out."""
    server = EmbeddedAws(tmp_path_factory.mktemp("mailbox")).start()
    yield server
    server.stop()


def first_version(aws, source, to):
    template = {"TemplateName": unique(), "SubjectPart": "s", "TextPart": "t"}
    aws.client("ses").create_template(Template=template)
    destinations = [{"Destination": {"ToAddresses": [to]}, "ReplacementTemplateData": "{}"}] * OF_A_CALL
    call = {"Source": source, "Template": template["TemplateName"], "DefaultTemplateData": "{}"}
    ses = aws.client("ses")
    return lambda: ses.send_bulk_templated_email(Destinations=destinations, **call)


def second_version(aws, source, to):
    entries = [{"Destination": {"ToAddresses": [to]}}] * OF_A_CALL
    content = {"Template": {"TemplateContent": {"Subject": "s", "Text": "t"}, "TemplateData": "{}"}}
    ses = aws.client("sesv2")
    return lambda: ses.send_bulk_email(FromEmailAddress=source, DefaultContent=content, BulkEmailEntries=entries)


@pytest.mark.parametrize("version", [first_version, second_version])
def test_the_mailbox_keeps_the_newest_mails(own, version):
    source, oldest, others = sender(own), f"{unique()}@example.com", f"{unique()}@example.com"
    version(own, source, oldest)()
    send = version(own, source, others)
    for _ in range(MOST_MAILS // OF_A_CALL - 1):
        send()
    assert (len(own.mails(oldest)), len(own.mails(others))) == (OF_A_CALL, MOST_MAILS - OF_A_CALL)
    send()
    assert (len(own.mails(oldest)), len(own.mails(others))) == (0, MOST_MAILS)
