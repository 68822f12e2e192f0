"""What a client needs to sign in at Cognito; all of it is public."""

from typing import Annotated, Self

import msgspec
from msgspec import Meta


class SignIn(msgspec.Struct, rename="camel"):
    """The user pool of a stage, and where it is."""

    region: Annotated[str, Meta(examples=["us-east-1"])]
    user_pool_id: Annotated[str, Meta(examples=["us-east-1_Ab1Cd2Ef3"])]
    user_pool_client_id: Annotated[str, Meta(examples=["1h57kf5cpq17m0eml12EXAMPLE"])]
    cognito_idp: Annotated[
        str, Meta(description="The endpoint of Cognito.", examples=["https://cognito-idp.us-east-1.amazonaws.com"])
    ]

    @classmethod
    def at(cls, *, region: str, user_pool_id: str, user_pool_client_id: str, endpoint_url: str) -> Self:
        """Return it with Cognito's regional endpoint, or with the endpoint that replaces it."""
        return cls(
            region=region,
            user_pool_id=user_pool_id,
            user_pool_client_id=user_pool_client_id,
            cognito_idp=endpoint_url or f"https://cognito-idp.{region}.amazonaws.com",
        )
