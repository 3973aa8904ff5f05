#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Request ids and the access log of a running daemon: each option, what a line says, and what no line ever says."""
import base64
import json
import os
import re

from front_support import (Daemon, check_config, finish, free_port, get, make_pki, ok, path, pki_config, publish, read, read_answer,
                           until, write)

SECRET = "Yamada Taro 1970-01-01 Chiyoda"  # of a citizen, in the subject alternative name
OTHER = "Kasumigaseki"  # and in the subject
port = free_port()


def write_config(log, server=""):
    write("s.conf", """[server]
listen = 127.0.0.1:%d
workers = 2
cache = cache
%s
[log]
%s
%s""" % (port, server, log, pki_config()))


def lines(name="access"):
    """The objects of the log; a line that is no JSON fails."""
    return [json.loads(l) for l in read(name).splitlines()] if os.path.exists(path(name)) else []


def find(request_id, name="access"):
    """The line of a request, once it is written."""
    return until(lambda: [l for l in lines(name) if l.get("id") == request_id], 10)


def request_id(answer):
    return re.search(r"\r\nX-Request-Id: ([^\r]*)", answer[1]).group(1)


def post(target, media_type, body, more=""):
    return ("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n" %
            (target, media_type, len(body), more)).encode() + body


def validate(daemon, **more):
    body = dict({"certificates": [read("citizen.pem")], "want": ["path", "evidence", "explanation"]}, **more)
    return daemon.ask(post("/v1/validate", "application/json", json.dumps(body).encode()))


def test_lines(daemon):
    encoded = base64.b64encode(read("req.der", "rb")).decode().replace("/", "%2F").replace("+", "%2B")
    for name, octets, expected in (
            ("a page", get("/livez"), {"method": "GET", "path": "/livez", "status": 200, "verdict": None, "memo": False}),
            ("HEAD", get("/readyz", method="HEAD"), {"method": "HEAD", "path": "/readyz", "status": 200}),
            ("no such path", get("/secret/" + OTHER), {"path": None, "status": 404}),
            ("a method that is not taken", get("/ocsp"), {"method": "GET", "path": "/ocsp", "status": 405}),
            ("a method we do not know", get("/livez", method=OTHER.upper()), {"method": "other", "status": 501}),
            ("OCSP by POST", post("/ocsp", "application/ocsp-request", read("req.der", "rb")),
             {"method": "POST", "path": "/ocsp", "status": 200, "verdict": "good"}),
            ("OCSP by GET", get("/ocsp/" + encoded), {"method": "GET", "path": "/ocsp/", "verdict": "good"}),
            ("an OCSP error", post("/ocsp", "application/ocsp-request", b"x"),
             {"status": 200, "verdict": "malformedRequest"}),
            ("a repository object", get("/pki/root/crl.crl"), {"path": "/pki/", "status": 200}),
            ("junk", b"junk\r\n\r\n", {"method": None, "path": None, "status": 400, "verdict": None})):
        with daemon.connect() as s:
            s.sendall(octets)
            head = b""
            while b"\r\n\r\n" not in head:
                head += s.recv(65536)
        answer = (0, head.partition(b"\r\n\r\n")[0].decode())
        got = find(request_id(answer))
        ok(len(got) == 1 and all(got[0][k] == v for k, v in expected.items()), "one line for " + name, got)
    ok(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", got[0]["time"]) and got[0]["listener"] == "127.0.0.1:%d" % port and
       got[0]["tls"] is None and got[0]["client"] == "127.0.0.1" and got[0]["us"] >= 0, "with time, listener, client", got)
    with daemon.connect() as s:  # one connection, one worker: each keeps its own answers
        for _ in range(2):
            s.sendall(get("/ocsp/" + encoded))
            answer = read_answer(s)
    got = find(request_id(answer))
    ok(len(got) == 1 and got[0]["memo"] is True, "and whether the answer had been kept", got)
    answer = daemon.ask(get("/v1/snapshot"))
    got = find(request_id(answer))[0]
    ok(got["generation"] == json.loads(answer[2])["snapshot"] and got["octets"] == len(answer[1]) + 4 + len(answer[2]),
       "with the generation and the octets of the answer", got)


def test_ids(daemon):
    ids = set()
    for _ in range(50):
        with daemon.connect() as s:
            s.sendall(get("/livez") * 4 + get("/livez", "Connection: close\r\n"))
            got = b""
            while True:
                piece = s.recv(65536)
                if not piece:
                    break
                got += piece
        ids |= set(re.findall(rb"X-Request-Id: (\S+)", got))
    ok(len(ids) == 250 and all(re.fullmatch(rb"[0-9a-f]{24}", i) for i in ids), "250 answers have 250 ids", len(ids))
    answer = daemon.ask(get("/livez", "X-Request-Id: mine-1\r\n"))
    ok(request_id(answer) != "mine-1", "a client's own id is not taken by default")


