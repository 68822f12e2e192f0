"""Names that CloudFormation makes are different in each region.

AWS: the name of a resource that its template does not name ends in characters that are the stack's own
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html). MiniStack makes them
from the stack's name and the logical id alone, so two stacks of one name in two regions have roles of one name, and IAM
knows no regions: the second stack's policies take the place of the first's. Hooked: `provisioners._physical_name`.
"""

from typing import Any

from ministack.core.responses import get_region
from ministack.services.cloudformation import provisioners

from local_aws.hooks import Hook
from local_aws.settings import Settings

HOOKS = (
    Hook(
        "ministack.services.cloudformation.provisioners:_physical_name",
        "stack_name,logical_id,lowercase,max_len,seeded",
    ),
    Hook("ministack.services.cloudformation.provisioners:_NAME_SEED", "type:ContextVar"),
    Hook("ministack.core.responses:get_region", ""),
)


def install(settings: Settings) -> None:
    """Put the region into what the names end in."""
    name = provisioners._physical_name

    def named(stack_name: str, logical_id: str, *, seeded: bool = True, **options: Any) -> str:
        seed = provisioners._NAME_SEED.get() if seeded else ""
        token = provisioners._NAME_SEED.set(f"{get_region()}:{seed}")
        try:
            made: str = name(stack_name, logical_id, seeded=True, **options)
        finally:
            provisioners._NAME_SEED.reset(token)
        return made

    provisioners._physical_name = named
