# Reads Parquet files by DuckDB and by pandas: python read.py <glob of files>. Prints {"types": {column: DuckDB's type}, "duckdb": [row],
# "pandas": [row]}: moments as milliseconds, decimals as text, all else as it is read.

import datetime
import decimal
import glob
import json
import sys

import duckdb
import pandas

(files,) = sys.argv[1:]


def plain(cell):
    if cell is None or cell is pandas.NA or cell is pandas.NaT:
        return None
    if isinstance(cell, datetime.datetime):
        return round(cell.timestamp() * 1000)
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, decimal.Decimal):
        return str(cell)
    return cell.item() if hasattr(cell, "item") else cell


source = f"read_parquet('{files}', hive_partitioning = true)"
types = {name: kind for name, kind, *_ in duckdb.sql(f"DESCRIBE SELECT * FROM {source}").fetchall()}
cells = [f'epoch_ms("{name}") AS "{name}"' if kind.startswith("TIMESTAMP") else f'"{name}"' for name, kind in types.items()]
rows = duckdb.sql(f"SELECT {', '.join(cells)} FROM {source}").fetchall()
by_duckdb = [dict(zip(types, map(plain, row))) for row in rows]
by_pandas = []
for file in sorted(glob.glob(files)):
    frame = pandas.read_parquet(file, dtype_backend="pyarrow", partitioning=None)
    by_pandas += [{name: plain(cell) for name, cell in row.items()} for row in frame.to_dict("records")]
print(json.dumps({"types": types, "duckdb": by_duckdb, "pandas": by_pandas}))