def test_privacy(daemon):
    """Nothing of whom a request asks about reaches any log, not even at level debug."""
    answer = validate(daemon)
    ok(answer[0] == 200 and b'"valid"' in answer[2], "a citizen's certificate is judged", answer)
    got = find(request_id(answer))
    ok(len(got) == 1 and got[0]["path"] == "/v1/validate" and got[0]["verdict"] == "valid", "one line tells the class", got)
    ok(SECRET.encode() not in answer[2], "the answer does not hold the name either")
    answer = validate(daemon, certificates=[read("citizen.pem"), read("root.pem"), "MAA="])
    ok(find(request_id(answer))[0]["verdict"] == "mixed", "several verdicts are mixed", answer[2][:300])
    validate(daemon, nonsense=SECRET)
    daemon.ask(post("/v1/validate", "application/json", SECRET.encode()))
    daemon.ask(post("/ocsp", "application/ocsp-request", SECRET.encode()))
    daemon.ask(get("/ocsp/" + base64.b64encode(SECRET.encode()).decode()))
    daemon.ask(get("/livez?name=" + OTHER, "Cookie: %s\r\nReferer: http://%s/\r\n" % (OTHER, OTHER)))
    daemon.ask(get("/" + OTHER))
    last = request_id(daemon.ask(get("/pki/%s/x" % OTHER)))
    find(last)
    pem = "".join(read("citizen.pem").splitlines()[1:-1])
    body = base64.b64encode(read("req.der", "rb")).decode()
    for name in ("access", "s.log"):
        text = read(name)
        leaked = [w for w in (SECRET, SECRET.split()[0], OTHER, base64.b64encode(SECRET.encode()).decode()[:20],
                              SECRET.encode().hex()[:20], pem[:40], pem[-40:], body[:20], "citizen", "Cookie", "name=")
                  if w in text]
        ok(not leaked, "no line of %s holds a name, a body, a query or a header" % name, leaked)


def test_options(daemon):
    write_config("access = file\naccess-file = sampled\naccess-sample = 20\naccess-client = network")
    ok(daemon.reload() == "done", "another file by reload", daemon.text()[-800:])
    for _ in range(100):
        daemon.ask(get("/livez"))
    for _ in range(5):
        daemon.ask(get("/nothing"))
    bad = request_id(daemon.ask(get("/nothing")))
    ok(len(find(bad, "sampled")) == 1, "errors are written whatever the sample")
    fine = [l for l in lines("sampled") if l["status"] == 200]
    ok(3 <= len(fine) <= 5, "of 100 others one in 20, by each worker", len(fine))
    ok(all(l["client"] == "127.0.0.0" for l in lines("sampled")), "the client's network only")
    size = os.path.getsize(path("access"))
    os.rename(path("sampled"), path("sampled.1"))
    ok(daemon.reload() == "done" and len(find(request_id(daemon.ask(get("/nothing"))), "sampled")) == 1,
       "a renamed file is begun anew by reload")
    ok(os.path.getsize(path("access")) == size, "and the first one is left alone")
    write_config("access = file\naccess-file = hidden\naccess-client = none", "accept-request-id = yes")
    ok(daemon.reload() == "done", "ids of clients by reload")
    for given, taken in (("mine-1.A_b", True), ("x" * 64, True), ("x" * 65, False), ('a"b', False), ("a b", False),
                         ("\u00e9", False)):
        got = request_id(daemon.ask(("GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: %s\r\n\r\n" % given).encode()))
        ok((got == given) == taken and find(got, "hidden"), "id %s is %s" % (given[:12].encode("ascii", "replace"),
                                                                            "kept" if taken else "replaced"), got)
    got = request_id(daemon.ask(get("/livez", "X-Request-Id: a\r\nX-Request-Id: b\r\n")))
    ok(got not in ("a", "b", "a, b"), "two ids are none", got)
    ok(all("client" not in l for l in lines("hidden")), "no client at all")
    write_config("access = stderr")
    ok(daemon.reload() == "done", "standard error by reload")
    got = request_id(daemon.ask(get("/livez")))
    ok(until(lambda: '"id":"%s"' % got in daemon.text(), 10), "the line is among the others")
    write_config("access = none")
    ok(daemon.reload() == "done", "off by reload")
    got = request_id(daemon.ask(get("/livez")))
    ok(got and got not in daemon.text(), "no line, and still an id")
    write_config("access = file\naccess-file = cache")
    code, text = check_config("s")
    ok(code == 64 and "access log" in text, "a file that is none is a fault of the configuration", text)
    ok(daemon.reload() == "refused" and daemon.is_up(), "and of a reload")


def main():
    make_pki("/C=JP/L=%s/CN=citizen" % OTHER, SECRET)
    write_config("level = debug\naccess = file\naccess-file = access\naccess-buffer = 64k")
    publish()
    daemon = Daemon("s", port)
    ok(until(daemon.is_up) and until(lambda: daemon.ask(get("/readyz"))[0] == 200),
       "the daemon is ready", daemon.text())
    test_lines(daemon)
    test_ids(daemon)
    test_privacy(daemon)
    test_options(daemon)
    ok(daemon.end() == 0, "it ends with 0")


finish(main)
