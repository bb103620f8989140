"""The rows of a database as Parquet, and questions about them in DuckDB.

Reads a JSON object from the standard input and writes one to the standard output. `export` writes the files, `ask` asks.
Knows no question: they come with their parameters.
"""

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
import time

import duckdb

# The columns that are exported: name, type, and what they are of the table's own; `id`, `flag` and the like say how.
TABLES = {
    "visitors": [
        ("id", "UUID", "id:visitor_id"),
        ("first_at", "BIGINT", "first_at"),
        ("last_at", "BIGINT", "last_at"),
        ("user_id", "VARCHAR", "user_id"),
        ("bot", "BOOLEAN", "bot:"),
        ("source", "VARCHAR", "source"),
        ("medium", "VARCHAR", "medium"),
        ("campaign", "VARCHAR", "campaign"),
        ("channel", "VARCHAR", "channel"),
        ("country", "VARCHAR", "country"),
    ],
    "sessions": [
        ("visitor_id", "UUID", "id:visitor_id"),
        ("session_id", "UUID", "id:session_id"),
        ("started_at", "BIGINT", "started_at"),
        ("last_at", "BIGINT", "last_at"),
        ("page_views", "BIGINT", "page_views"),
        ("events", "BIGINT", "events"),
        ("entry_url", "VARCHAR", "entry_url"),
        ("exit_url", "VARCHAR", "exit_url"),
        ("source", "VARCHAR", "source"),
        ("medium", "VARCHAR", "medium"),
        ("campaign", "VARCHAR", "campaign"),
        ("channel", "VARCHAR", "channel"),
        ("device_type", "VARCHAR", "device_type"),
        ("browser", "VARCHAR", "browser"),
        ("country", "VARCHAR", "country"),
    ],
    "events": [
        ("visitor_id", "UUID", "id:visitor_id"),
        ("session_id", "UUID", "id:session_id"),
        ("id", "UUID", "id:id"),
        ("kind", "VARCHAR", "kind"),
        ("moment", "BIGINT", "at"),
        ("name", "VARCHAR", "name"),
        ("url", "VARCHAR", "url"),
        ("conversion", "BOOLEAN", "flag:conversion"),
        ("value", "DECIMAL(18,6)", "value"),
        ("currency", "VARCHAR", "currency"),
    ],
    "page_views": [
        ("id", "UUID", "id:id"),
        ("visible_ms", "BIGINT", "visible_ms"),
        ("scroll_max", "BIGINT", "scroll_max"),
    ],
}

# Rows refer to each other by numbers, and carry what questions would have to look up each time: whose they are, and whether
# that is a bot.
LINKED = {
    "visitors": """
        SELECT ROW_NUMBER() OVER (ORDER BY id) AS visitor, COALESCE(user_id, id::VARCHAR) AS person_key,
            DENSE_RANK() OVER (ORDER BY person_key) AS person, v.* FROM visitors_csv AS v ORDER BY id""",
    "sessions": """
        SELECT ROW_NUMBER() OVER (ORDER BY s.started_at, s.session_id, s.visitor_id) AS session, v.visitor, v.person, v.bot,
            COALESCE(t.visible_ms, 0) AS visible_ms, s.*
        FROM sessions_csv AS s JOIN visitors AS v ON v.id = s.visitor_id
        LEFT JOIN (
            SELECT e.visitor_id, e.session_id, SUM(p.visible_ms) AS visible_ms
            FROM events_csv AS e JOIN page_views_csv AS p ON p.id = e.id GROUP BY ALL
        ) AS t ON t.visitor_id = s.visitor_id AND t.session_id = s.session_id
        ORDER BY session""",
    "events": """
        SELECT s.session, s.visitor, s.person, s.bot, e.id, e.kind, e.moment, e.name, e.conversion, e.value, e.currency,
            CASE WHEN e.conversion THEN e.value * CASE e.currency WHEN 'EUR' THEN 1 ELSE 0.92 END END AS revenue,
            regexp_extract(e.url, '^https?://[^/]+([^?#]*)', 1) AS page, p.visible_ms, p.scroll_max
        FROM events_csv AS e
        JOIN sessions AS s ON s.session_id = e.session_id AND s.visitor_id = e.visitor_id
        LEFT JOIN page_views_csv AS p ON p.id = e.id
        ORDER BY e.moment, e.id""",
}


