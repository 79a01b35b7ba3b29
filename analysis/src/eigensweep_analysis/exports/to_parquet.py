# SPDX-License-Identifier: MIT
"""A long table as Parquet, for pandas, polars, DuckDB, Spark and the dashboards on top of them."""

import io
import json

from eigensweep_analysis.exports.place import needs, origin, refuse_others, write_file
from eigensweep_analysis.tables import TABLES

#: The key of the file's metadata that holds the export's origin as JSON.
KEY = b"eigensweep"


def write_parquet(data, place, long=None):
    """Writes `attacks.parquet`, or another table under its name.

    Parameters
    ----------
    data : xarray.Dataset
        As `load(path, layout="trials")` returns it.
    place : Place
    long : str, optional
        Which of `tables.TABLES`; "attacks" without it.

    Returns
    -------
    str
        What it wrote.

    Raises
    ------
    ResultsError
        There is nothing to write, the file is not an export's, or pyarrow is not installed.
    OSError
        The system refused to write.
    """
    with needs("parquet", "pyarrow"):
        import pyarrow
        from pyarrow import parquet

    def is_ours(path):
        try:
            return KEY in (parquet.read_schema(path).metadata or {})
        except pyarrow.ArrowInvalid:  # another kind of file
            return False

    path = place.file(f"{long or 'attacks'}.parquet")
    refuse_others(path, is_ours)
    frame = TABLES[long or "attacks"](data)
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    said = {**(table.schema.metadata or {}), KEY: json.dumps(origin(data)).encode()}
    content = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata(said), content)
    write_file(path, content.getvalue())
    return f"wrote {path}: {len(frame)} rows, {frame.shape[1]} columns"
