"""The request to CloudFormation: the template of an app's folder, and values for its parameters."""

from collections.abc import Mapping
from typing import Any

import yaml

from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps.template_bucket import uploaded
from deploy.target import Target
from deploy.yaml_files import read_yaml

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MAX_BODY_BYTES = 51_200
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short functions (`!Ref`), which are not evaluated."""


def _without_tag(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _without_tag)


def stack_request(
    app: App, target: Target, rest_api_id: str, more_parameters: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Template, parameters and tags as CreateChangeSet and UpdateStack take them.

    Values for parameters that the template does not declare are left out. Those of stages.yaml take precedence. The
    URLs of local servers are values of the parameters that stages.yaml names.
    """
    parameters = {"PublicUrl": "", **(more_parameters or {}), "Stage": target.stage, "RestApiId": rest_api_id}
    if url := target.public_url(app):
        parameters["PublicUrl"] = url
    if target.run:
        servers = app.stage(target.stage).servers
        parameters |= {server.parameter: target.run.servers[name] for name, server in servers.items()}
    declared = parameter_names(app)
    values = {key: value for key, value in parameters.items() if key in declared} | app.stage(target.stage).parameters
    return {
        **template(target, template_text(app)),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        "Capabilities": CAPABILITIES,
        "Tags": [{"Key": key, "Value": value} for key, value in app.tags(target.stage).items()],
    }


def template_text(app: App) -> str:
    """The template of an app's folder."""
    return (app.folder / "resources.yaml").read_text()


def template(target: Target, body: str) -> dict[str, str]:
    """The template as CreateChangeSet, CreateStack and UpdateStack take it: its text, or its URL if it is too long."""
    if len(body.encode()) <= _MAX_BODY_BYTES:
        return {"TemplateBody": body}
    return {"TemplateURL": uploaded(target, body)}


def parameter_names(app: App) -> set[str]:
    """The parameters that the app's template declares."""
    return set(_document(app).get("Parameters") or {})


def output_names(app: App) -> list[str]:
    """The outputs that the app's template declares."""
    return list(_document(app).get("Outputs") or {})


def _document(app: App) -> dict[str, Any]:
    document = read_yaml(app.folder / "resources.yaml", _Loader)
    if not isinstance(document, dict):
        raise DeployError(f"{app.key}/resources.yaml is not a template: it has no Resources")
    return document