def column(what, is_sqlite):
    """A column of `TABLES` in the database's SQL."""
    how, _, of = what.partition(":")
    if not _:
        return what
    if how == "id":
        return f"lower(hex({of}))" if is_sqlite else f"replace({of}::text, '-', '')"
    if how == "flag":
        return of if is_sqlite else f"{of}::int"
    bot = "COALESCE(bot_decision, device_type = 'bot', FALSE)"
    return bot if is_sqlite else f"({bot})::int"


def write_csv(asked, table, file):
    """One table as CSV, without a heading. Gives its number of rows."""
    source, is_sqlite = asked["source"], "sqlite" in asked["source"]
    columns = ", ".join(column(what, is_sqlite) for _, _, what in TABLES[table])
    query = f"SELECT {columns} FROM {table} WHERE site_id = {int(asked['site'])}"
    if not is_sqlite:
        with open(file, "wb") as out:
            copy = f"COPY ({query}) TO STDOUT (FORMAT csv)"
            subprocess.run(["psql", source["postgres"], "-qAtc", copy], stdout=out, check=True)
        return
    with sqlite3.connect(f"file:{source['sqlite']}?mode=ro", uri=True) as connection:
        with open(file, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(connection.execute(query))


def export(asked):
    folder = asked["folder"]
    os.makedirs(folder, exist_ok=True)
    began = time.perf_counter()
    with duckdb.connect() as db:
        limit(db, asked)
        for table, columns in TABLES.items():
            file = os.path.join(folder, f"{table}.csv")
            write_csv(asked, table, file)
            kinds = {name: kind for name, kind, _ in columns}
            # Read once: what links the rows reads them several times.
            db.execute(
                f"CREATE TABLE {table}_csv AS SELECT * FROM read_csv(?, header = false, nullstr = '', columns = {kinds!r})",
                [file],
            )
            os.remove(file)
        rows = {}
        for table, query in LINKED.items():
            file = os.path.join(folder, f"{table}.parquet")
            db.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
            db.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{file}')")
            rows[table] = db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
    size = sum(os.path.getsize(os.path.join(folder, f"{table}.parquet")) for table in LINKED)
    return {"rows": rows, "bytes": size, "seconds": time.perf_counter() - began}


def limit(db, asked):
    db.execute(f"SET threads = {int(asked['threads'])}")
    db.execute(f"SET temp_directory = '{asked['folder']}/temporary'")
    db.execute("SET memory_limit = '6GB'")


def run(db, query, parameters):
    """The rows of a query, with those parameters that it names."""
    names = set(re.findall(r"\$(\w+)", query))
    named = {name: value for name, value in parameters.items() if name in names}
    cursor = db.execute(query, named)
    columns = [one[0] for one in cursor.description]
    return [dict(zip(columns, row)) for row in cursor.fetchall()]


def ask(asked):
    answers = {}
    with duckdb.connect() as db:
        limit(db, asked)
        for table in LINKED:
            file = os.path.join(asked["folder"], f"{table}.parquet")
            db.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{file}')")
        for question in asked["questions"]:
            times, rows = [], []
            for parameters in question["turns"]:
                began = time.perf_counter()
                rows = run(db, question["sql"], parameters)
                times.append((time.perf_counter() - began) * 1000)
            answers[question["name"]] = {"all_ms": times, "rows": rows if question["rows"] else len(rows)}
    return {"version": duckdb.__version__, "answers": answers}


if __name__ == "__main__":
    doing = {"export": export, "ask": ask}[sys.argv[1]]
    json.dump(doing(json.load(sys.stdin)), sys.stdout, default=str)
