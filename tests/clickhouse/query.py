"""Asks ClickHouse, within this process, what is on the standard input, and prints a JSON object for each row."""

import sys

import chdb

sys.stdout.write(str(chdb.query(sys.stdin.read(), "JSONEachRow")))
