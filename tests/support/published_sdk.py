"""Runs scripts with a published Python SDK, in the environment that it is installed in."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any


def run(python: Path, script: str, **environment: str) -> Any:
    """Run *script* with the SDK; return the JSON document that it prints."""
    done = subprocess.run(
        [python, "-c", CONNECT + script],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


CONNECT = """
import json, os
import httpx
from ravi import Ravi
import ravi.errors as errors

def connect(key):
    try:
        return Ravi(api_key=key, base_url=os.environ["URL"])  # 0.2.0
    except TypeError:  # 0.3.0 knows one host only; handing in a client is its way out
        client = httpx.Client(base_url=os.environ["URL"] + "/api", headers={"Authorization": f"Bearer {key}"})
        return Ravi(api_key=key, http_client=client)

def address(identity):
    return identity.inbox if hasattr(identity, "inbox") else identity.email_address

def number(identity):
    return identity.phone_number if hasattr(identity, "phone_number") else identity.phone

account = connect(os.environ["KEY"])
"""
