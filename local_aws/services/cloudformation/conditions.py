"""Change sets apply the conditions of resources, and conditions know the stack's region and account.

AWS creates a resource with a `Condition` only while the condition is true. A stack update whose parameters change the
condition adds or removes the resource
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html).
Conditions may compare pseudo parameters, such as `AWS::Region`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html).

This MiniStack compares whole templates. A change set lists resources that will not be created, and one that changes
only a condition is refused because it "didn't contain changes", so the resource is never added or removed. In a
condition, MiniStack uses the name of a pseudo parameter as its value.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import changesets

from local_aws.hooks import wraps

Json = dict[str, Any]


@wraps(
    "ministack.services.cloudformation.changesets:_evaluate_conditions",
    "ministack.services.cloudformation.handlers:_evaluate_conditions",
    "ministack.services.cloudformation.stacks:_evaluate_conditions",
)
def _evaluate_conditions(evaluate: Callable[..., dict[str, bool]], template: Json, params: Json) -> dict[str, bool]:
    return evaluate(template, {**_pseudo_parameters(), **params})


@wraps("ministack.services.cloudformation.changesets:_resolve_props_for_diff")
def _resolve_props_for_diff(
    resolve: Callable[..., Json], template: Json, params: Json, stack_name: str, stack_id: str
) -> Json:
    """Exclude from the comparison the resources whose condition is false."""
    resolved = resolve(template, params, stack_name, stack_id)
    conditions = changesets._evaluate_conditions(template, params) if template else {}
    resources = resolved.get("Resources", {}).items()
    return {
        **resolved,
        "Resources": {name: resource for name, resource in resources if _is_created(resource, conditions)},
    }


def _pseudo_parameters() -> Json:
    facts = {
        "AWS::AccountId": get_account_id(),
        "AWS::Partition": "aws",
        "AWS::Region": get_region(),
        "AWS::URLSuffix": "amazonaws.com",
    }
    return {name: {"Value": value} for name, value in facts.items()}


def _is_created(resource: Json, conditions: dict[str, bool]) -> bool:
    name = resource.get("Condition")
    return name is None or conditions.get(name, True)
