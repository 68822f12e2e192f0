"""Renders one post's body in the functions' own interpreter: JSON text on stdin, `{"cpu_seconds": ...}` on stdout."""

import importlib
import json
import os
import sys
import time

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

markdown = importlib.import_module("chalicelib.blog.pages.markdown")
body = json.load(sys.stdin)
began = time.process_time()
markdown.render(body, {})
print(json.dumps({"cpu_seconds": time.process_time() - began}))
