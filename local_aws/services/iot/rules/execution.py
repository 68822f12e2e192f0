"""Runs the rules of a published message: its actions with retries, and the error action with AWS's error document.

A rule's failures are not the publisher's: its PUBACK is sent in any case. One error document is sent for a rule and
message, with the failures of all actions
(https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html). AWS retries an action after a passing
error, such as a throttled shard, but does not document how often.

A publish is acknowledged when the actions of its rules are done, while AWS does not wait for them. A message that was
acknowledged is then in the stream or in the queue of the error action, and in the next save.

This MiniStack skips most actions silently, does not expand `${...}`, and checks no role.
"""

import asyncio
import base64
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import iot

from local_aws.hooks import put, replaces
from local_aws.services.iot.rules import actions, statements
from local_aws.services.iot.rules.actions import ActionFailed, Parameters
from local_aws.services.iot.rules.expressions import UNDEFINED
from local_aws.services.iot.rules.message import Message

# The pauses before the retries; together longer than the second in which a shard counts its limits.
RETRY_SECONDS = (0.1, 0.3, 0.9, 1.8)
_log = logging.getLogger(__name__)

# MiniStack parses a rule's SQL for each message. The lists are only read.
_once = lru_cache(maxsize=1024)
put("ministack.services.iot:_rule_topic_filter", _once(iot._rule_topic_filter), __name__)
put("ministack.services.iot:_split_select_items", _once(iot._split_select_items), __name__)


@replaces("ministack.services.iot:_run_rule_actions")
async def _run_rule_actions(
    account_id: str, region: str, rule: Any, payload: bytes, topic: str = "", client_id: str | None = None
) -> None:
    if not rule or rule.get("ruleDisabled"):
        return
    published = Message(topic, payload or b"", client_id)
    event = statements.selected(rule["sql"], published)
    if event is UNDEFINED:
        _log.warning("rule %s: the payload is not UTF-8, and SELECT does not encode it", rule["ruleName"])
        return
    with request_scope(account_id, region):
        if not statements.accepts(rule["sql"], published):
            return
        failures = [failure for action in rule["actions"] if (failure := await _failure(action, published, event))]
        if failures:
            await _report(rule, published, failures)


async def _failure(action: Mapping[str, Parameters], published: Message, event: Any) -> dict[str, str] | None:
    """Run an action; returns its entry in the error document if it fails for good."""
    for pause in (*RETRY_SECONDS, None):
        try:
            actions.run(action, published, event)
        except ActionFailed as error:
            if pause is None or not error.may_pass:
                return _described(action, published, error)
            await asyncio.sleep(pause)
        else:
            return None
    return None


def _described(action: Mapping[str, Parameters], published: Message, error: ActionFailed) -> dict[str, str]:
    kind = next(iter(action))
    return {
        "failedAction": iot._rule_action_name(kind),
        "failedResource": actions.resource(action),
        "errorMessage": f"{error} Message arrived on: {published.topic}, Action: {kind}",
    }


async def _report(rule: Any, published: Message, failures: list[dict[str, str]]) -> None:
    name, error_action = rule["ruleName"], rule.get("errorAction")
    document = {
        "ruleName": name,
        "topic": published.topic,
        "cloudwatchTraceId": iot._rule_message_identity.get()[1],
        "clientId": published.client_id or "N/A",
        "base64OriginalPayload": base64.b64encode(published.payload).decode(),
        "failures": failures,
    }
    failure = await _failure(error_action, published, document) if error_action else None
    if failure or not error_action:
        reasons = [*failures, failure] if failure else failures
        _log.warning("rule %s: a message on %s is lost: %s", name, published.topic, reasons)
