#!/usr/bin/env python3
"""Compares a dump or JSONL directory with the tables that automatic mapping made of it.

Shares nothing with the tool: Python's json module reads the source, psql the target.

    compare.py DIR DBNAME [--system]

Prints one line per collection; exit 0 if every document is there and equal, 1 if not.
"""
import glob
import gzip
import json
import os
import re
import subprocess
import sys
from decimal import Decimal

SYSTEM = ("_key", "_id", "_rev", "_from", "_to")


def loads(text):
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def lines(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        for raw in f:
            if raw.strip():
                yield loads(raw.decode("utf-8"))


def dump_collections(directory, system):
    """name → {key: document} of an arangodump directory, envelopes and removals applied."""
    out = {}
    for structure in sorted(glob.glob(os.path.join(glob.escape(directory), "*.structure.json"))):
        with open(structure, encoding="utf-8") as f:
            name = json.load(f)["parameters"]["name"]
        if name.startswith("_") and not system:
            continue
        base = re.sub(r"\.structure\.json$", "", structure)
        documents = {}
        for path in sorted(glob.glob(glob.escape(base) + "*.data.json*")):
            for line in lines(path):
                if set(line) >= {"type", "data"} or line.get("type") == 2302:
                    if line["type"] == 2302:
                        documents.pop(line.get("key") or line["data"]["_key"], None)
                        continue
                    line = line["data"]
                documents[line["_key"]] = line
        out[name] = documents
    return out


def jsonl_collections(directory):
    out = {}
    for path in sorted(glob.glob(os.path.join(glob.escape(directory), "*.jsonl*"))):
        name = re.sub(r"\.jsonl(\.gz)?$", "", os.path.basename(path))
        out[name] = {d["_key"]: d for d in lines(path)}
    return out


def rows(database, table, edge):
    quoted = '"' + table.replace('"', '""') + '"'
    ends = ", from_collection || '/' || from_key, to_collection || '/' || to_key" if edge else ""
    sql = f"SELECT json_build_array(key, revision::text, doc{ends}) FROM public.{quoted}"
    text = subprocess.run(["psql", "-X", "-At", "-d", database, "-c", sql], check=True, capture_output=True).stdout
    return {r[0]: r[1:] for r in map(loads, filter(None, text.decode("utf-8").split("\n")))}


DIGITS = "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def revision(rev):
    if rev is None:
        return None
    if isinstance(rev, Decimal) or rev[0] in "123456789":
        return str(rev)
    value = 0
    for c in rev:
        value = value * 64 + DIGITS.index(c)
    return str(value)


def differences(name, documents, table):
    bad = []
    for key, document in documents.items():
        if key not in table:
            bad.append(f"{name}/{key}: no row")
            continue
        row = table[key]
        want = [revision(document.get("_rev")), {k: v for k, v in document.items() if k not in SYSTEM}]
        if "_from" in document:
            want += [document["_from"], document["_to"]]
        if row != want:
            bad.append(f"{name}/{key}: differs")
    bad += [f"{name}/{key}: row without document" for key in table if key not in documents]
    return bad


def main():
    directory, database = sys.argv[1:3]
    is_dump = bool(glob.glob(os.path.join(glob.escape(directory), "*.structure.json")))
    collections = dump_collections(directory, "--system" in sys.argv) if is_dump else jsonl_collections(directory)
    failed = not collections
    for name, documents in collections.items():
        edge = any("_from" in d for d in documents.values())
        bad = differences(name, documents, rows(database, name, edge))
        failed = failed or bool(bad)
        print(f"{'DIFFERENT' if bad else 'equal':9} {name}: {len(documents)} documents")
        for line in bad[:5]:
            print("  " + line)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
