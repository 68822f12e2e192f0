"""What a client must know before it can sign in and reach its own data directly."""

from typing import Annotated

import msgspec
from chalicelib.todo.settings import Settings
from msgspec import Meta

SERVICES = {"cognitoIdp": "cognito-idp", "cognitoIdentity": "cognito-identity", "s3": "s3", "dynamodb": "dynamodb"}


class Configuration(msgspec.Struct, rename="camel"):
    """The public configuration of a stage; nothing in it is secret."""

    region: Annotated[str, Meta(examples=["us-east-1"])]
    user_pool_id: Annotated[str, Meta(examples=["us-east-1_Ab1Cd2Ef3"])]
    user_pool_client_id: Annotated[str, Meta(examples=["1h57kf5cpq17m0eml12EXAMPLE"])]
    identity_pool_id: Annotated[str, Meta(examples=["us-east-1:00000000-1111-2222-3333-444444444444"])]
    bucket: Annotated[str, Meta(examples=["todo-files"])]
    table: Annotated[str, Meta(examples=["todo"])]
    endpoints: Annotated[
        dict[str, str],
        Meta(
            description="Where each of these services is called.",
            examples=[{name: f"https://{service}.us-east-1.amazonaws.com" for name, service in SERVICES.items()}],
        ),
    ]


def configuration(settings: Settings) -> Configuration:
    """Tell the stage's names, and AWS's regional endpoints or the one that stands for them."""
    region = settings.aws_region
    endpoints = {
        name: settings.aws_endpoint_url or f"https://{service}.{region}.amazonaws.com"
        for name, service in SERVICES.items()
    }
    return Configuration(
        region,
        settings.user_pool_id,
        settings.user_pool_client_id,
        settings.identity_pool_id,
        settings.bucket_name,
        settings.table_name,
        endpoints,
    )
