#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""NIST PKITS through sekisho-verify --batch: every run of manifest.json.

First with the certificates and CRLs that PKITS lists for each test, then with all certificates and CRLs of the suite
in one pool, so that the path must be found. A run passes when the verdict is as expected, and for valid ones the
user-constrained policy set too. What must not validate must be `invalid`, `revoked` or `undetermined`, and of the kind
that fits the reason PKITS gives.
"""
import base64
import collections
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data"

# What a failure class of the manifest may come out as: (verdict, finding codes of the first finding).
FAILURES = {
    "signature": ("invalid", {"signature"}),
    "not_yet_valid": ("invalid", {"not-yet-valid"}),
    "expired": ("invalid", {"expired"}),
    "name_chaining": ("invalid", {"no-path", "name-chaining"}),
    "basic_constraints_missing": ("invalid", {"not-ca"}),
    "basic_constraints_not_ca": ("invalid", {"not-ca"}),
    "path_length": ("invalid", {"path-length"}),
    "key_usage": ("invalid", {"key-usage"}),
    "policy": ("invalid", {"policy"}),
    "name_constraints": ("invalid", {"name-constraints"}),
    "revoked": (None, {"revoked", "issuer-revoked"}),
    "on_hold": ("revoked", {"on-hold"}),
    "revocation_status_undetermined": (
        "undetermined", {"revocation-no-source", "revocation-stale", "revocation-unusable"}),
    "revocation_status_unavailable": (
        "undetermined", {"revocation-no-source", "revocation-stale", "revocation-unusable"}),
    "unknown_critical_extension": ("invalid", {"unknown-critical-extension"}),
}
# cRLSign is missing: the certificates are in order, but the CRL cannot be relied upon.
OTHER_FAILURES = {t: ("undetermined", {"revocation-unusable"}) for t in ("4.7.4", "4.7.5")}
# Runs that come out otherwise than the manifest says, with the reason (test/conformance/README.md).
DEVIATIONS = {
    "4.14.30": ("undetermined", "a CRL that covers its own signer's certificate proves nothing (rule C-24)"),
}


def read(folder, name):
    with open(os.path.join(DATA, folder, name), "rb") as f:
        return base64.b64encode(f.read()).decode()


def line(test, time, certs, crls):
    request = {"id": test["id"], "target": read("certs", test["path"][-1]), "anchors": [read("certs", test["anchor"])],
               "certs": certs, "crls": crls, "time": time, "revocation": "required",
               "initial_policies": test.get("policies", ["2.5.29.32.0"])}
    for flag in ("require_explicit_policy", "inhibit_policy_mapping", "inhibit_any_policy"):
        if test.get(flag):
            request[flag] = True
    return json.dumps(request)


def complaint(test, answer):
    """None when the answer is right, else what is wrong with it."""
    if "error" in answer:
        return "error: " + answer["error"]
    verdict = answer["verdict"]
    finding = answer["findings"][0] if answer["findings"] else {"code": "-", "text": ""}
    said = "%s/%s (%s)" % (verdict, finding["code"], finding["text"])
    if test["id"] in DEVIATIONS:
        return None if verdict == DEVIATIONS[test["id"]][0] else said
    if test["valid"]:
        if verdict != "valid":
            return said
        if sorted(answer["policies"]) != sorted(test["expected_policies"]):
            return "policies %s, expected %s" % (answer["policies"], test["expected_policies"])
        return None
    kind, codes = OTHER_FAILURES.get(test["id"], FAILURES[test["failure"]])
    if verdict == "valid" or (kind and verdict != kind) or finding["code"] not in codes:
        return "%s, expected failure %s" % (said, test["failure"])
    return None


def run(manifest, make_line, title, number):
    tests = manifest["tests"]
    process = subprocess.Popen([os.environ["SEKISHO_BIN"] + "/sekisho-verify", "--batch"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    score = collections.OrderedDict((s, [0, 0]) for s in manifest["sections"])
    misses = []
    for test in tests:
        process.stdin.write(make_line(test) + "\n")
        process.stdin.flush()
        wrong = complaint(test, json.loads(process.stdout.readline()))
        section = ".".join(test["id"].split(".")[:2])
        number += 1
        print("%s %d - PKITS %s %s: %s" % ("not ok" if wrong else "ok", number, title, test["id"], test["name"]))
        if wrong:
            misses.append("%s %s: %s" % (test["id"], test["name"], wrong))
        if test["id"] not in DEVIATIONS:
            score[section][0] += not wrong
            score[section][1] += 1
    process.stdin.close()
    number += 1
    print("%s %d - PKITS %s: the run ends with exit 0" % ("not ok" if process.wait() else "ok", number, title))
    print("## PKITS, %s" % title)
    for section, (good, total) in score.items():
        print("##   %-5s %3d/%-3d  %s" % (section, good, total, manifest["sections"][section]))
    print("##   all   %3d/%-3d" % (sum(g for g, _ in score.values()), sum(t for _, t in score.values())))
    for number_, (verdict, why) in DEVIATIONS.items():
        print("##   apart: %s is %s: %s" % (number_, verdict, why))
    for miss in misses:
        print("##   MISS " + miss)
    return number


def main():
    if not os.path.isdir(DATA):
        print("not ok 1 - PKITS data: the Debian package python3-cryptography-vectors is not installed")
        return 1
    with open(os.path.join(HERE, "manifest.json"), encoding="utf-8") as f:
        manifest = json.load(f)
    time = manifest["time"]
    done = run(manifest, lambda t: line(t, time, [read("certs", c) for c in t["path"][:-1]],
                                        [read("crls", c) for c in t["crls"]]), "given path", 0)
    certs = [read("certs", c) for c in sorted(os.listdir(DATA + "/certs"))]
    crls = [read("crls", c) for c in sorted(os.listdir(DATA + "/crls"))]
    run(manifest, lambda t: line(t, time, certs, crls), "search in the whole suite", done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
