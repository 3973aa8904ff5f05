#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Cases after published suites and advisories (README.md, "Other published suites"), through sekisho-verify --batch.

Each case is asked twice, with certificates and lists in both orders: verdict, first finding and, where the case tells
it, the path must be right and the same.
"""
import base64
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import suites_certs  # noqa: E402,F401
import suites_crls  # noqa: E402,F401
import suites_names  # noqa: E402,F401
import suites_paths  # noqa: E402,F401
from suites_support import NOW, build_all, complaint  # noqa: E402


def text(der):
    return base64.b64encode(der).decode()


def line(c, is_turned):
    step = -1 if is_turned else 1
    request = {"id": c.name, "target": text(c.asked.der), "anchors": [text(a.der) for a in c.anchors][::step],
               "certs": [text(n.der) for n in c.certs][::step],
               "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW))}
    if c.crls:
        request["crls"] = [text(crl) for crl in c.crls][::step]
    request.update(c.ask)
    return json.dumps(request)


def main():
    cases = build_all()
    process = subprocess.Popen([os.environ["SEKISHO_BIN"] + "/sekisho-verify", "--batch"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    misses = 0
    for number, c in enumerate(cases, 1):
        wrong = []
        for is_turned in (False, True):
            process.stdin.write(line(c, is_turned) + "\n")
            process.stdin.flush()
            said = complaint(json.loads(process.stdout.readline()), c.verdict, c.code, c.path)
            wrong += [said] if said else []
        misses += bool(wrong)
        print("%s %d - suites: %s: %s%s" % ("not ok" if wrong else "ok", number, c.suite, c.name,
                                            ": " + "; ".join(wrong) if wrong else ""))
    process.stdin.close()
    print("%s %d - suites: the run ends with exit 0" % ("not ok" if process.wait() else "ok", len(cases) + 1))
    print("## other published suites, by sekisho-verify: %d of %d cases" % (len(cases) - misses, len(cases)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
