#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration as a newcomer runs it: started twice, asked by OpenSSL's own OCSP client, by curl and over JSON, ended.

The signing key is in SoftHSM: the network process must not have the PKCS#11 module in its maps nor a file of the token open."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import demo_pki  # noqa: E402

count, failed = 0, 0


def ok(good, name, detail=""):
    global count, failed
    count += 1
    failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", count, name), flush=True)
    if not good:
        print("# " + str(detail).replace("\n", "\n# "), flush=True)


def run(*words, env=None):
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=300)


def demo(env, act):
    return run(os.path.join(demo_pki.ROOT, "etc", "demo", "demo"), act, env=env)


def check_openssl(folder, url, cert):
    """S2: OpenSSL's client over POST, with and without a nonce, and its check of an answer that curl got by GET."""
    words = ["openssl", "ocsp", "-issuer", cert.issuer, "-cert", cert.path, "-VAfile", os.path.join(folder, "va.pem")]
    for nonce in ("-nonce", "-no_nonce"):
        done = run(*words, nonce, "-url", url + "/ocsp")
        ok(done.returncode == 0 and "Response verify OK" in done.stderr and ": %s" % cert.ocsp in done.stdout and
           "no nonce" not in done.stderr, "openssl ocsp %s verifies %s" % (nonce, cert.name), done.stdout + done.stderr)
    path = urllib.parse.quote(base64.b64encode(cert.ocsp_request).decode(), safe="")
    answer = os.path.join(folder, "answer.der")
    done = run("curl", "-sf", "-o", answer, "%s/ocsp/%s" % (url, path))
    verified = run(*words, "-no_nonce", "-respin", answer)
    ok(done.returncode == 0 and "Response verify OK" in verified.stderr and ": %s" % cert.ocsp in verified.stdout,
       "curl GET gets %s, and openssl verifies it" % cert.name, done.stderr + verified.stderr)


def validate(url, cert, **more):
    question = dict(more, certificates=[base64.b64encode(cert.der).decode()], want=["path", "evidence", "explanation"])
    request = urllib.request.Request(url + "/v1/validate", json.dumps(question).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read())


def check_verdicts(url, certificates):
    """S3: each certificate's verdict and first finding, under the newer anchor and, through a link certificate, the older."""
    for policy, more in (("default", 0), ("old-anchor", 1)):
        for cert in certificates:
            answer = validate(url, cert, policy=policy)
            result = answer["results"][0]
            codes = [f["code"] for f in result["findings"]]
            ok(answer["snapshot"] >= 1 and result["verdict"] == cert.verdict and (codes + ["-"])[0] == cert.finding,
               "%s is %s (%s) under %s" % (cert.name, cert.verdict, cert.finding, policy), json.dumps(answer, indent=1))
            if cert.name == "valid":
                ok(len(result["path"]) == 4 + more and "valid_until" in result,
                   "the path of valid crosses the bridge: %d certificates under %s" % (4 + more, policy), result)


def processes(pid):
    """{role: pid} of the server's children."""
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
        children = [int(p) for p in f.read().split()]
    found = {}
    for child in children:
        with open("/proc/%d/cmdline" % child, "rb") as f:
            words = f.read().decode().split("\0")
        found.update({w[len("--role="):]: child for w in words if w.startswith("--role=")})
    return found


def open_files(pid):
    folder = "/proc/%d/fd" % pid
    return [os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)]


def check_keys(folder):
    """S4: what the processes hold of the token."""
    with open(os.path.join(folder, "sekishod.pid"), encoding="ascii") as f:
        roles = processes(int(f.read()))
    ok(set(roles) == {"net", "key"}, "the server is a network process and a key process", roles)
    maps = {}
    for role, pid in roles.items():
        with open("/proc/%d/maps" % pid, encoding="utf-8") as f:
            maps[role] = f.read()
    ok("libsofthsm2" in maps["key"], "the key process has the PKCS#11 module")
    ok("softhsm" not in maps["net"] and "pkcs11" not in maps["net"] and "p11" not in maps["net"],
       "the network process has no PKCS#11 in its maps", maps["net"])
    ok(not [f for f in open_files(roles["net"]) if "softhsm" in f or f.endswith(".pin")],
       "the network process has no file of the token open", open_files(roles["net"]))
    found = run("grep", "-rlE", "BEGIN (EC |RSA )?PRIVATE KEY", os.path.join(folder), env=None).stdout.split()
    ok(all("/ee/" in f for f in found), "no private key but the applicants' own is in a file", found)


def main():
    with tempfile.TemporaryDirectory(prefix="sekisho-demo-") as folder:
        port = demo_pki.free_port()
        env = dict(os.environ, DEMO_DIR=folder + "/demo", DEMO_HTTP=str(port), DEMO_LDAP=str(demo_pki.free_port()),
                   SEKISHO_BIN=demo_pki.BIN)
        url = "http://127.0.0.1:%d" % port
        try:
            for turn in ("first", "second"):
                done = demo(env, "start")
                ok(done.returncode == 0 and done.stdout.count("OCSP POST") == 10 and "not expected" not in done.stdout,
                   "the %s demo ends with 0 and prints its table" % turn, done.stdout + done.stderr)
            with open(folder + "/demo/ee/expected.tsv", encoding="utf-8") as f:
                certificates = [demo_pki.Certificate(folder + "/demo", l.rstrip("\n").split("\t")) for l in f]
            for cert in certificates:
                if cert.name in ("valid", "revoked"):
                    check_openssl(folder + "/demo", url, cert)
            check_verdicts(url, certificates)
            check_keys(folder + "/demo")
        finally:
            done = demo(env, "stop")
        ok(done.returncode == 0 and "ended" in done.stdout, "demo-stop ends the server", done.stdout + done.stderr)
        try:
            urllib.request.urlopen(url + "/livez", timeout=5)
            ok(False, "nothing answers after demo-stop")
        except OSError:
            ok(True, "nothing answers after demo-stop")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
