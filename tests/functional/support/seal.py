# SPDX-License-Identifier: Apache-2.0
"""The hash at the end of the store's JSON files (docs/formats/record.md)."""

from __future__ import annotations

import json
import subprocess


def sealed(document: dict) -> str:
    """The text of a file again after a test has changed its fields."""
    fields = json.dumps({key: document[key] for key in document if key != "xxh128"})[:-1]
    digits = subprocess.run(
        ["xxh128sum"], input=fields.encode(), stdout=subprocess.PIPE, check=True
    ).stdout.split()[0].decode()
    return f'{fields},\n  "xxh128": "{digits}"\n}}\n'
