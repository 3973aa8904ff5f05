#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The same searches of Debian's slapd and of Sekisho, over one directory: same entries, values and result codes.

The directory of PKITS, and the tree that Sekisho makes of a bridge PKI (exported from Sekisho, loaded into slapd). Listed searches
first, then generated ones (fixed seed). Where the two differ and shall differ, the search stands in DIFFERENCES with the reason.
"""
import base64
import hashlib
import os
import random
import re
import subprocess
import sys

import ldap3
import ldap3.utils.dn
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import demo_pki  # noqa: E402
import front_support as front  # noqa: E402
import slapd_support  # noqa: E402

PKITS = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data"
ANCHOR = PKITS + "/certs/TrustAnchorRootCertificate.crt"
NUM_GENERATED = 450
ok, path, write = front.ok, front.path, front.write


# ---- the directory of PKITS ----

def pkits_ldif():
    """NIST's LDIF with the values it points to, an entry above its base, and stock classes for its own auxiliary ones."""
    own = {"entrustDNQualifierUser", "entrustNamedObject", "naturalPerson", "opencaEmailAddress"}
    out = ["dn: C=US", "objectClass: country", "c: US", ""]
    with open(os.path.join(PKITS, "pkits.ldif")) as f:
        for line in f.read().replace("\n ", "").split("\n"):
            url = re.match(r"([^:]+):< file:///tmp/(.*)", line)
            if url:
                with open(os.path.join(PKITS, url.group(2)), "rb") as value:
                    line = "%s:: %s" % (url.group(1), base64.b64encode(value.read()).decode())
            if line.startswith("objectClass: ") and line[13:] in own:
                line = "objectClass: extensibleObject"
            out.append(line)
    return "\n".join(out) + "\n"


# ---- a search and its outcome ----

def connect(port):
    server = ldap3.Server("127.0.0.1", port=port, get_info=ldap3.NONE)
    return ldap3.Connection(server, auto_bind=True, check_names=False, auto_encode=False, return_empty_attributes=False,
                            raise_exceptions=False, receive_timeout=front.PATIENCE_S)


def folded(dn):
    """A DN as both can be compared: slapd shows the short names of types, Sekisho those that were published."""
    return re.sub(r"\s*([,=+])\s*", r"\1", dn.lower()).replace("localityname=", "l=").replace("2.5.4.65=", "pseudonym=")


# Two names of one type: the servers may show either.
SAME_TYPE = {"email": "emailaddress", "2.5.4.65": "pseudonym"}


def outcome(conn, search):
    """(result code, matched DN, entries): what both servers must agree on."""
    base, scope, text, attributes, types_only = search
    try:
        conn.search(base, text, search_scope=scope, attributes=attributes or None, types_only=types_only)
    except LDAPException as e:
        return ("client", type(e).__name__, {})
    entries = {}
    for item in conn.response or []:
        if item["type"] == "searchResEntry":
            entries[folded(item["dn"])] = {SAME_TYPE.get(k.lower(), k.lower()): sorted(v or []) for k, v in item["raw_attributes"].items()}
        else:
            entries["ref " + ",".join(item["uri"])] = {}
    return (conn.result["result"], folded(conn.result["dn"]), entries)


def brief(result):
    return "%s %r %d entries %s" % (result[0], result[1], len(result[2]), sorted(result[2])[:3])


def difference(a, b):
    if a[:2] != b[:2] or set(a[2]) != set(b[2]):
        only = (sorted(set(a[2]) - set(b[2]))[:4], sorted(set(b[2]) - set(a[2]))[:4])
        return "slapd %s\nsekisho %s\nonly one has %s" % (brief(a), brief(b), only)
    for dn in a[2]:
        for name in set(a[2][dn]) | set(b[2][dn]):
            if a[2][dn].get(name) != b[2][dn].get(name):
                return "%s %s: slapd %s, sekisho %s" % (dn, name, str(a[2][dn].get(name))[:200], str(b[2][dn].get(name))[:200])
    return None


# ---- searches ----

TEST = "O=Test Certificates 2011,C=US"
BASE, ONE, SUB = ldap3.BASE, ldap3.LEVEL, ldap3.SUBTREE
ISSUER = 'issuer rdnSequence:"CN=Good CA,O=Test Certificates 2011,C=US"'


