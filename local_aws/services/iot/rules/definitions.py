"""Refuses rules that would not do what they do on AWS.

CreateTopicRule refuses a rule whose SQL or role is invalid
(https://docs.aws.amazon.com/iot/latest/apireference/API_CreateTopicRule.html). Actions, functions and versions of SQL
that are not served are refused too, with the same errors. This MiniStack stores such rules, and then skips the action
or leaves out the value.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services import iot

from local_aws.hooks import wraps
from local_aws.services.iam.service_roles import RoleRefuses, require_trust
from local_aws.services.iot.rules import actions

_SQL_VERSION = "2016-03-23"
_REQUIRED: Mapping[str, tuple[str, ...]] = {"kinesis": ("streamName", "roleArn"), "sqs": ("queueUrl", "roleArn")}


@wraps("ministack.services.iot:put_topic_rule")
def _put_topic_rule(put: Callable[..., Any], name: str, payload: dict[str, Any], **more: Any) -> Any:
    if functions := iot._unimplemented_sql_functions(payload.get("sql", "")):
        raise iot.RuleSqlError(f"not supported by the embedded AWS: {', '.join(f'{name}()' for name in functions)}")
    if payload.get("awsIotSqlVersion", _SQL_VERSION) != _SQL_VERSION:
        raise iot.RuleSqlError(f"not supported by the embedded AWS: a version of SQL other than {_SQL_VERSION}")
    for action in _actions(payload):
        _require_valid(action)
    return put(name, payload, **more)


def _actions(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from payload.get("actions") or []
    if error_action := payload.get("errorAction"):
        yield error_action


def _require_valid(action: dict[str, Any]) -> None:
    # MiniStack answers InvalidRequestException for this class of error.
    kind = next(iter(action), "")
    if len(action) != 1 or kind not in actions.SERVED:
        raise iot.RuleRoleError(f"not supported by the embedded AWS: the action {kind or 'without a type'}")
    if missing := [name for name in _REQUIRED[kind] if not action[kind].get(name)]:
        raise iot.RuleRoleError(f"the action {kind} has no {' and no '.join(missing)}")
    try:
        require_trust(action[kind]["roleArn"], actions.SERVICE)
    except RoleRefuses as refusal:
        raise iot.RuleRoleError(str(refusal)) from refusal
