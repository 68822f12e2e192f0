"""The API of DAX, as far as it is served: DescribeClusters, and the state."""

from local_aws.hooks import prepares
from local_aws.services import json_services
from local_aws.services.dax import clusters, endpoints
from local_aws.services.json_services import Json, JsonService, Request, ServiceError
from local_aws.settings import Settings


def _describe(request: Request) -> Json:
    names = request.body.get("ClusterNames") or clusters.clusters.keys()
    missing = next((name for name in names if name not in clusters.clusters), None)
    if missing is not None:
        raise ServiceError("ClusterNotFoundFault", f"Cluster {missing} not found.")
    return {"Clusters": [_description(clusters.clusters[name]) for name in sorted(names)]}


def _description(record: Json) -> Json:
    return {
        "ClusterName": record["Name"],
        "Description": record["Description"],
        "ClusterArn": clusters.arn_of(clusters.key_of(record["Name"])),
        "TotalNodes": record["Nodes"],
        "ActiveNodes": record["Nodes"],
        "NodeType": record["NodeType"],
        "Status": "available",
        "ClusterDiscoveryEndpoint": {"Address": "localhost", "Port": record["Port"], "URL": clusters.url_of(record)},
        "SubnetGroup": record["SubnetGroup"],
        "SecurityGroups": [
            {"SecurityGroupIdentifier": group, "Status": "active"} for group in record["SecurityGroups"]
        ],
        "IamRoleArn": record["Role"],
        "ParameterGroup": {"ParameterGroupName": record["ParameterGroup"], "ParameterApplyStatus": "in-sync"},
        "ClusterEndpointEncryptionType": record["Encryption"],
    }


def _resource_arn(_operation: str, body: Json) -> str:
    names = body.get("ClusterNames") or []
    return clusters.arn_of(clusters.key_of(str(names[0]))) if len(names) == 1 else "*"


def _load(state: Json) -> None:
    clusters.load(state)
    endpoints.open_all()


def _reset() -> None:
    endpoints.close_all()
    for store in (clusters.clusters, clusters.parameter_groups, clusters.subnet_groups):
        store.clear()
    clusters.attribute_lists.clear()


@prepares
def _add(_settings: Settings) -> None:
    json_services.add(
        JsonService(
            name="dax",
            target="AmazonDAXV3",
            operations={"DescribeClusters": _describe},
            get_state=clusters.state,
            load_state=_load,
            reset=_reset,
            resource_arn=_resource_arn,
        )
    )
