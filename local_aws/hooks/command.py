"""`python -m local_aws hooks`: lists which functions replace or wrap which MiniStack names, the outermost first."""

import tempfile
from pathlib import Path

from local_aws import environment
from local_aws.hooks import names, registry
from local_aws.hooks.hook import Hook
from local_aws.settings import Settings


def run(text: str, *, write_names: bool) -> int:
    """Print the hooks on names that contain `text`, or write the names file; returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        environment.prepare(Settings(Path(folder)))
        hooks = registry.declared()
        if write_names:
            names.NAMES_FILE.write_text(names.written(hook.target.name for hook in hooks))
            print(f"{names.NAMES_FILE.name}: written")
            return 0
    chosen = [hook for hook in hooks if _plain(text) in _plain(hook.target.name)]
    lines = _lines(sorted(chosen, key=lambda hook: hook.target.name))
    if lines:
        print("The outermost function first; what is wrapped last is MiniStack's own.\n")
    print("\n".join(lines) or f"no hook takes a name with {text!r} in it")
    return 0 if lines else 1


def _plain(name: str) -> str:
    """A name without case and underscores, so that `InitiateAuth` finds `_initiate_auth`."""
    return name.replace("_", "").lower()


def _lines(hooks: list[Hook]) -> list[str]:
    lines: list[str] = []
    name = ""
    for hook in hooks:
        if hook.target.name != name:
            name = hook.target.name
            lines.append(name)
        value = getattr(hook.value, "__qualname__", type(hook.value).__name__)
        lines.append(f"    {'wrapped by' if hook.wraps else 'replaced by'} {hook.module}:{value}")
    return lines
