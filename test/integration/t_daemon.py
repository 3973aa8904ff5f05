#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole daemon over a small PKI: every service, bad input, reload and restart under load, drain.

Material is made by the openssl command line tool; snapshots by sekisho-fetch. A root (anchor) certifies one CA, which
issues the end entities and the OCSP responder."""
import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from front_support import BIN, PATIENCE_S, clean_up, free_port, ok, openssl, path, plan, read, read_all, until, work, write

daemon = None


# ---- material ----

CA_EXT = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
EE_EXT = "basicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n"


def key_args(name):
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key"]


def make_cert(name, subject, ca, serial, extensions):
    write(name + ".ext", extensions)
    openssl("req", *key_args(name), "-out", name + ".csr", "-subj", subject)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-set_serial", str(serial),
            "-days", "365", "-extfile", name + ".ext", "-out", name + ".pem")
    openssl("x509", "-in", name + ".pem", "-outform", "DER", "-out", name + ".der")


def make_crl(ca, revoked, number):
    write(ca + ".cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=%s.index\ncrlnumber=%s.number\ndefault_md=sha256\n"
          "crl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n" % (ca, ca))
    write(ca + ".index", "".join("R\t491231235959Z\t240101000000Z,keyCompromise\t%02X\tunknown\t/CN=x\n" % s
                                 for s in revoked))
    write(ca + ".index.attr", "")
    write(ca + ".number", "%02X\n" % number)
    openssl("ca", "-config", ca + ".cnf", "-gencrl", "-keyfile", ca + ".key", "-cert", ca + ".pem", "-crldays", "30",
            "-out", ca + ".crl.pem")
    openssl("crl", "-in", ca + ".crl.pem", "-outform", "DER", "-out", ca + ".crl")


def material():
    openssl("req", "-x509", *key_args("root"), "-out", "root.pem", "-subj", "/C=JP/O=Example/CN=Root", "-days", "3650",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    make_cert("ca", "/C=JP/O=Example/CN=CA", "root", 0x21, CA_EXT + "authorityKeyIdentifier=keyid\n")
    make_cert("good", "/C=JP/O=Example/CN=good", "ca", 0x31, EE_EXT)
    make_cert("revoked", "/C=JP/O=Example/CN=revoked", "ca", 0x32, EE_EXT)
    make_cert("later", "/C=JP/O=Example/CN=later", "ca", 0x33, EE_EXT)
    make_cert("responder", "/C=JP/O=Example/CN=responder", "ca", 0x41,
              EE_EXT + "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n")
    for name in ("stranger", "nobody"):
        openssl("req", "-x509", *key_args(name), "-out", name + ".pem", "-subj", "/CN=" + name, "-days", "30")
    make_crl("root", [], 1)
    make_crl("ca", [0x32], 1)
    write("responder-chain.pem", read("responder.pem") + read("ca.pem"))
    os.chmod(path("responder.key"), 0o600)


def fingerprint(name):
    return openssl("x509", "-in", name, "-noout", "-fingerprint", "-sha256").stdout.decode().split("=")[1].strip().replace(
        ":", "").lower()


# The root and what it certified; the anchor's digest is %(root)s.
CHAIN = """[ca root]
certificates = file:root.pem
crls = file:root.crl
[ca ca]
cross = file:ca.pem
crls = file:ca.crl
[policy default]
anchor = root.pem sha256:%(root)s
"""
CONFIG = """[server]
listen = 127.0.0.1:%(port)d
workers = %(workers)d
cache = cache
drain = 20s
[signer]
backend = software
key = responder.key
certificate = responder-chain.pem
[limits]
http-head-time = %(head)s
http-body-time = %(head)s
http-connections = %(connections)d
""" + CHAIN + """ocsp-certid-hashes = sha1 sha256 sha384
[policy other]
anchor = stranger.pem sha256:%(stranger)s
"""


def write_config(port, connections=1000, head="1s", workers=2):
    write("s.conf", CONFIG % {"port": port, "root": fingerprint("root.pem"), "stranger": fingerprint("stranger.pem"),
                              "connections": connections, "head": head, "workers": workers})


def fetch(config="s.conf"):
    done = subprocess.run([os.path.join(BIN, "sekisho-fetch"), "-c", config, "-v"], cwd=work, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


# ---- the daemon ----

class Daemon:
    def __init__(self, port, descriptors=None):
        self.port = port
        self.log = open(path("log"), "ab")
        limit = ["prlimit", "--nofile=%d" % descriptors] if descriptors else []
        self.process = subprocess.Popen(limit + [os.path.join(BIN, "sekishod"), "-c", "s.conf", "-P", "pid"], cwd=work,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def connect(self, timeout=PATIENCE_S):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def is_up(self):
        try:
            return self.ask("GET", "/livez")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, method, target, body=None, headers=None):
        """(status, headers, body) over a connection of its own."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            client.putrequest(method, target, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                client.putheader(name, value)
            if body is not None and not (headers and "Transfer-Encoding" in headers):
                client.putheader("Content-Length", str(len(body)))
            client.endheaders(body)
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            client.close()

    def raw(self, octets, end=False):
        """Sends octets as they are and reads until the server closes."""
        with self.connect() as s:
            s.sendall(octets)
            if end:
                s.shutdown(socket.SHUT_WR)
            return read_all(s)

    def children(self, kind):
        """Pids of a kind of child, the newest last."""
        return [int(n) for n in re.findall(r"supervisor: %s process (\d+) started" % kind, read("log"))]

    def child(self, kind):
        """The pid of the only child of a kind that runs, once the others have ended."""
        until(lambda: len([p for p in self.children(kind) if os.path.exists("/proc/%d" % p)]) == 1)
        alive = [p for p in self.children(kind) if os.path.exists("/proc/%d" % p)]
        return alive[-1] if alive else 0

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "killed"


