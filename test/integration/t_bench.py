#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-bench against the daemon and against a server that misbehaves: every answer is counted once, under what is wrong with it."""
import base64
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import front_support as f  # noqa: E402

SUCCESSFUL = "0a0100"  # OCSPResponseStatus
STALL_S = 1.0


def bench(*args):
    """(exit status, what it printed as JSON or None, standard error)"""
    done = subprocess.run([os.path.join(f.BIN, "sekisho-bench"), "--json", *args], cwd=f.work, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=f.PATIENCE_S)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()


def all_good(got, count):
    code, told, _ = got
    return code == 0 and told["sent"] == told["good"] == count and \
        told["p50_us"] <= told["p90_us"] <= told["p99_us"] <= told["p999_us"] <= told["max_us"]


class Server:
    """A server in a thread: play(connection, number of the connection) for each connection."""

    def __init__(self, play):
        self.play = play
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = "http://127.0.0.1:%d/x" % self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        count = 0
        while True:
            connection, _ = self.socket.accept()
            count += 1
            threading.Thread(target=self.serve, args=(connection, count), daemon=True).start()

    def serve(self, connection, count):
        with connection:
            try:
                self.play(connection, count)
            except OSError:
                pass


def heads(connection):
    """Yields once for each request that has arrived."""
    got = b""
    while True:
        while b"\r\n\r\n" in got:
            yield
            got = got.partition(b"\r\n\r\n")[2]
        piece = connection.recv(65536)
        if not piece:
            return
        got += piece


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def usage():
    for name, args in (("a server elsewhere", ["--url", "http://192.0.2.1:80/"]),
                       ("a name", ["--url", "http://localhost:80/"]),
                       ("no --url", []),
                       ("a depth beside a rate", ["--url", "http://127.0.0.1:1/", "--rate", "5", "--depth", "2"]),
                       ("--get without bodies", ["--url", "http://127.0.0.1:1/", "--get"]),
                       ("too many connections", ["--url", "http://127.0.0.1:1/", "--connections", "4097"]),
                       ("a marker that is not hexadecimal", ["--url", "http://127.0.0.1:1/", "--marker", "xy"]),
                       ("a media type that would end its line",
                        ["--url", "http://127.0.0.1:1/", "--content-type", "a/b\r\nX: y"]),
                       ("a word too many", ["--url", "http://127.0.0.1:1/", "more"])):
        got = bench(*args)
        f.ok(got[0] == 64 and got[1] is None and got[2].startswith("sekisho-bench: "), "refused: " + name, got)
    port = f.free_port()
    got = bench("--url", "http://127.0.0.1:%d/" % port, "--requests", "5")
    f.ok(got[0] == 66 and "no connection" in got[2], "where nobody listens it says so", got)
    f.write("cut.bodies", struct.pack(">I", 5) + b"abc")
    for name in ("cut.bodies", "absent.bodies"):
        got = bench("--url", "http://127.0.0.1:%d/" % port, "--requests-file", name)
        f.ok(got[0] == 65 and name in got[2], "%s cannot be used" % name, got)