def listed_searches():
    """Each a request that a client of a PKI directory sends, or an edge of RFC 4511 to 4523."""
    ca, ee = "CN=Good CA," + TEST, "CN=Valid EE Certificate Test1," + TEST
    rows = [(b, s, "(objectClass=*)", a) for b in (ca, ee, TEST, "C=US") for s in (BASE, ONE, SUB) for a in (["1.1"], ["cn"])]
    rows += [(ca, BASE, "(objectClass=*)", a) for a in (
        [], ["*"], ["cACertificate"], ["cACertificate;binary"], ["CACERTIFICATE;BINARY"], ["2.5.4.37"], ["2.5.4.37;binary"],
        ["certificateRevocationList;binary", "authorityRevocationList;binary"], ["crossCertificatePair"], ["cn;binary"], ["name"],
        ["cACertificate", "cACertificate;binary"], ["nonsense"], ["nonsense", "cn"], ["1.1", "cn"], ["*", "1.1"], ["objectClass", "cn"], ["userCertificate"], ["cn;lang-ja"],
        ["@pkiCA"], ["@organizationalRole"], ["2.5.4.3"], ["commonName"])]
    rows += [(b, BASE, "(objectClass=*)", [a]) for b in (ca, ee, TEST, "C=US")
             for a in ("subschemaSubentry", "hasSubordinates", "structuralObjectClass")]
    rows += [("C=US", SUB, f, ["1.1"]) for f in (
        "(hasSubordinates=TRUE)", "(!(hasSubordinates=TRUE))", "(hasSubordinates=*)", "(entryDN=%s)" % ca, "(entryDN=*)",
        "(entryDN=nonsense)", "(structuralObjectClass=organizationalRole)", "(subschemaSubentry=cn=subschema)",
        "(&(cn=*)(!(entryDN=%s)))" % ca, "(:distinguishedNameMatch:=%s)" % ca)]
    rows += [(base, BASE, "(objectClass=*)", ["1.1"]) for base in (
        "cn=good ca,o=test certificates 2011,c=us", "CN = Good CA , O = Test Certificates 2011 , C = US",
        "cn=Good  CA,o=Test   Certificates 2011,c=US", "CN=\\47ood CA," + TEST, "2.5.4.3=Good CA," + TEST,
        "commonName=Good CA,organizationName=Test Certificates 2011,countryName=US", "CN=#0c07476f6f64204341," + TEST,
        "CN=Good CA,O=Test Certificates 2011", "CN=None," + TEST, "CN=Below,CN=None," + TEST, "CN=Below," + ca, "C=JP", "O=x,C=JP",
        "CN=Good CA,,C=US", "nonsense", "CN", "=", "CN=a\\", "CN=\\ZZ,C=US", "unknownType=x,C=US", "1.2.3.4.5=x,C=US",
        "CN=\"Good CA\"," + TEST, "cn=Good CA;o=Test Certificates 2011;c=US", "CN=Good CA+CN=x," + TEST)]
    rows += [(TEST, SUB, text, ["1.1"]) for text in (
        "(cn=good ca)", "(CN=GOOD CA)", "(2.5.4.3=Good CA)", "(commonName=Good  CA)", "(name=Good CA)", "(cn=Good*)", "(cn=*ca)",
        "(cn=*test1*)", "(cn=g*c*a)", "(cn=* *)", "(cn=good*ca*)", "(cn=\\2a)", "(cn~=good ca)", "(cn>=valid)", "(cn<=b)",
        "(objectClass=pkiCA)", "(objectClass=2.5.6.22)", "(objectClass=top)", "(objectClass=organizationalrole)", "(objectClass=nonsense)",
        "(objectClass=person)", "(objectClass=inetOrgPerson)", "(objectClass=cRLDistributionPoint)", "(cACertificate=*)",
        "(cACertificate;binary=*)", "(userCertificate=*)", "(cn;binary=*)", "(cn;lang-ja=*)", "(nonsense=*)", "(nonsense=x)",
        "(!(nonsense=x))", "(!(cn=good ca))", "(|(nonsense=x)(cn=good ca))", "(&(nonsense=x)(cn=good ca))", "(&)", "(|)", "(!(&))",
        "(!(|))", "(&(objectClass=pkiCA)(!(cACertificate=*)))", "(&(objectClass=pkiCA)(cn=good*))", "(certificateRevocationList=*)",
        "(authorityRevocationList=*)", "(deltaRevocationList=*)", "(crossCertificatePair=*)", "(serialNumber=*)", "(sn=*)", "(mail=*)",
        "(ou=*)", "(st=*)", "(title=*)", "(dc=*)", "(cn:caseExactMatch:=Good CA)", "(cn:caseExactMatch:=good ca)",
        "(cn:caseIgnoreMatch:=good ca)", "(:caseIgnoreMatch:=good ca)", "(cn:dn:=good ca)", "(o:dn:=Test Certificates 2011)", "(o=Test*)",
        "(cn:2.5.13.2:=good ca)", "(cn:nonsense:=good ca)", "(cn:integerMatch:=5)", "(:dn:caseIgnoreMatch:=good ca)",
        "(userCertificate={ serialNumber 1, %s })" % ISSUER, "(userCertificate;binary={serialNumber 1,%s})" % ISSUER,
        "(userCertificate={ %s, serialNumber 1 })" % ISSUER, "(userCertificate={ serialNumber 99, %s })" % ISSUER,
        "(userCertificate={ serialNumber x, %s })" % ISSUER, "(userCertificate=1$CN=Good CA,O=Test Certificates 2011,C=US)",
        "(userCertificate=nonsense)", "(userCertificate=)", "(cACertificate={ serialNumber 2, issuer rdnSequence:\"CN=Trust Anchor,"
        "O=Test Certificates 2011,C=US\" })", "(userCertificate:certificateExactMatch:={ serialNumber 1, %s })" % ISSUER,
        "(userCertificate=*x*)", "(userCertificate>=x)", "(objectClass=*ca)", "(cn=)", "(cn=%s)" % ("x" * 3000))]
    return [(b, s, f, a, False) for b, s, f, a in rows] + [
        (ca, BASE, "(objectClass=*)", a, True) for a in ([], ["*"], ["cACertificate"], ["1.1"], ["cn", "nonsense"])]


