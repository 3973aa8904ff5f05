#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""LDAP by clients that are not ours: ldapsearch, ldapcompare, ldapwhoami, ldapmodify, python3-ldap3, curl."""
import base64
import json
import os
import re
import socket
import subprocess
import threading

import ldap3
from front_support import (PATIENCE_S, SERVER, Daemon, finish, free_port, get, make_cert, make_crl, make_pki, ok, openssl, path,
                           pki_config, publish, read, until, work, write)

http, plain, secure = free_port(), free_port(), free_port()
CA = "cn=root,o=Office,c=JP"
LDIF = """dn: ou=People,o=Office,c=JP
objectClass: top
objectClass: organizationalUnit
ou: People

dn: ou=Far,o=Office,c=JP
objectClass: top
objectClass: referral
objectClass: extensibleObject
ou: Far
ref: ldap://far.example/ou=Far,o=Office,c=JP

""" + "".join("""dn: cn=Person %d,ou=People,o=Office,c=JP
objectClass: top
objectClass: person
cn: Person %d
sn: %s

""" % (i, i, ("Sato", "Suzuki")[i % 2]) for i in range(120))


def config(more=""):
    write("s.conf", pki_config().replace("[ca root]", "[ca root]\ndn = " + CA) + """[server]
listen = 127.0.0.1:%d
cache = cache
drain = 10s
[repository]
suffix = o=Office,c=JP
ldif = people.ldif
[tls]
certificate = tls.pem
key = tls.key
[ldap]
listen = 127.0.0.1:%d
tls-listen = 127.0.0.1:%d
[log]
access = file
access-file = access.log
%s""" % (http, plain, secure, more))


def run(*args, stdin=None, env=None):
    env = {**os.environ, "LDAPTLS_CACERT": path("root.pem"), **(env or {})}
    return subprocess.run(args, cwd=work, input=stdin, capture_output=True, check=False, timeout=PATIENCE_S, env=env)


def search(*args, uri=None):
    return run("ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", uri or "ldap://127.0.0.1:%d" % plain, *args)


def values(done, name):
    """Of an attribute in ldapsearch's answer, base64 decoded."""
    text = done.stdout.decode()
    return [base64.b64decode(v) for v in re.findall("^%s:: (.*)$" % re.escape(name), text, re.M)]


def entries(done):
    return len(re.findall("^dn:", done.stdout.decode(), re.M))


def der(kind, name):
    return openssl(kind, "-in", name, "-outform", "DER").stdout


def ldapsearch():
    crl, cert = der("crl", "root.crl"), der("x509", "root.pem")
    done = search("-s", "base", "-b", CA)
    ok(values(done, "certificateRevocationList;binary") == [crl], "the list of a CA, octet by octet", done)
    ok(values(done, "cACertificate;binary") == [cert], "and its certificate", done)
    for name in ("cACertificate", "cACertificate;binary", "CACERTIFICATE;Binary", "2.5.4.37"):
        done = search("-s", "base", "-b", CA, name)
        ok(values(done, "cACertificate;binary") == [cert] and not values(done, "certificateRevocationList;binary"),
           "L-01: asked for as " + name, done)
    done = search("-b", "o=Office,c=JP", "(&(objectClass=person)(cn=person 7))", "sn")
    ok(entries(done) == 1 and b"sn: Suzuki" in done.stdout, "a filter, a list of attributes", done)
    done = search("-b", "o=Office,c=JP", "(sn=*)", "1.1")
    ok(entries(done) == 120 and b"sn:" not in done.stdout, "1.1: names alone", done.stdout[-300:])
    done = search("-b", "o=Office,c=JP", "-s", "one", "1.1")
    ok(b"# refldap://far.example/ou=Far,o=Office,c=JP??base" in done.stdout, "a continuation reference", done)
    done = search("-b", "cn=x,ou=Far,o=Office,c=JP")
    ok(done.returncode == 10 and b"ldap://far.example/cn=x,ou=Far,o=Office,c=JP??sub" in done.stderr, "a referral", done)
    done = search("-M", "-s", "base", "-b", "ou=Far,o=Office,c=JP", "ref")
    ok(entries(done) == 1, "ManageDsaIT: the object itself", done)
    done = search("-E", "pr=7/noprompt", "-b", "o=Office,c=JP", "(sn=*)", "cn")
    ok(done.returncode == 0 and entries(done) == 120, "paged results", done.stderr)
    done = search("-b", "cn=nobody,ou=People,o=Office,c=JP")
    ok(done.returncode == 32 and b"Matched DN: ou=People,o=Office,c=JP" in done.stderr + done.stdout, "L-10", done)
    ok(search("-b", "nonsense").returncode == 34, "L-11")
    ok(search("-z", "5", "-b", "o=Office,c=JP").returncode == 4, "L-17: the client's size limit")
    done = search("-s", "base", "-b", "", "namingContexts", "supportedControl", "supportedExtension", "vendorName")
    ok(all(t in done.stdout for t in (b"namingContexts: o=Office,c=JP", b"1.2.840.113556.1.4.319", b"1.3.6.1.4.1.1466.20037",
                                      b"vendorName: Sekisho")), "the root DSE", done)
    done = search("-s", "base", "-b", "cn=Subschema", "attributeTypes")
    ok(b"2.5.4.39 NAME 'certificateRevocationList'" in done.stdout, "the subschema")
    done = search("-b", "o=Office,c=JP", "(cACertificate={ serialNumber %d, issuer rdnSequence:\"cn=root,o=Office,c=JP\" })" %
                  int(openssl("x509", "-in", "root.pem", "-noout", "-serial").stdout.split(b"=")[1], 16), "cn")
    ok(entries(done) == 1, "certificateExactMatch", done)


