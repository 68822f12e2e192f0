"""What SES's errors mean for a mail."""

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from chalicelib.blog.subscribers import mails
from chalicelib.blog.subscribers.ports import MailDeferred, MailRefused
from chalicelib.blog.subscribers.ses import SesMailer

from common.aws.clients import one_attempt_client
from tests.unit.stage import REGION


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("TooManyRequestsException", 429, MailDeferred),
        ("SendingPausedException", 400, MailDeferred),
        ("MailFromDomainNotVerifiedException", 400, MailDeferred),
        ("NotFoundException", 404, MailDeferred),
        ("BadRequestException", 400, MailRefused),
        ("InternalFailure", 500, ClientError),
    ],
)
def test_an_error_of_ses_refuses_or_defers_a_mail(code: str, status: int, meaning: type[Exception]):
    client = one_attempt_client("sesv2", REGION)
    with Stubber(client) as responses:
        responses.add_client_error("send_email", code, http_status_code=status)
        with pytest.raises(meaning):
            SesMailer(lambda: client, "blog@example.com", "blog").send("a@example.com", mails.Mail("a", "b", "c", {}))


@pytest.mark.parametrize(("identity", "meaning"), [("Blog@example.com", MailDeferred), ("a@example.com", MailRefused)])
def test_a_sender_that_is_not_verified_defers_a_mail_and_such_a_recipient_refuses_it(
    identity: str, meaning: type[Exception]
):
    text = f"Email address is not verified. The following identities failed the check in region US-EAST-1: {identity}"
    client = one_attempt_client("sesv2", REGION)
    with Stubber(client) as responses:
        responses.add_client_error("send_email", "MessageRejected", text, http_status_code=400)
        with pytest.raises(meaning):
            SesMailer(lambda: client, "blog@example.com", "blog").send("a@example.com", mails.Mail("a", "b", "c", {}))