class Generator:
    """Searches over what is in the directory, and over what nearly is."""

    def __init__(self, entries, seed):
        self.random = random.Random(seed)
        self.dns = sorted(entries)
        self.tops = sorted(self.dns, key=lambda dn: dn.count(","))[:2]
        self.values = {}
        for attributes in entries.values():
            for name, values in attributes.items():
                if not name.endswith(";binary"):
                    self.values.setdefault(name, set()).update(v.decode("utf-8", "replace") for v in values)
        self.values = {name: sorted(values) for name, values in self.values.items()}
        self.names = sorted(self.values) + ["name", "nonsense", "description", "2.5.4.3", "serialNumber"]
        self.binary = ["cACertificate", "userCertificate", "certificateRevocationList", "authorityRevocationList", "deltaRevocationList",
                       "crossCertificatePair"]

    def spelled(self, text):
        """Another way of writing the same."""
        how = self.random.randrange(5)
        if how == 0:
            return text.upper()
        if how == 1:
            return text.lower()
        return text.replace(" ", "  ") if how == 2 else text

    def value(self, name):
        values = self.values.get(name) or self.values["cn"]
        text = self.random.choice(values)
        return self.spelled(text) if self.random.random() < 0.9 else text + "x"

    def item(self):
        r = self.random
        if r.random() < 0.2:
            return "(%s%s=*)" % (r.choice(self.binary), r.choice(("", ";binary")))
        name = r.choice(self.names)
        value = self.value(name)
        kind = r.randrange(8)
        if kind == 0:
            return "(%s=*)" % name
        if kind == 1:
            return "(%s>=%s)" % (name, escape_filter_chars(value))
        if kind == 2:
            return "(%s<=%s)" % (name, escape_filter_chars(value))
        if kind in (3, 4):
            cut = sorted(r.randrange(len(value) + 1) for _ in range(2))
            parts = [escape_filter_chars(p) for p in (value[:cut[0]], value[cut[0]:cut[1]], value[cut[1]:])]
            text = "*".join(p for p in parts if p) + r.choice(("", "*"))
            return "(%s=%s)" % (name, text if "*" in text else text + "*")
        return "(%s=%s)" % (name, escape_filter_chars(value))

    def filter(self, depth=0):
        r = self.random
        kind = r.randrange(10)
        if depth >= 4 or kind < 5:
            return self.item()
        if kind == 5:
            return "(!%s)" % self.filter(depth + 1)
        return "(%s%s)" % (r.choice("&|"), "".join(self.filter(depth + 1) for _ in range(r.randrange(1, 4))))

    def base(self):
        r = self.random
        dn = r.choice(self.dns)
        kind = r.randrange(10)
        if kind < 5:
            return self.spelled(r.choice(self.tops))
        if kind == 5:
            return "CN=nobody," + dn
        return self.spelled(dn)

    def attributes(self):
        r = self.random
        return [r.choice(self.names + self.binary + [b + ";binary" for b in self.binary] + ["*", "1.1", "objectClass"])
                for _ in range(r.randrange(4))]

    def search(self):
        r = self.random
        return (self.base(), r.choice((BASE, ONE, SUB, SUB)), self.filter(), self.attributes(), r.random() < 0.1)


# ---- where the two shall differ: the search, and why ----

