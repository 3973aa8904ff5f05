#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-verify on the command line: files of both forms, folders, exit codes, messages."""
import base64
import json
import os
import subprocess
import sys
import tempfile

PKITS = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data"
TIME = "2011-04-15T00:00:00Z"
number = 0
failed = 0


def check(name, good, why=""):
    global number, failed
    number += 1
    failed += not good
    print("%s %d - sekisho-verify: %s%s" % ("ok" if good else "not ok", number, name, "" if good else ": " + why))


def run(*args, stdin="", cwd=None):
    done = subprocess.run([os.path.abspath(os.environ["SEKISHO_BIN"]) + "/sekisho-verify", *args], input=stdin, text=True,
                          capture_output=True, timeout=120, check=False, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def expect(name, code, *args, out="", err="", stdin=""):
    got = run(*args, stdin=stdin)
    good = got[0] == code and out in got[1] and err in got[2] and (code < 64 or not got[1])
    check(name, good, "exit %d\n# %s\n# %s" % (got[0], got[1].replace("\n", "\n# "), got[2].replace("\n", "\n# ")))
    return got


def cert(name):
    return PKITS + "/certs/" + name + ".crt"


def pem(label, der):
    text = base64.b64encode(der).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label, "\n".join(lines), label)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path


def usage():
    expect("no argument is wrong use", 64, err="no certificate to judge")
    expect("no anchor is wrong use", 64, cert("GoodCACert"), err="no trust anchor")
    expect("an unknown option is named", 64, "--frob", err="--frob: unknown option")
    expect("an option without its value is named", 64, "--anchor", err="--anchor: wants a value")
    expect("-p needs -c", 64, "-p", "x", cert("GoodCACert"), err="needs -c")
    expect("--batch takes no targets", 64, "--batch", "x", err="--batch")
    expect("--batch takes no --time", 64, "--batch", "--json", "--time", TIME, err="--batch: goes with -c, -p and --json only")
    expect("--batch --json is --batch", 0, "--batch", "--json", stdin='{"id":1}\n', out='{"id":1,"error":"target: missing"}')
    expect("a wrong time is refused", 64, "--anchor", cert("TrustAnchorRootCertificate"), "--time", "now",
           cert("GoodCACert"), err="now: not a time")
    expect("a leap second is refused where none can be", 64, "--anchor", cert("TrustAnchorRootCertificate"), "--time",
           "2011-04-15T23:59:60Z", cert("GoodCACert"), err="2011-04-15T23:59:60Z: not a time")
    expect("a wrong mode is refused", 64, "--anchor", cert("TrustAnchorRootCertificate"), "--revocation", "no",
           cert("GoodCACert"), err="no: want required")
    expect("a wrong OID is refused", 64, "--anchor", cert("TrustAnchorRootCertificate"), "--policy-oid", "x",
           cert("GoodCACert"), err="x: not an object identifier")
    expect("--help", 0, "--help", out="usage: sekisho-verify")
    expect("--version", 0, "--version", out="sekisho-verify ")


def inputs(tmp):
    anchor = ("--anchor", cert("TrustAnchorRootCertificate"))
    expect("an unreadable target", 65, *anchor, tmp + "/none.pem", err="none.pem: ")
    expect("an unreadable anchor", 65, "--anchor", tmp + "/none.pem", cert("GoodCACert"), err="none.pem: ")
    expect("an unreadable folder", 65, *anchor, "--certs", tmp + "/none", cert("GoodCACert"), err="none: ")
    empty = write(tmp, "empty.pem", "nothing here\n")
    expect("a target without a certificate", 65, *anchor, empty, err="holds no certificate")
    expect("a pool file without a CRL", 65, *anchor, "--crls", empty, cert("GoodCACert"), err="holds no CRL")
    broken = write(tmp, "broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n")
    expect("a PEM block without an end", 65, *anchor, broken, err="has no end")
    expect("a FIFO is no file", 65, *anchor, "/dev/null", err="not a regular file")
    junk = write(tmp, "junk.der", b"\x30\x03\x02\x01\x05")
    expect("a malformed target is invalid", 1, *anchor, junk, out="error: malformed")
    expect("a malformed pool certificate is passed over", 0, *anchor, "--certs", junk, "--time", TIME,
           cert("GoodCACert"), out="valid", err="warning: " + junk)
    expect("an unreadable configuration", 65, "-c", tmp + "/none.conf", cert("GoodCACert"), err="none.conf")


