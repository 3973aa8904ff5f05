#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""LDAP by clients that are not ours: ldapsearch, ldapcompare, ldapwhoami, ldapmodify, python3-ldap3, curl."""
import base64
import json
import os
import re
import threading

import ldap3
from front_support import (SERVER, Daemon, der, finish, free_port, make_cert, make_crl, make_pki, ok, openssl, path, publish, read,
                           read_all, until, write)
from ldap_support import (BASE, CA, LIST, NOTICE, SUCCESS, Connection, configuration, ldapsearch, people, person, run,
                          search as request, start_tls)

http, plain, secure = free_port(), free_port(), free_port()
uri, tls_uri = "ldap://127.0.0.1:%d" % plain, "ldaps://127.0.0.1:%d" % secure
FAR = """dn: ou=Far,o=Office,c=JP
objectClass: top
objectClass: referral
objectClass: extensibleObject
ou: Far
ref: ldap://far.example/ou=Far,o=Office,c=JP

"""


def search(*args):
    return ldapsearch(uri, *args)


def values(done, name):
    """Of an attribute in ldapsearch's answer, base64 decoded."""
    text = done.stdout.decode()
    return [base64.b64decode(v) for v in re.findall("^%s:: (.*)$" % re.escape(name), text, re.M)]


def entries(done):
    return len(re.findall("^dn:", done.stdout.decode(), re.M))


def searches():
    crl, cert = der("crl", "root.crl"), der("x509", "root.pem")
    done = search("-s", "base", "-b", CA)
    ok(values(done, LIST) == [crl], "the list of a CA, octet by octet", done)
    ok(values(done, "cACertificate;binary") == [cert], "and its certificate", done)
    for name in ("cACertificate", "cACertificate;binary", "CACERTIFICATE;Binary", "2.5.4.37"):
        done = search("-s", "base", "-b", CA, name)
        ok(values(done, "cACertificate;binary") == [cert] and not values(done, LIST),
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
        done = run("curl", "-sS", uri + "/ou=People,o=Office,c=JP?sn?sub?(cn=Person%2011)")
        ok(b"sn: Suzuki" in done.stdout, "curl", done)


def over_tls():
    for name, args in (("StartTLS", (uri, "-ZZ")), ("LDAPS", (tls_uri,))):
        ok(run("ldapwhoami", "-x", "-H", *args).stdout == b"anonymous\n", name)
        done = ldapsearch(*args, "-b", "o=Office,c=JP", "(sn=*)", "cn")
        ok(entries(done) == 120, name + ": a search", done.stderr)
    done = run("ldapwhoami", "-x", "-H", tls_uri, env={"LDAPTLS_CACERT": path("responder.pem")})
    ok(done.returncode != 0, "a client that does not trust the certificate")


def injection():
    """What stands behind StartTLS in the clear must never be taken for what was sent under TLS."""
    root = request(2, "", BASE)
    with Connection(plain) as c:
        c.send(start_tls(1) + root)
        got = read_all(c.socket)
    ok(NOTICE in got and b"vendorName" not in got and b"objectClass" not in got, "a request behind StartTLS ends the session", got)
    with Connection(plain) as c:
        c.send(start_tls(1))
        ok(c.code() == SUCCESS, "StartTLS is granted")
        c.send(root)  # instead of a handshake
        got = read_all(c.socket)
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
    seen = daemon.figures()
    ok(seen['sekisho_ldap_requests_total{operation="search",result="0"}'] > 0 and
       seen['sekisho_ldap_requests_total{operation="search",result="32"}'] == 1, "figures by operation and result")
    ok(seen["sekisho_ldap_entries_total"] >= 100, "figures of entries")
    lines = until(lambda: [e for e in log_lines() if e["operation"] == "search" and e["entries"] == 120])
    ok(lines and all(set(e) >= {"time", "id", "listener", "operation", "scope", "result", "entries", "us"} for e in lines),
       "a line of the access log for each request", log_lines()[:3])
    text = read("access.log")
    ok(not any(t in text for t in ("Office", "Person", "Suzuki", "People")), "no line holds a name or a filter")


def new_generation(daemon):
    make_crl("root", [5], 2)
    publish()
    crl = der("crl", "root.crl")
    ok(until(lambda: values(search("-s", "base", "-b", CA), LIST) == [crl]),
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
    with Connection(plain) as c:
        c.send(request(2, "", BASE))
        c.code()
        thread.start()
        old = daemon.children("network")[-1]
        ok(daemon.reload() == "done", "a reload")
        got = read_all(c.socket)
        ok(NOTICE in got and b"\x0a\x01\x34" in got, "a kept connection gets its notice (unavailable)", got)
    ok(until(lambda: not os.path.exists("/proc/%d" % old)), "the old process ends")
    stop.set()
    thread.join()
    ok(not failures, "every search in between is answered", failures[:2])


def main():
    make_pki()
    make_cert("tls", "root", "/CN=tls", 9, SERVER)
    write("people.ldif", people("".join(person("Person %d" % i, ("Sato", "Suzuki")[i % 2], "objectClass: top\n") for i in range(120))) +
          FAR)
    write("s.conf", configuration(http, plain, secure, "drain = 10s\n", more="[log]\naccess = file\naccess-file = access.log\n"))
    publish()
    daemon = Daemon("s", http)
    ok(until(daemon.is_up) and until(lambda: search("-s", "base", "-b", CA).returncode == 0), "the server answers")
    searches()
    other_tools()
    over_tls()
    injection()
    python_client()
    figures(daemon)
    new_generation(daemon)
    reload(daemon)
    ok(daemon.end() == 0, "the server ends")


finish(main)
