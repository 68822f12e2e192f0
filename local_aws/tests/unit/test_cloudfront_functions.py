"""Viewer functions that are called for the first time at once."""

import threading
import time

from local_aws.services.cloudfront import function_runtime
from local_aws.services.cloudfront.function_runtime import CompiledFunction

CODE = "function handler(event) { return event; }"


def test_engines_are_created_one_after_another(monkeypatch):
    # Two at once may end the process: V8 sets up its memory with the first.
    making, most = [0], [0]
    real = function_runtime.MiniRacer

    def made():
        making[0] += 1
        most[0] = max(most[0], making[0])
        time.sleep(0.02)
        engine = real()
        making[0] -= 1
        return engine

    monkeypatch.setattr(function_runtime, "MiniRacer", made)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(CompiledFunction(CODE)({"uri": "/"}))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"uri": "/"}] * 4
    assert most == [1]
