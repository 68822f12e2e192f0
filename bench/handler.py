"""CPU of the handler for GET with 100 to-dos, DynamoDB's answers being the same bytes on both sides."""

from bench import get_todos
from bench.result import Ratio, Result, compared
from bench.sampling import alternate
from bench.warm_function import warm
from bench.workspace import Workspace

_TODOS = 100


def measure(workspace: Workspace) -> list[Result]:
    """Let two warm processes answer in turns."""
    call = get_todos.call(_TODOS)
    with warm(workspace, workspace.todo_zip, call) as ours, warm(workspace, workspace.plain_zip, call) as plain:
        if ours.body != plain.body or len(ours.body) != _TODOS:
            raise RuntimeError("the two handlers do not answer with the same to-dos")
        samples = alternate(ours.cpu_ms, plain.cpu_ms, 8 if workspace.short else 30)
    reference = "boto3's Table resource and json in a plain Chalice app; one query, where ours reads a version too"
    return [compared(f"GET of {_TODOS} to-dos", "ms CPU", samples, reference, Ratio(0.5))]
