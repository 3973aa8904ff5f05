#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS listeners and access lists: versions, client certificates, rules by address and certificate, reload, refusals."""
import hashlib
import os
import socket
import ssl
import subprocess

from front_support import (SERVER, Daemon, check_config, finish, free_port, get, make_ca, make_cert, make_clients, ok, openssl,
                           path, read, read_all, read_answer, until, write)


def material():
    make_ca("server-ca")
    make_clients()
    make_cert("first", "server-ca", "/CN=first", 1, SERVER)
    make_cert("second", "server-ca", "/CN=second", 2, SERVER)
    make_cert("weak", "server-ca", "/CN=weak", 3, SERVER, ["-newkey", "rsa:1024", "-nodes"])
    make_cert("server-only", "client-ca", "/C=JP/O=Office/CN=server", 14, SERVER)


def spki(name):
    der = subprocess.run("openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform DER" % (name + ".pem"),
                         shell=True, cwd=path("."), capture_output=True, check=True).stdout
    return hashlib.sha256(der).hexdigest()


plain, tls = free_port(), free_port()
CONFIG = """[server]
listen = 127.0.0.1:%d
cache = cache
drain = 5s
[tls]
listen = 127.0.0.1:%d
certificate = first.pem
key = first.key
%%s
[limits]
http-idle-time = 20s
%%s
""" % (plain, tls)


def write_config(tls_part="", rest="", name="s"):
    write(name + ".conf", CONFIG % (tls_part, rest))


def context(cert=None, **more):
    made = ssl.create_default_context(cafile=path("server-ca.pem"))
    if cert:
        made.load_cert_chain(path(cert + ".pem"), path(cert + ".key"))
    for name, value in more.items():
        setattr(made, name, value)
    return made


def connect(ctx):
    s = socket.create_connection(("127.0.0.1", tls), timeout=30)
    try:
        return ctx.wrap_socket(s, server_hostname="127.0.0.1")
    except Exception:
        s.close()
        raise


def ask(target, cert=None, method="GET", **more):
    """The status over TLS, or why there is none."""
    try:
        with connect(context(cert, **more)) as s:
            s.sendall(get(target, "Content-Length: 0\r\n" if method == "POST" else "", method))
            answer = read_answer(s)
            return answer[0] if answer else "closed"
    except (ssl.SSLError, OSError) as e:
        return "refused: %s" % e


def is_refused(result):
    return isinstance(result, str)


def s_client(*args, stdin=b""):
    done = openssl("s_client", "-connect", "127.0.0.1:%d" % tls, "-CAfile", "server-ca.pem", *args, check=False,
                   stdin=stdin)
    return (done.stdout + done.stderr).decode("latin-1")


# ---- tests ----

def test_bad_configurations():
    write("locked.key", read("first.key"), 0o644)
    openssl("pkey", "-in", "first.key", "-aes256", "-passout", "pass:secret", "-out", "sealed.key")
    os.chmod(path("sealed.key"), 0o600)
    for name, text, words in (
            ("no key", "key = first.key", "[tls] key: missing"),
            ("absent certificate", "certificate = first.pem|certificate = none.pem", "none.pem"),
            ("another's key", "key = first.key|key = second.key", "second.key"),
            ("a key that others may read", "key = first.key|key = locked.key", "mode 644 lets others in"),
            ("a key under a passphrase", "key = first.key|key = sealed.key", "no private key in PEM"),
            ("a key of 1024 bits", "certificate = first.pem|certificate = weak.pem", "too small"),
            ("an address of both kinds", "listen = 127.0.0.1:%d\ncert|listen = 127.0.0.1:%d\ncert" % (tls, plain),
             "stands in [server] as well"),
            ("certificates that nobody verifies", "key = first.key|key = first.key\nclient-certificate = optional",
             "client-certificate: means nothing without client-ca"),
            ("a CA file that is none", "key = first.key|key = first.key\n"
             "client-ca = first.key", "client-ca"),
            ("a CRL that is none", "key = first.key|key = first.key\n"
             "client-ca = client-ca.pem\nclient-crl = first.pem", "client-crl")):
        write_config(name="bad")
        old, _, new = text.partition("|")
        write("bad.conf", read("bad.conf").replace(old, new))
        code, said = check_config("bad")
        ok(code == 64 and words in said, "refused: " + name, said)
    for name, rest, words in (
            ("a rule that begins otherwise", "rule = permit all", "neither allow nor deny"),
            ("a rule for nobody", "rule = allow", "does not say who"),
            ("a rule with host bits", "rule = allow 10.0.0.1/8", "10.0.0.1/8"),
            ("a rule for two places", "rule = allow loopback 10.0.0.0/8", "more than one of"),
            ("a fingerprint cut short", "rule = allow spki:sha256:00", "not a SHA-256"),
            ("a rule by certificate when none is asked for", "rule = deny certificate", "has no client-ca"),
            ("no rule", "", "rule: missing")):
        write_config(rest="[acl a]\nservice = ocsp\n" + rest, name="bad")
        code, said = check_config("bad")
        ok(code == 64 and words in said, "refused: " + name, said)
    write_config(rest="[acl a]\nservice = ocsp health\nrule = allow all\n[acl b]\nservice = health\nrule = deny all", name="bad")
    code, said = check_config("bad")
    ok(code == 64 and "stands in [acl a] as well" in said, "refused: a service in two lists", said)


