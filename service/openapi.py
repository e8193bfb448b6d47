"""The OpenAPI document as text, kept in docs/schema/openapi.json: the contract with clients.

`python -m service.openapi docs/schema/openapi.json` writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from service.app import create_app


def openapi_text() -> str:
    """The document, its keys in order, so that a difference in git is one of the contract."""
    document = create_app(is_warm=False).openapi()
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(openapi_text(), "utf-8")