def other_tools():
    uri = "ldap://127.0.0.1:%d" % plain
    entry = "cn=Person 1,ou=People,o=Office,c=JP"
    ok(run("ldapcompare", "-x", "-H", uri, entry, "sn:SUZUKI").returncode == 6, "ldapcompare: true")
    ok(run("ldapcompare", "-x", "-H", uri, entry, "sn:Sato").returncode == 5, "ldapcompare: false")
    ok(run("ldapwhoami", "-x", "-H", uri).stdout == b"anonymous\n", "ldapwhoami")
    done = run("ldapmodify", "-x", "-H", uri, stdin=b"dn: c=JP\nchangetype: delete\n")
    ok(done.returncode == 53, "writing is refused", done)
    ok(run("ldapwhoami", "-x", "-D", "cn=a", "-w", "x", "-H", uri).returncode == 49, "a password is not taken")
    done = run("ldapwhoami", "-Y", "EXTERNAL", "-H", uri)
    ok(done.returncode not in (0, 32), "nor SASL", done)
    if b"ldap" in run("curl", "--version").stdout:
        done = run("curl", "-sS", "ldap://127.0.0.1:%d/ou=People,o=Office,c=JP?sn?sub?(cn=Person%%2011)" % plain)
        ok(b"sn: Suzuki" in done.stdout, "curl", done)


def over_tls():
    for name, args in (("StartTLS", ("-ZZ", "-H", "ldap://127.0.0.1:%d" % plain)), ("LDAPS", ("-H", "ldaps://127.0.0.1:%d" % secure))):
        ok(run("ldapwhoami", "-x", *args).stdout == b"anonymous\n", name)
        done = run("ldapsearch", "-x", "-LLL", *args, "-b", "o=Office,c=JP", "(sn=*)", "cn")
        ok(entries(done) == 120, name + ": a search", done.stderr)
    done = run("ldapwhoami", "-x", "-H", "ldaps://127.0.0.1:%d" % secure, env={"LDAPTLS_CACERT": path("responder.pem")})
    ok(done.returncode != 0, "a client that does not trust the certificate")


START_TLS = bytes.fromhex("301d020101771880163" "12e332e362e312e342e312e313436362e3230303337")
ROOT = bytes.fromhex("302502010263200400" "0a01000a0100020100020100010100870b6f626a656374436c6173733000")
NOTICE = b"1.3.6.1.4.1.1466.20036"


def read_until_end(s):
    got = b""
    while True:
        try:
            piece = s.recv(65536)
        except OSError:
            return got
        if not piece:
            return got
        got += piece


