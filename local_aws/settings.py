"""What one run of the embedded AWS is told: its ports, its state folder, its region."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
# MiniStack's root key: any secret is accepted with it, and IAM does not apply. Deploying only.
ROOT_ACCESS_KEY = "test"
ROOT_SECRET_KEY = "test"


class UnsafeSettings(Exception):
    """The embedded AWS would be reachable from outside, or would not enforce IAM."""


@dataclass(frozen=True)
class Front:
    """One app's own address: its distribution, served on ports of its own.

    `app` is the app's folder name (`todo_app`), which its distribution carries in the tag `quartet:app`.
    """

    app: str
    http_port: int
    https_port: int


@dataclass(frozen=True)
class Settings:
    """Where the embedded AWS listens, where it keeps its state, and where its functions' interpreter is or is built.

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
    # A changed state is saved this often.
    save_seconds: float = 3.0

    def __post_init__(self) -> None:
        if not ipaddress.ip_address(self.host).is_loopback:
            raise UnsafeSettings(f"refusing to listen on {self.host}: the embedded AWS serves this machine only")

    @property
    def function_runtime(self) -> Path:
        """The folder of the functions' own interpreter."""
        return self.function_runtime_dir or self.state_dir / "function-runtime"

    @property
    def endpoint_url(self) -> str:
        """The one endpoint of every service. An address, not a name: SDKs then use path-style S3 URLs."""
        return f"http://{self.host}:{self.port}"
