"""Viewer functions that several requests call for the first time at one time."""

import threading
import time

from local_aws.services.cloudfront import function_runtime
from local_aws.services.cloudfront.function_runtime import CompiledFunction

CODE = "function handler(event) { return event; }"


def test_engines_are_created_one_after_another(monkeypatch):
    # Two at once may end the process: V8 sets up its memory with the first.
    making, highest = [0], [0]
    real = function_runtime.MiniRacer

    def made():
        making[0] += 1
        highest[0] = max(highest[0], making[0])
        time.sleep(0.02)
        engine = real()
        making[0] -= 1
        return engine

    monkeypatch.setattr(function_runtime, "MiniRacer", made)
    responses = []
    threads = [
        threading.Thread(target=lambda: responses.append(CompiledFunction(CODE)({"uri": "/"}))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert responses == [{"uri": "/"}] * 4
    assert highest == [1]