def injection():
    """What stands behind StartTLS in the clear must never be taken for what was sent under TLS."""
    with socket.create_connection(("127.0.0.1", plain), timeout=PATIENCE_S) as s:
        s.sendall(START_TLS + ROOT)
        got = read_until_end(s)
    ok(NOTICE in got and b"vendorName" not in got and b"objectClass" not in got, "a request behind StartTLS ends the session", got)
    with socket.create_connection(("127.0.0.1", plain), timeout=PATIENCE_S) as s:
        s.sendall(START_TLS)
        answer = s.recv(4096)
        ok(answer[:1] == b"0" and b"\x0a\x01\x00" in answer, "StartTLS is granted", answer)
        s.sendall(ROOT)  # instead of a handshake
        got = read_until_end(s)
    ok(b"objectClass" not in got, "and a request in place of the handshake gets nothing", got)


def python_client():
    server = ldap3.Server("127.0.0.1", port=plain, get_info=ldap3.ALL)
    with ldap3.Connection(server, auto_bind=True) as c:
        ok(server.info.naming_contexts == ["o=Office,c=JP"], "ldap3: the root DSE", server.info)
        ok("certificateRevocationList" in server.schema.attribute_types, "ldap3: the schema")
        found = list(c.extend.standard.paged_search("o=Office,c=JP", "(&(objectClass=person)(|(sn=sato)(cn=Person 3)))",
                                                    attributes=["cn"], paged_size=9, generator=True))
        ok(len([e for e in found if e["type"] == "searchResEntry"]) == 61, "ldap3: pages", len(found))
        ok(c.compare("cn=Person 2,ou=People,o=Office,c=JP", "sn", "sato"), "ldap3: compare")
        ok(c.extend.standard.who_am_i() in (None, ""), "ldap3: who am I")


def log_lines():
    try:
        return [json.loads(line) for line in read("access.log").splitlines() if '"operation"' in line]
    except OSError:
        return []


def figures(daemon):
    text = daemon.ask(get("/metrics"))[2].decode()
    ok(re.search(r'^sekisho_ldap_requests_total\{operation="search",result="0"\} [1-9]', text, re.M) and
       re.search(r'^sekisho_ldap_requests_total\{operation="search",result="32"\} 1$', text, re.M), "figures by operation and result")
    ok(re.search(r"^sekisho_ldap_entries_total [1-9]\d\d", text, re.M), "figures of entries")
    lines = until(lambda: [e for e in log_lines() if e["operation"] == "search" and e["entries"] == 120])
    ok(lines and all(set(e) >= {"time", "id", "listener", "operation", "scope", "result", "entries", "us"} for e in lines),
       "a line of the access log for each request", log_lines()[:3])
    text = read("access.log")
    ok(not any(t in text for t in ("Office", "Person", "Suzuki", "People")), "no line holds a name or a filter")


def new_generation(daemon):
    make_crl("root", [5], 2)
    publish()
    crl = der("crl", "root.crl")
    ok(until(lambda: values(search("-s", "base", "-b", CA), "certificateRevocationList;binary") == [crl]),
       "the next generation's list is given")


def reload(daemon):
    """A connection that is kept ends with a notice; a client that asks all the time is always answered."""
    failures, stop = [], threading.Event()

    def busy():
        while not stop.is_set():
            done = search("-s", "base", "-b", CA, "1.1")
            if done.returncode != 0 or entries(done) != 1:
                failures.append(done)

    thread = threading.Thread(target=busy)
    with socket.create_connection(("127.0.0.1", plain), timeout=PATIENCE_S) as s:
        s.sendall(ROOT)
        s.recv(65536)
        thread.start()
        old = daemon.children("network")[-1]
        ok(daemon.reload() == "done", "a reload")
        got = read_until_end(s)
        ok(NOTICE in got and b"\x0a\x01\x34" in got, "a kept connection gets its notice (unavailable)", got)
    ok(until(lambda: not os.path.exists("/proc/%d" % old)), "the old process ends")
    stop.set()
    thread.join()
    ok(not failures, "every search in between is answered", failures[:2])


def main():
    make_pki()
    make_cert("tls", "root", "/CN=tls", 9, SERVER)
    write("people.ldif", LDIF)
    config()
    publish()
    daemon = Daemon("s", http)
    ok(until(daemon.is_up) and until(lambda: search("-s", "base", "-b", CA).returncode == 0), "the server answers")
    ldapsearch()
    other_tools()
    over_tls()
    injection()
    python_client()
    figures(daemon)
    new_generation(daemon)
    reload(daemon)
    ok(daemon.end() == 0, "the server ends")


finish(main)
