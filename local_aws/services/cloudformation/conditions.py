"""Change sets heed the conditions of resources, and conditions know the stack's region and account.

AWS creates a resource with a `Condition` only while the condition is true, and a stack update whose parameters turn the
condition adds or removes it
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html).
Lacking here: MiniStack compares whole templates, so a change set lists resources that will not be made, and one that
only turns a condition is refused as "didn't contain changes": what it should add or remove never is.
Conditions may compare pseudo parameters, as `AWS::Region`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html); MiniStack takes their
names for their values there.
Hooked at: `changesets._resolve_props_for_diff`, which gives both sides of that comparison, and `_evaluate_conditions`
wherever it is imported.
"""

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import changesets, handlers, stacks

from local_aws.hooks import Hook
from local_aws.settings import Settings

_MODULE = "ministack.services.cloudformation.changesets"
HOOKS = (
    Hook(f"{_MODULE}:_resolve_props_for_diff", "template,params,stack_name,stack_id"),
    Hook(f"{_MODULE}:_evaluate_conditions", "template,params"),
    Hook("ministack.services.cloudformation.handlers:_evaluate_conditions", "template,params"),
    Hook("ministack.services.cloudformation.stacks:_evaluate_conditions", "template,params"),
    Hook("ministack.core.responses:get_account_id", ""),
    Hook("ministack.core.responses:get_region", ""),
)
Json = dict[str, Any]


def install(settings: Settings) -> None:
    """Leave out of the comparison what its conditions leave out of the stack."""
    evaluate, resolve = changesets._evaluate_conditions, changesets._resolve_props_for_diff

    def evaluated(template: Json, params: Json) -> dict[str, bool]:
        found: dict[str, bool] = evaluate(template, {**_pseudo_parameters(), **params})
        return found

    for module in (changesets, handlers, stacks):
        module._evaluate_conditions = evaluated

    def resolved(template: Json, params: Json, stack_name: str, stack_id: str) -> Json:
        found: Json = resolve(template, params, stack_name, stack_id)
        conditions = changesets._evaluate_conditions(template, params) if template else {}
        resources = found.get("Resources", {})
        return {**found, "Resources": {name: each for name, each in resources.items() if _is_made(each, conditions)}}

    changesets._resolve_props_for_diff = resolved


def _pseudo_parameters() -> Json:
    facts = {
        "AWS::AccountId": get_account_id(),
        "AWS::Partition": "aws",
        "AWS::Region": get_region(),
        "AWS::URLSuffix": "amazonaws.com",
    }
    return {name: {"Value": value} for name, value in facts.items()}


def _is_made(resource: Json, conditions: dict[str, bool]) -> bool:
    name = resource.get("Condition")
    return name is None or conditions.get(name, True)
