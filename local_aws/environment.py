"""Sets the process environment that MiniStack reads while it is imported."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws.settings import ACCOUNT_ID, Settings

# The user's AWS configuration must not affect the emulator or the functions that it starts.
_FOREIGN_PREFIXES = ("AWS_", "MINISTACK_", "LAMBDA_", "S3_", "COGNITO_", "IOT_", "SFN_", "DOCKER_")
_FOREIGN_NAMES = ("SERVICES", "SMTP_HOST", "USE_SSL", "LOCALSTACK_PERSISTENCE", "EDGE_PORT", "HOSTNAME")


def prepare(settings: Settings) -> None:
    """Set this process's environment for the embedded AWS. Call this before MiniStack is imported."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN_PREFIXES) or name in _FOREIGN_NAMES:
            del os.environ[name]
    state = settings.state_dir
    os.environ.update(
        {
            "GATEWAY_PORT": str(settings.port),
            "BIND_HOST": settings.host,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state / "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "s3"),
            "MINISTACK_REGION": settings.region,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "AWS_EC2_METADATA_DISABLED": "true",
            "IOT_MTLS_ENABLED": "1" if settings.mqtt_port else "0",
            "IOT_MTLS_PORT": str(settings.mqtt_port or ""),
            "SFTP_ENABLED": "0",
            # A path that never exists, so that MiniStack finds no Docker daemon.
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",
            "MINISTACK_WORKER_THREADS": "32",
        }
    )


@contextmanager
def without_duckdb() -> Iterator[None]:
    """Keep modules from importing DuckDB, which uses 30 MB, before a query needs it.

    MiniStack imports it if it can, with modules that every start imports.
    """
    sys.modules["duckdb"] = None  # type: ignore[assignment]  # an import raises ImportError
    try:
        yield
    finally:
        del sys.modules["duckdb"]
