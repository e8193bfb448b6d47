"""What the documents point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.cli import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    missing = [
        link
        for link in links
        if not re.match(r"https?:|mailto:", link) and not (document.parent / link).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_are_told_of_exist(document: Path) -> None:
    known = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    } | {group.name for group in app.registered_groups}
    told = set(re.findall(r"(?:^|`|\s)takt ([a-z]+)", document.read_text(encoding="utf-8")))
    assert told <= known


def test_the_korean_readme_has_the_commands_and_links_of_the_english_one() -> None:
    english, korean = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")
    )
    for pattern in (r"^\| (`takt [^|]*) \|", r"^    (takt [^#\n]*)", r"\]\((docs/[^)]*)\)"):
        assert re.findall(pattern, korean, re.MULTILINE) == re.findall(
            pattern, english, re.MULTILINE
        )
