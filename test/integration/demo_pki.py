# SPDX-License-Identifier: Apache-2.0
"""The demonstration PKI with a running server, for integration tests: made anew in a folder of the test's own, on a free port."""
import base64
import http.client
import json
import os
import signal
import subprocess
import time

from ports import free_port

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BIN = os.environ.get("SEKISHO_BIN", os.path.join(ROOT, "build", "bin"))
START_S = 60  # a sanitized server on a busy machine


def tlv(data, at=0):
    """(tag, body, next offset) of the DER value at an offset."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(data[at:at + count], "big"), at + count
    return tag, data[at:at + length], at + length


def children(body):
    found, at = [], 0
    while at < len(body):
        tag, inner, at = tlv(body, at)
        found.append((tag, inner))
    return found


def ocsp_status(response):
    """good, revoked, unknown, or error-N, read from the DER alone (signatures are checked by other tests)."""
    outer = children(tlv(response)[1])
    if outer[0][1] != b"\0":
        return "error-%d" % outer[0][1][0]
    basic = children(children(tlv(outer[1][1])[1])[1][1])[0][1]
    data = children(children(basic)[0][1])
    single = children(next(body for tag, body in data if tag == 0x30))[0][1]
    return {0x80: "good", 0xA1: "revoked", 0x82: "unknown"}[children(single)[1][0]]


class Certificate:
    """One row of ee/expected.tsv."""

    def __init__(self, folder, row):
        self.name, self.path, self.issuer, self.verdict, self.finding, self.ocsp = row
        self.path, self.issuer = os.path.join(folder, self.path), os.path.join(folder, self.issuer)
        with open(self.path, encoding="ascii") as f:
            lines = [l.strip() for l in f if "-----" not in l]
        self.der = base64.b64decode("".join(lines))
        self.ocsp_request = self.make_ocsp_request(folder)

    def make_ocsp_request(self, folder):
        out = os.path.join(folder, "request.der")
        subprocess.run(["openssl", "ocsp", "-no_nonce", "-issuer", self.issuer, "-cert", self.path, "-reqout", out],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out, "rb") as f:
            return f.read()


class DemoPki:
    """with DemoPki(folder) as pki: makes the PKI, publishes it; the server is ended on the way out."""

    def __init__(self, folder):
        self.folder, self.port, self.ldap, self.server = folder, free_port(), free_port(), None
        self.env = dict(os.environ, SEKISHO_BIN=BIN, DEMO_HTTP=str(self.port), DEMO_LDAP=str(self.ldap),
                        SOFTHSM2_CONF=os.path.join(folder, "softhsm2.conf"))
        self.config = os.path.join(folder, "sekisho.conf")

    def __enter__(self):
        subprocess.run([os.path.join(ROOT, "etc", "demo", "make-pki"), self.folder], env=self.env, check=True,
                       stdout=subprocess.DEVNULL)
        self.fetch()
        with open(os.path.join(self.folder, "ee", "expected.tsv"), encoding="utf-8") as f:
            self.certificates = [Certificate(self.folder, line.rstrip("\n").split("\t")) for line in f]
        return self

    def __exit__(self, *_):
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.wait(30)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()

    def fetch_command(self):
        return [os.path.join(BIN, "sekisho-fetch"), "-c", self.config, "--once"]

    def fetch(self):
        subprocess.run(self.fetch_command(), env=self.env, check=True)

    def ca(self, name, *words):
        subprocess.run([os.path.join(BIN, "sekisho-ca"), os.path.join(self.folder, "ca", name)] + list(words),
                       env=self.env, check=True, stdout=subprocess.DEVNULL)

    def new_lists(self):
        """A new CRL, so that the next fetch has something to publish."""
        self.ca("pca1", "crl")

    def start_server(self):
        with open(os.path.join(self.folder, "sekishod.log"), "wb") as log:
            self.server = subprocess.Popen([os.path.join(BIN, "sekishod"), "-c", self.config], env=self.env, stderr=log)
        until = time.monotonic() + START_S
        while self.get("/readyz")[0] != 200:
            if time.monotonic() > until or self.server.poll() is not None:
                raise RuntimeError("the server does not become ready:\n" + self.server_log())
            time.sleep(0.05)

    def server_log(self):
        with open(os.path.join(self.folder, "sekishod.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def get(self, path):
        """(status, body) of a GET; status 0: no connection."""
        try:
            client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            client.request("GET", path)
            reply = client.getresponse()
            return reply.status, reply.read()
        except OSError:
            return 0, b""

    def snapshot(self):
        return json.loads(self.get("/v1/snapshot")[1])["snapshot"]

    def wait_snapshot_above(self, number):
        until = time.monotonic() + START_S
        while self.snapshot() <= number and time.monotonic() < until:
            time.sleep(0.05)
        return self.snapshot()
