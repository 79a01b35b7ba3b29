# SPDX-License-Identifier: MIT
"""A long table as comma-separated values, for spreadsheets and every other tool."""

from eigensweep_analysis.exports.place import refuse_others, write_file
from eigensweep_analysis.tables import FIRST, TABLES


def write_csv(data, place, long=None):
    """Writes `attacks.csv`, or another table under its name.

    Truth values are true and false as in study files, infinity is inf, what is not there is empty.

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
        There is nothing to write, or the file is not an export's.
    OSError
        The system refused to write.
    """
    path = place.file(f"{long or 'attacks'}.csv")
    refuse_others(path, _is_ours)
    table = TABLES[long or "attacks"](data)
    for name in table.select_dtypes(bool).columns:
        table[name] = table[name].map({True: "true", False: "false"})
    write_file(path, table.to_csv(index=False))
    return f"wrote {path}: {len(table)} rows, {table.shape[1]} columns"


def _is_ours(path):
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.readline().startswith(",".join(FIRST) + ",")
