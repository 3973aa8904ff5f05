#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-query against OpenSSL's OCSP responder, and against answers that lie.

The material is made by the openssl command line tool. One server is `openssl ocsp -port`; the others are a small
HTTP server here that lets `openssl ocsp -reqin` make the answer and then spoils it."""
import base64
import datetime
import hashlib
import http.server
import json
import os
import re
import subprocess
import threading
import urllib.parse

from front_support import BIN, clean_up, ok, openssl, path, plan, work

QUERY = os.path.join(BIN, "sekisho-query")
ENV = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
# ---- material ----

def make_ca(name, subject):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
            "-out", name + ".pem", "-subj", subject, "-days", "3650")


def make_ee(name, ca, serial, extensions="", days="365"):
    with open(path(name + ".ext"), "w") as f:
        f.write("basicConstraints=CA:FALSE\n" + extensions)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out",
            name + ".csr", "-subj", "/O=Example/CN=" + name)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-set_serial", str(serial),
            "-days", days, "-extfile", name + ".ext", "-out", name + ".pem")


def expired(name):
    """A certificate of 2020 for a key that exists already; `openssl x509 -req` of OpenSSL 3.5 makes none with a past end."""
    with open(path("expired.cnf"), "w") as f:
        f.write("[ca]\ndefault_ca=c\n[c]\ndatabase=expired.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n"
                "policy=p\n[p]\norganizationName=optional\ncommonName=supplied\n")
    with open(path("expired.txt"), "w"):
        pass
    openssl("ca", "-batch", "-notext", "-config", "expired.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr",
            "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-out", "expired.pem")
    return path("expired.pem")


def material():
    make_ca("ca", "/C=JP/O=Example/CN=CA")
    make_ca("other", "/C=JP/O=Other/CN=CA")
    make_ca("same-name", "/C=JP/O=Example/CN=CA")
    make_ee("good", "ca", 0x11)
    make_ee("revoked", "ca", 0x12)
    make_ee("held", "ca", 0x13)
    make_ee("unknown", "ca", 0x14)
    make_ee("foreign", "other", 0x11)
    make_ee("responder", "ca", 0x21, "extendedKeyUsage=OCSPSigning\n")
    make_ee("no-eku", "ca", 0x22)
    make_ee("wrong-eku", "ca", 0x23, "extendedKeyUsage=serverAuth\n")
    make_ee("other-responder", "other", 0x21, "extendedKeyUsage=OCSPSigning\n")
    openssl("x509", "-in", "good.pem", "-outform", "DER", "-out", "good.der")
    with open(path("index"), "w") as f:
        for serial, state in (("11", "V\t491231235959Z\t"),
                              ("12", "R\t491231235959Z\t240101000000Z,keyCompromise"),
                              ("13", "R\t491231235959Z\t240101000000Z,certificateHold")):
            f.write("%s\t%s\tunknown\t/CN=x\n" % (state, serial))
    with open(path("empty.pem"), "w"):
        pass
    with open(path("two.pem"), "w") as f:
        f.write(open(path("good.pem")).read() + open(path("revoked.pem")).read())
    with open(path("trailing.der"), "wb") as f:
        f.write(open(path("good.der"), "rb").read() + b"x")


def answer_to(request, signer="responder", extra=()):
    """What openssl's responder says to a request's octets."""
    name = "req.%d" % threading.get_ident()
    with open(path(name), "wb") as f:
        f.write(request)
    openssl("ocsp", "-index", "index", "-CA", "ca.pem", "-rsigner", signer + ".pem", "-rkey", signer + ".key", "-reqin",
            name, "-respout", name + ".out", *(extra or ("-nmin", "5")))
    with open(path(name + ".out"), "rb") as f:
        return f.read()


# ---- a server that lies as told ----

class Lies(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    make = None  # request body -> (status, content type, body)
    seen = []

    def respond(self, body):
        Lies.seen.append((self.command, self.path, self.headers.get("Content-Type"), body))
        status, kind, answer = Lies.make(body)
        self.send_response(status)
        if kind is not None:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        try:
            self.wfile.write(answer)
        except OSError:
            pass

    def do_POST(self):
        self.respond(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self):
        self.respond(base64.b64decode(urllib.parse.unquote(self.path.rsplit("/", 1)[1]), validate=True))

    def log_message(self, *args):
        pass


def query(*args):
    done = subprocess.run([QUERY, *args], cwd=work, env=ENV, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def expect(name, code, args, text=None, where=None):
    """Exit status and a piece of the text; where: 1 stdout, 2 stderr."""
    got = query(*args)
    good = got[0] == code and (text is None or text in got[where or (2 if code >= 64 else 1)])
    if code >= 64 or code == 0:  # one of the two speaks
        good = good and (got[1] == "") == (code >= 64) and (got[2] == "") == (code == 0)
    ok(good, name, got)


def ocsp(*args):
    return ["ocsp", "--url", URL + "/ocsp", "--issuer", "ca.pem", *args]


def lie(make):
    Lies.make = staticmethod(make)


def honest(signer="responder", extra=()):
    return lambda body: (200, "application/ocsp-response", answer_to(body, signer, extra))


def spoil(change, signer="responder"):
    return lambda body: (200, "application/ocsp-response", change(answer_to(body, signer)))


# ---- tests ----

def test_refusals_of_answers():
    def flip(at):
        def change(der):
            spoilt = bytearray(der)
            spoilt[at(der)] ^= 1
            return bytes(spoilt)
        return change

    lie(spoil(flip(lambda d: d.index(bytes.fromhex("180f32")) + 14)))  # producedAt
    expect("query refuses an answer changed after signing", 66, ocsp("good.pem"), "not signed by")
    lie(spoil(lambda d: d.replace(b"\x82\x00", b"\x80\x00", 1)))  # certStatus unknown [2] to good [0]
    expect("query refuses unknown changed to good", 66, ocsp("unknown.pem"), "not signed by")
    key = bytes.fromhex("300a06082a8648ce3d040302")
    lie(spoil(flip(lambda d: d.index(key) + len(key) + 12)))
    expect("query refuses a spoilt signature", 66, ocsp("good.pem"), "not signed by")
    lie(spoil(lambda d: d + b"\0"))
    expect("query refuses octets after the answer", 66, ocsp("good.pem"), "octets after")
    lie(spoil(lambda d: d[:-1]))
    expect("query refuses a cut answer", 66, ocsp("good.pem"), "not an OCSP response")
    lie(lambda body: (200, "application/ocsp-response", b""))
    expect("query refuses an empty answer", 66, ocsp("good.pem"), "not an OCSP response")

    kept = answer_to_question_about("good.pem")
    lie(lambda body: (200, "application/ocsp-response", kept))
    expect("query refuses a replayed answer by its nonce", 66, ocsp("good.pem"), "nonce is not the one sent")
    expect("query refuses an answer about another certificate", 66, ocsp("--no-nonce", "revoked.pem"),
           "does not speak of this certificate")
    expect("query refuses an answer with CertIDs by another hash", 66, ocsp("--no-nonce", "--sha256", "good.pem"),
           "does not speak of this certificate")
    lie(lambda body: (200, "application/ocsp-response", without_nonce(body)))
    expect("query refuses an answer that lacks the nonce", 66, ocsp("good.pem"), "nonce is missing")


def answer_to_question_about(cert):
    openssl("ocsp", "-issuer", "ca.pem", "-cert", cert, "-reqout", "kept.req")
    return answer_to(open(path("kept.req"), "rb").read())


def without_nonce(_body):
    openssl("ocsp", "-issuer", "ca.pem", "-cert", "good.pem", "-no_nonce", "-reqout", "plain.req")
    return answer_to(open(path("plain.req"), "rb").read())


def test_refusals_of_signers():
    for signer, text in (("no-eku", "a responder of the CA without OCSPSigning"),
                         ("wrong-eku", "a certificate of the CA for another purpose"),
                         ("other-responder", "a responder of another CA"), ("other", "another CA"),
                         ("same-name", "another CA of the same name")):
        lie(honest(signer))
        expect("query refuses " + text, 66, ocsp("good.pem"), "not signed by")
    lie(honest("other-responder"))
    expect("query refuses a responder of another CA even when that CA is trusted", 66,
           ocsp("--ca-file", "other.pem", "good.pem"), "not signed by")
    lie(honest("responder"))
    expect("query refuses a right responder that is not the one given", 66,
           ocsp("--responder", "other-responder.pem", "good.pem"), "not signed by the responder")
    lie(honest("wrong-eku"))
    expect("query refuses a given responder that is for another purpose", 66,
           ocsp("--responder", "wrong-eku.pem", "good.pem"), "lacks OCSPSigning")
    old = expired("responder")
    lie(honest("responder"))
    code, _, err = query(*ocsp("--responder", old, "good.pem"))
    ok(code == 66 and "sekisho-query: good.pem:" in err, "query refuses a given responder that has expired", err)


# ---- answers made anew: the responder's key signs what openssl would not say ----

def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else b"\x81" + bytes([n]) if n < 256 else b"\x82" + n.to_bytes(2, "big")
    return bytes([tag]) + size + body


def split(der):
    """(tag, content, whole) of each element of a content."""
    found = []
    while der:
        n, at = der[1], 2
        if n >= 128:
            at = 2 + (n & 127)
            n = int.from_bytes(der[2:at], "big")
        found.append((der[0], der[at:at + n], der[:at + n]))
        der = der[at + n:]
    return found


def resign(change):
    """An honest answer whose list of SingleResponses goes through change() and is signed again."""
    def make(body):
        response = split(split(answer_to(body))[0][1])  # status, [0] { type, OCTET STRING }
        kind, octets = split(split(response[1][1])[0][1])
        basic = split(split(octets[1])[0][1])  # tbs, algorithm, signature, [0] certs
        tbs = split(basic[0][1])  # responderID, producedAt, responses, [1] extensions
        singles = [split(s[1]) for s in split(tbs[2][1])]
        new = tlv(0x30, tbs[0][2], tbs[1][2], tlv(0x30, *(tlv(0x30, *s) for s in change(singles))), tbs[3][2])
        name = "tbs.%d" % threading.get_ident()
        with open(path(name), "wb") as f:
            f.write(new)
        signature = openssl("dgst", "-sha256", "-sign", "responder.key", name).stdout
        new = tlv(0x30, new, basic[1][2], tlv(3, b"\0", signature), basic[3][2])
        return (200, "application/ocsp-response",
                tlv(0x30, response[0][2], tlv(0xa0, tlv(0x30, kind[2], tlv(4, new)))))
    return make


def at(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def dated(this_update, next_update):
    """change() that gives the one SingleResponse these dates."""
    return lambda singles: [[singles[0][0][2], singles[0][1][2], this_update] +
                            ([tlv(0xa0, next_update)] if next_update else [])]


def test_refusals_of_dates():
    for name, this_update, next_update, text in (
            ("whose nextUpdate is past", at(-7200), at(-400), "status expired"),
            ("whose thisUpdate is to come", at(400), at(7200), "status not yet valid"),
            ("whose nextUpdate is before its thisUpdate", at(-10), at(-20), "nextupdate before thisupdate"),
            ("without nextUpdate that is older than a day", at(-86400 - 400), None, "status too old"),
            ("with a fraction of a second", tlv(0x18, b"20240101000000.5Z"), at(60), "thisUpdate is not a time"),
            ("with a date that is none", tlv(0x18, b"20241301000000Z"), at(60), "thisUpdate is not a time")):
        lie(resign(dated(this_update, next_update)))
        expect("query refuses an answer " + name, 66, ocsp("good.pem"), text)
    for name, this_update, next_update in (("within the skew", at(-7200), at(-200)), ("ahead within the skew", at(200), at(7200)),
                                           ("without nextUpdate of the last day", at(-86000), None)):
        lie(resign(dated(this_update, next_update)))
        expect("query takes an answer " + name, 0, ocsp("good.pem"), "good")


def test_refusals_of_contents():
    def whole(single):
        return [part[2] for part in single]

    lie(resign(lambda s: [whole(s[0]), [s[0][0][2], tlv(0xa1, at(-9999))] + whole(s[0])[2:]]))
    expect("query refuses an answer that speaks twice of the certificate", 66, ocsp("good.pem"), "speaks twice")
    lie(resign(lambda s: []))
    expect("query refuses an answer of nothing", 66, ocsp("good.pem"), "no revocation data")
    lie(resign(lambda s: [[s[0][0][2], b"\x83\0"] + whole(s[0])[2:]]))
    expect("query refuses an unknown certificate status", 66, ocsp("good.pem"))
    lie(resign(lambda s: [[s[0][0][2], b"\x80\0"] + whole(s[0])[2:]]))
    expect("query believes what the responder signed", 0, ocsp("revoked.pem"), "good")


def test_refusals_of_transport():
    lie(lambda body: (200, "text/html", answer_to(body)))
    expect("query refuses another media type", 66, ocsp("good.pem"), "of type 'text/html'")
    lie(lambda body: (200, None, answer_to(body)))
    expect("query refuses an answer without media type", 66, ocsp("good.pem"), "of type ''")
    lie(lambda body: (500, "application/ocsp-response", answer_to(body)))
    expect("query refuses HTTP status 500", 66, ocsp("good.pem"), "HTTP status 500")
    lie(lambda body: (302, "application/ocsp-response", answer_to(body)))
    expect("query refuses a redirection", 66, ocsp("good.pem"), "HTTP status 302")
    lie(lambda body: (200, "application/ocsp-response", bytes(1024 * 1024 + 1)))
    expect("query refuses an answer one octet over the cap", 66, ocsp("good.pem"), "larger than 1048576 octets")
    held = threading.Event()
    lie(lambda body: (held.wait(20), (200, "application/ocsp-response", answer_to(body)))[1])
    expect("query gives up when its time is over", 66, ocsp("--timeout", "1", "good.pem"), "imed out")
    held.set()
    code, _, err = query("ocsp", "--url", "http://127.0.0.1:1/", "--issuer", "ca.pem", "good.pem")
    ok(code == 66 and "http://127.0.0.1:1/" in err, "query says that nobody listens", err)


def test_statuses():
    for number, name in ((1, "malformedRequest"), (2, "internalError"), (3, "tryLater"), (5, "sigRequired"),
                         (6, "unauthorized")):
        lie(lambda body, n=number: (200, "application/ocsp-response", bytes([0x30, 3, 10, 1, n])))
        code, out, err = query(*ocsp("good.pem"))
        ok(code == 2 and out == "good.pem: %s\n" % name and err == "", "query says 2 for " + name, (code, out, err))
    for number in (4, 7, 127, 255):
        lie(lambda body, n=number: (200, "application/ocsp-response", bytes([0x30, 3, 10, 1, n])))
        expect("query refuses the OCSP status %d" % number, 66, ocsp("good.pem"), "OCSP response status")
    lie(lambda body: (200, "application/ocsp-response", bytes([0x30, 3, 10, 1, 0])))
    expect("query refuses success without an answer", 66, ocsp("good.pem"))


def test_command_line():
    lie(honest())
    for name, args in (("no command", []), ("an unknown command", ["ldap"]), ("no URL", ["ocsp", "--issuer", "ca.pem", "x"]),
                       ("an https URL", ["ocsp", "--url", "https://127.0.0.1/", "--issuer", "ca.pem", "good.pem"]),
                       ("a file URL", ["ocsp", "--url", "file:///etc/passwd", "--issuer", "ca.pem", "good.pem"]),
                       ("no issuer", ["ocsp", "--url", URL, "good.pem"]), ("no certificate", ocsp()),
                       ("an unknown option", ocsp("--colour", "good.pem")), ("an option of json", ocsp("--policy", "x", "good.pem")),
                       ("two kinds of trust", ocsp("--responder", "responder.pem", "--ca-file", "ca.pem", "good.pem")),
                       ("a bad timeout", ocsp("--timeout", "1x", "good.pem")),
                       ("a bad time", ["json", "--url", URL, "--time", "yesterday", "good.pem"]),
                       ("a bad want", ["json", "--url", URL, "--want", "path,", "good.pem"]),
                       ("more certificates than the cap", ocsp(*["good.pem"] * 65))):
        expect("query refuses " + name, 64, args, "sekisho-query")
    for name, args in (("a missing certificate", ocsp("absent.pem")), ("a folder", ocsp(".")), ("an empty file", ocsp("empty.pem")),
                       ("two certificates in a file", ocsp("two.pem")), ("a key", ocsp("good.key")),
                       ("octets after a certificate", ocsp("trailing.der")),
                       ("a certificate of another issuer", ocsp("foreign.pem")),
                       ("a missing responder", ocsp("--responder", "absent.pem", "good.pem")),
                       ("a CA file without certificates", ocsp("--ca-file", "empty.pem", "good.pem")),
                       ("a missing certificate for json", ["json", "--url", URL, "absent.pem"])):
        expect("query cannot read " + name, 65, args, "sekisho-query: ")
    expect("query has help", 0, ["--help"], "usage: sekisho-query")
    expect("query has help for a command", 0, ["ocsp", "--help"], "usage: sekisho-query")
    expect("query has a version", 0, ["--version"], "sekisho-query ")


def test_answers():
    lie(honest())
    expect("query verifies good", 0, ocsp("good.pem"), "good.pem: good\n")
    expect("query reads DER", 0, ocsp("good.der"), "nonce repeated")
    expect("query verifies revoked with date and reason", 1, ocsp("revoked.pem"),
           "revoked.pem: revoked since 2024-01-01T00:00:00Z (keyCompromise)\n")
    expect("query verifies unknown", 2, ocsp("unknown.pem"), "unknown.pem: unknown\n")
    expect("query asks by SHA-256", 0, ocsp("--sha256", "good.pem"), "good")
    expect("query trusts a given responder", 0, ocsp("--responder", "responder.pem", "good.pem"), "signed by CN=responder,O=Example")
    expect("query trusts a CA of a file", 0, ocsp("--ca-file", "ca.pem", "good.pem"), "good")
    expect("query says the worst of several", 1, ocsp("good.pem", "unknown.pem", "revoked.pem"), "unknown.pem: unknown\n")
    expect("query says undetermined before good", 2, ocsp("good.pem", "unknown.pem"))
    lie(honest("ca"))
    expect("query trusts the CA itself", 0, ocsp("good.pem"), "signed by CN=CA,O=Example,C=JP")
    lie(honest("other"))
    expect("query trusts a given responder without OCSPSigning or a chain", 0, ocsp("--responder", "other.pem", "good.pem"), "good")
    lie(honest(extra=("-text",)))
    code, out, _ = query(*ocsp("good.pem"))
    ok(code == 0 and "next update" not in out, "query takes an answer of now without nextUpdate", out)

    lie(honest())
    del Lies.seen[:]
    expect("query asks by GET without nonce", 0, ocsp("--get", "good.pem"), "good")
    expect("query asks by GET with nonce", 0, ocsp("--get", "--nonce", "good.pem"), "nonce repeated")
    ok([s[0] for s in Lies.seen] == ["GET", "GET"] and Lies.seen[0][1].startswith("/ocsp/") and
       not re.search(r"[+=]|/.*/.*/", Lies.seen[0][1]), "GET has the whole request in one escaped path segment", Lies.seen)
    del Lies.seen[:]
    query(*ocsp("good.pem"))
    ok(Lies.seen[0][:3] == ("POST", "/ocsp", "application/ocsp-request") and b"\x2b\x06\x01\x05\x05\x07\x30\x01\x02\x04\x22\x04\x20"
       in Lies.seen[0][3], "POST has the media type and a nonce of 32 octets", Lies.seen)

    _, out, err = query(*ocsp("--timing", "good.pem"))
    ok(re.fullmatch(r"timing: \d+\.\d{3} ms\n", err) and "timing" not in out, "--timing tells of the exchange on standard error", err)
    code, out, _ = query(*ocsp("--json", "revoked.pem", "good.pem"))
    lines = [json.loads(line) for line in out.splitlines()]
    ok(code == 1 and [line["status"] for line in lines] == ["revoked", "good"] and lines[0]["reason"] == "keyCompromise" and
       lines[0]["revoked_at"] == "2024-01-01T00:00:00Z" and lines[1]["nonce"] is True and lines[1]["file"] == "good.pem",
       "query prints JSON, one object a certificate", out)


def test_openssl_responder():
    server = subprocess.Popen(["openssl", "ocsp", "-port", "0", "-index", "index", "-CA", "ca.pem", "-rsigner", "responder.pem",
                               "-rkey", "responder.key", "-nmin", "5", "-timeout", "10"], cwd=work, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        port = None
        while port is None:
            line = server.stdout.readline().decode()
            if not line:
                break
            found = re.search(r"ACCEPT .*:(\d+)", line)
            port = found and found.group(1)
        if port is None:
            ok(False, "openssl ocsp -port starts", "no port")
            return
        args = ["ocsp", "--url", "http://127.0.0.1:%s" % port, "--issuer", "ca.pem"]
        expect("openssl's responder: good", 0, args + ["good.pem"], "nonce repeated")
        expect("openssl's responder: revoked", 1, args + ["revoked.pem"], "keyCompromise")
        expect("openssl's responder: on hold", 1, args + ["held.pem"], "certificateHold")
        expect("openssl's responder: unknown", 2, args + ["unknown.pem"], "unknown")
        expect("openssl's responder: GET, SHA-256, no nonce", 0, args + ["--get", "--sha256", "good.pem"], "good")
        expect("openssl's responder: wrong responder", 66, args + ["--responder", "other-responder.pem", "good.pem"],
               "not signed by the responder")
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def sha256_of(name):
    return hashlib.sha256(openssl("x509", "-in", name, "-outform", "DER").stdout).hexdigest()


def test_json():
    def js(status, answer, kind="application/json"):
        lie(lambda body: (status, kind, answer if isinstance(answer, bytes) else json.dumps(answer).encode()))

    args = ["json", "--url", URL + "/v1/validate"]
    result = {"verdict": "valid", "findings": [], "path": [sha256_of("good.pem"), "00" * 32], "valid_until": "2030-01-01T00:00:00Z"}
    for name, answer in (("no JSON", b"{"), ("no object", []), ("an answer without results", {"snapshot": 1}),
                         ("an answer without snapshot", {"results": [result]}),
                         ("more results than certificates", {"snapshot": 1, "results": [result, result]}),
                         ("an unknown verdict", {"snapshot": 1, "results": [dict(result, verdict="fine")]}),
                         ("a result without verdict", {"snapshot": 1, "results": [{}]}),
                         ("a path of another certificate", {"snapshot": 1, "results": [dict(result, path=["11" * 32])]}),
                         ("a key that stands twice", b'{"snapshot":1,"results":[{"verdict":"invalid","verdict":"valid"}]}'),
                         ("text after the JSON", b'{"snapshot":1,"results":[{"verdict":"valid"}]}x')):
        js(200, answer)
        expect("query refuses " + name, 66, args + ["good.pem"])
    js(200, {"snapshot": 1, "results": [result]}, "text/plain")
    expect("query refuses JSON of another media type", 66, args + ["good.pem"], "of type 'text/plain'")
    js(400, {"error": {"code": "bad-policy", "message": "no such \x1b[1mpolicy"}})
    expect("query tells the server's error", 66, args + ["good.pem"], "HTTP status 400: bad-policy: no such ?[1mpolicy")
    js(503, {"error": {"code": "busy", "message": "later"}})
    expect("query says 2 when the server is busy", 2, args + ["good.pem"], "busy: later", 2)
    js(500, b"oops", "text/plain")
    expect("query refuses HTTP status 500", 66, args + ["good.pem"], "HTTP status 500")

    js(200, {"snapshot": 7, "results": [result]})
    del Lies.seen[:]
    expect("query prints valid", 0, args + ["--policy", "office", "--time", "2024-04-01T00:00:00Z", "--want", "path,explanation",
                                            "good.pem"], "good.pem: valid until 2030-01-01T00:00:00Z\n")
    sent = json.loads(Lies.seen[0][3])
    der = openssl("x509", "-in", "good.pem", "-outform", "DER").stdout
    ok(sent == {"policy": "office", "time": "2024-04-01T00:00:00Z", "want": ["path", "explanation"],
                "certificates": [base64.b64encode(der).decode()]} and Lies.seen[0][0] == "POST" and
       Lies.seen[0][2] == "application/json", "query sends policy, time, wants and certificates", Lies.seen)
    for verdict, code in (("invalid", 1), ("revoked", 1), ("undetermined", 2)):
        js(200, {"snapshot": 7, "results": [{"verdict": verdict, "findings": [{"cert": 1, "code": "expired", "text": "it \x07is"}]}]})
        expect("query prints " + verdict, code, args + ["good.pem"],
               "good.pem: %s\n    certificate 1 of the path: expired: it ?is\n" % verdict)
    js(200, {"snapshot": 7, "results": [result, {"verdict": "undetermined"}]})
    code, out, _ = query(*args, "--json", "good.pem", "unknown.pem")
    ok(code == 2 and json.loads(out)["snapshot"] == 7, "query prints the answer as JSON", out)


material()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lies)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = "http://127.0.0.1:%d" % server.server_address[1]
try:
    test_refusals_of_answers()
    test_refusals_of_signers()
    test_refusals_of_dates()
    test_refusals_of_contents()
    test_refusals_of_transport()
    test_statuses()
    test_command_line()
    test_answers()
    test_openssl_responder()
    test_json()
finally:
    server.shutdown()
    clean_up()
plan()
