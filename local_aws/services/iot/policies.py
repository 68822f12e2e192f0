"""IoT policies: a policy variable is text, never a wildcard, and policies are not evaluated for each packet.

A client whose id is `*` must not match every resource with `${iot:ClientId}`
(https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html). This MiniStack puts the values into
the document, where they are parsed as patterns. Here `iam.policy_variables` substitutes them, as in other policies.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ministack.core import iam_evaluator

from local_aws.hooks import replaces, wraps
from local_aws.services.iam.decisions import Decisions

_decisions = Decisions()


@wraps("ministack.services.iot:_mqtt_policy_allows")
def _allows(
    evaluate: Callable[..., bool],
    account_id: str,
    region: str,
    certificate_id: str,
    context: dict[str, str],
    action: str,
    resource: str,
    *rest: Any,
) -> bool:
    request = (account_id, region, certificate_id, context.get("iot:clientid"), action, resource, rest)
    return _decisions.is_allowed(
        request, lambda: evaluate(account_id, region, certificate_id, context, action, resource, *rest)
    )


@replaces("ministack.services.iot:_parsed_iot_policy")
def _parsed(document: str, context: tuple[tuple[str, str], ...]) -> list[Any]:
    """The statements of a policy; the values of its variables are in the evaluation's own context."""
    return _statements(document)


@lru_cache(maxsize=1024)
def _statements(document: str) -> list[Any]:
    statements: list[Any] = iam_evaluator.parse_policy_document(document)
    return statements
