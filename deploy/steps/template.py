"""A stack as the app's folder says it: the template and its parameters' values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.apps import App
from deploy.errors import DeployError
from deploy.target import Target

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MAX_BODY_BYTES = 51_200
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions (`!Ref`), whose meaning does not matter here."""


def _ignored(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _ignored)


def stack_request(app: App, target: Target, rest_api_id: str, known: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What CloudFormation is asked for: template, parameters, tags; `known` are values for more parameters.

    Raises
    ------
    DeployError
        The template is longer than CloudFormation takes inline.
    """
    body = template_body(app.folder / "resources.yaml")
    built_in = {**(known or {}), "Stage": target.stage, "RestApiId": rest_api_id, "PublicUrl": target.public_url(app)}
    built_in["PublicUrl"] = built_in["PublicUrl"] or (known or {}).get("PublicUrl", "")
    declared = parameter_names(body)
    values = {key: value for key, value in built_in.items() if key in declared} | app.stage(target.stage).parameters
    return {
        "TemplateBody": body,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        "Capabilities": _CAPABILITIES,
        "Tags": [{"Key": key, "Value": value} for key, value in app.tags(target.stage).items()],
    }


def template_body(path: Path) -> str:
    """The template's text.

    Raises
    ------
    DeployError
        It is longer than CloudFormation takes inline.
    """
    body = path.read_text()
    if len(body.encode()) > _MAX_BODY_BYTES:
        raise DeployError(f"{path} is longer than CloudFormation's {_MAX_BODY_BYTES} bytes")
    return body


def parameter_names(body: str) -> set[str]:
    """The parameters that the template declares."""
    return set(_document(body).get("Parameters") or {})


def output_names(body: str) -> list[str]:
    """The outputs that the template declares."""
    return list(_document(body).get("Outputs") or {})


def _document(body: str) -> dict[str, Any]:
    return dict(yaml.load(body, Loader=_Loader))  # noqa: S506 - a SafeLoader
