"""A cold start without garbage collection: app.py imports this module first, and calls `ready` in its last line.

About a hundred modules are imported, and nothing of them becomes garbage; looking for it took 7 of 118 ms CPU
(`python -m bench --only cold-start`). Later collections skip these objects, too:
https://docs.python.org/3.11/library/gc.html#gc.freeze
"""

import gc

gc.disable()


def ready() -> None:
    """Start collecting garbage."""
    gc.freeze()
    gc.enable()