def start(port):
    """For tests that begin with a daemon that is ready: whether it is."""
    global daemon
    code, text = fetch()
    ok(code == 0, "sekisho-fetch publishes", text)
    daemon = Daemon(port)
    return ok(until(lambda: daemon.process.poll() is not None or daemon.is_up() and daemon.ask("GET", "/readyz")[0] == 200),
              "the daemon is ready", read("log"))


def ocsp_request(serial, *args, issuer="ca.pem"):
    openssl("ocsp", "-issuer", issuer, "-serial", str(serial), "-reqout", "req.der", *args)
    return read("req.der", "rb")


def ocsp_text(answer):
    """How OpenSSL reads an answer's octets."""
    write("resp.der", answer)
    done = openssl("ocsp", "-respin", "resp.der", "-resp_text", "-noverify", check=False)
    return (done.stdout + done.stderr).decode()


def openssl_asks(name, *args):
    """openssl's own client, verifying the answer; its words."""
    done = openssl("ocsp", "-issuer", "ca.pem", "-cert", name + ".pem", "-url", "http://127.0.0.1:%d/ocsp" % daemon.port,
                   "-CAfile", "root.pem", *args, check=False)
    return (done.stdout + done.stderr).decode()


def validate(names, **more):
    question = dict({"certificates": [base64.b64encode(read(n + ".der", "rb")).decode() for n in names]}, **more)
    status, _, body = daemon.ask("POST", "/v1/validate", json.dumps(question).encode(),
                                 {"Content-Type": "application/json"})
    return status, json.loads(body)


OCSP_TYPE = {"Content-Type": "application/ocsp-request"}
JSON_TYPE = {"Content-Type": "application/json"}


# ---- tests ----

def test_check():
    port = free_port()
    write_config(port)
    done = subprocess.run([os.path.join(BIN, "sekishod"), "-t", "-c", "s.conf"], cwd=work, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False)
    ok(done.returncode == 0 and not done.stdout and not done.stderr, "-t accepts a good configuration silently", done)
    write("bad.conf", read("s.conf").replace("workers = 2", "workers = none\nworkerz = 2").replace("backend = software",
                                                                                                  "backend = paper"))
    done = subprocess.run([os.path.join(BIN, "sekishod"), "-t", "-c", "bad.conf"], cwd=work, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False)
    text = done.stderr.decode()
    ok(done.returncode == 64 and all(w in text for w in ("workers", "workerz", "backend")),
       "-t reports every fault of a bad one and ends with 64", text)
    done = subprocess.run([os.path.join(BIN, "sekishod"), "-c", "bad.conf"], cwd=work, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=PATIENCE_S)
    ok(done.returncode == 64, "a bad configuration is not started", done)
    done = subprocess.run([os.path.join(BIN, "sekishod")], cwd=work, capture_output=True, stdin=subprocess.DEVNULL,
                          check=False)
    ok(done.returncode == 64 and b"usage" in done.stderr, "no configuration is a usage error", done)
    with socket.socket() as s:
        s.bind(("127.0.0.1", port))
        s.listen()
        done = subprocess.run([os.path.join(BIN, "sekishod"), "-c", "s.conf"], cwd=work, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=PATIENCE_S)
        ok(done.returncode == 1 and b"in use" in done.stderr, "a port that is taken is said", done)
    return port


