"""Python bentoml's own classes and commands on one home, asked by lines of JSON, each a list of cases.

A case has the `text` that is put into the contexts file first (null for no file) and what to `act`.
"""

import json
import os
import sys
from pathlib import Path

from bentoml._internal.cloud.config import CloudClientConfig, CloudClientContext
from bentoml._internal.configuration.containers import BentoMLContainer

FILE = Path(os.environ["BENTOML_HOME"]) / ".yatai.yaml"


def read(_case):
    config = CloudClientConfig.get_config()
    fields = [[c.name, c.endpoint, c.api_token, c.email] for c in config.contexts]
    return {"contexts": fields, "current": config.current_context_name}


def rewrite(case):
    CloudClientConfig.get_config().to_yaml_file()
    return read(case)


def save(case):
    for name, endpoint, token, email in case["contexts"]:
        CloudClientContext(name, endpoint, token, email).save(ignore_warning=True)
    CloudClientConfig.get_config().set_current_context(case["current"])
    return read(case)


def run(case):
    from bentoml_cli.cli import cli
    from click.testing import CliRunner

    result = CliRunner().invoke(cli, case["args"], env=case["env"])
    # What --context leaves behind for the rest of its process.
    os.environ.pop("BENTOML_CLOUD_CONTEXT", None)
    BentoMLContainer.cloud_context.reset()
    return {"code": result.exit_code, "stdout": result.stdout}


ACTS = {act.__name__: act for act in (read, rewrite, save, run)}


def answer(case):
    if case["text"] is None:
        FILE.unlink(missing_ok=True)
    else:
        FILE.write_bytes(case["text"].encode())
    try:
        result = ACTS[case["act"]](case)
    except Exception as error:  # whatever it is, Python bentoml ends with it
        return {"refused": type(error).__name__}
    return {**result, "text": FILE.read_bytes().decode() if FILE.exists() else None}


FILE.parent.mkdir(exist_ok=True)
for line in sys.stdin.buffer:
    print(json.dumps([answer(case) for case in json.loads(line)]), flush=True)