def verdicts(tmp):
    anchor = ("--anchor", cert("TrustAnchorRootCertificate"), "--time", TIME)
    pool = ("--certs", PKITS + "/certs", "--crls", PKITS + "/crls")
    good, revoked = cert("ValidCertificatePathTest1EE"), cert("InvalidRevokedEETest3EE")
    unknown = cert("InvalidMissingCRLTest1EE")
    expect("a valid certificate among all of PKITS", 0, *anchor, *pool, good, out="EE.crt: valid")
    for when in ("2011-04-15T00:00:00.000Z", "2011-04-30T23:59:60Z"):
        expect("a valid certificate at " + when, 0, *anchor[:2], "--time", when, *pool, good, out="EE.crt: valid")
    expect("a revoked one", 1, *anchor, *pool, revoked, out="EE.crt: revoked")
    expect("one without a CRL", 2, *anchor, *pool, unknown, out="revocation-no-source")
    expect("of several the worst counts", 1, *anchor, *pool, good, unknown, revoked)
    expect("undetermined is worse than valid", 2, *anchor, *pool, good, unknown)
    expect("without --crls nobody asks for status", 0, *anchor, "--certs", PKITS + "/certs", revoked)
    expect("unless told to", 2, *anchor, "--certs", PKITS + "/certs", "--revocation", "required", good)
    expect("an unknown issuer", 1, *anchor, good, out="no-path")
    expect("a policy that is there", 0, *anchor, *pool, "--require-explicit-policy", "--policy-oid",
           "2.16.840.1.101.3.2.1.48.1", good, out="policy 2.16.840.1.101.3.2.1.48.1")
    expect("and one that is not", 1, *anchor, *pool, "--require-explicit-policy", "--policy-oid", "1.2.3", good,
           out="error: policy")
    bundle = write(tmp, "bundle.pem", pem("CERTIFICATE", read(good)) + pem("CERTIFICATE", read(cert("GoodCACert"))))
    crls = write(tmp, "crls.pem", "".join(pem("X509 CRL", read(PKITS + "/crls/%s.crl" % n))
                                          for n in ("GoodCACRL", "TrustAnchorRootCRL")))
    root = write(tmp, "root.pem", pem("CERTIFICATE", read(cert("TrustAnchorRootCertificate"))))
    expect("PEM, and the path in the target's file", 0, "--anchor", root, "--crls", crls, "--time", TIME, bundle,
           out="bundle.pem: valid")
    got = run(*anchor, *pool, "--json", good)
    answer = json.loads(got[1])
    check("--json", got[0] == 0 and answer["verdict"] == "valid" and answer["file"] == good
          and len(answer["path"]) == 3, got[1])
    got = run("--batch", stdin='{"id":1}\nx\n')
    lines = [json.loads(line) for line in got[1].splitlines()]
    check("--batch goes on after unreadable lines", got[0] == 0 and len(lines) == 2 and "error" in lines[1], got[1])
    conf = write(tmp, "sekisho.conf", "[policy strict]\nanchor = %s sha256:%s\nrevocation = required\n" % (
        cert("TrustAnchorRootCertificate"),
        subprocess.run(["sha256sum", cert("TrustAnchorRootCertificate")], capture_output=True, text=True,
                       check=True).stdout.split()[0]))
    expect("a policy of a configuration", 0, "-c", conf, "-p", "strict", *pool, "--time", TIME, good)
    expect("its revocation rule holds", 2, "-c", conf, "-p", "strict", "--certs", PKITS + "/certs", "--time", TIME,
           good)
    expect("a policy that does not exist", 64, "-c", conf, "-p", "none", good, err="no policy none")


