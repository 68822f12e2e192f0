"""`dev`: `chalice local` with autoreload against the running embedded AWS, with the deployed function's own role."""

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from deploy.apps import App
from deploy.checkout import Checkout
from deploy.errors import CommandFailed, DeployError
from deploy.inventory.stacks import stack_outputs
from deploy.local.embedded_aws import require_free
from deploy.local.interrupts import interrupt_on_signals
from deploy.progress import out
from deploy.steps.chalice_cli import chalice_environment
from deploy.steps.chalice_config import chalice_stage, write_stage
from deploy.target import Target

# A stage of its own in config.json: Chalice's environment variables win over those it was started with.
DEV_STAGE = "localdev"
# Run and not imported: Chalice's command line takes half a second to import, and only this command needs it.
_CHALICE_LOCAL = Path(__file__).with_name("chalice_local.py")


def serve(app: App, target: Target, checkout: Checkout, port: int) -> None:
    """Serve until Ctrl-C.

    Raises
    ------
    DeployError
        The stage is not local, or the port is taken.
    CommandFailed
        `chalice local` ended by itself.
    """
    if not target.is_local:
        raise DeployError("dev is for stage local")
    require_free(port, f".venv/bin/python -m deploy dev --app {app.key} --port 8200")
    url = f"http://localhost:{port}"
    stage = chalice_stage(app, target.stage, stack_outputs(app, target))
    stage["environment_variables"] |= {"PUBLIC_URL": url}
    write_stage(app, DEV_STAGE, stage)
    environment = chalice_environment(target, app) | {"AWS_CONFIG_FILE": str(_write_role_profile(app, checkout))}
    if authority := environment.get("AWS_CA_BUNDLE"):
        # Of the servers that botocore's variable does not concern, such as a DAX cluster.
        environment["SSL_CERT_FILE"] = authority
    # Without the root key the code is refused here what its function is refused.
    del environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    out.print(f"{app.key} at {url}/api, reloaded when a file changes; Ctrl-C stops it")
    command = [sys.executable, "-P", str(_CHALICE_LOCAL), "local", "--stage", DEV_STAGE, "--port", str(port)]
    with interrupt_on_signals():
        process = subprocess.Popen(command, cwd=app.folder, env=environment)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            return
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait()
    raise CommandFailed(f"chalice local ended with status {code}")


def role_credentials(app: App, target: Target) -> str:
    """Temporary credentials of the API function's role, in the JSON that a credential process prints."""
    role = stack_outputs(app, target)["RoleApiHandler"]
    credentials = target.client("sts").assume_role(RoleArn=role, RoleSessionName="dev")["Credentials"]
    expiration = credentials.pop("Expiration").isoformat()
    return json.dumps({"Version": 1, **credentials, "Expiration": expiration})


def _write_role_profile(app: App, checkout: Checkout) -> Path:
    """Write an AWS configuration whose credentials renew themselves: Chalice may run for days."""
    tool = Path(__file__).parents[2]
    arguments = ["--root", str(checkout.root), "credentials", "--app", app.key]
    command = f"cd {shlex.quote(str(tool))} && {shlex.join([sys.executable, '-m', 'deploy', *arguments])}"
    path = checkout.local / f"{app.key}.aws-config"
    path.write_text(f"[default]\ncredential_process = sh -c {shlex.quote(command)}\n")
    return path
