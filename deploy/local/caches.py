"""Empties the caches in front of an app that was deployed to stage local: CloudFront's and API Gateway's.

`up` does not, neither here nor on AWS, where what is cached ends by its time to live.
"""

import time
from collections.abc import Mapping

from deploy.apps import App
from deploy.inventory.rest_apis import stages_of
from deploy.inventory.stacks import Stack
from deploy.regions import replica_region
from deploy.steps.api_stage import PUBLIC_STAGE
from deploy.target import Target


def empty_caches(app: App, target: Target, outputs: Mapping[str, str]) -> None:
    """Flush the cache of each region's public stage, and invalidate everything in the distribution."""
    replica = replica_region(app, target)
    for region in [target, *([target.in_region(replica)] if replica else [])]:
        api = Stack(app, region).rest_api_id()
        stage = stages_of(region, api).get(PUBLIC_STAGE, {}) if api else {}
        if stage.get("cacheClusterEnabled"):
            region.client("apigateway").flush_stage_cache(restApiId=api, stageName=PUBLIC_STAGE)
    if distribution := outputs.get("DistributionId"):
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())}
        target.client("cloudfront").create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
