"""One cold start, in the functions' own interpreter: import app.py, make the first client, tell the CPU it took.

Counted from the start of the process, as the interpreter's own start is part of both sides.
"""

import importlib
import json
import os
import sys
import time

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

app = importlib.import_module("app")
imported = time.process_time()
# The plain app makes its client while it is imported; ours make it when it is first needed.
if hasattr(app, "todo_app"):
    importlib.import_module("common.aws.clients").raw_dynamodb(os.environ["AWS_REGION"])
if hasattr(app, "video_app"):
    importlib.import_module("common.aws.clients").client("dynamodb", os.environ["AWS_REGION"])
    # What signs links is imported when the first link is asked for.
    _ = app.video_app.playback
if hasattr(app, "pipeline_app"):
    importlib.import_module("common.aws.clients").client("dynamodb", os.environ["AWS_REGION"])
print(json.dumps({"imported_ms": imported * 1000, "ready_ms": time.process_time() * 1000}))
