#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration PKI: made whole, twice, and everything in it is what etc/demo/README.md says, by openssl and by sekisho-verify."""
import base64
import glob
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

BIN = os.path.abspath(os.environ.get("SEKISHO_BIN", "build/bin"))
POLICY = "1.3.6.1.4.1.32473.1.1.1"
EXPECTED = ["valid", "valid-local", "valid-old-key", "revoked", "expired", "on-hold", "wrong-policy", "unknown-issuer", "ca-revoked",
            "not-yet-valid"]
TESTS = []


class Failed(Exception):
    pass


def test(f):
    TESTS.append(f)
    return f


def check(condition, text):
    if not condition:
        raise Failed(text)


def openssl(*args, status=0):
    done = subprocess.run(("openssl",) + args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors="replace")
    check(status is None or done.returncode == status, "openssl %s: %d: %s" % (" ".join(args), done.returncode, text))
    return text


class Pki:
    def __init__(self, root):
        self.root = root
        self.rows = {}
        for line in open(root + "/ee/expected.tsv"):
            name, cert, issuer, verdict, finding, ocsp = line.rstrip("\n").split("\t")
            self.rows[name] = {"cert": root + "/" + cert, "issuer": root + "/" + issuer, "verdict": verdict, "finding": finding,
                               "ocsp": ocsp}

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def out(self, ca, file):
        return self.path("ca", ca, "out", file)

    def bundle(self, name, kind, files):
        file = self.path(name)
        with open(file, "w") as to:
            for f in files:
                to.write(openssl(kind, "-inform", "der", "-in", f))
        return file


def text_of(der):
    return openssl("x509", "-inform", "der" if der.endswith(".cer") else "pem", "-in", der, "-noout", "-text")


def der_of(file):
    data = open(file, "rb").read()
    if data[:1] == b"\x30":
        return data
    return base64.b64decode("".join(data.decode().split("-----")[2].split()))


@test
def it_has_ten_end_entities_in_both_forms(p):
    check(list(p.rows) == EXPECTED, list(p.rows))
    for name in EXPECTED:
        check(der_of(p.path("ee", name + ".cer")) == der_of(p.path("ee", name + ".pem")), name)


@test
def secrets_are_private_and_keys_are_in_tokens(p):
    for file in ("ca.pin", "va.pin"):
        check(stat.S_IMODE(os.stat(p.path(file)).st_mode) == 0o600, file)
    check(open(p.path("ca.pin")).read() != open(p.path("va.pin")).read(), "one PIN for CAs and responder")
    check(stat.S_IMODE(os.stat(p.path("softhsm")).st_mode) == 0o700, "softhsm")
    check(not glob.glob(p.path("ca", "*", "*.pem")), "a CA's key in a file")


@test
def certificates_end_where_expected_by_their_issuer(p):
    for name, row in p.rows.items():
        time = ["-no_check_time"]
        openssl("verify", *time, "-CAfile", row["issuer"], row["cert"])


@test
def japanese_names_stand_in_directory_names(p):
    for file, name in ((p.out("osca", "ca-g2.cer"), "官職認証局"), (p.out("bca", "ca-g1.cer"), "ブリッジ認証局"),
                       (p.path("ee", "valid.cer"), "担当者"), (p.path("ee", "valid.cer"), "民間認証局一号")):
        value = name.encode()
        check(b"\x0c" + bytes([len(value)]) + value in der_of(file), "%s has no UTF8String %s" % (file, name))


@test
def official_ca_has_two_keys_with_links(p):
    pems = {n: p.bundle("%s.pem" % n, "x509", [p.out("osca", n + ".cer")]) for n in
            ("ca-g1", "ca-g2", "link-new-with-old-g2", "link-old-with-new-g2")}
    openssl("verify", "-CAfile", pems["ca-g1"], pems["link-new-with-old-g2"])
    openssl("verify", "-CAfile", pems["ca-g2"], pems["link-old-with-new-g2"])
    check("rsaEncryption" in text_of(pems["ca-g1"]) and "id-ecPublicKey" in text_of(pems["ca-g2"]), "algorithms")