DIFFERENCES = {
    "@pkiCA": "RFC 4529 lists of a class's attributes: a feature that slapd has and we do not announce",
    "@organizationalRole": "the same",
    "CN=#0c07476f6f64204341," + TEST: "L-16: a value in BER is the value; slapd refuses it",
    "1.2.3.4.5=x,C=US": "RFC 4514 2.3: a dotted type needs no schema; there is no such entry. slapd refuses the name",
    "(cn=* *)": "RFC 4518 2.6.1: a blank alone is found in every value, before its first word",
    "(subschemaSubentry=cn=subschema)": "every entry has it; slapd shows it and does not find by it",
    "(:distinguishedNameMatch:=CN=Good CA,%s)" % TEST: "of all attributes entryDN is one; slapd makes it after it has searched",
    "(cn~=good ca)": "approximate is what a server says it is; ours is equality, slapd's goes by sound",
}


def compare(name, a, b, searches):
    """One TAP line for each search that differs and has no reason to, one for all others."""
    seen = same = explained = 0
    for search in searches:
        seen += 1
        left, right = outcome(a, search), outcome(b, search)
        told = difference(left, right)
        reason = next((DIFFERENCES[part] for part in (search[0], search[2], *search[3]) if part in DIFFERENCES), None)
        if told is None:
            same += 1
        elif ok(reason is not None, "%s: %r differs: %s" % (name, search, reason), told):
            explained += 1
    ok(same + explained == seen, "%s: %d of %d searches alike, %d with a reason not to be" % (name, same, seen, explained))


class Sekisho:
    """The server over an LDIF file, as in slapd."""

    def __init__(self, name, ldif):
        self.port, http = front.free_port(), front.free_port()
        write(name + ".conf", "[server]\nlisten = 127.0.0.1:%d\ncache = %s.cache\n[ldap]\nlisten = 127.0.0.1:%d\nsize-limit = 0\n"
              "[repository]\nldif = %s\n[policy default]\nanchor = %s sha256:%s\n" %
              (http, name, self.port, ldif, ANCHOR, hashlib.sha256(open(ANCHOR, "rb").read()).hexdigest()))
        done = subprocess.run([os.path.join(front.BIN, "sekisho-fetch"), "-c", name + ".conf"], cwd=front.work, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=front.PATIENCE_S)
        ok(done.returncode == 0, "%s: the directory is published" % name, done)
        self.daemon = front.Daemon(name, http)
        if not front.until(lambda: slapd_support.can_connect(self.port)):
            raise SystemExit("sekishod does not answer: " + self.daemon.text())


def compare_pkits():
    write("pkits.ldif", pkits_ldif())
    slapd = slapd_support.Slapd("slapd", "pkits.ldif")
    try:
        sekisho = Sekisho("sekisho", "pkits.ldif")
        left, right = connect(slapd.port), connect(sekisho.port)
        everything = outcome(left, ("C=US", SUB, "(objectClass=*)", ["*"], False))
        ok(len(everything[2]) > 400, "the whole directory is there")
        compare("listed", left, right, listed_searches())
        generator = Generator(everything[2], 4523)
        compare("generated", left, right, (generator.search() for _ in range(NUM_GENERATED)))
        sekisho.daemon.end()
    finally:
        slapd.stop()


def ldif_of(conn, base):
    """A subtree as LDIF, superiors first."""
    conn.search(base, "(objectClass=*)", search_scope=SUB, attributes=["*"])
    out = []
    for item in sorted(conn.response, key=lambda i: len(ldap3.utils.dn.parse_dn(i["dn"]))):
        out.append("dn:: " + base64.b64encode(item["dn"].encode()).decode())
        out += ["%s:: %s" % (name, base64.b64encode(v).decode()) for name, values in item["raw_attributes"].items() for v in values]
        out.append("")
    return "\n".join(out) + "\n"


def compare_demo():
    """What Sekisho makes of certificates and lists, in slapd as well."""
    with demo_pki.DemoPki(path("demo")) as pki:
        pki.start_server()
        right = connect(pki.ldap)
        write("demo.ldif", ldif_of(right, "C=JP"))
        slapd = slapd_support.Slapd("slapd-demo", "demo.ldif")
        try:
            left = connect(slapd.port)
            everything = outcome(right, ("C=JP", SUB, "(objectClass=*)", ["*"], False))
            ok(sum("cacertificate;binary" in e for e in everything[2].values()) == 14,
               "two entries for each of the seven authorities, one with a Japanese name", sorted(everything[2]))
            generator = Generator(everything[2], 2587)
            compare("the demonstration's tree", left, right, (generator.search() for _ in range(NUM_GENERATED // 3)))
        finally:
            slapd.stop()


def main():
    compare_pkits()
    compare_demo()
    for daemon in front.daemons:
        daemon.end()


if __name__ == "__main__":
    try:
        main()
    finally:
        front.clean_up()
    front.plan()
