"""AWS::SES::Template, which this MiniStack's CloudFormation does not know.

AWS: the template under its name, or a generated one; `Ref` and `Id` are that name, and another name is another template
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ses-template.html). Hooked:
`provisioners._RESOURCE_HANDLERS`. Templates are kept where MiniStack's own calls keep them, `ses._templates`.
"""

import secrets
import string
from typing import Any

from ministack.services import ses
from ministack.services.cloudformation import provisioners

from local_aws.hooks import Hook
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS", "type:dict"),
    Hook("ministack.services.cloudformation.provisioners:_delete_predecessor", "delete_fn,args,kwargs"),
    Hook("ministack.services.ses:_templates", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses:_iso_now", ""),
)
Json = dict[str, Any]
_PARTS = ("SubjectPart", "TextPart", "HtmlPart")


def install(settings: Settings) -> None:
    """Add the type."""
    provisioners._RESOURCE_HANDLERS["AWS::SES::Template"] = {"create": _create, "update": _update, "delete": _delete}


def _create(logical_id: str, props: Json, stack_name: str) -> tuple[str, Json]:
    suffix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
    name = (props.get("Template") or {}).get("TemplateName") or f"{logical_id[:51]}-{suffix}"
    if name in ses._templates:
        raise ValueError(f"Template {name} already exists")
    return _put(name, props)


def _update(physical_id: str, old: Json, new: Json, stack_name: str) -> tuple[str, Json]:
    name = (new.get("Template") or {}).get("TemplateName") or physical_id
    if name == physical_id:
        return _put(physical_id, new)
    made = _create("", new, stack_name)
    provisioners._delete_predecessor(_delete, physical_id, old)
    return made


def _delete(physical_id: str, props: Json) -> None:
    ses._templates.pop(physical_id, None)


def _put(name: str, props: Json) -> tuple[str, Json]:
    given = props.get("Template") or {}
    ses._templates[name] = {
        "TemplateName": name,
        "CreatedTimestamp": ses._iso_now(),
        **{part: given.get(part) or "" for part in _PARTS},
    }
    return name, {"Id": name}
