# SPDX-License-Identifier: Apache-2.0
"""What the ways of running PKITS share: the suite's files, what counts as a right answer, the score by section."""
import base64
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data"
FLAGS = ("require_explicit_policy", "inhibit_policy_mapping", "inhibit_any_policy")
ANY_POLICY = ["2.5.29.32.0"]

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
NO_CRL_SIGN = ("4.7.4", "4.7.5")
OTHER_FAILURES = {t: ("undetermined", {"revocation-unusable"}) for t in NO_CRL_SIGN}
# Runs that come out otherwise than the manifest says, with the reason (test/conformance/README.md).
DEVIATIONS = {
    "4.14.30": ("undetermined", "a CRL that covers its own signer's certificate proves nothing (rule C-24)"),
}


def is_there():
    """Says so in TAP when the suite is missing."""
    if not os.path.isdir(DATA):
        print("not ok 1 - PKITS data: the Debian package python3-cryptography-vectors is not installed")
    return os.path.isdir(DATA)


def load_manifest():
    with open(os.path.join(HERE, "manifest.json"), encoding="utf-8") as f:
        return json.load(f)


def read(folder, name):
    with open(os.path.join(DATA, folder, name), "rb") as f:
        return base64.b64encode(f.read()).decode()


def complaint(test, answer, others):
    """None when the answer is right, else what is wrong with it. others: {id: (verdict, codes)} where a way differs."""
    if "error" in answer:
        return "error: %s" % answer["error"]
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
    kind, codes = others.get(test["id"], FAILURES[test["failure"]])
    if verdict == "valid" or (kind and verdict != kind) or finding["code"] not in codes:
        return "%s, expected failure %s" % (said, test["failure"])
    return None


def run(manifest, title, ask, number, others):
    """Puts every test to ask(test), prints TAP from number on and the score; the last number."""
    score = {s: [0, 0] for s in manifest["sections"]}
    misses = []
    for test in manifest["tests"]:
        wrong = complaint(test, ask(test), others)
        section = ".".join(test["id"].split(".")[:2])
        number += 1
        print("%s %d - PKITS %s %s: %s" % ("not ok" if wrong else "ok", number, title, test["id"], test["name"]))
        if wrong:
            misses.append("%s %s: %s" % (test["id"], test["name"], wrong))
        if test["id"] not in DEVIATIONS:
            score[section][0] += not wrong
            score[section][1] += 1
    print("## PKITS, %s" % title)
    for section, (good, total) in score.items():
        print("##   %-5s %3d/%-3d  %s" % (section, good, total, manifest["sections"][section]))
    print("##   all   %3d/%-3d" % (sum(g for g, _ in score.values()), sum(t for _, t in score.values())))
    for test_id, (verdict, why) in DEVIATIONS.items():
        print("##   apart: %s is %s: %s" % (test_id, verdict, why))
    for miss in misses:
        print("##   MISS " + miss)
    return number
