#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a CA through sekisho-ca, with keys in SoftHSM and in files; the openssl program judges what comes out."""
import json
import glob
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get("SEKISHO_BIN", "build/bin")
CA = os.path.join(os.path.abspath(BIN), "sekisho-ca")
USAGE, INPUT, FAILURE = 64, 65, 1
SUBJECT = "CN=Test CA,O=テスト,C=JP"
ARC = "1.3.6.1.4.1.32473.9"
TESTS = []


class Failed(Exception):
    pass


def test(f):
    TESTS.append(f)
    return f


def check(condition, text):
    if not condition:
        raise Failed(text)


def run(*command, status=0, cwd=None, data=None):
    """Standard output of a command that must end with this status (None: any)."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, input=data, check=False)
    err = done.stderr.decode(errors="replace")
    if status is not None and done.returncode != status:
        raise Failed("%s ended with %d, not %d: %s" % (" ".join(command), done.returncode, status, err[-400:]))
    run.err = err
    return done.stdout.decode(errors="replace")


def refuse(status, why, *command):
    out = run(*command, status=status)
    check(out == "", "a refusal printed: " + out)
    check(run.err.startswith("sekisho-ca: ") and run.err.count("\n") == 1, "not one clear line: " + run.err)
    check(why in run.err, "%r does not say %r" % (run.err, why))


def openssl(*args, status=0, data=None):
    return run("openssl", *args, status=status, data=data)


class Place:
    """A directory with one CA of each kind of key store to be made in it."""

    def __init__(self, root, is_token):
        self.root, self.is_token = root, is_token
        self.labels = 0

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def store(self):
        if not self.is_token:
            return []
        return ["--module", MODULE, "--token", "test", "--pin-file", PIN]

    def label(self):
        self.labels += 1
        return "%s-%d" % (os.path.basename(self.root), self.labels)

    def init(self, name, *more, subject=SUBJECT, key="ec:P-256"):
        ca = self.path(name)
        run(CA, ca, "init", "--subject", subject, "--key", key, "--label", self.label(), "--days", "3650", *self.store(), *more)
        return ca

    def pem(self, der):
        pem = der + ".pem"
        openssl("x509", "-inform", "der", "-in", der, "-out", pem)
        return pem

    def csr(self, name, *more, subject="/C=JP/O=Example/CN=someone", key="ec:P-256"):
        csr = self.path(name + ".csr")
        kind, size = key.split(":")
        options = ["-newkey", "rsa:" + size] if kind == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + size]
        openssl("req", "-new", *options, "-nodes", "-keyout", self.path(name + ".key"), "-utf8", "-subj", subject, "-out", csr,
                *more)
        return csr

    def issue(self, ca, name, *more, csr=None):
        """The certificate as a DER file."""
        out = self.path(name + ".cer")
        run(CA, ca, "issue", "--csr", csr or self.csr(name), "--profile", "office", "--days", "365", "--policy", ARC,
            "--out", out, *more)
        return out


def text_of(der):
    return openssl("x509", "-inform", "der", "-in", der, "-noout", "-text", "-certopt", "ext_parse", "-nameopt", "utf8")


def crl_text(ca, kind):
    return openssl("crl", "-inform", "der", "-in", ca + "/out/%s.crl" % kind, "-noout", "-text", "-nameopt", "utf8")


def number_of(text):
    return int(re.search(r"X509v3 CRL Number: *\n +(\d+)", text).group(1))


def serial_of(der):
    return openssl("x509", "-inform", "der", "-in", der, "-noout", "-serial").strip().split("=")[1]


# ---- refusals ------------------------------------------------------------------------------------------------------------


@test
def refuses_wrong_usage(p):
    refuse(USAGE, "missing", CA)
    refuse(USAGE, "COMMAND", CA, p.path("x"))
    refuse(USAGE, "no such command", CA, p.path("x"), "frobnicate")
    refuse(USAGE, "--subject", CA, p.path("x"), "init")
    refuse(USAGE, "no such option", CA, p.path("x"), "init", "--subjekt", "x")
    refuse(USAGE, "serial number", CA, p.path("x"), "revoke", "--reason", "superseded")
    check(not os.path.exists(p.path("x")), "a wrong usage left something")


@test
def says_what_it_can(p):
    check("rollover" in run(CA, "--help"), "--help")
    for command in re.findall(r"^  ([a-z]+) ", run(CA, "--help"), re.M):
        check("usage: sekisho-ca DIR " + command in run(CA, command, "--help"), command)
        check("usage: sekisho-ca DIR " + command in run(CA, "anywhere", command, "--help"), command)
    check(re.match(r"sekisho-ca \d", run(CA, "--version")), "--version")


@test
def refuses_a_place_without_a_ca(p):
    for command in (["list"], ["crl"], ["export"], ["rollover", "--key", "ec:P-256", "--label", "x", "--days", "1"]):
        refuse(FAILURE, "there is no CA here", CA, p.path("nothing"), *command)
    check(not os.path.exists(p.path("nothing")), "a look made a directory")


@test
def refuses_a_second_init(p):
    ca = p.init("twice")
    before = run(CA, ca, "list")
    refuse(INPUT, "already", CA, ca, "init", "--subject", SUBJECT, "--key", "ec:P-256", "--label", p.label(), "--days", "9",
           *p.store())
    check(run(CA, ca, "list") == before, "the register changed")


@test
def refuses_bad_init_values_before_making_a_key(p):
    label = p.label()

    def init(*more):
        return [CA, p.path("bad"), "init", "--label", label, *p.store(), *more]

    refuse(USAGE, "C does not fit", *init("--subject", "C=JPN", "--key", "ec:P-256", "--days", "1"))
    refuse(INPUT, "not fit", *init("--subject", "CN=日本", "--dn-string", "printable", "--key", "ec:P-256", "--days", "1"))
    refuse(INPUT, "--days or --not-after", *init("--subject", "CN=x", "--key", "ec:P-256"))
    refuse(INPUT, "not after its beginning", *init("--subject", "CN=x", "--key", "ec:P-256", "--not-after", "2001-01-01T00:00:00Z"))
    refuse(INPUT, "rsa:1024", *init("--subject", "CN=x", "--key", "rsa:1024", "--days", "1"))
    # the label is free and the directory usable after all of these
    run(*init("--subject", "CN=x", "--key", "ec:P-256", "--days", "1"))


@test
def refuses_requests_without_proof_of_possession(p):
    ca = p.init("pop")
    good = open(p.csr("good"), "rb").read()
    der = bytearray(subprocess.run(["openssl", "req", "-outform", "der"], input=good, stdout=subprocess.PIPE, check=True).stdout)

    def attempt(name, data, why):
        file = p.path(name + ".csr")
        with open(file, "wb") as to:
            to.write(data)
        refuse(INPUT, why, CA, ca, "issue", "--csr", file, "--profile", "office", "--days", "1")
        refuse(INPUT, why, CA, ca, "cross", "--csr", file, "--days", "1")

    at = der.index(b"someone")
    attempt("forged", der[:at] + b"nobody1" + der[at + 7:], "proof of possession")
    other = open(p.csr("other"), "rb").read()
    attempt("trailing", der + b"\0", "not a certification request")
    attempt("truncated", der[:-1], "not a certification request")
    attempt("empty", b"", "not a certification request")
    attempt("text", b"hello", "not a certification request")
    attempt("cert", open(ca + "/out/ca-g1.cer", "rb").read(), "not a certification request")
    attempt("large", other * 200, "larger than")
    refuse(FAILURE, "No such file", CA, ca, "issue", "--csr", p.path("none"), "--profile", "office", "--days", "1")
    check(len(run(CA, ca, "list").splitlines()) == 1, "something was issued")


@test
def refuses_weak_keys(p):
    ca = p.init("weak")
    for name, key, why in (("rsa1024", "rsa:1024", "1024 bits"), ("koblitz", "ec:secp256k1", "curve")):
        refuse(INPUT, why, CA, ca, "issue", "--csr", p.csr(name, key=key), "--profile", "office", "--days", "1")


@test
def refuses_what_no_certificate_may_say(p):
    ca = p.init("say")
    csr = p.csr("say-x")

    def cross(why, *more, status=INPUT):
        refuse(status, why, CA, ca, "cross", "--csr", csr, "--days", "10", *more)

    cross("not among", "--map", ARC + ".1:" + ARC + ".2")
    cross("anyPolicy", "--policy", "2.5.29.32.0", "--map", "2.5.29.32.0:" + ARC)
    cross("twice", "--policy", ARC, "--policy", ARC)
    cross("its subject is not", "--expect-subject", "CN=other")
    cross("another one", "--expect-key", "00" * 32)
    cross("64 hexadecimal", "--expect-key", "00")
    refuse(INPUT, "after the CA's own key", CA, ca, "cross", "--csr", csr, "--not-after", "2999-01-01T00:00:00Z")
    refuse(INPUT, "no such profile", CA, ca, "issue", "--csr", csr, "--profile", "king", "--days", "1")
    refuse(INPUT, "ASCII", CA, ca, "issue", "--csr", csr, "--profile", "office", "--days", "1", "--san-email", "例@example")
    refuse(INPUT, "own name", CA, ca, "issue", "--csr", csr, "--profile", "office", "--days", "1", "--subject", SUBJECT)
    refuse(INPUT, "no name", CA, ca, "issue", "--csr", p.csr("nameless", subject="/"), "--profile", "office", "--days", "1")
    run(CA, ca, "request", "--out", p.path("own.csr"))
    refuse(INPUT, "use rollover", CA, ca, "cross", "--csr", p.path("own.csr"), "--days", "1")
    refuse(INPUT, "own key", CA, ca, "issue", "--csr", p.path("own.csr"), "--profile", "office", "--days", "1", "--subject", "CN=y")


@test
def refuses_a_published_name_twice(p):
    ca = p.init("names")
    p.issue(ca, "names-a", "--name", "same")
    refuse(INPUT, "already", CA, ca, "issue", "--csr", p.csr("names-b"), "--profile", "office", "--days", "1", "--name", "same")
    refuse(USAGE, "not a NAME", CA, ca, "issue", "--csr", p.csr("names-c"), "--profile", "office", "--days", "1", "--name", "../x")


# ---- what is made -----------------------------------------------------------------------------------------------------------


@test
def self_signed_has_key_identifier_but_no_authority_key_identifier(p):
    ca = p.init("root", "--san-dn", "CN=試験認証局,O=例示,C=JP")
    text = text_of(ca + "/out/ca-g1.cer")
    check("Subject Key Identifier" in text and "Authority Key Identifier" not in text, text)
    check("Basic Constraints: critical\n                CA:TRUE" in text, text)
    check("Key Usage: critical\n                Certificate Sign, CRL Sign" in text, text)
    check("Version: 3" in text and "Issuer: C=JP, O=テスト, CN=Test CA" in text, text)
    pem = p.pem(ca + "/out/ca-g1.cer")
    openssl("verify", "-x509_strict", "-CAfile", pem, pem)
    asn1 = openssl("asn1parse", "-inform", "der", "-in", ca + "/out/ca-g1.cer")
    check(re.search(r"countryName\s.*PRINTABLESTRING +:JP", asn1.replace("\n", " ")), "C is not PrintableString")
    check(asn1.count("UTF8STRING") >= 4, "O and CN are not UTF8String")


@test
def serial_numbers_are_long_random_and_unique(p):
    ca = p.init("serials")
    csr = p.csr("serials-x")
    found = {serial_of(p.issue(ca, "serials-%d" % i, csr=csr)) for i in range(8)}
    check(len(found) == 8, "a serial number came twice")
    check(all(len(s) == 32 and s[0] in "4567" for s in found), found)


@test
def directories_are_private_and_published_files_are_not(p):
    ca = p.init("modes")
    mode = lambda *parts: stat.S_IMODE(os.stat(os.path.join(ca, *parts)).st_mode)
    check(mode() == 0o700 and mode("ca.db") == 0o600, "DIR or ca.db")
    check(mode("out") == 0o755 and mode("out", "ca-g1.cer") == 0o644, "out")
    check(all(mode(os.path.basename(k)) == 0o600 for k in glob.glob(ca + "/*.pem")), "key file")
    check(bool(glob.glob(ca + "/*.pem")) != p.is_token, "a key file beside a token, or none without")


@test
def rollover_links_both_keys(p):
    ca = p.init("roll")
    old = p.issue(ca, "roll-old")
    run(CA, ca, "rollover", "--key", "ec:P-384", "--label", p.label(), "--days", "5000")
    new = p.issue(ca, "roll-new")
    still = p.issue(ca, "roll-still", "--generation", "1")
    pems = {n: p.pem(ca + "/out/%s.cer" % n) for n in ("ca-g1", "ca-g2", "link-new-with-old-g2", "link-old-with-new-g2")}
    ees = {n: p.pem(c) for n, c in (("old", old), ("new", new), ("still", still))}
    # and each without a link
    openssl("verify", "-CAfile", pems["ca-g1"], "-untrusted", pems["link-new-with-old-g2"], ees["new"])
    openssl("verify", "-CAfile", pems["ca-g2"], "-untrusted", pems["link-old-with-new-g2"], ees["old"], ees["still"])
    openssl("verify", "-CAfile", pems["ca-g1"], ees["old"], ees["still"])
    openssl("verify", "-CAfile", pems["ca-g1"], ees["new"], status=2)
    for name in ("link-new-with-old-g2", "link-old-with-new-g2"):
        text = text_of(ca + "/out/%s.cer" % name)
        check("Authority Key Identifier" in text and "X509v3 Any Policy" in text and "CRL Distribution" in text, text)
    ends = {n: openssl("x509", "-in", f, "-noout", "-enddate", "-startdate") for n, f in pems.items()}
    check(ends["link-old-with-new-g2"] == ends["ca-g1"], "oldWithNew does not span the old key's life")
    check(ends["link-new-with-old-g2"].split("\n")[0] == ends["ca-g1"].split("\n")[0], "newWithOld outlives the old key")
    check(ends["link-new-with-old-g2"].split("\n")[1] == ends["ca-g2"].split("\n")[1], "newWithOld's beginning")
    refuse(FAILURE, "no key generation 3", CA, ca, "crl", "--generation", "3")


@test
def three_generations_chain(p):
    ca = p.init("roll3")
    for _ in range(2):
        run(CA, ca, "rollover", "--key", "ec:P-256", "--label", p.label(), "--days", "5000")
    ee = p.pem(p.issue(ca, "roll3-ee"))
    both = p.path("roll3-links.pem")
    with open(both, "w") as to:
        for g in (2, 3):
            to.write(open(p.pem(ca + "/out/link-new-with-old-g%d.cer" % g)).read())
    openssl("verify", "-CAfile", p.pem(ca + "/out/ca-g1.cer"), "-untrusted", both, ee)


@test
def cross_certificates_map_policies_both_ways(p):
    a = p.init("cross-a", subject="CN=A,O=Example,C=JP")
    b = p.init("cross-b", subject="CN=B,O=Example,C=JP", key="rsa:2048")
    for issuer, subject in ((a, b), (b, a)):
        csr = subject + ".csr"
        run(CA, subject, "request", "--out", csr)
        openssl("req", "-in", csr, "-verify", "-noout")
        key = openssl("req", "-in", csr, "-pubkey", "-noout")
        digest = subprocess.run("openssl pkey -pubin -outform der | sha256sum", shell=True, input=key.encode(),
                                stdout=subprocess.PIPE, check=True).stdout.split()[0].decode()
        run(CA, issuer, "cross", "--csr", csr, "--days", "100", "--policy", ARC + ".1", "--policies-critical",
            "--map", ARC + ".1:" + ARC + ".2", "--require-explicit", "0", "--inhibit-mapping", "1", "--inhibit-any", "0",
            "--path-len", "1", "--permit-dn", "O=Example,C=JP", "--exclude-dn", "O=Other,C=JP", "--exclude-dns", "example.org",
            "--san-dn", "CN=別名,C=JP", "--expect-key", digest, "--expect-subject", "CN=%s,O=Example,C=JP" % subject[-1].upper(),
            "--name", "pair")
    text = text_of(a + "/out/cross/pair.cer")
    for wanted in ("Policies: critical\n                Policy: %s.1" % ARC, "Policy Mappings: critical",
                   "Constraints: critical\n                Require Explicit Policy:0, Inhibit Policy Mapping:1",
                   "Inhibit Any Policy: critical\n                0", "CA:TRUE, pathlen:1", "Name Constraints: critical",
                   "%s.1:%s.2" % (ARC, ARC), "DNS:example.org"):
        check(wanted in text, "%r is not in %s" % (wanted, text))
    check(serial_of(a + "/out/cross/pair.cer") != serial_of(b + "/out/cross/pair.cer"), "one certificate for both")
    ee = p.issue(b, "cross-ee", "--policy", ARC + ".2")
    base = ["verify", "-CAfile", p.pem(a + "/out/ca-g1.cer"), "-untrusted", p.pem(a + "/out/cross/pair.cer"), "-policy_check",
            "-explicit_policy"]
    openssl(*base, "-policy", ARC + ".1", p.pem(ee))
    openssl(*base, "-policy", ARC + ".2", p.pem(ee), status=2)


@test
def end_entities_get_what_their_profile_says(p):
    ca = p.init("profiles", "--san-dn", "CN=別名,C=JP")
    csr = p.csr("profiles-x")

    def issue(profile, *more):
        out = p.path("profiles-%s.cer" % profile)
        run(CA, ca, "issue", "--csr", csr, "--profile", profile, "--days", "5", "--out", out, *more)
        return text_of(out)

    text = issue("office", "--policy", ARC, "--san-dn", "CN=官職,C=JP", "--san-email", "a@example.jp", "--ocsp-uri", "http://x/ocsp")
    for wanted in ("Digital Signature, Non Repudiation", "Certificate Policies: critical", "email:a@example.jp",
                   "Issuer Alternative Name", "OCSP - URI:http://x/ocsp"):
        check(wanted in text, "%r is not in %s" % (wanted, text))
    check(re.search(r"CRL Distribution Points: *\n *Full Name:\n *DirName:C ?= ?JP, O ?= ?.*CN ?= ?Test CA", text), text)
    check("CA:TRUE" not in text, "an end entity is a CA")
    text = issue("citizen", "--policy", ARC, "--policies-not-critical", "--san-other", "1.2.392.200149.8.5.5.1=山田花子")
    check("Certificate Policies: \n" in text and "othername" in text, text)
    der = open(p.path("profiles-citizen.cer"), "rb").read()
    check(b"\x0c\x0c" + "山田花子".encode() in der, "the other name is not a UTF8String")
    check(bytes.fromhex("060a2a83088c9b55080505 01".replace(" ", "")) in der, "the other name's type")
    text = issue("ocsp")
    check("OCSP Signing" in text and "OCSP No Check" in text and "CRL Distribution" not in text, text)
    text = issue("authentication")
    check("TLS Web Client Authentication" in text and "Non Repudiation" not in text, text)


@test
def requested_extensions_are_not_granted(p):
    ca = p.init("wish")
    out = p.issue(ca, "wish-x", csr=p.csr("wish-x", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                                          "subjectAltName=DNS:evil.example"))
    text = text_of(out)
    check("CA:TRUE" not in text and "evil" not in text, text)


@test
def validity_may_lie_in_the_past_or_future(p):
    ca = p.init("dates")
    out = p.path("dates-x.cer")
    run(CA, ca, "issue", "--csr", p.csr("dates-x"), "--profile", "office", "--not-before", "2001-02-03T04:05:06+09:00",
        "--not-after", "2002-01-01T00:00:00Z", "--out", out)
    dates = openssl("x509", "-inform", "der", "-in", out, "-noout", "-dates")
    check("notBefore=Feb  2 19:05:06 2001 GMT" in dates and "notAfter=Jan  1 00:00:00 2002 GMT" in dates, dates)


@test
def times_after_2049_are_generalized(p):
    ca = p.path("century")
    run(CA, ca, "init", "--subject", "CN=x", "--key", "ec:P-256", "--label", p.label(), "--not-after", "2050-01-01T00:00:00Z",
        "--not-before", "2049-12-31T23:59:59Z", *p.store())
    asn1 = openssl("asn1parse", "-inform", "der", "-in", ca + "/out/ca-g1.cer")
    check("UTCTIME           :491231235959Z" in asn1 and "GENERALIZEDTIME   :20500101000000Z" in asn1, asn1)


# ---- revocation ---------------------------------------------------------------------------------------------------------------


@test
def refuses_revocations_that_make_no_sense(p):
    ca = p.init("rev")
    ee = p.issue(ca, "rev-x")
    other = p.issue(p.init("rev-other"), "rev-y")
    refuse(INPUT, "no such reason", CA, ca, "revoke", ee, "--reason", "boredom")
    refuse(INPUT, "no such reason", CA, ca, "revoke", ee, "--reason", "removeFromCRL")
    refuse(FAILURE, "no certificate with this serial", CA, ca, "revoke", "00" * 16, "--reason", "superseded")
    refuse(FAILURE, "no certificate with this serial", CA, ca, "revoke", other, "--reason", "superseded")
    refuse(FAILURE, "No such file", CA, ca, "revoke", "00", "--reason", "superseded")
    refuse(INPUT, "not a certificate", CA, ca, "revoke", p.path("rev-x.csr"), "--reason", "superseded")
    refuse(INPUT, "self-signed", CA, ca, "revoke", ca + "/out/ca-g1.cer", "--reason", "keyCompromise")
    refuse(INPUT, "future", CA, ca, "revoke", ee, "--reason", "superseded", "--date", "2999-01-01T00:00:00Z")
    refuse(INPUT, "not on hold", CA, ca, "unhold", ee)
    run(CA, ca, "revoke", ee, "--reason", "superseded")
    refuse(INPUT, "revoked already", CA, ca, "revoke", ee, "--reason", "keyCompromise")
    refuse(INPUT, "revoked already", CA, ca, "revoke", serial_of(ee), "--reason", "superseded")
    refuse(INPUT, "not on hold but revoked", CA, ca, "unhold", ee)


@test
def a_forged_copy_of_a_certificate_is_not_revoked(p):
    ca = p.init("copy")
    ee = p.issue(ca, "copy-x")
    data = bytearray(open(ee, "rb").read())
    data[-1] ^= 1
    with open(p.path("copy-forged.cer"), "wb") as to:
        to.write(data)
    refuse(FAILURE, "not the certificate this CA issued", CA, ca, "revoke", p.path("copy-forged.cer"), "--reason", "superseded")


@test
def lists_grow_in_number_and_are_scoped(p):
    ca = p.init("lists", "--crl-dp", "http://127.0.0.1:1/crl", "--arl-dp-dn", "CN=配布点,C=JP")
    for i in (1, 2, 3):
        run(CA, ca, "crl")
        run(CA, ca, "arl")
        check(number_of(crl_text(ca, "crl")) == i and number_of(crl_text(ca, "arl")) == i, "CRLNumber is not %d" % i)
    crl, arl = crl_text(ca, "crl"), crl_text(ca, "arl")
    for text, scope in ((crl, "Only User Certificates"), (arl, "Only CA Certificates")):
        check("Issuing Distribution Point: critical" in text and scope in text, text)
        check("Authority Key Identifier" in text and "Version 2" in text and "No Revoked Certificates" in text, text)
    check("URI:http://127.0.0.1:1/crl" in crl and "URI" not in arl and "DirName" in arl, "distribution points")
    pem = p.pem(ca + "/out/ca-g1.cer")
    for kind in ("crl", "arl"):
        openssl("crl", "-inform", "der", "-in", ca + "/out/%s.crl" % kind, "-CAfile", pem, "-noout", "-verify")
        check("verify OK" in run.err, run.err)


@test
def refuses_lists_with_wrong_times(p):
    ca = p.init("times")
    run(CA, ca, "crl")
    refuse(INPUT, "older than", CA, ca, "crl", "--this-update", "2001-01-01T00:00:00Z")
    refuse(INPUT, "not after thisUpdate", CA, ca, "crl", "--next-update", "2001-01-01T00:00:00Z")
    refuse(INPUT, "--next-update or --hours", CA, ca, "crl", "--next-update", "2999-01-01T00:00:00Z", "--hours", "1")
    refuse(INPUT, "not after thisUpdate", CA, ca, "crl", "--hours", "0")
    check(number_of(crl_text(ca, "crl")) == 1, "a refused list used a number")


@test
def revoked_certificates_stand_on_their_list_by_date(p):
    ca = p.init("dated")
    a, b, c = (p.issue(ca, "dated-" + n, "--not-before", "2020-01-01T00:00:00Z") for n in "abc")
    run(CA, ca, "rollover", "--key", "ec:P-256", "--label", p.label(), "--days", "5000")
    run(CA, ca, "revoke", a, "--reason", "keyCompromise", "--date", "2021-03-01T00:00:00Z", "--invalidity-date", "2021-02-01T00:00:00Z")
    run(CA, ca, "revoke", serial_of(b), "--reason", "certificateHold", "--date", "2021-01-01T00:00:00Z")
    run(CA, ca, "revoke", p.pem(c), "--reason", "unspecified", "--date", "2021-02-01T00:00:00Z")
    run(CA, ca, "revoke", ca + "/out/link-new-with-old-g2.cer", "--reason", "superseded")
    run(CA, ca, "crl")
    run(CA, ca, "arl")
    text = crl_text(ca, "crl")
    serials = re.findall(r"Serial Number: ([0-9A-F]+)", text)
    check(serials == [serial_of(f) for f in (b, c, a)], "order or members: %s" % serials)
    check("Key Compromise" in text and "Certificate Hold" in text and "Invalidity Date" in text, text)
    check(text.count("CRL Reason Code") == 2, "reason unspecified must be left out")
    arl = crl_text(ca, "arl")
    check(re.findall(r"Serial Number: ([0-9A-F]+)", arl) == [serial_of(ca + "/out/link-new-with-old-g2.cer")], arl)
    run(CA, ca, "unhold", b)
    run(CA, ca, "crl")
    check(serial_of(b) not in crl_text(ca, "crl"), "released, but still listed")


@test
def a_hold_that_becomes_final_keeps_its_date(p):
    ca = p.init("hold")
    ee = p.issue(ca, "hold-x", "--not-before", "2020-01-01T00:00:00Z")
    run(CA, ca, "revoke", ee, "--reason", "certificateHold", "--date", "2021-01-01T00:00:00Z")
    refuse(INPUT, "on hold already", CA, ca, "revoke", ee, "--reason", "certificateHold")
    run(CA, ca, "revoke", ee, "--reason", "keyCompromise")
    run(CA, ca, "crl")
    text = crl_text(ca, "crl")
    check("Jan  1 00:00:00 2021" in text and "Key Compromise" in text, text)


@test
def expired_entries_leave_after_one_more_list(p):  # RFC 5280 3.3
    ca = p.path("expiry")
    run(CA, ca, "init", "--subject", "CN=x", "--key", "ec:P-256", "--label", p.label(), "--days", "9999", "--not-before",
        "2020-01-01T00:00:00Z", *p.store())
    out = p.path("expiry-x.cer")
    run(CA, ca, "issue", "--csr", p.csr("expiry-x"), "--profile", "office", "--not-before", "2020-02-01T00:00:00Z", "--not-after",
        "2020-03-01T00:00:00Z", "--out", out)
    run(CA, ca, "revoke", out, "--reason", "superseded", "--date", "2020-02-15T00:00:00Z")
    listed = []
    for day in ("2020-02-20", "2020-03-01", "2020-03-02", "2020-03-03"):
        run(CA, ca, "crl", "--this-update", day + "T00:00:00Z")
        listed.append(serial_of(out) in crl_text(ca, "crl"))
    check(listed == [True, True, True, False], listed)


@test
def an_older_key_may_sign_a_list_too(p):  # C-10
    ca = p.init("old-list")
    ee = p.issue(ca, "old-list-x")
    run(CA, ca, "rollover", "--key", "ec:P-384", "--label", p.label(), "--days", "5000")
    run(CA, ca, "revoke", ee, "--reason", "superseded")
    run(CA, ca, "crl")
    run(CA, ca, "crl", "--generation", "1")
    for name, g in (("crl.crl", 2), ("crl-g1.crl", 1)):
        openssl("crl", "-inform", "der", "-in", ca + "/out/" + name, "-CAfile", p.pem(ca + "/out/ca-g%d.cer" % g), "-noout", "-verify")
        check("verify OK" in run.err, run.err)
        check(serial_of(ee) in openssl("crl", "-inform", "der", "-in", ca + "/out/" + name, "-noout", "-text"), name)


@test
def all_keys_sign_one_list(p):
    ca = p.init("all-keys")
    ee = p.issue(ca, "all-keys-x")
    run(CA, ca, "rollover", "--key", "ec:P-384", "--label", p.label(), "--days", "5000")
    run(CA, ca, "revoke", ee, "--reason", "superseded")
    refuse(INPUT, "neither", CA, ca, "crl", "--all-keys", "--generation", "1")
    for number in (1, 2):
        run(CA, ca, "crl", "--all-keys")
        texts = [openssl("crl", "-inform", "der", "-in", ca + "/out/" + n, "-noout", "-text") for n in ("crl.crl", "crl-g1.crl")]
        check([number_of(t) for t in texts] == [number] * 2, "not one number")
        check(all(serial_of(ee) in t for t in texts), "entries")
    check(len(set(re.findall(r"Authority Key Identifier: *\n +(\S+)", "".join(texts)))) == 2, "one key signed both")


@test
def openssl_sees_the_revocation(p):
    ca = p.init("seen")
    good, bad = p.pem(p.issue(ca, "seen-good")), p.pem(p.issue(ca, "seen-bad"))
    run(CA, ca, "revoke", bad, "--reason", "keyCompromise")
    run(CA, ca, "crl")
    run(CA, ca, "arl")
    lists = p.path("seen.lists")
    with open(lists, "w") as to:
        for kind in ("crl", "arl"):
            to.write(openssl("crl", "-inform", "der", "-in", ca + "/out/%s.crl" % kind))
    base = ["verify", "-CAfile", p.pem(ca + "/out/ca-g1.cer"), "-CRLfile", lists, "-crl_check_all", "-extended_crl", "-x509_strict"]
    openssl(*base, good)
    openssl(*base, bad, status=2)
    check("certificate revoked" in run.err, run.err)


# ---- the register -------------------------------------------------------------------------------------------------------------


@test
def list_and_show_tell_what_is_registered(p):
    ca = p.init("shown")
    ee = p.issue(ca, "shown-x")
    run(CA, ca, "revoke", ee, "--reason", "affiliationChanged")
    rows = [json.loads(line) for line in run(CA, ca, "list", "--json").splitlines()]
    check([r["role"] for r in rows] == ["self", "user"] and rows[1]["state"] == "revoked" and rows[1]["reason"] == 3, rows)
    check(rows[1]["serial"] == serial_of(ee).lower(), rows)
    check(run(CA, ca, "list").splitlines()[1].startswith(rows[1]["serial"]), "list")
    check(json.loads(run(CA, ca, "show", ee, "--json")) == rows[1], "show --json")
    check("affiliationChanged" in run(CA, ca, "show", serial_of(ee)), "show")
    check(run(CA, ca, "show", ee, "--pem") == open(p.pem(ee)).read(), "show --pem")
    with open("/dev/full", "w") as full:
        code = subprocess.run([CA, ca, "list"], stdout=full, stderr=subprocess.DEVNULL, check=False).returncode
    check(code == FAILURE, "a full disk went unnoticed")


@test
def export_makes_the_published_files_again(p):
    ca = p.init("export")
    p.issue(ca, "export-x", "--name", "x")
    run(CA, ca, "rollover", "--key", "ec:P-256", "--label", p.label(), "--days", "5000")
    for command in ("crl", "arl"):
        run(CA, ca, command)
        run(CA, ca, command)
    files = lambda: {f: open(f, "rb").read() for f in glob.glob(ca + "/out/**/*.c*", recursive=True)}
    before = files()
    check(len(before) == 7, sorted(before))
    for f in before:
        os.unlink(f)
    run(CA, ca, "export")
    check(files() == before, "not the same files")


@test
def an_act_whose_publication_fails_stays_registered(p):
    ca = p.init("nothing-left")
    before = run(CA, ca, "list")
    refuse(FAILURE, "publishing failed", CA, ca, "issue", "--csr", p.csr("nl"), "--profile", "office", "--days", "1", "--out",
           p.path("no", "such", "dir"))
    check(len(run(CA, ca, "list").splitlines()) == len(before.splitlines()) + 1, "registered first, then published")
    check(not glob.glob(ca + "/out/**/*.new", recursive=True), "a temporary file stayed")


@test
def an_act_killed_at_any_moment_is_whole_or_not_at_all(p):
    ca = p.init("killed")
    csr = p.csr("killed-x")
    command = [CA, ca, "issue", "--csr", csr, "--profile", "office", "--days", "1"]
    start = time.monotonic()
    run(*command)
    whole = time.monotonic() - start
    tokens, saved = os.path.join(os.path.dirname(PIN), "tokens"), p.path("tokens.saved")
    for i in range(20):
        if p.is_token:
            shutil.copytree(tokens, saved)
        act = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(i * whole / 18)
        act.kill()
        act.wait()
        if p.is_token:
            # SoftHSM writes its token file anew at each log-in: killed there it has lost the token, which no act changes.
            shutil.rmtree(tokens)
            os.rename(saved, tokens)
    rows = [json.loads(line) for line in run(CA, ca, "list", "--json").splitlines()]
    published = {os.path.relpath(f, ca + "/out") for f in glob.glob(ca + "/out/**/*.cer", recursive=True)}
    check(published <= {r["file"] for r in rows}, "published, but not registered")
    run(CA, ca, "export")
    published = {os.path.relpath(f, ca + "/out") for f in glob.glob(ca + "/out/**/*.cer*", recursive=True)}
    check(published == {r["file"] for r in rows}, "export left something out, or a temporary file")
    p.issue(ca, "killed-y", csr=csr)
    run(CA, ca, "crl")


@test
def two_acts_at_once_take_turns(p):
    ca = p.init("turns")
    csr = p.csr("turns-x")
    acts = [subprocess.Popen([CA, ca, "issue", "--csr", csr, "--profile", "office", "--days", "1"]) for _ in range(6)]
    check([a.wait() for a in acts] == [0] * 6, "an act failed")
    check(len(run(CA, ca, "list").splitlines()) == 7, "not all are registered")


@test
def a_responder_key_gets_its_request(p):
    ca = p.init("va")
    csr = p.path("va.csr")
    label = p.label()
    run(CA, ca, "keygen", "--subject", "CN=Responder,C=JP", "--key", "rsa:2048", "--label", label, "--out", csr)
    openssl("req", "-in", csr, "-verify", "-noout")
    out = p.path("va.cer")
    run(CA, ca, "issue", "--csr", csr, "--profile", "ocsp", "--days", "5", "--out", out)
    openssl("verify", "-CAfile", p.pem(ca + "/out/ca-g1.cer"), p.pem(out))
    refuse(INPUT, label, CA, ca, "keygen", "--subject", "CN=R,C=JP", "--key", "ec:P-256", "--label", label, "--out", csr)


@test
def an_existing_key_can_be_taken(p):
    ca = p.init("first")
    label = p.label()
    run(CA, ca, "keygen", "--subject", "CN=R,C=JP", "--key", "ec:P-256", "--label", label, "--out", p.path("first.csr"))
    if not p.is_token:
        os.makedirs(p.path("second"))
        shutil.move(ca + "/%s.pem" % label, p.path("second", label + ".pem"))
    run(CA, p.path("second"), "init", "--subject", "CN=Second", "--key", "ec:P-256", "--label", label, "--existing-key", "--days", "9",
        *p.store())
    key = openssl("req", "-in", p.path("first.csr"), "-noout", "-pubkey")
    check(openssl("x509", "-inform", "der", "-in", p.path("second") + "/out/ca-g1.cer", "-noout", "-pubkey") == key, "another key")


@test
def key_stores_in_trouble_are_named(p):
    ca = p.init("trouble")
    if p.is_token:
        wrong = p.path("wrong.pin")
        with open(os.open(wrong, os.O_CREAT | os.O_WRONLY, 0o600), "w") as to:
            to.write("000000\n")
        refuse(FAILURE, "PIN", CA, ca, "crl", "--pin-file", wrong)
        refuse(FAILURE, "nowhere", CA, ca, "crl", "--pin-file", p.path("nowhere"))
        refuse(FAILURE, "gone", CA, p.path("t2"), "init", "--subject", "CN=x", "--key", "ec:P-256", "--label", "l", "--days", "1",
               "--module", MODULE, "--token", "gone", "--pin-file", PIN)
        refuse(INPUT, "--token", CA, p.path("t3"), "init", "--subject", "CN=x", "--key", "ec:P-256", "--label", "l", "--days", "1",
               "--module", MODULE)
    else:
        key = glob.glob(ca + "/*.pem")[0]
        other = glob.glob(p.init("trouble-2") + "/*.pem")[0]
        os.chmod(key, 0o644)
        refuse(FAILURE, key, CA, ca, "crl")
        shutil.copy(other, key)
        os.chmod(key, 0o600)
        refuse(FAILURE, "is not the key of the CA's certificate", CA, ca, "crl")
        os.unlink(key)
        refuse(FAILURE, key, CA, ca, "crl")
    check(not os.path.exists(ca + "/out/crl.crl"), "a list without a key")


def main():
    global MODULE, PIN
    root = tempfile.mkdtemp(prefix="sekisho-ca-")
    found = glob.glob("/usr/lib/softhsm/libsofthsm2.so") + glob.glob("/usr/lib/*/softhsm/libsofthsm2.so")
    MODULE = found[0] if found else None
    count = failed = 0
    try:
        os.environ["SOFTHSM2_CONF"] = root + "/softhsm2.conf"
        os.mkdir(root + "/tokens")
        with open(root + "/softhsm2.conf", "w") as to:
            to.write("directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n" % root)
        PIN = root + "/pin"
        with open(os.open(PIN, os.O_CREAT | os.O_WRONLY, 0o600), "w") as to:
            to.write("12345678\n")
        if MODULE:
            run("softhsm2-util", "--init-token", "--free", "--label", "test", "--pin", "12345678", "--so-pin", "12345678")
        for kind in ("software", "token"):
            place = Place(root + "/" + kind, kind == "token")
            os.mkdir(place.root)
            for f in TESTS:
                count += 1
                name = "%s: %s" % (kind, f.__name__.replace("_", " "))
                if place.is_token and not MODULE:
                    print("ok %d - %s # SKIP softhsm2 is missing" % (count, name))
                    continue
                try:
                    f(place)
                    print("ok %d - %s" % (count, name))
                except (Failed, OSError, ValueError, AttributeError, subprocess.SubprocessError) as e:
                    failed += 1
                    print("not ok %d - %s" % (count, name))
                    print("# " + str(e).replace("\n", "\n# "))
                sys.stdout.flush()
    finally:
        shutil.rmtree(root)
    print("1..%d" % count)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
