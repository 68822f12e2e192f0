"""The target of a command: the stage, and the account, region and endpoint of every AWS call."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy.apps import App
from deploy.checkout import Checkout, Run
from deploy.environment import LOCAL_REGION, isolate, local_environment, scrubbed
from deploy.errors import DeployError
from deploy.service_models import session

LOCAL = "local"
# botocore's own limits are 60 s, for each attempt.
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Target:
    """One stage and how to reach it. `run` is the embedded AWS of stage local, None for any other stage."""

    stage: str
    region: str
    run: Run | None = None
    aws_environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded AWS."""
        return self.stage == LOCAL

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of one service; made once for each region."""
        return _client(service, region or self.region, self.run.endpoint_url if self.run else None)

    def one_attempt_client(self, service: str, answer_seconds: float) -> Any:
        """A boto3 client that sends each request once and waits so long for the answer; made anew."""
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=_CONNECT_SECONDS, read_timeout=answer_seconds
        )
        endpoint_url = self.run.endpoint_url if self.run else None
        return session().client(
            service, region_name=self.region, endpoint_url=endpoint_url, config=config, **_credentials(endpoint_url)
        )

    def in_region(self, region: str) -> "Target":
        """The same stage in another region."""
        environment = {**self.aws_environment, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        return replace(self, region=region, aws_environment=environment if self.is_local else {})

    def child_environment(self) -> dict[str, str]:
        """The environment of a child process that reaches the same AWS."""
        if self.is_local:
            return scrubbed(os.environ, self.aws_environment)
        return {**os.environ, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}

    def account(self) -> str:
        """The account number.

        Raises
        ------
        DeployError
            There are no credentials, or AWS refuses them.
        """
        # The first call of a command: it must not wait for an endpoint that never answers.
        once = Config(retries={"max_attempts": 0}, connect_timeout=_ANSWER_SECONDS, read_timeout=_ANSWER_SECONDS)
        try:
            return str(session().client("sts", region_name=self.region, config=once).get_caller_identity()["Account"])
        except (BotoCoreError, ClientError) as error:
            raise DeployError(f"no access to AWS for stage {self.stage}: {error}") from error

    def public_url(self, app: App) -> str:
        """The app's address in the embedded AWS; empty outside, where the template uses the distribution's address."""
        return self.run.addresses[app.key].http_url if self.run else ""


def target_of(stage: str, checkout: Checkout) -> Target:
    """The target of a stage: the embedded AWS of this checkout for `local`, the user's own AWS for any other.

    Raises
    ------
    StageNotUp
        The embedded AWS does not run.
    DeployError
        No region is set for a stage outside local.
    """
    if stage == LOCAL:
        return local_target(checkout.current_run())
    # boto3 reads AWS_DEFAULT_REGION only; the other SDKs and the AWS CLI read AWS_REGION first.
    region = os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise DeployError(f"no region for stage {stage}: set AWS_REGION")
    return Target(stage, region)


def local_target(run: Run) -> Target:
    """The target of stage `local`. From here on this process reaches no other AWS."""
    isolate(run.endpoint_url, run.ca_file)
    return Target(LOCAL, LOCAL_REGION, run, local_environment(run.endpoint_url, run.ca_file))


@lru_cache
def _client(service: str, region: str, endpoint_url: str | None) -> Any:
    attempts = 2 if endpoint_url else 8
    config = Config(retries={"mode": "standard", "max_attempts": attempts}, connect_timeout=_CONNECT_SECONDS)
    return session().client(
        service, region_name=region, endpoint_url=endpoint_url, config=config, **_credentials(endpoint_url)
    )


def _credentials(endpoint_url: str | None) -> dict[str, Any]:
    """The root key of the embedded AWS; outside stage local boto3 finds the user's own."""
    return {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if endpoint_url else {}