def against_the_daemon():
    f.make_pki()
    port = f.free_port()
    url = "http://127.0.0.1:%d" % port
    f.write("s.conf", "[server]\nlisten = 127.0.0.1:%d\nworkers = 1\ncache = cache\n%s" % (port, f.pki_config()))
    f.publish()
    daemon = f.Daemon("s", port)
    f.until(daemon.is_up)
    request = f.read("req.der", "rb")
    f.write("ocsp.bodies", (struct.pack(">I", len(request)) + request) * 3)
    ocsp = ["--url", url + "/ocsp", "--requests-file", "ocsp.bodies", "--marker", SUCCESSFUL]
    for name, more in (("one at a time", ["--connections", "1"]), ("on 8 connections", ["--connections", "8"]),
                       ("pipelined", ["--connections", "2", "--depth", "8"]), ("by GET", ["--get"]),
                       ("at a rate", ["--rate", "400", "--connections", "8"])):
        got = bench(*ocsp, "--requests", "200", *more)
        f.ok(all_good(got, 200) and got[1]["connections"] <= 32, "OCSP %s: 200 of 200 good" % name, got)
    got = bench(*ocsp, "--requests", "50", "--connections", "4", "--close")
    f.ok(all_good(got, 50) and got[1]["connections"] == 50, "--close: a connection for each request", got)
    got = bench("--url", url + "/livez", "--requests", "20")
    f.ok(all_good(got, 20), "without bodies the address is asked for", got)
    got = bench("--url", url + "/nothing", "--requests", "20")
    f.ok(got[0] == 1 and got[1]["wrong_status"] == 20 and got[1]["good"] == 0, "another status is a fault", got)
    got = bench("--url", url + "/nothing", "--requests", "20", "--status", "404")
    f.ok(all_good(got, 20), "unless it is the one expected", got)
    got = bench(*ocsp[:4], "--requests", "20", "--marker", "deadbeef" * 4)
    f.ok(got[0] == 1 and got[1]["no_marker"] == 20, "a body without the marker is a fault", got)
    body = json.dumps({"certificates": [base64.b64encode(f.der("x509", "citizen.pem")).decode()]}).encode()
    f.write("json.bodies", struct.pack(">I", len(body)) + body)
    got = bench("--url", url + "/v1/validate", "--requests-file", "json.bodies", "--content-type", "application/json",
                "--requests", "20", "--marker", b'"valid"'.hex())
    f.ok(all_good(got, 20), "validations, with the verdict as the marker", got)


def against_bad_servers():
    def stall(connection, _):
        for number, _ in enumerate(heads(connection)):
            if number == 0:
                time.sleep(STALL_S)
            connection.sendall(OK)

    # 200 requests in 2 s behind a stall of 1 s: the tenth of them that was due in its first 0.2 s waits 0.8 s at least.
    got = bench("--url", Server(stall).url, "--rate", "100", "--requests", "200", "--connections", "1")
    f.ok(all_good(got, 200) and got[1]["p90_us"] >= 0.75 * STALL_S * 1e6, "at a rate a stall is charged for all who waited", got)

    def cut(connection, _):
        next(heads(connection))
        connection.sendall(OK[:-1])

    got = bench("--url", Server(cut).url, "--requests", "5", "--connections", "1")
    f.ok(got[0] == 1 and got[1]["cut"] == 5 and got[1]["good"] == 0, "answers cut off are counted", got)

    def junk(connection, _):
        next(heads(connection))
        connection.sendall(b"no HTTP at all\r\n\r\n")

    got = bench("--url", Server(junk).url, "--requests", "5", "--connections", "2")
    f.ok(got[0] == 1 and got[1]["malformed"] == 5, "what is no answer is counted", got)

    def more(connection, _):
        next(heads(connection))
        connection.sendall(OK + OK)
        connection.recv(65536)

    got = bench("--url", Server(more).url, "--requests", "1", "--connections", "1")
    f.ok(got[0] == 1 and got[1]["good"] == 1 and got[1]["malformed"] == 1, "an answer that nobody asked for is a fault", got)

    def silent(connection, count):
        for _ in heads(connection):
            if count > 1:
                connection.sendall(OK)

    got = bench("--url", Server(silent).url, "--requests", "4", "--connections", "1", "--timeout", "1")
    f.ok(got[0] == 1 and got[1]["late"] == 1 and got[1]["good"] == 3, "no answer in time: given up, and on with a new connection", got)

    def until_end(connection, _):
        next(heads(connection))
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhi")

    got = bench("--url", Server(until_end).url, "--requests", "5", "--connections", "1", "--marker", b"hi".hex())
    f.ok(all_good(got, 5) and got[1]["connections"] == 5, "an answer may end with its connection", got)


def main():
    usage()
    against_the_daemon()
    against_bad_servers()


f.finish(main)
