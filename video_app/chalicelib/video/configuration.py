"""The configuration that a viewer's client needs to sign in."""

from typing import Annotated

import msgspec
from chalicelib.video.settings import Settings
from msgspec import Meta


class Configuration(msgspec.Struct, rename="camel"):
    """The configuration of a stage for clients; all of it is public."""

    region: Annotated[str, Meta(examples=["us-east-1"])]
    user_pool_id: Annotated[str, Meta(examples=["us-east-1_Ab1Cd2Ef3"])]
    user_pool_client_id: Annotated[str, Meta(examples=["1h57kf5cpq17m0eml12EXAMPLE"])]
    cognito_idp: Annotated[
        str, Meta(description="The endpoint of Cognito.", examples=["https://cognito-idp.us-east-1.amazonaws.com"])
    ]


def configuration(settings: Settings) -> Configuration:
    """Return the stage's names, with Cognito's regional endpoint or the endpoint that replaces it."""
    endpoint = settings.aws_endpoint_url or f"https://cognito-idp.{settings.aws_region}.amazonaws.com"
    return Configuration(
        region=settings.aws_region,
        user_pool_id=settings.user_pool_id,
        user_pool_client_id=settings.user_pool_client_id,
        cognito_idp=endpoint,
    )
