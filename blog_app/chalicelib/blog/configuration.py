"""What an author's client must know before its user can sign in."""

from typing import Annotated

import msgspec
from chalicelib.blog.settings import Settings
from msgspec import Meta


class Configuration(msgspec.Struct, rename="camel"):
    """The public configuration of a stage; nothing in it is secret."""

    region: Annotated[str, Meta(examples=["us-east-1"])]
    user_pool_id: Annotated[str, Meta(examples=["us-east-1_Ab1Cd2Ef3"])]
    user_pool_client_id: Annotated[str, Meta(examples=["1h57kf5cpq17m0eml12EXAMPLE"])]
    cognito_idp: Annotated[
        str, Meta(description="Where Cognito is called.", examples=["https://cognito-idp.us-east-1.amazonaws.com"])
    ]


def configuration(settings: Settings) -> Configuration:
    """Tell the stage's names, and Cognito's regional endpoint or what stands for it."""
    endpoint = settings.aws_endpoint_url or f"https://cognito-idp.{settings.aws_region}.amazonaws.com"
    return Configuration(settings.aws_region, settings.user_pool_id, settings.user_pool_client_id, endpoint)
