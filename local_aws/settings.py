"""The settings of one run of the embedded AWS: ports, state folder, region."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
# MiniStack's root key: any secret is accepted, and IAM does not apply. Only for deployments.
ROOT_ACCESS_KEY = "test"
ROOT_SECRET_KEY = "test"


class UnsafeSettings(Exception):
    """The embedded AWS would be reachable from outside, or would not enforce IAM."""


@dataclass(frozen=True)
class Front:
    """The ports that serve one app's distribution.

    `app` is the app's folder name (`todo_app`); the distribution has it in the tag `quartet:app`.
    """

    app: str
    http_port: int
    https_port: int


@dataclass(frozen=True)
class Settings:
    """Where the embedded AWS listens, and the folders of its state and of its functions' interpreter.

    Raises
    ------
    UnsafeSettings
        `host` is not a loopback address.
    """

    state_dir: Path
    port: int = 8000
    host: str = "127.0.0.1"
    region: str = REGION
    fronts: tuple[Front, ...] = field(default=())
    function_runtime_dir: Path | None = None
    # IoT devices connect here, by MQTT over TLS; None disables it.
    mqtt_port: int | None = None
    # DAX clusters listen here and on the next nine ports; None takes any free port.
    dax_port: int | None = None
    # A changed state is saved this often.
    save_seconds: float = 3.0
    # The times of Firehose's buffers are multiplied by this.
    firehose_time_scale: float = 1.0

    def __post_init__(self) -> None:
        if not ipaddress.ip_address(self.host).is_loopback:
            raise UnsafeSettings(f"refusing to listen on {self.host}: the embedded AWS serves this machine only")

    @property
    def function_runtime(self) -> Path:
        """The folder of the functions' interpreter."""
        return self.function_runtime_dir or self.state_dir / "function-runtime"

    @property
    def trusted_file(self) -> Path:
        """The certificates of the authorities that functions trust, if they include the embedded AWS's own."""
        return self.state_dir / "trusted.pem"

    @property
    def endpoint_url(self) -> str:
        """The endpoint of all services. It is an IP address, so that SDKs use path-style S3 URLs."""
        return f"http://{self.host}:{self.port}"
