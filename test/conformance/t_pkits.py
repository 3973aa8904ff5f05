#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""NIST PKITS through sekisho-verify --batch: every run of manifest.json.

First with the certificates and CRLs that PKITS lists for each test, then with all certificates and CRLs of the suite
in one pool, so that the path must be found. A run passes when the verdict is as expected, and for valid ones the
user-constrained policy set too. What must not validate must be `invalid`, `revoked` or `undetermined`, and of the kind
that fits the reason PKITS gives.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pkits_support import ANY_POLICY, DATA, FLAGS, OTHER_FAILURES, is_there, load_manifest, read, run  # noqa: E402


def line(test, time, certs, crls):
    request = {"id": test["id"], "target": read("certs", test["path"][-1]), "anchors": [read("certs", test["anchor"])],
               "certs": certs, "crls": crls, "time": time, "revocation": "required",
               "initial_policies": test.get("policies", ANY_POLICY)}
    request.update({flag: True for flag in FLAGS if test.get(flag)})
    return json.dumps(request)


def run_batch(manifest, make_line, title, number):
    process = subprocess.Popen([os.environ["SEKISHO_BIN"] + "/sekisho-verify", "--batch"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)

    def ask(test):
        process.stdin.write(make_line(test) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    number = run(manifest, title, ask, number, OTHER_FAILURES) + 1
    process.stdin.close()
    print("%s %d - PKITS %s: the run ends with exit 0" % ("not ok" if process.wait() else "ok", number, title))
    return number


def main():
    if not is_there():
        return 1
    manifest = load_manifest()
    time = manifest["time"]
    done = run_batch(manifest, lambda t: line(t, time, [read("certs", c) for c in t["path"][:-1]],
                                              [read("crls", c) for c in t["crls"]]), "given path", 0)
    certs = [read("certs", c) for c in sorted(os.listdir(DATA + "/certs"))]
    crls = [read("crls", c) for c in sorted(os.listdir(DATA + "/crls"))]
    run_batch(manifest, lambda t: line(t, time, certs, crls), "search in the whole suite", done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
