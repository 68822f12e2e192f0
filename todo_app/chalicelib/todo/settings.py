"""What the functions learn from their environment."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Outputs of resources.yaml, and what the runtime itself sets."""

    table_name: str
    bucket_name: str
    user_pool_id: str
    user_pool_arn: str
    user_pool_client_id: str
    identity_pool_id: str
    deletion_queue_url: str
    cursor_secret_arn: str
    public_url: str
    aws_region: str
    aws_endpoint_url: str = ""
