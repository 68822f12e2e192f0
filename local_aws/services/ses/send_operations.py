"""SES v2 sends as AWS does: what it refuses, what it adds to a mail, what becomes of it at each recipient.

AWS: SendEmail takes simple content with headers; a sender must be verified; 50 recipients and 40 MB are the limits;
mails to the mailbox simulator bounce or complain; configuration sets publish events to SNS
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html).

This MiniStack drops headers, reply-to, tags and the configuration set of v2 mails, takes any address and any number of
them, and has no events for them.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import ses_v2

from local_aws.hooks import replaces, wraps
from local_aws.services.ses import sending
from local_aws.services.ses.calls import document
from local_aws.services.ses.dispatch import keep_newest
from local_aws.services.ses.refusals import Refusal

_PREFIX = "/v2/email"


@wraps("ministack.services.ses_v2:handle_request")
async def _send_email(
    handle_others: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    if (method, path.rstrip("/").removeprefix(_PREFIX)) != ("POST", "/outbound-emails"):
        return await handle_others(method, path, headers, body, query_params)
    try:
        return json_response(sending.send_email(document(body, "SendEmail")))
    except Refusal as refusal:
        return ses_v2._json_err(refusal.code, refusal.message, refusal.status)


@replaces("ministack.services.ses:_send_notifications")
def _end_internal_mail(msg_id: str, source: str, recipients: list[str]) -> None:
    """The mails of other services (Cognito) end here: they are recorded by now, and nothing is published about them."""
    keep_newest()
