"""AWS::RedshiftServerless::Namespace and AWS::RedshiftServerless::Workgroup in CloudFormation templates.

AWS: Ref is the name. A changed name, or a changed database or namespace, replaces the resource.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-redshiftserverless-namespace.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-redshiftserverless-workgroup.html
"""

from collections.abc import Callable
from dataclasses import dataclass

from ministack.services.cloudformation import provisioners

from local_aws.hooks import prepares
from local_aws.services.json_services import Json, ServiceError
from local_aws.services.redshift_serverless import namespaces, workgroups
from local_aws.settings import Settings

_Provisioned = tuple[str, Json]
# Not in the resource type's schema.
_NO_ATTRIBUTES = ("adminPasswordSecretArn",)


@dataclass(frozen=True)
class _ResourceType:
    """One resource type: the start of its attributes' names, its calls, and the properties that replace it."""

    kind: str
    create_call: Callable[[Json], Json]
    update_call: Callable[[Json], Json]
    delete_call: Callable[[str], Json]
    replacing: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.kind.lower()}Name"

    def create(self, _logical_id: str, properties: Json, _stack_name: str) -> _Provisioned:
        return self._provisioned(self._call(self.create_call, _members(properties)))

    def update(self, physical_id: str, old: Json, new: Json, _stack_name: str) -> _Provisioned:
        changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
        if changed & set(self.replacing):
            raise ValueError(f"A change of {min(changed)} is not supported by the embedded AWS: create a new stack")
        members = {_member(key): new.get(key) for key in changed if key in new and key != "Tags"}
        return self._provisioned(self._call(self.update_call, {**members, self.name: physical_id}))

    def delete(self, physical_id: str, _properties: Json) -> None:
        try:
            self.delete_call(physical_id)
        except ServiceError as error:
            if error.code != "ResourceNotFoundException":
                raise ValueError(str(error)) from error

    def _call(self, call: Callable[[Json], Json], members: Json) -> Json:
        try:
            return call(members)
        except ServiceError as error:
            raise ValueError(f"{error} ({error.code})") from error

    def _provisioned(self, record: Json) -> _Provisioned:
        attributes = {
            f"{self.kind}.{key[0].upper()}{key[1:]}": value
            for key, value in record.items()
            if key not in _NO_ATTRIBUTES
        }
        endpoint = record.get("endpoint", {})
        attributes |= {f"{self.kind}.Endpoint.{key.capitalize()}": value for key, value in endpoint.items()}
        return record[self.name], attributes


def _members(properties: Json) -> Json:
    return {_member(key): value for key, value in properties.items()}


def _member(name: str) -> str:
    return name[0].lower() + name[1:]


@prepares
def _add_resource_types(_settings: Settings) -> None:
    for each in (
        _ResourceType(
            "Namespace", namespaces.create, namespaces.update, namespaces.delete, ("NamespaceName", "DbName")
        ),
        _ResourceType(
            "Workgroup", workgroups.create, workgroups.update, workgroups.delete, ("WorkgroupName", "NamespaceName")
        ),
    ):
        provisioners._RESOURCE_HANDLERS[f"AWS::RedshiftServerless::{each.kind}"] = {
            "create": each.create,
            "update": each.update,
            "delete": each.delete,
        }