def test_without_snapshot():
    ok(until(daemon.is_up), "the daemon starts without a snapshot")
    ok(daemon.ask("GET", "/readyz")[0] == 503, "it is not ready without one")
    ok(validate(["good"])[0] == 503, "validation is 503 without a snapshot")
    ok(daemon.ask("GET", "/v1/snapshot")[0] == 503, "so is the snapshot page")
    status, headers, body = daemon.ask("POST", "/ocsp", ocsp_request(0x31), OCSP_TYPE)
    ok(status == 200 and "trylater" in ocsp_text(body) and headers["Cache-Control"] == "no-store",
       "OCSP is tryLater without one", ocsp_text(body))
    ok(int(read("pid")) == daemon.process.pid, "the pid file holds the supervisor's pid")


def test_ocsp():
    code, text = fetch()
    ok(code == 0, "sekisho-fetch publishes", text)
    ok(until(lambda: daemon.ask("GET", "/readyz")[0] == 200), "the daemon takes the snapshot up", read("log"))
    for nonce in ((), ("-no_nonce",)):
        text = openssl_asks("good", *nonce)
        ok("Response verify OK" in text and "good.pem: good" in text, "openssl verifies good %s" % (nonce,), text)
        text = openssl_asks("revoked", *nonce)
        ok("Response verify OK" in text and "revoked.pem: revoked" in text and "keyCompromise" in text,
           "openssl verifies revoked %s" % (nonce,), text)
    for hash_name, status in (("sha1", "revoked"), ("sha256", "revoked"), ("sha384", "revoked"), ("sha512", "unknown")):
        openssl("ocsp", "-" + hash_name, "-issuer", "ca.pem", "-serial", "0x32", "-no_nonce", "-reqout", "req.der")
        text = ocsp_text(daemon.ask("POST", "/ocsp", read("req.der", "rb"), OCSP_TYPE)[2])
        ok("Cert Status: " + status in text and "Hash Algorithm: " + hash_name in text,
           "a CertID of %s is repeated, and its status %s" % (hash_name, status), text)
    text = ocsp_text(daemon.ask("POST", "/ocsp", ocsp_request(0x31, issuer="nobody.pem"), OCSP_TYPE)[2])
    ok("Cert Status: unknown" in text, "the certificate of a CA that nobody knows is unknown", text)
    openssl("ocsp", "-issuer", "ca.pem", "-serial", "0x31", "-serial", "0x32", "-issuer", "nobody.pem", "-serial", "1",
            "-reqout", "req.der")
    text = ocsp_text(daemon.ask("POST", "/ocsp", read("req.der", "rb"), OCSP_TYPE)[2])
    ok(re.findall(r"Cert Status: (\w+)", text) == ["good", "revoked", "unknown"], "three CertIDs, three answers", text)
    text = ocsp_text(daemon.ask("POST", "/ocsp", ocsp_request(0x21, issuer="root.pem"), OCSP_TYPE)[2])
    ok("unauthorized" in text, "a delegate of the CA does not speak for the root", text)


def test_ocsp_get():
    request = ocsp_request(0x31, "-no_nonce")
    encoded = base64.b64encode(request).decode()
    for target in ("/ocsp/" + urllib.parse.quote(encoded, safe=""), "/ocsp/" + encoded):
        status, headers, body = daemon.ask("GET", target)
        ok(status == 200 and headers["Content-Type"] == "application/ocsp-response" and
           "Cert Status: good" in ocsp_text(body), "GET %s" % target[:12], ocsp_text(body))
    ok(re.fullmatch(r"max-age=\d+, public, no-transform, must-revalidate", headers["Cache-Control"]) and
       headers["ETag"] and headers["Expires"] and headers["Last-Modified"], "an answer without nonce may be kept",
       headers)
    status, headers, body = daemon.ask("HEAD", target)
    ok(status == 200 and body == b"" and int(headers["Content-Length"]) > 100, "HEAD has no body", headers)
    with_nonce = base64.b64encode(ocsp_request(0x31)).decode()
    headers = daemon.ask("GET", "/ocsp/" + urllib.parse.quote(with_nonce, safe=""))[1]
    ok(headers["Cache-Control"] == "no-store", "an answer with nonce may not", headers)
    for bad in ("!!!!", "AAAA", encoded[:-4], encoded + "=", encoded + "?x", "%00", "A"):
        status, headers, body = daemon.ask("GET", "/ocsp/" + bad)
        ok(status == 200 and "malformed" in ocsp_text(body) and headers["Cache-Control"] == "no-store",
           "GET of junk is malformedRequest: %s" % bad[-8:], body)


