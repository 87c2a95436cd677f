"""Frames as files: CSV for spreadsheets, Parquet for programs. The caller writes them."""

import io
import re
from collections.abc import Callable

import pandas as pd
import pyarrow as pa

from db.preview_rows import USD

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SIGNS = "=+\\-@＝＋－＠"
# Where lists are separated by `;`, a spreadsheet begins a cell there, whatever the quotes say.
_CELL_BEGINS = re.compile(f"^(?=[{_SIGNS}\t\r\n])|(?<=[;\t\r\n])(?=[{_SIGNS}])")
_SIGN_AFTER_A_SEPARATOR = re.compile(f"(?<=;)[{_SIGNS}]")
_MONEY = pa.decimal128(USD.precision, USD.scale)


def as_csv(frame: pd.DataFrame, *, header: bool = True) -> bytes:
    """A frame as CSV (RFC 4180) in UTF-8, which spreadsheets open as it is.

    With the header goes the byte order mark by which Excel knows UTF-8. A cell that a spreadsheet
    would run as a formula is made harmless (OWASP, "CSV Injection"): text gets an apostrophe before
    the sign. Numbers stay as they are; so do addresses (columns `*_url`) and JSON (`prefill`), in
    which signs that would begin a cell are escaped as each of them allows.
    """
    texts = frame.select_dtypes("str").columns
    harmless = frame.assign(
        **{name: frame[name].map(_rule_for(name), na_action="ignore") for name in texts}
    )
    lines: str = harmless.to_csv(index=False, header=header, lineterminator="\r\n")
    return (_BYTE_ORDER_MARK if header else b"") + lines.encode()


def as_parquet(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet, from which `pandas.read_parquet` gives the same dtypes.

    Money, the one kind of object in a frame, is `decimal128(20, 6)`, also where there is none.
    """
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    for name in frame.select_dtypes("object", exclude="str").columns:
        schema = schema.set(schema.get_field_index(name), pa.field(name, _MONEY))
    file = io.BytesIO()
    frame.to_parquet(file, index=False, schema=schema)
    return file.getvalue()


def _rule_for(column: str) -> Callable[[str], str]:
    if column == "prefill":
        return _harmless_json
    return _harmless_address if column.endswith("_url") else _harmless_text


def _harmless_text(text: str) -> str:
    return _CELL_BEGINS.sub("'", text)


def _harmless_json(text: str) -> str:
    return _SIGN_AFTER_A_SEPARATOR.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def _harmless_address(text: str) -> str:
    escaped = _SIGN_AFTER_A_SEPARATOR.sub(
        lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), text
    )
    return _harmless_text(escaped)
