"""What a client must know before it can sign in and reach its own data directly."""

import msgspec
from chalicelib.todo.settings import Settings

SERVICES = {"cognitoIdp": "cognito-idp", "cognitoIdentity": "cognito-identity", "s3": "s3", "dynamodb": "dynamodb"}


class Configuration(msgspec.Struct, rename="camel"):
    """The public configuration of a stage; nothing in it is secret."""

    region: str
    user_pool_id: str
    user_pool_client_id: str
    identity_pool_id: str
    bucket: str
    table: str
    endpoints: dict[str, str]


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
