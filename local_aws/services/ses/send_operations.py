"""SES v2 sends as AWS does: what it refuses, what it adds to a mail, what becomes of it at each recipient.

AWS: SendEmail takes simple content with headers; a sender must be verified; 50 recipients and 40 MB are the limits;
mails to the mailbox simulator bounce or complain; configuration sets publish events to SNS
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html).

This MiniStack drops headers, reply-to, tags and the configuration set of v2 mails, takes any address and any number of
them, and has no events for them.

Hooked: `ses_v2.handle_request` for SendEmail; `ses._send_notifications`, which the mails of other services (Cognito)
end in. What happens is in `local_aws.services.ses`.
"""

from typing import Any

from ministack.core.responses import json_response
from ministack.services import ses, ses_v2

from local_aws.hooks import Hook
from local_aws.services.ses import sending
from local_aws.services.ses.calls import document
from local_aws.services.ses.dispatch import keep_newest
from local_aws.services.ses.refusals import Refusal
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.core.responses:json_response", "data,status,content_type"),
    Hook("ministack.services.ses_v2:handle_request", "method,path,headers,body,query_params"),
    Hook("ministack.services.ses_v2:_json_err", "code,message,status"),
    Hook("ministack.services.ses_v2:_identities", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses_v2:_config_sets", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses:_sent_emails_list", ""),
    Hook("ministack.services.ses:_send_notifications", "msg_id,source,recipients"),
    Hook("ministack.services.sns:topic_policy_allows", "topic_arn,service,source_arn,source_account"),
    Hook(
        "ministack.services.sns:publish_internal",
        "topic_arn,message,subject,message_structure,message_attributes,message_group_id,message_deduplication_id",
    ),
    Hook("ministack.core.concurrency:spawn_background", "fn,args,thread_name,kwargs"),
    Hook("ministack.core.iam_evaluator:caller_arn", ""),
)
_PREFIX = "/v2/email"


def install(settings: Settings) -> None:
    """Send in MiniStack's place."""
    others = ses_v2.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if (method, path.rstrip("/").removeprefix(_PREFIX)) != ("POST", "/outbound-emails"):
            return await others(method, path, headers, body, query_params)
        try:
            return json_response(sending.send_email(document(body, "SendEmail")))
        except Refusal as refusal:
            return ses_v2._json_err(refusal.code, refusal.message, refusal.status)

    ses_v2.handle_request = handle_request
    ses._send_notifications = _end_internal_mail


def _end_internal_mail(msg_id: str, source: str, recipients: list[str]) -> None:
    """Such a mail is recorded by now; nothing is published about it."""
    keep_newest()
