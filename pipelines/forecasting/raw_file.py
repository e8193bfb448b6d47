"""The cells of a file: CSV, Parquet or Excel, found out which, decoded and split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

CSV, PARQUET, EXCEL = (
    (".csv", ".tsv", ".txt", ".gz"),
    (".parquet", ".pq"),
    (".xlsx", ".xlsm", ".xls"),
)
SEPARATORS = (",", ";", "\t", "|")
# Lines of a CSV file that show its layout.
LOOKED_AT = 30
# Of the widest row's cells, how many a header has.
WIDE_ENOUGH = 0.8
# Korean first in the form that Western text is hardly ever taken for; its rare syllables last.
ENCODINGS = ("utf-8-sig", "euc_kr", "cp1252", "cp949")


class FileError(ValueError):
    """A file cannot be forecast from; the message names file, row and field."""


def read_whole(
    path: Path, sheet: str | None, encoding: str | None, names: Sequence[str]
) -> pd.DataFrame:
    """Return all columns of a file; those of the `names` as text in CSV."""
    import pandas as pd

    kind = path.suffix.casefold()
    if kind in PARQUET:
        return tried(path, "Parquet", lambda: pd.read_parquet(path).reset_index(drop=True))
    if kind in EXCEL:
        return tried(path, "Excel", lambda: read_sheet(path, sheet))
    layout = layout_of(path)
    kept = dict.fromkeys(names, str)
    return decoded(path, encoding, layout, dtype=kept, skip_blank_lines=False)


def read_sheet(path: Path, sheet: str | None) -> pd.DataFrame:
    """Return a workbook's sheet, its header the first row that is as wide as the table.

    Lines of a title above it are left out; the index goes on counting them.
    """
    import pandas as pd

    found = pd.read_excel(path, sheet_name=sheet or 0)
    unnamed = [str(name).startswith("Unnamed:") for name in found.columns]
    if sum(unnamed) * 2 < len(unnamed) or found.empty:
        return found
    cells = found.notna().sum(axis=1).to_numpy()
    header = 1 + int((cells >= WIDE_ENOUGH * cells.max()).argmax())
    found = pd.read_excel(path, sheet_name=sheet or 0, header=header)
    return found.set_index(found.index + header)


def decoded(path: Path, said: str | None, layout: Layout, **options: Any) -> pd.DataFrame:
    """Return the CSV file as pandas reads it with the options, in the encoding said or found.

    The index goes on counting the lines of a title above the header.
    """
    import pandas as pd

    options |= {"sep": layout.separator, "skiprows": layout.above}
    for encoding in (said,) if said else ENCODINGS:
        try:
            found = pd.read_csv(path, encoding=encoding, **options)
            return found.set_index(found.index + layout.above)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise FileError(
                f"--encoding: expected one such as utf-8 or cp949, found {said!r}"
            ) from None
        except pd.errors.EmptyDataError:
            raise FileError(f"{path}: expected a header and rows, found an empty file") from None
        except (pd.errors.ParserError, OSError) as error:
            raise FileError(f"{path}: not a table: {str(error).splitlines()[0]}") from None
    raise FileError(
        f"{path}: expected text in {said or 'UTF-8'}, found another encoding; name it with --encoding"
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands between a CSV file's cells, and the lines of a title above its header."""

    separator: str
    above: int


def layout_of(path: Path) -> Layout:
    """Return the layout that the first lines show: the separator that most of them have most often."""
    if path.suffix.casefold() == ".gz":
        import gzip

        with gzip.open(path) as stream:
            lines = list(islice(stream, LOOKED_AT))
    else:
        with path.open("rb") as stream:
            lines = list(islice(stream, LOOKED_AT))
    counts = {one: [line.count(one.encode()) for line in lines] for one in SEPARATORS}
    separator = max(counts, key=lambda one: (median_low(counts[one] or [0]), sum(counts[one])))
    found = counts[separator]
    # A title has no separator; a header has as many as the rows under it.
    usual = median_low(found or [0])
    above = next((place for place, count in enumerate(found) if count >= max(1, usual)), 0)
    is_title = usual > 0 and not any(found[:above])
    return Layout(separator, above if is_title else 0)


def tried(path: Path, kind: str, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return what `read` does, a FileError where the file is none of that kind."""
    import zipfile

    try:
        found: pd.DataFrame = read()
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileError(f"{path}: cannot be read as {kind}: {reason}") from None
    return found


def refuse_empty(path: Path, frame: pd.DataFrame) -> None:
    """Raise a FileError where there is no row."""
    if frame.empty:
        raise FileError(f"{path}: expected rows under the header, found none")


def not_there(path: Path) -> FileNotFoundError | FileError:
    """Return the error of a file that is not there, with the one that may be meant."""
    folder = path.parent
    names = [one.name for one in folder.iterdir() if one.is_file()] if folder.is_dir() else []
    near = get_close_matches(path.name, names, n=1)
    if near:
        return FileError(f"{path}: not there; is {near[0]!r} meant?")
    return FileNotFoundError(2, "No such file", str(path))
