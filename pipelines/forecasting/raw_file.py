"""The cells of a file: CSV, Parquet or Excel, found out which, decoded and split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

CSV, PARQUET, EXCEL = (
    (".csv", ".tsv", ".txt", ".gz"),
    (".parquet", ".pq"),
    (".xlsx", ".xlsm", ".xls"),
)
SEPARATORS = (",", ";", "\t", "|")
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
        return tried(path, "Excel", lambda: pd.read_excel(path, sheet_name=sheet or 0))
    kept = dict.fromkeys(names, str)
    return decoded(path, encoding, sep=separator_of(path), dtype=kept, skip_blank_lines=False)


def decoded(path: Path, said: str | None, **options: Any) -> pd.DataFrame:
    """Return the CSV file as pandas reads it with the options, in the encoding said or found."""
    import pandas as pd

    for encoding in (said,) if said else ENCODINGS:
        try:
            return pd.read_csv(path, encoding=encoding, **options)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise FileError(
                f"--encoding: expected one such as utf-8 or cp949, found {said!r}"
            ) from None
        except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
            raise FileError(f"{path}: not a table: {str(error).splitlines()[0]}") from None
    raise FileError(
        f"{path}: expected text in {said or 'UTF-8'}, found another encoding; name it with --encoding"
    )


def separator_of(path: Path) -> str:
    """Return what stands between the cells of the first line most often."""
    if path.suffix.casefold() == ".gz":
        import gzip

        with gzip.open(path) as stream:
            line = stream.readline()
    else:
        with path.open("rb") as stream:
            line = stream.readline()
    counts = {one: line.count(one.encode()) for one in SEPARATORS}
    return max(counts, key=lambda one: counts[one])


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
