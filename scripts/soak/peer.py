"""Works on the shared file with real Python bentoml: reads a step as a line of JSON, answers with a line of JSON."""

import json
import logging
import os
import sys
import time

from bentoml._internal.cloud import config

logging.disable(logging.CRITICAL)
writes = []
write_file, dump = config.CloudClientConfig.to_yaml_file, config.yaml.dump


# These wrappers change nothing. They record when Python wrote in place, and into which inode, so that the soak can tell
# an incomplete file of Python's from one of ours.
def recorded_write(self):
    write = {"inode": None, "empties": not self.contexts, "begin": time.time() * 1000}
    writes.append(write)
    try:
        write_file(self)
    finally:
        write["end"] = time.time() * 1000


def recorded_dump(data, stream):
    writes[-1]["inode"] = os.fstat(stream.fileno()).st_ino
    dump(data, stream=stream)


config.CloudClientConfig.to_yaml_file, config.yaml.dump = recorded_write, recorded_dump


def take(kind, name, token, endpoint):
    if kind == "save":
        config.CloudClientContext(name, endpoint, token).save()
    elif kind == "use":
        config.CloudClientConfig.get_config().set_current_context(name)
    else:
        config.CloudClientConfig.get_config()


def answer(value):
    print(json.dumps(value), flush=True)


answer("ready")
for line in sys.stdin:
    writes.clear()
    error = None
    try:
        take(**json.loads(line))
    except Exception as problem:
        error = type(problem).__name__
    answer({"error": error, "writes": writes})
