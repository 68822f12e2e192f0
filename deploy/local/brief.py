"""Deployments of stage local as one line for each app; their details are in `.local/deployment.log`."""

import time

from deploy.apps import App
from deploy.checkout import Checkout
from deploy.progress import counted, out
from deploy.target import Target
from deploy.up import bring_up

_NO_CHANGE = "everything was up to date; nothing was changed"


def bring_up_briefly(app: App, target: Target, checkout: Checkout) -> None:
    """Deploy one app, print how many changes there were, and append the details to the log.

    Raises
    ------
    DeployError
        A step failed; it is printed.
    """
    started = time.monotonic()
    with checkout.deployment_log.open("a") as details:
        changes = bring_up(app, target, details)
    what = f"deployed, {counted(changes, 'change')}" if changes else _NO_CHANGE
    out.print(f"{app.key:<14}{what:<48}{time.monotonic() - started:6.1f} s", markup=False)


def tell_details(checkout: Checkout) -> None:
    """Print where the details are."""
    log_file = checkout.deployment_log.relative_to(checkout.root)
    out.print(f"{'':<14}details in {log_file}", style="dim", markup=False)
