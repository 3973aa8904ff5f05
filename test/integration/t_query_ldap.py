#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-query ldap against Debian's slapd: what is in order, what is stale, forged or broken, and what is not there."""
import base64
import datetime
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import front_support as front  # noqa: E402
import slapd_support as slapd  # noqa: E402
from fetch_support import tlv  # noqa: E402

der, ok, write = front.der, front.ok, front.write
QUERY = os.path.join(front.BIN, "sekisho-query")


def entry(cn, *values):
    return "dn: cn=%s,o=Query,c=JP\nobjectClass: organizationalRole\nobjectClass: pkiCA\ncn: %s\n%s\n" % (
        cn, cn, "".join("%s;binary:: %s\n" % (name, base64.b64encode(v).decode()) for name, v in values))


def make_directory():
    front.make_pki()
    front.make_ca("other")
    stale = datetime.datetime(2020, 1, 1)
    front.openssl("ca", "-config", "crl.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-crl_lastupdate",
                  stale.strftime("%y%m%d%H%M%SZ"), "-crl_nextupdate", "200201000000Z", "-out", "stale.crl")
    root, other, crl = der("x509", "root.pem"), der("x509", "other.pem"), der("crl", "root.crl")
    write("d.ldif", "dn: c=JP\nobjectClass: country\nc: JP\n\ndn: o=Query,c=JP\nobjectClass: organization\no: Query\n\n" +
          entry("good", ("cACertificate", root), ("certificateRevocationList", crl),
                ("crossCertificatePair", tlv(0x30, tlv(0xa0, root), tlv(0xa1, root)))) +
          entry("stale", ("certificateRevocationList", der("crl", "stale.crl"))) +
          entry("mixed", ("cACertificate", other), ("cACertificate", root)) + entry("none") +
          "dn: cn=escape,o=Query,c=JP\nobjectClass: organizationalRole\ncn: escape\ndescription:: %s\n\n" %
          base64.b64encode(b"a\x1b[31mb").decode())


def query(*args):
    return subprocess.run([QUERY, "ldap", *args], cwd=front.work, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          timeout=front.PATIENCE_S)


def expect(name, code, args, text=b"", in_stderr=False):
    done = query(*args)
    ok(done.returncode == code and text in (done.stderr if in_stderr else done.stdout), name, done)
    return done


def test_against(server):
    def url(rest):
        return ("--url", "ldap://127.0.0.1:%d/%s" % (server.port, rest))

    good = "cn=good,o=Query,c=JP?cACertificate,certificateRevocationList,crossCertificatePair"
    done = expect("what is in order is good", 0, url(good), b"subject CN=root,O=Office,C=JP, issuer CN=root,O=Office,C=JP")
    ok(done.stdout.count(b"\n") == 3 and done.stderr == b"" and done.stdout.count(b" current\n") == 3, "a line for each value", done)
    expect("and signed by whom it should", 0, (*url(good), "--ca-file", "root.pem"), b"current")
    expect("not by another of the same form", 66, (*url(good), "--ca-file", "other.pem"), b"not signed by any of --ca-file")
    done = expect("as JSON", 0, (*url(good), "--json"))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    ok({r["attribute"].split(";")[0] for r in rows} == {"cACertificate", "certificateRevocationList", "crossCertificatePair"} and
       all(r["state"] == "current" and r["dn"] == "cn=good,o=Query,c=JP" for r in rows) and
       rows[-1]["issuedToThisCA"]["subject"] == "CN=root,O=Office,C=JP", "with what it says", rows)
    expect("a stale list is told", 2, url("cn=stale,o=Query,c=JP?certificateRevocationList"), b"its time is over")
    expect("the worst value counts", 66, (*url("cn=mixed,o=Query,c=JP?cACertificate"), "--ca-file", "root.pem"), b"current")
    expect("nothing found is not good", 2, url("cn=none,o=Query,c=JP?cACertificate"), b"nothing found", True)
    expect("nor is no entry", 2, url("cn=nobody,o=Query,c=JP"), b"no such entry", True)
    expect("a search below", 0, url("o=Query,c=JP?cn?sub?(cn=goo*)"), b"cn=good,o=Query,c=JP: cn: good")
    expect("a terminal's escapes do not come through", 0, url("cn=escape,o=Query,c=JP?description"), b"a?[31mb")
    expect("--timing", 0, (*url(good), "--timing"), b"timing: ", True)
    expect("a bad filter", 66, url("o=Query,c=JP?cn?sub?(cn"), b"search", True)
    expect("TLS that the server does not have", 66, (*url(good), "--start-tls"), b"no connection", True)


def test_command_line():
    expect("nobody there", 66, ("--url", "ldap://127.0.0.1:%d/c=JP" % front.free_port()), b"no connection", True)
    for name, args in (("no URL", ()), ("no host", ("--url", "ldap:///c=JP")), ("not LDAP", ("--url", "http://127.0.0.1/")),
                       ("an argument", ("--url", "ldap://127.0.0.1/", "x.pem")), ("an unknown option", ("--url", "ldap://h/", "--get"))):
        expect("usage: " + name, 64, args)
    expect("an unreadable --ca-file", 65, ("--url", "ldap://127.0.0.1/", "--ca-file", "nothing.pem"))


if __name__ == "__main__":
    try:
        make_directory()
        server = slapd.Slapd("slapd", "d.ldif")
        try:
            test_against(server)
        finally:
            server.stop()
        test_command_line()
    finally:
        front.clean_up()
    front.plan()
