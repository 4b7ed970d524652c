"""Stands between a client and PostgreSQL and keeps the rows of COPY ... FROM STDIN (FORMAT binary).

  capture_copy.py DIR TABLE        listens, prints its port, ends with standard input

Each connection that copies into TABLE leaves DIR/lane.N: one binary COPY file with all its rows, for
`\\copy TABLE FROM 'lane.N' (FORMAT binary)`. Used by tests/bench/run; never timed.
"""
import os
import pathlib
import socket
import struct
import sys
import threading

HEADER = 19  # signature, flags, length of no extension
TRAILER = b"\xff\xff"
lock = threading.Lock()
lanes = 0


def server():
    host, port = os.environ.get("PGHOST", "/var/run/postgresql"), os.environ.get("PGPORT", "5432")
    if host.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(f"{host}/.s.PGSQL.{port}")
        return s
    return socket.create_connection((host, int(port)))


def pump(source, sink):
    try:
        while data := source.recv(1 << 18):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Lane:
    """Reads what a client says, message by message."""

    def __init__(self, directory, table):
        self.directory, self.table = directory, table
        self.file = None
        self.rows = None  # None = not in a COPY of ours; else bytes of the header still to skip
        self.tail = b""
        self.started = False
        self.buffer = bytearray()

    def feed(self, data):
        self.buffer += data
        while True:
            if not self.started:
                if len(self.buffer) < 8:
                    return
                size, code = struct.unpack_from("!ii", self.buffer)
                if len(self.buffer) < size:
                    return
                self.started = code == 196608
                del self.buffer[:size]
                continue
            if len(self.buffer) < 5:
                return
            size = 1 + struct.unpack_from("!i", self.buffer, 1)[0]
            if len(self.buffer) < size:
                return
            self.message(self.buffer[:1], bytes(self.buffer[5:size]))
            del self.buffer[:size]

    def message(self, kind, body):
        if kind == b"Q":
            if body.startswith(b"COPY ") and self.table in body and b"binary" in body:
                self.rows = HEADER
        elif kind == b"d" and self.rows is not None:
            self.write(body)
        elif kind in (b"c", b"f") and self.rows is not None:
            self.rows, self.tail = None, b""  # the tail is the trailer

    def write(self, body):
        global lanes
        if self.file is None:
            with lock:
                path = self.directory / f"lane.{lanes}"
                lanes += 1
            self.file = open(path, "wb")
            self.file.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        skipped = min(self.rows, len(body))
        self.rows -= skipped
        body = self.tail + body[skipped:]
        self.file.write(body[:-2])
        self.tail = body[-2:]

    def end(self):
        if self.file is not None:
            self.file.write(TRAILER)
            self.file.close()


def serve(client, directory, table):
    upstream = server()
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    lane = Lane(directory, table)
    try:
        while data := client.recv(1 << 18):
            lane.feed(data)
            upstream.sendall(data)
    except OSError:
        pass
    lane.end()
    upstream.close()


def main():
    directory, table = pathlib.Path(sys.argv[1]), f'"{sys.argv[2]}" ('.encode()
    listener = socket.create_server(("127.0.0.1", 0), backlog=32)
    print(listener.getsockname()[1], flush=True)
    threads = []

    def accept():
        while True:
            client, _ = listener.accept()
            thread = threading.Thread(target=serve, args=(client, directory, table))
            thread.start()
            threads.append(thread)

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    for thread in threads:
        thread.join(10)


main()