def cross(p, *names):
    return [p.out(n.split("-")[0], "cross/%s.cer" % n) for n in names]


@test
def four_certificates_lead_from_a_private_ca_to_the_anchor(p):
    chain = p.bundle("chain1.pem", "x509", cross(p, "osca-bca-1", "bca-pca1-1"))
    base = ["verify", "-untrusted", chain, "-policy_check", "-explicit_policy", "-policy", POLICY, "-show_chain"]
    text = openssl(*base, "-CAfile", p.path("osca-new.pem"), p.rows["valid"]["cert"])
    check(text.count("depth=") == 4, text)
    check("no explicit policy" in openssl(*base, "-CAfile", p.path("osca-new.pem"), p.rows["wrong-policy"]["cert"], status=2), "policy")
    linked = p.bundle("chain1o.pem", "x509", [p.out("osca", "link-new-with-old-g2.cer")] + cross(p, "osca-bca-1", "bca-pca1-1"))
    base[2] = linked
    text = openssl(*base, "-CAfile", p.path("osca-old.pem"), p.rows["valid"]["cert"])
    check(text.count("depth=") == 5, text)


@test
def the_second_bridge_stands_in_series(p):
    chain = p.bundle("chain2.pem", "x509", cross(p, "osca-bca-1", "bca-lgbca-1", "lgbca-lgca-1"))
    text = openssl("verify", "-untrusted", chain, "-policy_check", "-explicit_policy", "-policy", POLICY, "-show_chain", "-CAfile",
                   p.path("osca-new.pem"), p.rows["valid-local"]["cert"])
    check(text.count("depth=") == 5, text)


@test
def pca2_has_two_live_keys_under_one_name(p):
    for key, name in (("1", "valid-old-key"), ("2", "on-hold")):
        chain = p.bundle("chain3.pem", "x509", cross(p, "osca-bca-1", "bca-pca2-" + key))
        openssl("verify", "-untrusted", chain, "-policy_check", "-explicit_policy", "-policy", POLICY, "-CAfile",
                p.path("osca-new.pem"), p.rows[name]["cert"])
    subjects = {openssl("x509", "-inform", "der", "-in", p.out("pca2", "ca-g%d.cer" % g), "-noout", "-subject") for g in (1, 2)}
    check(len(subjects) == 1, subjects)


@test
def cross_certificates_go_both_ways_and_carry_critical_policies(p):
    names = [os.path.basename(f)[:-4] for f in glob.glob(p.path("ca", "*", "out", "cross", "*.cer"))]
    pairs = {tuple(n.split("-")[:2]) for n in names}
    check(len(names) == 13 and all((b, a) in pairs for a, b in pairs), names)
    for f in glob.glob(p.path("ca", "*", "out", "cross", "*.cer")):
        text = text_of(f)
        for wanted in ("Certificate Policies: critical", "Policy Mappings: critical", "Require Explicit Policy:0"):
            check(wanted in text, f)


@test
def distribution_points_are_names_or_addresses(p):
    check("URI:http://127.0.0.1:" in text_of(p.path("ee", "valid.cer")), "pca1")
    text = text_of(p.path("ee", "valid-local.cer"))
    check("CRL Distribution Points" in text and "URI:" not in text, "lgca")


@test
def responder_certificate_is_for_ocsp_and_its_key_in_the_token(p):
    text = text_of(p.path("va.pem"))
    check("OCSP Signing" in text and "OCSP No Check" in text, text)
    openssl("verify", "-CAfile", p.path("osca-new.pem"), p.path("va.pem"))


@test
def openssl_judges_revocation_as_expected(p):
    lists = p.bundle("lists.pem", "crl", [p.out(c, l) for c in ("osca", "bca", "pca1", "pca3") for l in ("crl.crl", "arl.crl")])

    def verify(name, chain, status):
        bundle = p.bundle("chain4.pem", "x509", cross(p, *chain))
        return openssl("verify", "-untrusted", bundle, "-CRLfile", lists, "-crl_check_all", "-extended_crl", "-CAfile",
                       p.path("osca-new.pem"), p.rows[name]["cert"], status=status)

    verify("valid", ("osca-bca-1", "bca-pca1-1"), 0)
    check("certificate revoked" in verify("revoked", ("osca-bca-1", "bca-pca1-1"), 2), "revoked")
    check("certificate revoked" in verify("ca-revoked", ("osca-bca-1", "bca-pca3-1"), 2), "ca-revoked")
    check("expired" in verify("expired", ("osca-bca-1", "bca-pca1-1"), 2), "expired")
    check("not yet valid" in verify("not-yet-valid", ("osca-bca-1", "bca-pca1-1"), 2), "not-yet-valid")


