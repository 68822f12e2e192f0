"""A cold start without the garbage collector: first of all imports in an app.py, whose last line calls `ready`.

Some hundred modules are imported, nothing of which becomes garbage; looking for it took 7 of 118 ms CPU
(`python -m bench --only cold-start`). What is there by then is not looked at again:
https://docs.python.org/3.11/library/gc.html#gc.freeze.
"""

import gc

gc.disable()


def ready() -> None:
    """Collect from now on."""
    gc.freeze()
    gc.enable()
