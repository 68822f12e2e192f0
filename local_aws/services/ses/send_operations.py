"""Replaces MiniStack's SendEmail (SES v2): checks, headers, delivery to each recipient, events.

AWS: SendEmail accepts simple content with headers; the sender must be verified; the limits are 50 recipients and 40 MB;
mails to the mailbox simulator bounce or complain; configuration sets publish events to SNS
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html).

MiniStack drops headers, reply-to, tags and the configuration set of v2 mails, accepts any addresses, and publishes no
events.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import ses_v2

from local_aws.hooks import replaces, wraps
from local_aws.services.ses import sending
from local_aws.services.ses.dispatch import delete_oldest
from local_aws.services.ses.errors import SesError
from local_aws.services.ses.request_body import parse_request

_PREFIX = "/v2/email"


@wraps("ministack.services.ses_v2:handle_request")
async def _send_email(
    handle_others: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    if (method, path.rstrip("/").removeprefix(_PREFIX)) != ("POST", "/outbound-emails"):
        return await handle_others(method, path, headers, body, query_params)
    try:
        return json_response(sending.send_email(parse_request(body, "SendEmail")))
    except SesError as error:
        return ses_v2._json_err(error.code, error.message, error.status)


@replaces("ministack.services.ses:_send_notifications")
def _end_internal_mail(msg_id: str, source: str, recipients: list[str]) -> None:
    """Publish nothing for the mails of other services (Cognito), which are already in the mailbox."""
    delete_oldest()
