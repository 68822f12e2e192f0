"""The configuration that a client needs to sign in and to access its own data directly."""

from typing import Annotated

import msgspec
from chalicelib.todo.settings import Settings
from msgspec import Meta

SERVICES = {"cognitoIdp": "cognito-idp", "cognitoIdentity": "cognito-identity", "s3": "s3", "dynamodb": "dynamodb"}


class Configuration(msgspec.Struct, rename="camel"):
    """The configuration of a stage for clients; all of it is public."""

    region: Annotated[str, Meta(examples=["us-east-1"])]
    user_pool_id: Annotated[str, Meta(examples=["us-east-1_Ab1Cd2Ef3"])]
    user_pool_client_id: Annotated[str, Meta(examples=["1h57kf5cpq17m0eml12EXAMPLE"])]
    identity_pool_id: Annotated[str, Meta(examples=["us-east-1:00000000-1111-2222-3333-444444444444"])]
    bucket: Annotated[str, Meta(examples=["todo-files"])]
    table: Annotated[str, Meta(examples=["todo"])]
    endpoints: Annotated[
        dict[str, str],
        Meta(
            description="The endpoints of AWS services.",
            examples=[{name: f"https://{service}.us-east-1.amazonaws.com" for name, service in SERVICES.items()}],
        ),
    ]


def configuration(settings: Settings) -> Configuration:
    """Return the stage's names, with AWS's regional endpoints or the one endpoint that replaces them."""
    region = settings.aws_region
    endpoints = {
        name: settings.aws_endpoint_url or f"https://{service}.{region}.amazonaws.com"
        for name, service in SERVICES.items()
    }
    return Configuration(
        region=region,
        user_pool_id=settings.user_pool_id,
        user_pool_client_id=settings.user_pool_client_id,
        identity_pool_id=settings.identity_pool_id,
        bucket=settings.bucket_name,
        table=settings.table_name,
        endpoints=endpoints,
    )
