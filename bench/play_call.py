"""CPU of the whole play call: read, count, sign. AWS's answers are the same bytes on both sides."""

from bench import play_video
from bench.functions import app_variables
from bench.play_video import Algorithm, Delivery
from bench.result import Ratio, Result, compared
from bench.sampling import alternate
from bench.warm_function import warm
from bench.workspace import Workspace

_PLAIN = "boto3's resource, json and botocore's signer in a plain Chalice app, RSA-2048, its key loaded once"


def measure(workspace: Workspace) -> list[Result]:
    """Let warm processes issue links in turns: with the same algorithm, and as the app does without other settings."""
    return [
        _measured(workspace, "play call, signed URL, RSA-2048", "url", "rsa"),
        _measured(workspace, "play call, cookies, ECDSA P-256", "cookies", "ecdsa"),
    ]


def _measured(workspace: Workspace, name: str, delivery: Delivery, algorithm: Algorithm) -> Result:
    variables = app_variables(workspace.video_app)
    call, plain_call = play_video.call(delivery, algorithm, variables), play_video.call("url", "rsa", variables)
    ours = warm(workspace, workspace.video_zip, call, variables)
    reference = warm(workspace, workspace.plain_player_zip, plain_call, variables)
    with ours as our_function, reference as plain_function:
        samples = alternate(our_function.cpu_ms, plain_function.cpu_ms, 8 if workspace.short else 30)
    return compared(name, "ms CPU", samples, _PLAIN, Ratio(0.8))
