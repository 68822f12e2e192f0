"""AWS::CloudFront::PublicKey and AWS::CloudFront::KeyGroup in CloudFormation templates.

AWS: Ref is the id, and an update changes the resource in place. The update of a public key's EncodedKey, Name or
CallerReference fails, because CloudFront cannot change them; a key in a group and a group of a distribution cannot be
deleted.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-publickey.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-keygroup.html
https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/924 (the failing update)
Lacking here: MiniStack has the API for both, and no resource type. These types call the API.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from ministack.services import cloudfront
from ministack.services.cloudformation import provisioners

from local_aws.hooks import prepares
from local_aws.settings import Settings

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]
Response = tuple[int, dict[str, Any], bytes]


@dataclass(frozen=True)
class _ResourceType:
    """One resource type: the property with its configuration, its timestamp attribute, its records, and API calls."""

    name: str
    config: str
    timestamp: str
    records: Any
    create_call: Callable[[bytes], Response]
    update_call: Callable[[str, dict[str, str], bytes], Response]
    delete_call: Callable[[str, dict[str, str]], Response]

    def create(self, _logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
        headers = self._answer(self.create_call(self._body(properties)))
        return self._provisioned(headers["Location"].rpartition("/")[2])

    def update(self, physical_id: str, _old: Properties, new: Properties, _stack_name: str) -> Provisioned:
        self._answer(self.update_call(physical_id, self._precondition(physical_id), self._body(new)))
        return self._provisioned(physical_id)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        if physical_id in self.records:
            self._answer(self.delete_call(physical_id, self._precondition(physical_id)))

    def _body(self, properties: Properties) -> bytes:
        return _config_xml(self.config, properties.get(self.config) or {})

    def _precondition(self, physical_id: str) -> dict[str, str]:
        return {"if-match": (self.records.get(physical_id) or {}).get("ETag", "")}

    def _provisioned(self, physical_id: str) -> Provisioned:
        return physical_id, {"Id": physical_id, self.timestamp: self.records[physical_id][self.timestamp]}

    def _answer(self, response: Response) -> dict[str, Any]:
        """The headers of a response; raises its error, which fails the resource."""
        status, headers, body = response
        if status >= 400:
            root = fromstring(body)  # noqa: S314 - MiniStack's own response
            code, message = (next((e.text for e in root.iter() if e.tag.endswith(tag)), "") for tag in _ERROR_TAGS)
            raise ValueError(f"Invalid request provided: {self.name}: {message} ({code})")
        return headers


_ERROR_TAGS = ("Code", "Message")


def _config_xml(tag: str, config: dict[str, Any]) -> bytes:
    root = Element(tag)
    for name, value in config.items():
        element = SubElement(root, name)
        if isinstance(value, list):
            for key in value:
                SubElement(element, "PublicKey").text = str(key)
        else:
            element.text = str(value)
    return tostring(root)


@prepares
def _add_resource_types(_settings: Settings) -> None:
    """Add the types to MiniStack's, after the hooks on the API's functions are installed."""
    for each in (
        _ResourceType(
            "AWS::CloudFront::PublicKey",
            "PublicKeyConfig",
            "CreatedTime",
            cloudfront._public_keys,
            cloudfront._create_public_key,
            cloudfront._update_public_key,
            cloudfront._delete_public_key,
        ),
        _ResourceType(
            "AWS::CloudFront::KeyGroup",
            "KeyGroupConfig",
            "LastModifiedTime",
            cloudfront._key_groups,
            cloudfront._create_key_group,
            cloudfront._update_key_group,
            cloudfront._delete_key_group,
        ),
    ):
        provisioners._RESOURCE_HANDLERS[each.name] = {
            "create": each.create,
            "update": each.update,
            "delete": each.delete,
        }
