"""AWS::DAX::Cluster, AWS::DAX::ParameterGroup and AWS::DAX::SubnetGroup in CloudFormation templates.

AWS: Ref is the name. A change of a cluster's role, node type, subnet group or encryption replaces it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dax-cluster.html
"""

import re
from typing import Any

from ministack.services.cloudformation import provisioners

from local_aws.hooks import prepares
from local_aws.services.dax import clusters, endpoints
from local_aws.services.iam import service_roles
from local_aws.services.json_services import Json
from local_aws.settings import Settings

PRINCIPAL = "dax.amazonaws.com"
_CLUSTER_NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,19}(?<!-)")
_GROUP_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,254}")
_NODES = range(1, 12)
_ENCRYPTIONS = ("NONE", "TLS")
_PARAMETERS = (clusters.QUERY_TTL, clusters.RECORD_TTL)
_CHANGEABLE = {
    "Description",
    "NotificationTopicARN",
    "ParameterGroupName",
    "PreferredMaintenanceWindow",
    "ReplicationFactor",
    "SecurityGroupIds",
    "Tags",
}
_MAX_NAME = 20
_Provisioned = tuple[str, Json]


def _create_cluster(logical_id: str, properties: Json, stack_name: str) -> _Provisioned:
    name = str(properties.get("ClusterName") or _generated(stack_name, logical_id)).lower()
    if not _CLUSTER_NAME.fullmatch(name):
        raise _invalid(f"Invalid cluster name {name}")
    if name in clusters.clusters:
        raise ValueError(f"Cluster {name} already exists (ClusterAlreadyExistsFault)")
    key, record = clusters.key_of(name), _record(name, properties)
    clusters.clusters[name] = record
    clusters.attribute_lists[key] = {}
    try:
        record["Port"] = endpoints.open_endpoint(key, record)
    except OSError as error:
        _forget_cluster(name)
        raise ValueError(str(error)) from error
    return name, _attributes(name)


def _record(name: str, properties: Json) -> Json:
    encryption = properties.get("ClusterEndpointEncryptionType")
    if encryption not in (None, *_ENCRYPTIONS):
        raise _invalid(f"ClusterEndpointEncryptionType must be one of {', '.join(_ENCRYPTIONS)}")
    subnet_group = str(properties.get("SubnetGroupName") or clusters.DEFAULT_SUBNET_GROUP)
    if subnet_group != clusters.DEFAULT_SUBNET_GROUP and subnet_group not in clusters.subnet_groups:
        raise ValueError(f"Subnet group {subnet_group} not found (SubnetGroupNotFoundFault)")
    role = str(properties.get("IAMRoleARN"))
    try:
        service_roles.require_trust(role, PRINCIPAL)
    except service_roles.RoleRefuses as error:
        raise _invalid(f"DAX cannot assume the role: {error}") from error
    return {
        "Name": name,
        "Role": role,
        "NodeType": str(properties.get("NodeType")),
        "Encryption": encryption or "NONE",
        "SubnetGroup": subnet_group,
        **_changeable(properties),
    }


def _changeable(properties: Json) -> Json:
    group = str(properties.get("ParameterGroupName") or clusters.DEFAULT_GROUP)
    if group != clusters.DEFAULT_GROUP and group not in clusters.parameter_groups:
        raise ValueError(f"Parameter group {group} not found (ParameterGroupNotFoundFault)")
    nodes = int(properties.get("ReplicationFactor", 1))
    if nodes not in _NODES:
        raise _invalid(f"ReplicationFactor must be between {_NODES.start} and {_NODES.stop - 1}")
    return {
        "Description": str(properties.get("Description") or ""),
        "Nodes": nodes,
        "ParameterGroup": group,
        "SecurityGroups": list(properties.get("SecurityGroupIds") or []),
    }


def _update_cluster(name: str, old: Json, new: Json, _stack_name: str) -> _Provisioned:
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    if unsupported := changed - _CHANGEABLE:
        raise ValueError(f"A change of {min(unsupported)} is not supported by the embedded AWS: create a new stack")
    clusters.clusters[name].update(_changeable(new))
    return name, _attributes(name)


def _delete_cluster(name: str, _properties: Json) -> None:
    if name in clusters.clusters:
        endpoints.close_endpoint(clusters.key_of(name))
        _forget_cluster(name)


def _forget_cluster(name: str) -> None:
    clusters.clusters.pop(name, None)
    clusters.attribute_lists.pop(clusters.key_of(name), None)


def _attributes(name: str) -> Json:
    record = clusters.clusters[name]
    return {
        "Arn": clusters.arn_of(clusters.key_of(name)),
        "ClusterDiscoveryEndpoint": f"localhost:{record['Port']}",
        "ClusterDiscoveryEndpointURL": clusters.url_of(record),
    }


def _put_parameter_group(name: str, properties: Json) -> _Provisioned:
    values = properties.get("ParameterNameValues") or {}
    if unknown := sorted(set(values) - set(_PARAMETERS)):
        raise _invalid(f"Unknown parameter {unknown[0]}")
    for parameter, value in values.items():
        if not str(value).isdigit():
            raise _invalid(f"{parameter} must be a number of milliseconds")
    clusters.parameter_groups[name] = {parameter: str(value) for parameter, value in values.items()}
    return name, {}


def _put_subnet_group(name: str, properties: Json) -> _Provisioned:
    if not properties.get("SubnetIds"):
        raise _invalid("A subnet group needs a subnet")
    clusters.subnet_groups[name] = list(properties["SubnetIds"])
    return name, {}


def _group_handlers(kind: str, put: Any, store: Any, user: str) -> Json:
    """The handlers of one kind of group; `user` is the member of a cluster that names its group."""

    def create(logical_id: str, properties: Json, stack_name: str) -> _Provisioned:
        name = str(properties.get(f"{kind}Name") or _generated(stack_name, logical_id)).lower()
        if not _GROUP_NAME.fullmatch(name):
            raise _invalid(f"Invalid group name {name}")
        if name in store:
            raise ValueError(f"{kind} {name} already exists ({kind}AlreadyExistsFault)")
        provisioned: _Provisioned = put(name, properties)
        return provisioned

    def update(name: str, _old: Json, new: Json, _stack_name: str) -> _Provisioned:
        provisioned: _Provisioned = put(name, new)
        return provisioned

    def delete(name: str, _properties: Json) -> None:
        if any(cluster[user] == name for cluster in clusters.clusters.values()):
            raise ValueError(f"{kind} {name} is in use ({kind}InUseFault)")
        store.pop(name, None)

    return {"create": create, "update": update, "delete": delete}


def _generated(stack_name: str, logical_id: str) -> str:
    return str(provisioners._physical_name(stack_name, logical_id, lowercase=True, max_len=_MAX_NAME))


def _invalid(message: str) -> ValueError:
    return ValueError(f"{message} (InvalidParameterValueException)")


@prepares
def _add_resource_types(_settings: Settings) -> None:
    parameter_group = _group_handlers(
        "ParameterGroup", _put_parameter_group, clusters.parameter_groups, "ParameterGroup"
    )
    subnet_group = _group_handlers("SubnetGroup", _put_subnet_group, clusters.subnet_groups, "SubnetGroup")
    provisioners._RESOURCE_HANDLERS.update(
        {
            "AWS::DAX::Cluster": {"create": _create_cluster, "update": _update_cluster, "delete": _delete_cluster},
            "AWS::DAX::ParameterGroup": parameter_group,
            "AWS::DAX::SubnetGroup": subnet_group,
        }
    )
