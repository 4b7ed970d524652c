#!/usr/bin/env python3
"""Compares a dump or JSONL directory with the tables that `infer`, `schema up` and `migrate` made of it.

Shares nothing with the tool: Python's json module reads the source, psql the target. Compared are the documents as the
views of the pack put them together, and the columns of the tables themselves: NULL where the document has
nothing, equal where the type is JSON's own, the rest in `doc`.

    compare_inferred.py SOURCE_DIR DBNAME INFER_DIR

Prints one line per collection; exit 0 if every document is there and equal (but for `_rev`), 1 if not.
"""
import glob
import json
import os
import re
import subprocess
import sys

from compare import SYSTEM, dump_collections, jsonl_collections, loads


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def query(database, sql):
    text = subprocess.run(["psql", "-X", "-At", "-d", database, "-c", sql], check=True, capture_output=True).stdout
    return [loads(line) for line in text.decode("utf-8").split("\n") if line]


def scalar(text):
    return json.loads(text) if text.startswith('"') else text


def mapping(path):
    """What a mapping file says: (collection, table, {column: attribute}, names that `doc` leaves out)."""
    columns, said = {}, {}
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for line in text.split("\n"):
        if m := re.match(r"(from|into): (.*)$", line):
            said[m[1]] = scalar(m[2])
        if m := re.match(r'  ("(?:[^"\\]|\\.)*"|\w+): \{ path: ("(?:[^"\\]|\\.)*"|\w+)', line):
            attribute = scalar(m[2])
            if attribute.startswith('"'):
                attribute = attribute[1:-1].replace('""', '"')
            columns[scalar(m[1])] = attribute
    omit = re.search(r"omit: \[(.*)\] \} \}$", text, re.M)
    moved = {scalar(name) for name in re.findall(r'"(?:[^"\\]|\\.)*"|\w+', omit[1])} if omit else set()
    into = said["into"]
    into = into[1:-1].replace('""', '"') if into.startswith('"') else into.split(".")[-1]
    return said["from"], into, columns, moved, "\nstrings:" in text


def replaced(value):
    """The document as `strings: { nul: replace, surrogate: replace }` leaves it."""
    if isinstance(value, str):
        return re.sub("[\0\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [replaced(v) for v in value]
    if isinstance(value, dict):
        return {replaced(k): replaced(v) for k, v in value.items()}
    return value


def content(document, edge):
    return {k: v for k, v in document.items() if k not in SYSTEM or (edge and k in ("_from", "_to"))}


def views(out):
    """Table → view of its documents, both quoted."""
    found = {}
    for path in glob.glob(os.path.join(glob.escape(out), "schemas", "*_documents.sql")):
        with open(path, encoding="utf-8") as f:
            for m in re.finditer(r'CREATE VIEW ("(?:[^"]|"")*") AS.*?FROM ("(?:[^"]|"")*");', f.read(), re.S):
                found[m[2]] = m[1]
    return found


def differences(database, name, view, table, columns, moved, documents, edge):
    rows = {r[0]: r[1] for r in query(database, f"SELECT json_build_array(key, document) FROM {view}")}
    plain = {r["key"]: r for r in query(database, f"SELECT to_jsonb(whole_row) FROM {quoted(table)} whole_row")}
    bad = []
    for key, document in documents.items():
        if key not in rows:
            bad.append(f"{name}/{key}: no row")
            continue
        want = content(document, edge)
        if content(rows[key], edge) != want:
            bad.append(f"{name}/{key}: differs in its view")
        if any(a not in moved and plain[key]["doc"].get(a) != v for a, v in content(document, False).items()):
            bad.append(f"{name}/{key}: differs in doc")
        for column, attribute in columns.items():
            value, was = plain[key][column], document.get(attribute)
            if (value is None) != (was is None):
                bad.append(f"{name}/{key}: column {column} is {'NULL' if value is None else 'there'}")
            elif isinstance(was, (int, float, bool)) and not isinstance(value, str) and value != was:
                bad.append(f"{name}/{key}: column {column} differs")
    bad += [f"{name}/{key}: row without document" for key in rows if key not in documents]
    return bad


def main():
    directory, database, out = sys.argv[1:4]
    is_dump = bool(glob.glob(os.path.join(glob.escape(directory), "*.structure.json")))
    collections = dump_collections(directory, False) if is_dump else jsonl_collections(directory)
    files = [mapping(p) for p in glob.glob(os.path.join(glob.escape(out), "mappings", "*.yaml"))]
    view_of = views(out)
    failed = not collections or {f[0] for f in files} != set(collections)
    for name, table, columns, moved, replaces in files:
        documents = collections.get(name, {})
        if replaces:
            documents = {k: replaced(d) for k, d in documents.items()}
        edge = any("_from" in d for d in documents.values())
        bad = differences(database, name, view_of[quoted(table)], table, columns, moved, documents, edge)
        failed = failed or bool(bad)
        print(f"{'DIFFERENT' if bad else 'equal':9} {name}: {len(documents)} documents, {len(columns)} columns")
        for line in bad[:5]:
            print("  " + line)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
