#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon says what sekisho-verify says of the same certificates and lists (rule X-01).

Each case is a PKI of its own: a root, a CA below it, an end entity, and lists as they may lie at an address. All are put
into one configuration, sekisho-fetch publishes what it takes, and POST /v1/validate is asked about each end entity;
sekisho-verify --batch gets the same objects. Verdict and first finding must be those foreseen, in both ways. Last come
questions of plain cases that are written as clients write them: both take and refuse the same.
"""
import base64
import datetime
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fetch_support import BIN, UNKNOWN_CRITICAL, Ca, Tap, delta_of, fetch, fingerprint, issuing_point  # noqa: E402
from ports import free_port  # noqa: E402

PATIENCE_S = 60  # for what must happen at some time; no test measures
EE, SUB = 77, 78  # serials
HOUR, DAY = 3600, 86400
FOR_USERS, FOR_CAS, FOR_ATTRIBUTES = [issuing_point(1)], [issuing_point(2)], [issuing_point(5)]
BROKEN = b"\x30\x01\x00"
GOOD = ("valid", None)
REFUSED = ("error", None)
NONE, STALE, UNUSABLE = [("undetermined", "revocation-" + why) for why in ("no-source", "stale", "unusable")]
REVOKED = ("revoked", "revoked")

tap = Tap()
home = tempfile.mkdtemp(prefix="sekisho-t-same-")
cases = []


class Case:
    """lists(root, sub): DER of each list at hand; days: when the certificate is judged, from now on."""

    def __init__(self, name, wanted, lists, days=0, root_list=True, may_root_sign_lists=True):
        self.name, self.wanted = name, wanted
        self.id = "c%d" % len(cases)
        self.root = Ca("Root " + self.id, may_sign_lists=may_root_sign_lists)
        self.sub = Ca("CA " + self.id, self.root)
        self.sub.der = self.root.certify(self.sub, SUB)
        self.ee = self.sub.certify(Ca("EE " + self.id, self.sub), EE, is_ca=False)
        self.lists = ([self.root.crl(1)] if root_list else []) + lists(self.root, self.sub)
        when = datetime.datetime.utcnow() + datetime.timedelta(days=days)
        self.time = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        cases.append(self)

    def write(self):
        """Its files, and its part of the configuration."""
        folder = os.path.join(home, self.id)
        os.mkdir(folder)
        objects = {"root.cer": self.root.der, "ca.cer": self.sub.der}
        objects.update({"%d.crl" % i: der for i, der in enumerate(self.lists)})
        for name, der in objects.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(der)
        lines = ["[policy %s]" % self.id, "anchor = %s/root.cer sha256:%s" % (folder, fingerprint(self.root.der)),
                 "[ca %s]" % self.id, "cross = file:%s/root.cer" % folder, "cross = file:%s/ca.cer" % folder]
        return lines + ["crls = file:%s/%d.crl" % (folder, i) for i in range(len(self.lists))]

    def offline(self):
        return {"target": text(self.ee), "anchors": [text(self.root.der)], "certs": [text(self.sub.der)],
                "crls": [text(der) for der in self.lists], "time": self.time}

    def ask(self):
        return {"policy": self.id, "certificates": [text(self.ee)], "time": self.time}


class Spelled(Case):
    """A plain list. spell(der, label): a text for it; spell_time(usual text): what stands as time."""

    def __init__(self, name, wanted, spell=lambda der, _: text(der), spell_time=lambda usual: usual, more=()):
        super().__init__(name, wanted, lambda r, s: [s.crl(5)])
        self.spell, self.time, self.more = spell, spell_time(self.time), dict(more)

    def offline(self):
        cert = lambda der: self.spell(der, "CERTIFICATE")  # noqa: E731
        return {"target": cert(self.ee), "anchors": [cert(self.root.der)], "certs": [cert(self.sub.der)],
                "crls": [self.spell(der, "X509 CRL") for der in self.lists], "time": self.time, **self.more}

    def ask(self):
        return {"policy": self.id, "certificates": [self.spell(self.ee, "CERTIFICATE")],
                "intermediates": [self.spell(self.sub.der, "CERTIFICATE")], "time": self.time, **self.more}


def text(der):
    return base64.b64encode(der).decode()


def lines_of(der, _):
    return base64.encodebytes(der).decode()


def pem(der, label):
    return "-----BEGIN %s-----\n%s-----END %s-----\n" % (label, base64.encodebytes(der).decode(), label)


def foresee():
    Case("a plain list", GOOD, lambda r, s: [s.crl(5)])
    Case("a plain list with the certificate", REVOKED, lambda r, s: [s.crl(5, [EE])])
    mixed = lambda r, s: [s.crl(5, extensions=FOR_USERS), s.crl(5, extensions=FOR_CAS)]  # noqa: E731
    Case("lists for CAs and for end entities in one place", GOOD,
         lambda r, s: mixed(r, s) + [r.crl(2, extensions=FOR_CAS)], root_list=False)
    Case("the same, the CA is listed", ("invalid", "issuer-revoked"),
         lambda r, s: mixed(r, s) + [r.crl(2, [SUB], extensions=FOR_CAS)], root_list=False)
    Case("a list for CAs says nothing of end entities", NONE, lambda r, s: [s.crl(5, extensions=FOR_CAS)])
    Case("a list for attribute certificates says nothing", NONE, lambda r, s: [s.crl(5, extensions=FOR_ATTRIBUTES)])
    Case("a delta past its end lists", REVOKED,
         lambda r, s: [s.crl(5), s.crl(6, [EE], life=HOUR // 2, extensions=[delta_of(5)])])
    Case("a current delta lists", REVOKED, lambda r, s: [s.crl(5), s.crl(6, [EE], extensions=[delta_of(5)])])
    Case("the newest list has ended", STALE, lambda r, s: [s.crl(5, age=2 * HOUR), s.crl(6, life=HOUR // 2)])
    Case("the only list has ended, and lists", STALE, lambda r, s: [s.crl(6, [EE], life=HOUR // 2)])
    Case("the newest list never ends", UNUSABLE, lambda r, s: [s.crl(5, age=2 * HOUR), s.crl(6, life=None)])
    Case("the newest list cannot be read through", UNUSABLE,
         lambda r, s: [s.crl(5, age=2 * HOUR), s.crl(6, more=BROKEN)])
    Case("the newest list has an unknown critical extension", UNUSABLE,
         lambda r, s: [s.crl(5, age=2 * HOUR), s.crl(6, extensions=[UNKNOWN_CRITICAL])])
    Case("a list of tomorrow lists", GOOD, lambda r, s: [s.crl(5), s.crl(6, [EE], age=-DAY)])
    Case("the same, judged for the day after", REVOKED, lambda r, s: [s.crl(5), s.crl(6, [EE], age=-DAY)], days=2)
    Case("two lists of one number contradict each other", REVOKED, lambda r, s: [s.crl(5), s.crl(5, [EE])])
    Case("a newer list has lifted what an older one lists", GOOD,
         lambda r, s: [s.crl(5, [EE], age=2 * HOUR), s.crl(6)])
    Case("a forged list lists", GOOD, lambda r, s: [s.crl(5), s.crl(6, [EE], signer=r)])
    Case("a weakly signed list lists", GOOD, lambda r, s: [s.crl(5), s.crl(6, [EE], weak=True)])
    Case("the only list is signed weakly", UNUSABLE, lambda r, s: [s.crl(6, [EE], weak=True)])
    Case("an anchor without cRLSign signs a list", ("invalid", "issuer-revoked"),
         lambda r, s: [s.crl(5), r.crl(1, [SUB])], root_list=False, may_root_sign_lists=False)
    Spelled("base64 in lines", GOOD, lines_of)
    Spelled("PEM", GOOD, pem)
    Spelled("PEM with CRLF", GOOD, lambda der, label: pem(der, label).replace("\n", "\r\n"))
    Spelled("PEM twice in one", REFUSED, lambda der, label: 2 * pem(der, label))
    Spelled("PEM behind other text", REFUSED, lambda der, label: "x\n" + pem(der, label))
    Spelled("PEM of another label", REFUSED, lambda der, label: pem(der, "TRUSTED " + label))
    Spelled("base64 for URLs", REFUSED, lambda der, _: base64.urlsafe_b64encode(der).decode().rstrip("="))
    Spelled("a time with milliseconds", GOOD, spell_time=lambda usual: usual[:-1] + ".000Z")
    Spelled("a time of another zone", GOOD, spell_time=lambda usual: usual[:-1] + ".5+00:00")
    Spelled("no time", GOOD, spell_time=lambda _: None)
    Spelled("a leap second where none can be", REFUSED, spell_time=lambda _: "2026-01-15T23:59:60Z")
    Spelled("a time that is a number", REFUSED, spell_time=lambda _: 1302825600)


def write_config(port):
    lines = ["[server]", "listen = 127.0.0.1:%d" % port, "workers = 1", "cache = %s/cache" % home]
    for case in cases:
        lines += case.write()
    with open(home + "/sekisho.conf", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def outcome(answer):
    findings = answer.get("findings") or [{}]
    return answer.get("verdict", "error"), findings[0].get("code")


def offline():
    policy = ["-c", home + "/sekisho.conf", "-p", cases[0].id]  # all are the same but for their anchors
    done = subprocess.run([BIN + "/sekisho-verify", "--batch", *policy], capture_output=True, text=True, timeout=PATIENCE_S,
                          input="".join(json.dumps(case.offline()) + "\n" for case in cases), check=False)
    return [outcome(json.loads(line)) for line in done.stdout.splitlines()]


def get(client, method, path, body=None):
    client.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    answer = client.getresponse()
    return answer.status, answer.read()


def is_ready(client, process):
    """Waits until it answers from a generation. /readyz would say no: lists of some cases have ended."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if get(client, "GET", "/v1/snapshot")[0] == 200:
                return True
        except (OSError, http.client.HTTPException):
            client.close()
        time.sleep(0.05)
    return False


