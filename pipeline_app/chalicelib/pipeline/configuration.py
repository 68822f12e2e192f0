"""The configuration that an operator's client needs to sign in."""

from chalicelib.pipeline.settings import Settings

from common.sign_in import SignIn


class Configuration(SignIn):
    """The configuration of a stage for clients; all of it is public."""


def configuration(settings: Settings) -> Configuration:
    """Return the stage's names, with Cognito's regional endpoint or the endpoint that replaces it."""
    return Configuration.at(
        region=settings.aws_region,
        user_pool_id=settings.user_pool_id,
        user_pool_client_id=settings.user_pool_client_id,
        endpoint_url=settings.aws_endpoint_url,
    )
