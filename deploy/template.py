"""What the tool must know of a template before CloudFormation reads it: its parameters."""

from pathlib import Path
from typing import Any

import yaml

from deploy.errors import DeployError

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MAX_BODY_BYTES = 51_200


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions (`!Ref`), whose meaning does not matter here."""


def _ignored(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _ignored)


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
