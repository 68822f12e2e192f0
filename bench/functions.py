"""Programs in the functions' own interpreter, with a package and an environment as on Lambda."""

import subprocess
from pathlib import Path
from typing import Any

from bench.workspace import Workspace

PROGRAMS = Path(__file__).parent / "programs"
_REGION = "us-east-1"
_POOL = f"{_REGION}_Example01"
# The settings of both apps; nothing answers at any of these.
_ENVIRONMENT = {
    "AWS_REGION": _REGION,
    "AWS_DEFAULT_REGION": _REGION,
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "e" * 400,
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "LANG": "en_US.UTF-8",
    "TABLE_NAME": "bench-todos",
    "BUCKET_NAME": "bench-files",
    "USER_POOL_ID": _POOL,
    "USER_POOL_ARN": f"arn:aws:cognito-idp:{_REGION}:000000000000:userpool/{_POOL}",
    "USER_POOL_CLIENT_ID": "example",
    "IDENTITY_POOL_ID": f"{_REGION}:00000000-0000-4000-8000-000000000000",
    "DELETION_QUEUE_URL": f"https://sqs.{_REGION}.amazonaws.com/000000000000/bench-deletions",
    "CURSOR_SECRET_ARN": "bench-cursors",
    "PUBLIC_URL": "https://todo.example.com",
}


def started(
    workspace: Workspace, program: str, package: Path, variables: dict[str, str] | None = None, **options: Any
) -> "subprocess.Popen[bytes]":
    """Start one of `programs` on a package, with `variables` beside those that both apps need.

    As in the embedded AWS no bytecode is written beside the code (`-B`): Lambda's task folder is read-only. The
    runtime's own boto3 has its bytecode, for both sides.
    """
    code = workspace.unpacked(package)
    command = [str(workspace.function_python), "-P", "-B", "-X", "utf8", str(PROGRAMS / program)]
    environment = {**_ENVIRONMENT, "LAMBDA_TASK_ROOT": str(code), "HOME": str(workspace.folder), **(variables or {})}
    return subprocess.Popen(command, cwd=code, env=environment, stdout=subprocess.PIPE, **options)
