#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The cases of t_suites.py through sekishod: sekisho-fetch publishes the certificates and lists of all cases as one
generation, and POST /v1/validate is asked about each target alone. Cases that ask for the same share a policy, which
trusts the anchors of all of them.

What sekisho-fetch keeps out because it proves nothing is not there when the daemon judges; such cases tell the answer
they have then (daemon=). Names asked for are no part of a policy: those cases are asked of sekisho-verify alone.
"""
import base64
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import suites_certs  # noqa: E402,F401
import suites_crls  # noqa: E402,F401
import suites_names  # noqa: E402,F401
import suites_paths  # noqa: E402,F401
from suites_support import NOW, build_all, complaint  # noqa: E402
from t_pkits_daemon import BIN, Daemon, free_port  # noqa: E402

FLAGS = ("require_explicit_policy", "inhibit_policy_mapping", "inhibit_any_policy", "honour_anchor_constraints",
         "nested_extended_key_usage")
MAX_ANCHORS, MAX_LISTS = 64, 256  # of a policy, of a CA


def policy_lines(c):
    """What a case asks for, in the words of the configuration."""
    ask = dict(c.ask)
    lines = ["revocation = " + ask.pop("revocation", "required" if c.crls else "off")]
    lines += ["policy-oid = " + p for p in ask.pop("initial_policies", [])]
    lines += ["%s = yes" % flag.replace("_", "-") for flag in FLAGS if ask.pop(flag, False)]
    assert not ask, "%s asks for what no policy can say: %s" % (c.name, ask)
    return lines


def publish_files(cases, home):
    """Writes all objects below home; for each anchor its line of the configuration."""
    anchors = {}
    for folder in ("certs", "crls", "anchors"):
        os.mkdir(os.path.join(home, folder))
    for c in cases:
        for folder, ders in (("certs", [n.der for n in c.certs]), ("crls", c.crls), ("anchors", [a.der for a in c.anchors])):
            for der in ders:
                digest = hashlib.sha256(der).hexdigest()
                path = "%s/%s/%s" % (home, folder, digest)
                with open(path, "wb") as f:
                    f.write(der)
                if folder == "anchors":
                    anchors[der] = "anchor = %s sha256:%s" % (path, digest)
    return anchors


def share_out(cases):
    """Cases that ask for the same, as many at a time as a policy may have anchors: [(what is asked, cases)]."""
    groups, open_group = [], {}
    for c in cases:
        asked = tuple(policy_lines(c))
        if asked not in open_group or sum(len(o.anchors) for o in open_group[asked]) + len(c.anchors) > MAX_ANCHORS:
            open_group[asked] = []
            groups.append((asked, open_group[asked]))
        open_group[asked].append(c)
    return groups


def write_config(cases, home, port):
    """The name of each case's policy."""
    anchors, groups = publish_files(cases, home), share_out(cases)
    lines = ["[server]", "listen = 127.0.0.1:%d" % port, "workers = 1", "cache = %s/cache" % home]
    for number, (asked, some) in enumerate(groups):
        lines += ["[policy p%d]" % number, *asked, *sorted({anchors[a.der] for c in some for a in c.anchors})]
    lines += ["[ca certificates]", "cross = file:%s/certs/" % home]
    for number, name in enumerate(sorted(os.listdir(home + "/crls"))):
        lines += ["[ca lists-%d]" % number] * (number % MAX_LISTS == 0) + ["crls = file:%s/crls/%s" % (home, name)]
    with open(home + "/sekisho.conf", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    return {c.name: "p%d" % number for number, (_, some) in enumerate(groups) for c in some}


def ask(daemon, c, policy):
    body = {"policy": policy, "certificates": [base64.b64encode(c.asked.der).decode()], "want": ["path"],
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW))}
    daemon.client.request("POST", "/v1/validate", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(daemon.client.getresponse().read())
    return answer["results"][0] if "results" in answer else answer


def ask_all(daemon, cases, policies):
    misses = 0
    for number, c in enumerate(cases, 3):
        verdict, code = c.daemon or (c.verdict, c.code)
        wrong = complaint(ask(daemon, c, policies[c.name]), verdict, code, c.path if verdict == c.verdict else None)
        misses += wrong is not None
        print("%s %d - suites through the daemon: %s: %s%s" % ("not ok" if wrong else "ok", number, c.suite, c.name,
                                                               ": " + wrong if wrong else ""))
    print("## other published suites, through the daemon: %d of %d cases" % (len(cases) - misses, len(cases)))
    return len(cases) + 3


def main():
    cases = [c for c in build_all() if c.daemon != "skip"]
    home = tempfile.mkdtemp(prefix="t_suites_daemon.")
    port = free_port()
    policies = write_config(cases, home, port)
    done = subprocess.run([BIN + "/sekisho-fetch", "-c", home + "/sekisho.conf"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    is_there = os.path.exists(home + "/cache/current")
    print("%s 1 - sekisho-fetch publishes what the cases are made of" % ("ok" if is_there else "not ok"))
    if not is_there:
        print("# exit %d\n# %s" % (done.returncode, done.stderr[-4000:].replace("\n", "\n# ")))
    daemon = Daemon(home, port)
    number = 3
    try:
        if not daemon.is_ready():
            with open(home + "/log", encoding="utf-8", errors="replace") as f:
                print("not ok 2 - the daemon answers from it\n# " + f.read()[-4000:].replace("\n", "\n# "))
            return 1
        print("ok 2 - the daemon answers from it")
        number = ask_all(daemon, cases, policies)
    finally:
        status = daemon.end()
        shutil.rmtree(home)
    print("%s %d - the daemon ends with exit 0" % ("not ok" if status else "ok", number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
