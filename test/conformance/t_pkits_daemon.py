#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""NIST PKITS the third way: through sekishod, whose generation sekisho-fetch made of the whole suite.

Every set of inputs that the manifest asks for is a policy of the configuration. Each run sends its target alone to
POST /v1/validate; certificates and CRLs come from the generation. A run passes as in t_pkits.py.
"""
import base64
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pkits_support import ANY_POLICY, DATA, FLAGS, NO_CRL_SIGN, is_there, load_manifest, read, run  # noqa: E402

BIN = os.environ["SEKISHO_BIN"]
PATIENCE_S = 60  # for what must happen at some time; no test measures
# sekisho-fetch refuses what proves nothing, so the daemon misses it where the other ways see it fail (README.md).
OTHER_FAILURES = dict({t: ("undetermined", {"revocation-no-source"}) for t in NO_CRL_SIGN},
                      **{"4.1.2": ("invalid", {"no-path"})})


def policy_name(test):
    """Names the inputs of a test: the last arcs of its policies, then its flags."""
    arcs = [p.rsplit(".", 1)[1] for p in test.get("policies", ANY_POLICY)]
    return "-".join(["p" + "".join(arcs)] + [flag for flag in FLAGS if test.get(flag)]).replace("_", "-")


def config_text(manifest, home, port):
    anchors = {t["anchor"] for t in manifest["tests"]}
    lines = ["[server]", "listen = 127.0.0.1:%d" % port, "workers = 1", "cache = %s/cache" % home]
    for name, test in sorted({policy_name(t): t for t in manifest["tests"]}.items()):
        lines += ["[policy %s]" % name, "allow-sha1 = yes", "allow-dsa = yes", "min-dsa-bits = 1024"]
        for anchor in sorted(anchors):
            digest = hashlib.sha256(base64.b64decode(read("certs", anchor))).hexdigest()
            lines.append("anchor = %s/certs/%s sha256:%s" % (DATA, anchor, digest))
        lines += ["policy-oid = " + p for p in test.get("policies", ANY_POLICY)]
        lines += ["%s = yes" % flag.replace("_", "-") for flag in FLAGS if test.get(flag)]
    lines += ["[ca pkits]", "cross = file:%s/certs/" % DATA]
    for name in sorted(os.listdir(DATA + "/crls")):
        lines.append("crls = file:%s/crls/%s" % (DATA, name))
    return "\n".join(lines) + "\n"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daemon:
    def __init__(self, home, port):
        self.client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.log = open(home + "/log", "wb")
        self.process = subprocess.Popen([BIN + "/sekishod", "-c", home + "/sekisho.conf"], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def is_ready(self):
        """Waits until it answers from a generation. /readyz would say no: some lists of the suite have ended."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.client.request("GET", "/v1/snapshot")
                answer = self.client.getresponse()
                answer.read()
                if answer.status == 200:
                    return True
            except (OSError, http.client.HTTPException):
                self.client.close()
            time.sleep(0.05)
        return False

    def ask(self, test, when):
        body = {"policy": policy_name(test), "certificates": [read("certs", test["path"][-1])], "time": when}
        self.client.request("POST", "/v1/validate", json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(self.client.getresponse().read())
        return answer["results"][0] if "results" in answer else answer

    def end(self):
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "killed"
        finally:
            self.log.close()


def fetch(home, manifest):
    """Publishes the suite, which is broken in places: some files are refused or told of, and the exit status says so."""
    done = subprocess.run([BIN + "/sekisho-fetch", "-c", home + "/sekisho.conf"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    told = [words for words in (line.split(": ") for line in done.stderr.splitlines()) if words[2] != "stale"]
    for words in told:
        print("# told of: %s: %s" % (os.path.basename(words[2]), words[3]))
    if done.returncode not in (1, 2) or not os.path.exists(home + "/cache/current"):
        return False
    print("## PKITS, through the daemon: %d of %d files were refused or told of on the way in" %
          (len(told), sum(len(os.listdir(DATA + folder)) for folder in ("/certs", "/crls"))))
    return True


def main():
    if not is_there():
        return 1
    manifest = load_manifest()
    home = tempfile.mkdtemp(prefix="t_pkits_daemon.")
    port = free_port()
    with open(home + "/sekisho.conf", "w", encoding="utf-8") as f:
        f.write(config_text(manifest, home, port))
    print("%s 1 - sekisho-fetch publishes the suite" % ("ok" if fetch(home, manifest) else "not ok"))
    daemon = Daemon(home, port)
    try:
        if not daemon.is_ready():
            with open(home + "/log", encoding="utf-8", errors="replace") as f:
                print("not ok 2 - the daemon answers from it\n# " + f.read().replace("\n", "\n# "))
            return 1
        print("ok 2 - the daemon answers from it")
        number = run(manifest, "through the daemon", lambda t: daemon.ask(t, manifest["time"]), 2, OTHER_FAILURES) + 1
    finally:
        status = daemon.end()
        shutil.rmtree(home)
    print("%s %d - the daemon ends with exit 0" % ("not ok" if status else "ok", number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