def test_versions(daemon):
    with connect(context()) as s:
        ok(s.version() == "TLSv1.3", "TLS 1.3 is chosen", s.version())
        s.sendall(get("/livez") + get("/livez"))
        first = read_answer(s)
        ok(first is not None and first[0] == 200, "and answers are served over it", first)
    v12 = context(maximum_version=ssl.TLSVersion.TLSv1_2)
    with connect(v12) as s:
        ok(s.version() == "TLSv1.2" and "ECDHE" in s.cipher()[0], "TLS 1.2 is served, with forward secrecy", s.cipher())
        s.sendall(get("/livez"))
        ok(read_answer(s)[0] == 200, "and answers over it")
    text = s_client("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    ok("alert protocol version" in text, "TLS 1.1 is refused", text[-400:])
    text = s_client("-tls1_2", "-cipher", "AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256")
    ok("handshake failure" in text, "suites without forward secrecy or AEAD are refused", text[-400:])
    text = s_client("-alpn", "http/1.1")
    ok("ALPN protocol: http/1.1" in text, "ALPN: http/1.1", text[-600:])
    text = s_client("-alpn", "h2")
    ok("no application protocol" in text, "ALPN: a client of other protocols only is told", text[-600:])
    text = s_client("-tls1_3", "-ign_eof", stdin=get("/livez", "Connection: close\r\n"))
    ok("live" in text and "New Session Ticket" not in text, "no session ticket is given", text[-600:])
    text = s_client("-tls1_2", "-reconnect")
    ok("Reused" not in text and text.count("New, TLSv1.2") >= 2, "no session is resumed", text[-600:])
    ok("Compression: NONE" in text, "nothing is compressed")
    ok(daemon.raw(b"\x16\x03\x01\x00\x05hello").startswith(b"HTTP/1.1 400 "), "the plain listener answers in plain text")


def test_bad_handshakes(daemon):
    for name, octets in (("plain HTTP", get("/livez")), ("nothing", b""), ("junk", bytes(range(256)) * 8),
                         ("half a hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")):
        with socket.create_connection(("127.0.0.1", tls), timeout=30) as s:
            try:
                s.sendall(octets)
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has closed already
            got = read_all(s)
        ok(b"HTTP/" not in got and b"still open" not in got, "a handshake of %s ends without an answer" % name, got[:80])
    with socket.create_connection(("127.0.0.1", tls), timeout=30) as s:
        got = b""
        s.settimeout(0.05)
        octets = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + b"\x03\x03" + bytes(600)
        for i in range(600):  # an octet at a time: the deadline does not move
            try:
                s.sendall(octets[i:i + 1])
                got = s.recv(100)
                break
            except socket.timeout:
                continue
            except OSError:
                break
        ok(i < 599 and got == b"", "a handshake that drips is ended", (i, got))
    ok(ask("/livez") == 200 and daemon.is_up(), "and the good client is served")


def test_end():
    """The end of a connection is said in TLS, so that nobody can cut an answer short unseen."""
    with connect(context()) as s:
        s.sendall(get("/livez", "Connection: close\r\n"))
        got = read_all(s)
        ok(got.endswith(b"live\n"), "the last answer is followed by close_notify", got[-80:])
    with connect(context()) as s:
        s.sendall(b"junk\r\n\r\n")
        got = read_all(s)
        ok(got.startswith(b"HTTP/1.1 400 ") and got.endswith(b"}\n"), "so is a refusal", got[-80:])
    big = b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: 200000\r\n\r\n"
    with connect(context()) as s:
        s.sendall(big)
        s.sendall(bytes(200000))
        answer = read_answer(s)
        ok(answer is not None and answer[0] == 200, "a body of many records is read", answer)
        s.sendall(get("/livez") * 40)
        got = b""
        while got.count(b"live\n") < 40:
            piece = s.recv(65536)
            if not piece:
                break
            got += piece
        ok(got.count(b"live\n") == 40, "40 pipelined requests in a record are answered", got.count(b"live\n"))


def test_clients(daemon):
    write_config("client-certificate = optional\nclient-ca = client-ca.pem\nclient-crl = client-ca.crl",
                 "[acl ocsp]\nservice = ocsp\nrule = deny subject:CN=bob,O=Office,C=JP\nrule = allow certificate\n"
                 "[acl validate]\nservice = validate\nrule = allow loopback spki:sha256:%s\n"
                 "[acl snapshot]\nservice = snapshot\nrule = allow 10.0.0.0/8\n" % spki("alice"))
    ok(daemon.reload() == "done", "client certificates by reload", daemon.text()[-1000:])
    ok(ask("/livez") == 200, "optional: without a certificate the public service is served")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        ok(ask("/livez", "alice", maximum_version=version) == 200, "with a certificate too (%s)" % version.name)
        for name in ("mallory", "revoked", "server-only"):
            result = ask("/livez", name, maximum_version=version)
            ok(is_refused(result), "a certificate that does not verify is refused: %s (%s)" % (name, version.name), result)
    ok(ask("/ocsp", "alice", "POST") == 415, "allow certificate: with one")
    ok(ask("/ocsp", None, "POST") == 403, "allow certificate: without one")
    ok(ask("/ocsp", "bob", "POST") == 403, "deny by subject, first rule first")
    ok(ask("/ocsp/MAo=", "bob") == 403, "by every method and path of the service")
    ok(ask("/v1/validate", "alice", "POST") == 415, "allow by key")
    ok(ask("/v1/validate", "bob", "POST") == 403, "not another's key")
    ok(ask("/v1/snapshot", "alice") == 403, "no rule fits: refused")
    ok(daemon.ask(get("/v1/snapshot"))[0] == 403, "by the plain listener as well")
    ok(daemon.ask(get("/ocsp", "Content-Length: 0\r\n", "POST"))[0] == 403, "which has no certificates")
    ok(daemon.ask(get("/nothing"))[0] == 404, "what no list names is as before")
    status, head, body = daemon.ask(get("/v1/snapshot"))
    ok(b'"forbidden"' in body and "application/json" in head and head.startswith("HTTP/1.1 403 Forbidden\r\n"), "a refusal is JSON like every error", body)
    write_config("client-ca = client-ca.pem")
    ok(daemon.reload() == "done", "required by reload")
    ok(ask("/livez", "alice") == 200, "required: with a certificate")
    ok(is_refused(ask("/livez")), "required: without one nothing is served")
    ok(ask("/livez", "revoked") == 200, "without client-crl revocation is not looked at")


def test_by_address(daemon):
    write_config("", "[acl some]\nservice = ocsp snapshot\nrule = deny 127.0.0.9\nrule = allow 127.0.0.8/29\n"
                 "rule = allow ::/0\nrule = deny all\n")
    ok(daemon.reload() == "done", "lists by address by reload", daemon.text()[-1000:])
    for source, status in (("127.0.0.8", 503), ("127.0.0.9", 403), ("127.0.0.15", 503), ("127.0.0.16", 503)):
        got = daemon.ask(get("/v1/snapshot"), source)[0]
        ok(got == status, "from %s: %d" % (source, status), got)
    write_config("", "[acl some]\nservice = ocsp snapshot\nrule = deny 127.0.0.9\nrule = allow 127.0.0.8/29\n")
    ok(daemon.reload() == "done", "another one")
    for source, status in (("127.0.0.8", 503), ("127.0.0.9", 403), ("127.0.0.15", 503), ("127.0.0.16", 403)):
        got = daemon.ask(get("/v1/snapshot"), source)[0]
        ok(got == status, "from %s: %d" % (source, status), got)


def shown_subject():
    with connect(context()) as s:
        return dict(pair for rdn in s.getpeercert()["subject"] for pair in rdn)["commonName"]


def test_reload(daemon):
    write_config()
    ok(daemon.reload() == "done" and shown_subject() == "first", "the first certificate is shown")
    with connect(context()) as old:
        write("first.pem", read("second.pem"))
        ok(daemon.reload() == "refused" and shown_subject() == "first", "files that do not fit leave all as it was",
           daemon.text()[-600:])
        write("first.key", read("second.key"), 0o600)
        ok(daemon.reload() == "done" and shown_subject() == "second", "both files replaced: the second is shown")
        old.sendall(get("/livez"))
        answer = read_answer(old)
        ok(answer is None or answer[0] == 200, "an old connection is answered or ended, not broken", answer)
    write_config("min-version = 1.3")
    ok(daemon.reload() == "done", "min-version by reload")
    ok(is_refused(ask("/livez", maximum_version=ssl.TLSVersion.TLSv1_2)) and ask("/livez") == 200,
       "min-version = 1.3 refuses 1.2")


def main():
    material()
    test_bad_configurations()
    write_config("handshake-time = 2s")
    daemon = Daemon("s", plain)
    ok(until(daemon.is_up), "the daemon starts", daemon.text())
    test_versions(daemon)
    test_bad_handshakes(daemon)
    test_end()
    test_clients(daemon)
    test_by_address(daemon)
    test_reload(daemon)
    ok(daemon.end() == 0, "it ends with 0")


finish(main)