# What is printed, to the letter; run beside the certificates, so that names are short.
TEST_ORG = ",O=Test Certificates 2011,C=US"
GOOD_TEXT = """\
ValidCertificatePathTest1EE.crt: valid (this answer holds until 2030-12-31T08:30:00Z)
     0 CN=Valid EE Certificate Test1,ORG
     1   CN=Good CA,ORG
     2     CN=Trust Anchor,ORG  (trust anchor)
    policy 2.16.840.1.101.3.2.1.48.1
"""
EXPIRED_TEXT = """\
InvalidEEnotAfterDateTest6EE.crt: invalid
InvalidEEnotAfterDateTest6EE.crt: error: expired: after notAfter (RFC 5280 6.1.3(a)(2))
    certificate 0: CN=Invalid EE notAfter Date EE Certificate Test6,ORG; serial 06; issuer CN=Good CA,ORG
    expected: notAfter at or after 2011-04-15T00:00:00Z
    found:    2011-01-01T08:30:00Z
InvalidEEnotAfterDateTest6EE.crt: note: this is the path
     0 CN=Invalid EE notAfter Date EE Certificate Test6,ORG  <-- expired
     1   CN=Good CA,ORG
     2     CN=Trust Anchor,ORG  (trust anchor)
"""
REVOKED_CA_TEXT = """\
InvalidRevokedCATest2EE.crt: invalid
InvalidRevokedCATest2EE.crt: error: issuer-revoked: a CA certificate of the path is revoked (RFC 5280 6.1.3(a)(3))
    certificate 1: CN=Revoked subCA,ORG; serial 0e; issuer CN=Good CA,ORG
    expected: a certificate not revoked
    found:    CRL d78e5eca421f082f: listed since 2010-01-01T08:30:00Z, reason keyCompromise
InvalidRevokedCATest2EE.crt: note: this is the path
     0 CN=Invalid Revoked CA Certificate Test2,ORG
     1   CN=Revoked subCA,ORG  <-- issuer-revoked
     2     CN=Good CA,ORG
     3       CN=Trust Anchor,ORG  (trust anchor)
"""
NO_PATH_TEXT = """\
ValidCertificatePathTest1EE.crt: invalid
ValidCertificatePathTest1EE.crt: error: no-path: no path to a trust anchor (RFC 5280 6.1)
    certificate: CN=Valid EE Certificate Test1,ORG; serial 01; issuer CN=Good CA,ORG
    expected: a trust anchor or certificate of CN=Good CA,ORG (key identifier 580184241bbc2b52944a3da510721451f5af3ac9)
    found:    none among the 0 gathered above the target; the search stops at the target
ValidCertificatePathTest1EE.crt: note: this is how far the search came
     0 CN=Valid EE Certificate Test1,ORG  <-- no-path
"""
JUNK_TEXT = """\
junk.der: invalid
junk.der: error: malformed: not a well-formed certificate (RFC 5280 4.1)
    expected: a well-formed certificate
    found:    certificate: outer structure is malformed (RFC 5280 4.1.1)
"""


def texts(tmp):
    anchor = ("--anchor", "TrustAnchorRootCertificate.crt", "--time", TIME)
    pool = ("--certs", ".", "--crls", "../crls")
    junk = write(tmp, "junk.der", b"\x30\x03\x02\x01\x05")

    def same(name, text, *args):
        got = run(*args, cwd=PKITS + "/certs")[1].replace(TEST_ORG, ",ORG").replace(tmp + "/", "")
        check(name, got == text, "\n# " + got.replace("\n", "\n# "))

    same("the text of a valid certificate", GOOD_TEXT, *anchor, *pool, "ValidCertificatePathTest1EE.crt")
    same("of an expired one", EXPIRED_TEXT, *anchor, *pool, "InvalidEEnotAfterDateTest6EE.crt")
    same("of one below a revoked CA", REVOKED_CA_TEXT, *anchor, *pool, "InvalidRevokedCATest2EE.crt")
    same("of one without a path", NO_PATH_TEXT, *anchor, "ValidCertificatePathTest1EE.crt")
    same("of one that is none", JUNK_TEXT, *anchor, junk)
    same("several are apart", EXPIRED_TEXT + "\n" + GOOD_TEXT, *anchor, *pool, "InvalidEEnotAfterDateTest6EE.crt",
         "ValidCertificatePathTest1EE.crt")


