#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-fetch is killed (SIGKILL) at random moments while the server answers under load.

The demonstration PKI, a running sekishod, clients that keep asking over JSON and OCSP, and a CA that issues a new list
before each fetch. No answer may be wrong, none may fail, the generation number never goes back, and after the last kill a
fetch that is left alone publishes.
"""
import base64
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import demo_pki  # noqa: E402

KILLS = 50
SEED = 20261122
CLIENTS = 4


class Load(threading.Thread):
    """One keep-alive client: asks about each certificate in turn and compares the verdict."""

    def __init__(self, pki, stop):
        super().__init__()
        self.pki, self.stop = pki, stop
        self.answers, self.wrong, self.last_snapshot = 0, [], 0

    def run(self):
        client = http.client.HTTPConnection("127.0.0.1", self.pki.port, timeout=20)
        bodies = [(c, json.dumps({"certificates": [base64.b64encode(c.der).decode()]})) for c in self.pki.certificates]
        while not self.stop.is_set():
            for cert, body in bodies:
                try:
                    self.ask_json(client, cert, body)
                    self.ask_ocsp(client, cert)
                except (OSError, http.client.HTTPException, ValueError, KeyError) as why:
                    self.wrong.append("%s: %r" % (cert.name, why))
                    client.close()
                if len(self.wrong) > 20:
                    return
        client.close()

    def ask_json(self, client, cert, body):
        client.request("POST", "/v1/validate", body, {"Content-Type": "application/json"})
        reply = client.getresponse()
        answer = json.loads(reply.read())
        self.answers += 1
        verdict = answer["results"][0]["verdict"]
        if reply.status != 200 or verdict != cert.verdict:
            self.wrong.append("%s: HTTP %d, %s instead of %s" % (cert.name, reply.status, verdict, cert.verdict))
        if answer["snapshot"] < self.last_snapshot:
            self.wrong.append("generation went back from %d to %d" % (self.last_snapshot, answer["snapshot"]))
        self.last_snapshot = answer["snapshot"]

    def ask_ocsp(self, client, cert):
        client.request("POST", "/ocsp", cert.ocsp_request, {"Content-Type": "application/ocsp-request"})
        reply = client.getresponse()
        status = demo_pki.ocsp_status(reply.read())
        self.answers += 1
        if reply.status != 200 or status != cert.ocsp:
            self.wrong.append("%s: OCSP %s instead of %s" % (cert.name, status, cert.ocsp))


def kill_fetches(pki, rng):
    """Starts a fetch KILLS times and kills it at a random moment of its usual duration; how many were still running."""
    start = time.monotonic()
    pki.new_lists()
    pki.fetch()
    usual = time.monotonic() - start
    hit = 0
    for _ in range(KILLS):
        pki.new_lists()
        fetch = subprocess.Popen(pki.fetch_command(), env=pki.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, usual))
        if fetch.poll() is None:
            hit += 1
        fetch.send_signal(signal.SIGKILL)
        fetch.wait()
    return hit


def main():
    rng = random.Random(SEED)
    failures = []
    with tempfile.TemporaryDirectory(prefix="sekisho-kill-") as folder, demo_pki.DemoPki(folder) as pki:
        pki.start_server()
        stop = threading.Event()
        clients = [Load(pki, stop) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        hit = kill_fetches(pki, rng)
        before = pki.snapshot()
        pki.new_lists()
        pki.fetch()
        after = pki.wait_snapshot_above(before)
        stop.set()
        for client in clients:
            client.join()
        answers = sum(c.answers for c in clients)
        wrong = [w for c in clients for w in c.wrong]
        print("## %d kills, %d of a running fetch; %d answers, %d wrong or failed; generation %d" %
              (KILLS, hit, answers, len(wrong), after))
        for text in wrong[:10]:
            print("# " + text)
        checks = [("no answer is wrong and none fails while fetches are killed", not wrong and answers > 100),
                  ("some kills hit a running fetch", hit >= 5),
                  ("a fetch left alone publishes and the server answers from it", after > before),
                  ("the server never restarted a process", pki.server_log().count("restart") == 0)]
        for number, (name, good) in enumerate(checks, 1):
            print("%s %d - %s" % ("ok" if good else "not ok", number, name))
            if not good:
                failures.append(name)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