def online(port):
    """What the daemon says of each case; None when it does not answer."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with open(home + "/log", "wb") as log:
        process = subprocess.Popen([BIN + "/sekishod", "-c", home + "/sekisho.conf"], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log)
    try:
        if not is_ready(client, process):
            return None
        answers = [json.loads(get(client, "POST", "/v1/validate", json.dumps(case.ask()))[1]) for case in cases]
        return [outcome(answer["results"][0] if "results" in answer else answer) for answer in answers]
    finally:
        client.close()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()


def main():
    port = free_port()
    foresee()
    write_config(port)
    status, _, err = fetch(home + "/sekisho.conf")
    tap.ok(status == 2 and os.path.exists(home + "/cache/current"), "sekisho-fetch publishes the cases", (status, err))
    there = online(port)
    tap.ok(there is not None, "the daemon answers from it", open(home + "/log", encoding="utf-8", errors="replace").read())
    here = offline()
    tap.ok(len(here) == len(cases), "sekisho-verify answers", here)
    for case, one, other in zip(cases, here, there or [None] * len(cases)):
        told = "\n".join(line for line in err.splitlines() if "/%s/" % case.id in line)
        tap.ok(one == case.wanted, "offline: %s: %s" % (case.name, case.wanted[0]), (one, case.wanted))
        tap.ok(other == one, "the daemon: %s: the same" % case.name, "%s, offline %s\n%s" % (other, one, told))
    tap.done()


try:
    main()
finally:
    shutil.rmtree(home)
