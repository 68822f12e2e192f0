"""What the stage's DAX cluster has counted."""

import requests

from tests.e2e.todo.user import APP


def has_cluster(stage) -> bool:
    return "DaxEndpoint" in stage.outputs(APP)


def counts(stage) -> dict[str, int]:
    """What the cluster has counted since it was started."""
    (cluster,) = requests.get(f"{stage.document['endpoint_url']}/_quartet/dax").json()["clusters"].values()
    return cluster