def explanation():
    """The members of --json beside those that scripts have always read."""
    anchor = ("--anchor", cert("TrustAnchorRootCertificate"), "--time", TIME)
    answer = json.loads(run(*anchor, "--certs", PKITS + "/certs", "--crls", PKITS + "/crls", "--json",
                            cert("InvalidRevokedCATest2EE"))[1])
    finding, told = answer["findings"][0], answer["explanation"]
    check("a finding says rule, expected, found and certificate", finding["rule"] == "RFC 5280 6.1.3(a)(3)"
          and finding["expected"] and finding["found"] and finding["certificate"]["sha256"] == answer["path"][1]
          and finding["certificate"]["subject"].startswith("CN=Revoked subCA") and finding["certificate"]["serial"] == "0e",
          json.dumps(answer))
    check("the explanation describes the path", [one["sha256"] for one in told["path"]] == answer["path"]
          and told["tried"] == [] and told["more_paths"] == 0 and told["work"] == answer["work"], json.dumps(answer))
    answer = json.loads(run(*anchor, "--json", cert("ValidCertificatePathTest1EE"))[1])
    tried = answer["explanation"]["tried"]
    check("a search without a path says how far it came", "path" not in answer and len(tried) == 1
          and not tried[0]["complete"] and tried[0]["findings"][0]["cert"] == len(tried[0]["path"]) - 1, json.dumps(answer))


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True, timeout=60)


def response(tmp, name, status):
    """What `openssl ocsp` says of ee.pem when its index has this status ("V", or "R" since long ago)."""
    serial = subprocess.run(["openssl", "x509", "-in", tmp + "/ee.pem", "-noout", "-serial"], check=True, text=True,
                            capture_output=True).stdout.strip().split("=")[1]
    write(tmp, "index.txt", "%s\t491231235959Z\t%s\t%s\tunknown\t/CN=EE\n" % (
        status, "200101000000Z,keyCompromise" if status == "R" else "", serial))
    openssl(tmp, "ocsp", "-issuer", "ca.pem", "-cert", "ee.pem", "-reqout", "ee.req")
    openssl(tmp, "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key", "-reqin",
            "ee.req", "-respout", name, "-ndays", "2")
    return os.path.join(tmp, name)


def ocsp(tmp):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(tmp, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=CA", "-days", "3")
    openssl(tmp, "req", *key, "-keyout", "ee.key", "-out", "ee.csr", "-subj", "/CN=EE")
    openssl(tmp, "x509", "-req", "-in", "ee.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7", "-days", "2",
            "-out", "ee.pem")
    anchor, target = ("--anchor", tmp + "/ca.pem"), tmp + "/ee.pem"
    good, revoked = response(tmp, "good.der", "V"), response(tmp, "revoked.der", "R")
    later = subprocess.run(["date", "-u", "-d", "+40 hours", "+%Y-%m-%dT%H:%M:%SZ"], check=True, text=True,
                           capture_output=True).stdout.strip()
    expect("an OCSP response made by openssl", 0, *anchor, "--ocsp", good, "--time", later, target, out="valid")
    expect("one that says revoked wins", 1, *anchor, "--ocsp", good, "--ocsp", revoked, "--time", later, target,
           out="    found:    OCSP response ")
    expect("--ocsp-evidence no", 2, *anchor, "--ocsp", good, "--ocsp-evidence", "no", "--time", later, target)
    expect("a wrong --ocsp-evidence is refused", 64, *anchor, "--ocsp-evidence", "maybe", target, err="want no, yes")
    expect("a trusted responder must be a certificate", 65, *anchor, "--ocsp-responder", good, target, err="good.der")
    expect("a request is no response", 2, *anchor, "--ocsp", tmp + "/ee.req", target, err="ee.req: passed over")
    got = run(*anchor, "--ocsp", good, "--time", later, "--json", target)
    evidence = json.loads(got[1])["evidence"]
    check("the response is named as evidence", [list(one)[:2] for one in evidence] == [["cert", "ocsp"]], got[1])


def main():
    usage()
    with tempfile.TemporaryDirectory() as tmp:
        inputs(tmp)
        verdicts(tmp)
        texts(tmp)
        explanation()
        ocsp(tmp)
    return 0


if __name__ == "__main__":
    sys.exit(main())
