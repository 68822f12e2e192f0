"""The settings of the functions, which are environment variables."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """The outputs of resources.yaml, and the variables that Lambda sets."""

    table_name: str
    table_stream_arn: str
    stream_dead_letters_url: str
    bucket_name: str
    user_pool_id: str
    user_pool_arn: str
    user_pool_client_id: str
    identity_pool_id: str
    deletion_queue_url: str
    cursor_secret_arn: str
    public_url: str
    aws_region: str
    # Only where the stage has a DAX cluster.
    dax_endpoint: str = ""
    aws_endpoint_url: str = ""
