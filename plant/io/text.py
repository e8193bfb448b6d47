"""Bytes of a text file as text: UTF-8, with or without a mark, or UTF-16 with one."""

from __future__ import annotations

import codecs

from plant.errors import DocumentError
from plant.io.problems import DocumentProblem, Phrase


def decoded(content: bytes, name: str) -> str:
    """The text of a file's bytes.

    Raises
    ------
    DocumentError
        Where the bytes are not UTF-8; names the line, and the Korean encoding where it is likely.
    """
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x}{_guess(content)}"
        problem = DocumentProblem(name, f"line {line}", "text in UTF-8", Phrase(found))
        raise DocumentError([problem]) from None


def _guess(content: bytes) -> str:
    try:
        text = content.decode("cp949")
    except UnicodeDecodeError:
        return "; save the file as UTF-8"
    hangul = sum("가" <= letter <= "힣" for letter in text)
    if not hangul:
        return "; save the file as UTF-8"
    return "; the file is in CP949 (EUC-KR), as Excel writes 'CSV': save it as 'CSV UTF-8'"