@test
def configuration_names_files_that_are_there(p):
    text = open(p.path("sekisho.conf")).read()
    files = [l.split("file:", 1)[1] for l in text.splitlines() if "= file:" in l]
    check(len(files) == 45 and all(os.path.isfile(f) for f in files), [f for f in files if not os.path.isfile(f)])
    check("[policy default]" in text and "stray" not in text, "sections")


def judged(p, anchor):
    """sekisho-verify's verdicts by name."""
    b64 = lambda file: base64.b64encode(der_of(file)).decode()
    certs = [b64(f) for f in glob.glob(p.path("ca", "*", "out", "*.cer")) + glob.glob(p.path("ca", "*", "out", "cross", "*.cer"))]
    crls = [b64(f) for f in glob.glob(p.path("ca", "*", "out", "*.crl"))]
    lines = [json.dumps({"id": n, "target": b64(r["cert"]), "anchors": [b64(p.path(anchor))], "certs": certs, "crls": crls,
                         "initial_policies": [POLICY], "require_explicit_policy": True, "revocation": "required"})
             for n, r in p.rows.items()]
    done = subprocess.run([BIN + "/sekisho-verify", "--batch"], input="\n".join(lines).encode() + b"\n", stdout=subprocess.PIPE,
                          check=False)
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return {a["id"]: a for a in answers}


def compare(p, anchor, extra):
    answers = judged(p, anchor)
    for name, row in p.rows.items():
        answer = answers.get(name, {})
        found = (answer.get("findings") or [{"code": "-"}])[0]["code"]
        check((answer.get("verdict"), found) == (row["verdict"], row["finding"]), "%s: %s" % (name, json.dumps(answer)[:600]))
    check(len(answers["valid"]["path"]) == 4 + extra and len(answers["valid-local"]["path"]) == 5 + extra, "path lengths")


@test
def sekisho_verify_judges_as_expected(p):
    compare(p, "osca-new.pem", 0)


@test
def sekisho_verify_judges_the_same_from_the_older_key(p):
    compare(p, "osca-old.pem", 1)


def main():
    modules = glob.glob("/usr/lib/softhsm/libsofthsm2.so") + glob.glob("/usr/lib/*/softhsm/libsofthsm2.so")
    if not modules:
        print("ok 1 - demonstration PKI # SKIP softhsm2 is missing")
        return 0
    root = tempfile.mkdtemp(prefix="sekisho-demo-")
    failed = 0
    try:
        for again in (False, True):  # the second time over what the first one left
            made = subprocess.run(["etc/demo/make-pki", root], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=dict(os.environ, SEKISHO_BIN=BIN), check=False)
            failed += made.returncode != 0
            print("%s %d - make-pki makes the PKI%s" % ("not ok" if made.returncode else "ok", 1 + again, " again" if again else ""))
            if made.returncode:
                print("# " + made.stdout.decode(errors="replace").replace("\n", "\n# "))
                return 1
        pki = Pki(root)
        for count, f in enumerate(TESTS, 3):
            name = f.__name__.replace("_", " ")
            if name.startswith("sekisho verify") and not os.access(BIN + "/sekisho-verify", os.X_OK):
                print("ok %d - %s # SKIP sekisho-verify is not built" % (count, name))
                continue
            try:
                f(pki)
                print("ok %d - %s" % (count, name))
            except (Failed, OSError, ValueError, KeyError, IndexError) as e:
                failed += 1
                print("not ok %d - %s" % (count, name))
                print("# " + repr(e).replace("\\n", "\n# "))
    finally:
        shutil.rmtree(root)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
