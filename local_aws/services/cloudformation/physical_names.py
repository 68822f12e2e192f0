"""Names that CloudFormation generates are different in each region.

On AWS the generated name of a resource ends in characters that are the stack's own
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html). This MiniStack makes
them from the stack's name and the logical id alone. Two stacks of one name in two regions then have roles of one name,
and IAM has no regions: the second stack's policies replace those of the first.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region
from ministack.services.cloudformation import provisioners

from local_aws.hooks import wraps


@wraps("ministack.services.cloudformation.provisioners:_physical_name")
def _name_of_region(
    physical_name: Callable[..., str], stack_name: str, logical_id: str, *, seeded: bool = True, **options: Any
) -> str:
    seed = provisioners._NAME_SEED.get() if seeded else ""
    token = provisioners._NAME_SEED.set(f"{get_region()}:{seed}")
    try:
        return physical_name(stack_name, logical_id, seeded=True, **options)
    finally:
        provisioners._NAME_SEED.reset(token)