def test_ocsp_bad():
    request = ocsp_request(0x31)
    ok(daemon.ask("POST", "/ocsp", request)[0] == 415, "OCSP without Content-Type is 415")
    ok(daemon.ask("POST", "/ocsp", request, JSON_TYPE)[0] == 415, "OCSP with another one is 415")
    for name, body in (("junk", b"junk"), ("nothing", b""), ("cut", request[:-1]), ("lengthened", request + b"x")):
        status, _, answer = daemon.ask("POST", "/ocsp", body, OCSP_TYPE)
        ok(status == 200 and "malformed" in ocsp_text(answer), "OCSP of %s is malformedRequest" % name, answer)
    status, headers, _ = daemon.ask("GET", "/ocsp")
    ok(status == 405 and headers["Allow"] == "POST", "GET /ocsp is 405 with Allow")
    status, headers, _ = daemon.ask("DELETE", "/livez")
    ok(status == 405 and headers["Allow"] == "GET, HEAD", "DELETE is 405 with Allow")
    ok(daemon.ask("BREW", "/livez")[0] == 501, "an unknown method is 501")
    ok(daemon.ask("GET", "/nothing")[0] == 404, "an unknown path is 404")


def test_validate():
    status, answer = validate(["good", "revoked"])
    good, revoked = answer.get("results", [{}, {}])
    ok(status == 200 and answer["snapshot"] >= 1 and good["verdict"] == "valid" and not good["findings"],
       "a good certificate is valid", answer)
    ok(good.get("path") == [fingerprint(n + ".pem") for n in ("good", "ca", "root")], "with its path", answer)
    ok(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", good.get("valid_until", "")), "and its end", answer)
    ok(revoked["verdict"] == "revoked" and revoked["findings"][0]["code"] == "revoked" and
       revoked["findings"][0]["cert"] == 0, "a revoked one is revoked", answer)
    answer = validate(["good"], policy="other")[1]
    ok(answer["results"][0]["verdict"] == "invalid" and answer["results"][0]["findings"][0]["code"] == "no-path",
       "under another anchor there is no path", answer)
    answer = validate(["good"], want=["path", "evidence", "explanation"])[1]["results"][0]
    ok(len(answer["evidence"]) >= 2 and "CN=good" in answer["explanation"]["path"][0]["subject"],
       "evidence and explanation when wanted", answer)
    plain = validate(["good"], policy="other")[1]["results"][0]
    full = validate(["good"], policy="other", want=["explanation"])[1]["results"][0]
    ok("explanation" not in plain and "CN=good" not in json.dumps(plain) and plain["findings"][0]["expected"]
       and plain["findings"][0]["found"] and "certificate" not in plain["findings"][0],
       "who wants no explanation is told no name of the target", plain)
    ok("CN=" in full["findings"][0]["certificate"]["subject"] and full["explanation"]["more_paths"] == 0
       and not full["explanation"]["tried"][0]["complete"], "an explanation says how far a search came", full)
    answer = validate(["good"], time="2001-01-01T00:00:00Z")[1]["results"][0]
    ok(answer["verdict"] != "valid", "not valid before it was made", answer)
    status, answer = validate([], certificates=[read("good.pem"), base64.b64encode(b"0\x03\x02\x01\x01").decode()],
                              intermediates=[read("ca.pem")])
    ok(status == 200 and [r["verdict"] for r in answer["results"]] == ["valid", "invalid"] and
       answer["results"][1]["findings"][0]["code"] == "malformed", "PEM is accepted, DER that is no certificate is invalid",
       answer)
    wide = bytes.fromhex("305a3048a0030201020241" + 65 * "01" + "300a06082a8648ce3d04030203020000")  # a serial number over the cap
    answer = validate([], certificates=[base64.b64encode(wide).decode()])[1]["results"][0]
    ok(answer["verdict"] == "invalid" and answer["findings"][0]["code"] == "malformed",
       "and so is one over a cap, as for sekisho-verify", answer)
    headers = daemon.ask("POST", "/v1/validate", json.dumps({"certificates": [read("good.pem")]}).encode(), JSON_TYPE)[1]
    ok(re.fullmatch(r"total;dur=\d+\.\d{3}", headers["Server-Timing"]) and headers["Content-Type"] == "application/json",
       "Server-Timing tells the microseconds", headers)


def test_validate_bad():
    good = base64.b64encode(read("good.der", "rb")).decode()
    pem = read("good.pem")
    cases = [
        (400, "bad-json", b""), (400, "bad-json", b"{"), (400, "bad-request", b"[" * 40 + b"]" * 40),
        (400, "bad-json", b'{"certificates":[],"certificates":[]}'), (400, "bad-json", b'{"certificates":["\xff"]}'),
        (400, "bad-json", b'{"certificates":[]} x'), (400, "bad-request", b"[]"), (400, "bad-request", b"{}"),
        (400, "bad-request", {"certificates": []}), (400, "bad-request", {"certificates": good}),
        (400, "bad-request", {"certificates": [5]}), (400, "bad-request", {"certificates": ["!"]}),
        (400, "bad-request", {"certificates": [""]}), (400, "bad-request", {"certificates": [pem + pem]}),
        (400, "bad-request", {"certificates": [pem[:-30]]}), (400, "bad-json", {"certificates": [good + "\0"]}),
        (400, "bad-request", {"certificates": [good], "certificate": [good]}),
        (400, "bad-request", {"certificates": [good], "time": "yesterday"}),
        (400, "bad-request", {"certificates": [good], "time": 5}),
        (400, "bad-request", {"certificates": [good], "want": ["more"]}),
        (400, "bad-request", {"certificates": [good], "want": "path"}),
        (400, "bad-request", {"certificates": [good], "policy": 5}),
        (400, "bad-request", {"certificates": [good], "intermediates": ["AAAA"]}),
        (404, "unknown-policy", {"certificates": [good], "policy": "nobody\"'s"}),
        (413, "too-large", {"certificates": [good] * 65}),
        (413, "too-large", {"certificates": ["A" * 400000]}),
    ]
    for want, code, body in cases:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, _, answer = daemon.ask("POST", "/v1/validate", octets, JSON_TYPE)
        try:
            error = json.loads(answer)["error"]
        except (ValueError, KeyError):
            error = {}
        ok(status == want and error.get("code") == code and error.get("message"),
           "validate refuses %s" % octets[:48].decode("ascii", "replace"), (status, answer))
    ok(daemon.ask("POST", "/v1/validate", b"{}", OCSP_TYPE)[0] == 415, "validate wants application/json")


def test_repository():
    crl = read("ca.crl", "rb")
    status, headers, body = daemon.ask("GET", "/pki/ca/crl.crl")
    etag = '"%s"' % hashlib.sha256(crl).hexdigest()
    ok(status == 200 and body == crl and headers["Content-Type"] == "application/pkix-crl" and headers["ETag"] == etag and
       headers["Last-Modified"] and headers["Expires"], "the CRL is served with its type and dates", headers)
    for name, value, want in (("If-None-Match", etag, 304), ("If-None-Match", '"x", W/' + etag, 304),
                              ("If-None-Match", '"x"', 200), ("If-Modified-Since", headers["Last-Modified"], 304),
                              ("If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT", 200)):
        status, _, body = daemon.ask("GET", "/pki/ca/crl.crl", headers={name: value})
        ok(status == want and (body == crl) == (want == 200), "%s: %s gives %d" % (name, value[:12], want), status)
    status, headers, body = daemon.ask("HEAD", "/pki/ca/crl.crl")
    ok(status == 200 and body == b"" and int(headers["Content-Length"]) == len(crl), "HEAD of a download", headers)
    sha = fingerprint("ca.pem")
    body = daemon.ask("GET", "/pki/ca/%s.cer" % sha)[2]
    ok(body == read("ca.der", "rb"), "a certificate by its hash", body)
    status, headers, body = daemon.ask("GET", "/pki/root/ca.p7c")
    write("ca.p7c", body)
    text = openssl("pkcs7", "-inform", "DER", "-in", "ca.p7c", "-print_certs", check=False).stdout.decode()
    ok(status == 200 and re.search("CN ?= ?Root", text), "ca.p7c holds the CA's certificates", text)
    status, headers, part = daemon.ask("GET", "/pki/ca/crl.crl", headers={"Range": "bytes=10-19", "If-Range": etag})
    ok(status == 206 and part == crl[10:20] and headers["Content-Range"] == "bytes 10-19/%d" % len(crl),
       "a part of a download", (status, headers))
    ok(daemon.ask("GET", "/pki/ca/crl.crl", headers={"Range": "bytes=%d-" % len(crl)})[0] == 416, "a part beyond the end")
    for path, text in (("/pki/", b'href="/pki/ca/"'), ("/pki/ca/", b'href="/pki/ca/crl.crl"')):
        status, headers, body = daemon.ask("GET", path)
        ok(status == 200 and headers["Content-Type"].startswith("text/html") and text in body, "%s is a page" % path, body)
    sha1 = base64.b64encode(hashlib.sha1(read("ca.der", "rb")).digest()).rstrip(b"=").decode()
    status, headers, body = daemon.ask("GET", "/certificates/search.cgi?certHash=" + sha1.replace("+", "%2B"))
    ok(status == 200 and body == read("ca.der", "rb") and headers["Content-Type"] == "application/pkix-cert",
       "a certificate is found by its hash (RFC 4387)", (status, headers))
    ok(daemon.ask("GET", "/crls/search.cgi?iHash=" + sha1.replace("+", "%2B"))[0] == 404, "and a list is not by that")
    ok(daemon.ask("GET", "/crls/search.cgi?iHash=short")[0] == 400, "nor by what is no hash")
    for bad in ("/pki", "/pki/no/", "/pki/ca", "/pki/ca/none", "/pki/../etc/passwd", "/pki/ca/%63rl.crl", "/pki/" + "a" * 999):
        ok(daemon.ask("GET", bad)[0] == 404, "no such download: %s" % bad[:24])
    status, headers, body = daemon.ask("GET", "/v1/snapshot")
    answer = json.loads(body)
    ok(status == 200 and {c["ca"] for c in answer["crls"]} == {"ca", "root"} and answer["certificates"] >= 2,
       "the snapshot page lists the CRLs", body)


def test_http_bad():
    for name, octets, want in (
            ("junk", b"\x00\x01\x02\x03", b"HTTP/1.1 400 "), ("a TLS hello", b"\x16\x03\x01\x02\x00\x01", b"HTTP/1.1 400 "),
            ("a bare LF", b"GET / HTTP/1.1\nHost: a\n\n", b"HTTP/1.1 400 "),
            ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HTTP/1.1 505 "),
            ("two lengths", b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
             b"HTTP/1.1 400 "),
            ("a huge body announced", b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * 300000,
             b"HTTP/1.1 413 "),
            ("a huge head", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 300000, b"HTTP/1.1 431 "),
            ("a long target", b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 414 ")):
        got = daemon.raw(octets)
        head, _, body = got.partition(b"\r\n\r\n")
        ok(got.startswith(want) and b"Connection: close" in head and b'{"error"' in body and b"(" not in body[-40:],
           "%s: a clear answer, then the end" % name, got[:300])
    got = daemon.raw(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", end=True)
    ok(got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"live\n"), "a client that has ended its side is answered", got)
    with daemon.connect() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        s.sendall(b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx")
    ok(daemon.is_up(), "a client that resets does no harm")


def test_http_framing():
    request = ocsp_request(0x31, "-no_nonce")
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(request[i:i + 9]), request[i:i + 9]) for i in range(0, len(request), 9))
    head = b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\n"
    got = daemon.raw(head + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + b"0\r\n\r\n")
    ok(got.startswith(b"HTTP/1.1 200 ") and "Cert Status: good" in ocsp_text(got.partition(b"\r\n\r\n")[2]),
       "a chunked request", got[:200])
    ask_ocsp = head + b"Content-Length: %d\r\n\r\n" % len(request) + request
    live = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    with daemon.connect() as s:
        s.sendall((ask_ocsp + live + b"HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n") * 15 +
                  live.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        got = read_all(s)
    kinds = re.findall(rb"Content-Type: (\S+?)[;\r]", got)
    want = [b"application/ocsp-response", b"text/plain", b"text/plain"] * 15 + [b"text/plain"]
    ok(kinds == want and got.count(b"\r\n\r\nlive\n") == 16, "46 pipelined requests are answered in their order", kinds)
    with daemon.connect() as s:
        s.sendall(head + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(request))
        first = s.recv(100)
        s.sendall(request)
        got = read_all(s)
    ok(first == b"HTTP/1.1 100 Continue\r\n\r\n" and got.startswith(b"HTTP/1.1 200 "), "Expect: 100-continue", first)
    got = daemon.raw(b"GET /livez HTTP/1.0\r\n\r\n")
    ok(got.endswith(b"live\n"), "HTTP/1.0 ends after the answer", got)


def drip(octets):
    """One octet every 50 ms until the server ends it; what it said."""
    with daemon.connect() as s:
        s.settimeout(0.05)
        got = b""
        end = time.monotonic() + PATIENCE_S
        for i in range(len(octets)):
            try:
                s.sendall(octets[i:i + 1])
                piece = s.recv(4096)
            except socket.timeout:
                piece = None
            except OSError:
                return got
            if piece == b"":
                return got
            got += piece or b""
            if time.monotonic() > end:
                return got + b"(never ended)"
        return got + b"(all taken)"


def test_slow():
    got = drip(b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 4000)
    ok(got.startswith(b"HTTP/1.1 408 ") and not got.endswith(b")"), "a head that drips is cut at its deadline", got)
    got = drip(b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n" + b"x" * 3900)
    ok(got.startswith(b"HTTP/1.1 408 ") and not got.endswith(b")"), "a body that drips is cut at its deadline", got)


class Load(threading.Thread):
    """Asks in a loop until told to stop; counts what failed."""

    def __init__(self, keep_alive, request):
        super().__init__()
        self.keep_alive, self.request = keep_alive, request
        self.done, self.failures, self.stop = 0, [], False

    def ask(self, client):
        client.request("POST", "/ocsp", self.request, OCSP_TYPE)
        answer = client.getresponse()
        body = answer.read()
        # 30 82 xx xx 0a 01 00: OCSPResponse, successful
        if answer.status != 200 or body[4:7] != b"\x0a\x01\x00":
            self.failures.append((answer.status, body[:12].hex()))
        return answer.getheader("Connection") != "close" and self.keep_alive

    def run(self):
        client = None
        while not self.stop:
            try:
                client = client or http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE_S)
                if not self.ask(client):
                    client.close()
                    client = None
                self.done += 1
            except (OSError, http.client.HTTPException) as e:
                self.failures.append(repr(e))
                client = None


def with_load(what):
    request = ocsp_request(0x31)
    threads = [Load(i % 2 == 0, request) for i in range(6)]
    for t in threads:
        t.start()
    try:
        until(lambda: all(t.done > 3 for t in threads))
        result = what()
        before = [t.done for t in threads]
        until(lambda: all(t.done > b + 3 for t, b in zip(threads, before)))
    finally:
        for t in threads:
            t.stop = True
        for t in threads:
            t.join()
    return result, sum(t.done for t in threads), [f for t in threads for f in t.failures]


def test_reload():
    def reloads():
        for i in range(4):
            if i == 1:
                write_config(daemon.port, workers=5)
            if i == 2:
                write_config(daemon.port, head="2s")
            seen = read("log").count("reload: done")
            daemon.process.send_signal(signal.SIGHUP)
            if not until(lambda: read("log").count("reload: done") > seen):
                return False
        return True
    result, done, failures = with_load(reloads)
    ok(result, "four reloads under load are done", read("log")[-2000:])
    ok(not failures, "no request of %d failed meanwhile" % done, failures[:5])
    old = daemon.children("network")[:-1] + daemon.children("key")[:-1]
    ok(until(lambda: not any(os.path.exists("/proc/%d" % p) for p in old)), "the old processes end", old)
    ok(not re.findall(r"ended (?:with [^0]|by signal).*", read("log")), "every one of them ended well",
       re.findall(r".*ended (?:with [^0]|by signal).*", read("log")))


def test_bad_reload():
    saved = read("s.conf")
    for name, text in (("syntax", saved.replace("workers = 2", "workers = many")),
                       ("anchor", saved.replace(fingerprint("root.pem"), "00" * 32)),
                       ("signer", saved.replace("certificate = responder-chain.pem", "certificate = good.pem")),
                       ("key file", saved.replace("key = responder.key", "key = none.key").replace("workers = 2",
                                                                                                  "workers = 8"))):
        before = daemon.child("network")
        write("s.conf", text)
        seen = read("log").count("the old configuration stays")
        daemon.process.send_signal(signal.SIGHUP)
        ok(until(lambda: read("log").count("the old configuration stays") > seen), "a bad reload (%s) is refused" % name,
           read("log")[-1500:])
        ok(daemon.ask("GET", "/readyz")[0] == 200 and os.path.exists("/proc/%d" % before), "and the old one stays (%s)" % name)
    write("s.conf", saved)
    ok(all(daemon.is_up() for _ in range(40)), "no client is given to the workers that a refused reload wanted")


def test_snapshots():
    def publish():
        for number in range(2, 6):
            make_crl("ca", [0x32] + ([0x33] if number == 5 else []), number)
            if fetch()[0] != 0:
                return False
        return until(lambda: "later.pem: revoked" in openssl_asks("later"))
    ok("later.pem: good" in openssl_asks("later"), "good before the new CRL")
    result, done, failures = with_load(publish)
    ok(result, "a new snapshot is answered from", openssl_asks("later"))
    ok(not failures, "no request of %d failed meanwhile" % done, failures[:5])


def test_wiped_cache():
    """A cache folder removed and filled anew counts from 1 again: the number served may be another snapshot's."""
    before = json.loads(daemon.ask("GET", "/v1/snapshot")[2])["snapshot"]
    write("new.conf", read("s.conf").replace("cache = cache", "cache = new"))
    for number in range(before):
        make_crl("ca", [0x32], 0x20 + number)
        fetch("new.conf")
    shutil.rmtree(path("cache"))
    ok("later.pem: revoked" in openssl_asks("later"), "a removed cache folder takes nothing from what is served")
    os.rename(path("new"), path("cache"))
    ok(until(lambda: "later.pem: good" in openssl_asks("later")),
       "a snapshot of the same number in a folder made anew is taken up", daemon.ask("GET", "/v1/snapshot")[2])


def is_signing():
    try:
        return "Cert Status: good" in ocsp_text(daemon.ask("POST", "/ocsp", ocsp_request(0x31), OCSP_TYPE)[2])
    except (OSError, http.client.HTTPException):
        return False


def test_killed_children():
    net, key = daemon.child("network"), daemon.child("key")
    maps = open("/proc/%d/maps" % net).read()
    ok("pkcs11" not in maps and "softhsm" not in maps, "no PKCS#11 in the network process's maps")
    os.kill(key, signal.SIGKILL)
    ok(until(lambda: daemon.children("key")[-1] != key), "a killed key process is started again", read("log")[-1500:])
    ok(until(is_signing) and daemon.child("network") == net, "answers are signed again, by the same network process")
    os.kill(net, signal.SIGKILL)
    ok(until(lambda: daemon.children("network")[-1] != net), "a killed network process is started again",
       read("log")[-1500:])
    ok(until(is_signing), "answers are signed again")
    ok(daemon.ask("GET", "/readyz")[0] == 200, "and the daemon is ready")


def test_drain():
    request = ocsp_request(0x31)
    idle = daemon.connect()
    until(is_signing)
    with daemon.connect() as s:
        s.sendall(b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(request))
        time.sleep(0.3)  # the head has arrived: the request is begun
        seen = read("log").count("draining")
        daemon.process.send_signal(signal.SIGTERM)
        until(lambda: read("log").count("draining") > seen)
        s.sendall(request)
        got = read_all(s)
    ok(got.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in got and
       "Cert Status: good" in ocsp_text(got.partition(b"\r\n\r\n")[2]), "a request in flight is finished while draining",
       got[:200])
    ok(read_all(idle) == b"", "an idle connection is closed")
    idle.close()
    ok(daemon.process.wait(PATIENCE_S) == 0, "SIGTERM ends with 0")
    ok(not os.path.exists(path("pid")), "the pid file is gone")
    try:
        daemon.connect(2).close()
        refused = False
    except OSError:
        refused = True
    ok(refused, "nobody listens any more")


def test_crowded(port):
    """More silent connections than http-connections: the good client is served, the oldest silent ones go."""
    global daemon
    write_config(port, connections=16, head="20s", workers=1)
    daemon = Daemon(port)
    until(daemon.is_up)
    crowd = [daemon.connect() for _ in range(60)]
    ok(all(daemon.is_up() for _ in range(20)), "60 idle connections at a cap of 16 do not keep others out")
    crowd[0].settimeout(PATIENCE_S)
    ok(read_all(crowd[0]) == b"", "the longest idle one made room")
    for s in crowd:
        s.close()
    until(daemon.is_up)
    busy = [daemon.connect() for _ in range(16)]
    for s in busy:
        s.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nX: ")
    time.sleep(1.3)  # longer than a client may take that is not to be called slow
    ok(daemon.is_up(), "when none is idle, a newcomer takes the place of the slowest request")
    ok(read_all(busy[0]) == b"", "which is cut")
    for s in busy[1:]:
        s.sendall(b"x\r\nConnection: close\r\n\r\n")
    ok(all(read_all(s).endswith(b"live\n") for s in busy[1:]), "and the others are served")
    for s in busy:
        s.close()
    ok(daemon.end() == 0, "it ends with 0")


def is_open(s):
    """The server has neither ended nor reset this silent connection."""
    s.setblocking(False)
    try:
        return s.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_out_of_descriptors(port):
    """Fewer descriptors than connections: each newcomer costs one idle connection, not all of them."""
    global daemon
    write_config(port, connections=1000, workers=1)
    daemon = Daemon(port, descriptors=80)
    until(daemon.is_up)
    crowd = []
    for _ in range(75):
        crowd.append(daemon.connect())
        crowd[-1].sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        if not crowd[-1].recv(4096).startswith(b"HTTP/1.1 200 "):
            break
    alive = sum(is_open(s) for s in crowd)
    ok(len(crowd) == 75 and alive < 75, "out of descriptors, every newcomer is served", len(crowd))
    ok(alive > 40, "and not more idle connections go than it needs", alive)
    for s in crowd:
        s.close()
    ok(daemon.end() == 0, "it ends with 0")


def main():
    global daemon
    material()
    port = test_check()
    daemon = Daemon(port)
    test_without_snapshot()
    test_ocsp()
    test_ocsp_get()
    test_ocsp_bad()
    test_validate()
    test_validate_bad()
    test_repository()
    test_http_bad()
    test_http_framing()
    test_slow()
    test_reload()
    test_bad_reload()
    test_snapshots()
    test_wiped_cache()
    test_killed_children()
    test_drain()
    test_crowded(port)
    test_out_of_descriptors(port)
    log = read("log")
    ok("ERROR:" not in log and "runtime error" not in log and "ended with 99" not in log, "no sanitizer has complained",
       log[-4000:])
    plan()


def finish(test):
    """Runs a test over this daemon, whose status is the program's, and cleans up after it."""
    status = 1
    try:
        status = test()
    finally:
        if daemon is not None and daemon.process.poll() is None:
            daemon.end()
        clean_up()
    sys.exit(status)


if __name__ == "__main__":
    finish(main)
