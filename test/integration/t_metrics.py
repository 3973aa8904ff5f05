#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""/metrics and /readyz of a running daemon: Prometheus' own checker takes the page, the figures are what the client did, a stale
list and a dead signer are told by both, and taken back."""
import json
import os
import re
import signal
import subprocess
import threading

from front_support import (PATIENCE_S, Daemon, finish, free_port, get, make_ca, make_cert, make_crl, make_pki, ok, openssl, path,
                           pki_config, publish, read, read_answer, until, write)

port = free_port()
CONFIG = "[server]\nlisten = 127.0.0.1:%d\nworkers = 3\ncache = cache\n%%s" % port


def write_config(rest="", grace=""):
    write("s.conf", CONFIG % pki_config() + grace + rest)


def promtool(text, expect):
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False,
                          timeout=PATIENCE_S)
    said = (done.stdout + done.stderr).decode()
    ok((done.returncode == 0 and not said) == expect, "promtool %s" % ("accepts the page" if expect else "can refuse one"), said)


def post(target, kind, body):
    return ("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (target, kind, len(body))).encode() + body


def ocsp(serial=5, nonce=True):
    name = "req%d%s.der" % (serial, nonce)
    if not os.path.exists(path(name)):
        openssl("ocsp", "-issuer", "root.pem", "-serial", str(serial), "-nonce" if nonce else "-no_nonce", "-reqout", name)
    return post("/ocsp", "application/ocsp-request", read(name, "rb"))


def verdicts(protocol, policy, verdict):
    return 'sekisho_verdicts_total{protocol="%s",policy="%s",verdict="%s"}' % (protocol, policy, verdict)


def validate(names, **more):
    der = [openssl("x509", "-in", n + ".pem").stdout.decode() for n in names]
    return post("/v1/validate", "application/json", json.dumps({"certificates": der, **more}).encode())


def ready(daemon):
    status, _, body = daemon.ask(get("/readyz"))
    return status, body.decode()


def test_page(daemon):
    daemon.ask(ocsp())
    daemon.ask(validate(["citizen"]))
    text = daemon.scrape()
    promtool(text, True)
    promtool(text.replace("# TYPE sekisho_workers gauge", "# TYPE sekisho_workers counter"), False)
    ok(daemon.ask(get("/metrics"))[0] == 200, "it is there for whoever asks from the machine itself")
    with daemon.connect() as s:
        s.sendall(post("/metrics", "text/plain", b"x"))
        ok(read_answer(s)[0] == 405, "it takes no POST")


def test_exact(daemon):
    """Several connections, so all workers count; the sums are exact."""
    plan = [(ocsp(5), 7), (ocsp(5, False), 5), (ocsp(9), 3), (post("/ocsp", "application/ocsp-request", b"junk"), 4),
            (validate(["citizen"]), 6), (validate(["citizen", "revoked"]), 2), (validate(["stranger"]), 3),
            (get("/livez"), 8), (get("/v1/snapshot"), 2), (get("/pki/root/crl.crl"), 5), (get("/pki/root/none"), 1),
            (get("/nothing"), 3), (get("/v1/validate"), 2), (b"BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n", 1)]
    openssl("ocsp", "-issuer", "root.pem", "-serial", "7", "-no_nonce", "-reqout", "revoked.der")
    plan.append((post("/ocsp", "application/ocsp-request", read("revoked.der", "rb")), 2))
    before = daemon.figures()
    for octets, times in plan:
        for _ in range(times):
            if daemon.ask(octets) is None:
                raise SystemExit("no answer to %r" % octets[:60])
    for _ in range(2):
        daemon.raw(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")
    until(lambda: daemon.figures()["sekisho_connections_open"] == 1)
    after = daemon.figures()

    def grew(name):
        return after.get(name, 0) - before.get(name, 0)

    for labels, by in (('protocol="ocsp",method="POST",status="200"', 21), ('protocol="validate",method="POST",status="200"', 11),
                       ('protocol="validate",method="GET",status="405"', 2), ('protocol="snapshot",method="GET",status="200"', 2),
                       ('protocol="repository",method="GET",status="200"', 5),
                       ('protocol="repository",method="GET",status="404"', 1), ('protocol="other",method="GET",status="404"', 3),
                       ('protocol="other",method="other",status="400"', 2)):
        name = "sekisho_http_requests_total{%s}" % labels
        ok(grew(name) == by, "counted exactly: %s" % labels, (grew(name), by))
    for protocol, verdict, by in (("ocsp", "good", 15), ("ocsp", "revoked", 2), ("ocsp", "malformedRequest", 4), ("ocsp", "tryLater", 0),
                                  ("validate", "valid", 6), ("validate", "mixed", 2), ("validate", "invalid", 3)):
        name = verdicts(protocol, "default", verdict)
        ok(grew(name) == by, "and by verdict: %s" % name, (grew(name), by))
    name = 'sekisho_http_request_duration_seconds_%s{protocol="%s"}'
    ok(grew(name % ("count", "ocsp")) == 21 and grew(name % ("count", "validate")) == 13, "the histograms hold each of them")
    inf = 'sekisho_http_request_duration_seconds_bucket{protocol="ocsp",le="+Inf"}'
    ok(grew(inf) == 21 and grew(name % ("sum", "ocsp")) > 0, "their last bucket and their sum too")
    ok(grew("sekisho_http_requests_refused_total") == 2, "what the reader refuses is counted")
    with daemon.connect() as a, daemon.connect() as b:
        ok(until(lambda: daemon.figures()["sekisho_connections_open"] == 3), "open connections are", (a, b))
    signed = 'sekisho_signatures_total{key="signer",result="ok"}'
    ok(until(lambda: daemon.figures()[signed] - before[signed] > 0), "signatures are counted by key and result")


def test_under_load(daemon):
    stop, failed, asked = threading.Event(), [], []

    def client():
        with daemon.connect() as s:
            while not stop.is_set():
                s.sendall(ocsp(5, False))
                answer = read_answer(s)
                asked.append(1)
                if answer is None or answer[0] != 200:
                    failed.append(answer)
    before = daemon.figures()
    threads = [threading.Thread(target=client) for _ in range(4)]
    for t in threads:
        t.start()
    name = 'sekisho_http_requests_total{protocol="ocsp",method="POST",status="200"}'
    last, steps, is_good = 0, 0, True
    for _ in range(20):
        text = daemon.scrape()
        value = float(re.search(re.escape(name) + r" (\d+)", text).group(1))
        inf = float(re.search(r'_bucket\{protocol="ocsp",le="\+Inf"\} (\d+)', text).group(1))
        total = float(re.search(r'_count\{protocol="ocsp"\} (\d+)', text).group(1))
        is_good = is_good and value >= last and inf == total
        steps += value > last
        last = value
    stop.set()
    for t in threads:
        t.join()
    ok(is_good and steps > 2, "scraped under load: counters only grow, histograms hold together", (steps, last))
    ok(not failed, "and nobody is hurt by it", failed[:3])
    promtool(text, True)
    ok(daemon.figures()[name] - before[name] == len(asked), "every request under load is counted once", len(asked))


def test_access(daemon):
    with daemon.connect() as s:
        ok(s.getpeername()[0] == "127.0.0.1" and daemon.ask(get("/metrics"))[0] == 200, "loopback may ask without a list")
    write_config("[acl figures]\nservice = metrics\nrule = deny 127.0.0.2\nrule = allow loopback\n")
    ok(daemon.reload() == "done", "a list for metrics is taken up")
    ok(daemon.ask(get("/metrics"), source="127.0.0.2")[0] == 403, "who may not is told so")
    ok(until(lambda: daemon.figures()["sekisho_http_requests_denied_total"] >= 1), "and counted")
    write_config()
    ok(daemon.reload() == "done", "and without it again")


def make_list(number, *how_long):
    """A further CRL of the root with the same entry; the first was number 1."""
    write("crl.number", "%02X\n" % number)
    openssl("ca", "-config", "crl.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", *how_long, "-out", "root.crl")


LEFT = 'sekisho_crl_time_to_next_update_seconds{ca="root",kind="crl"}'
STALE = 'sekisho_crl_stale{ca="root",kind="crl"}'


def generation(daemon):
    return daemon.figures()["sekisho_generation"]


def fetch_again(daemon):
    was = generation(daemon)
    subprocess.run([os.path.join(os.environ["SEKISHO_BIN"], "sekisho-fetch"), "-c", "s.conf"], cwd=path("."), check=False,
                   capture_output=True, timeout=PATIENCE_S)
    until(lambda: generation(daemon) > was)


def test_stale(daemon):
    make_list(2, "-crlsec", "5")
    fetch_again(daemon)
    seen = daemon.figures()
    ok(0 <= seen[LEFT] <= 5 and seen[STALE] == 0 and ready(daemon)[0] == 200, "a list that ends soon is told", seen[LEFT])
    ok(until(lambda: ready(daemon)[0] == 503), "a stale list takes readiness away")
    ok(re.search("CA root, for policy default: CRL [0-9a-f]{16}: its nextUpdate was", ready(daemon)[1]), "/readyz names list and policy",
       ready(daemon)[1])
    seen = daemon.figures()
    ok(seen[STALE] == 1 and seen[LEFT] < 0 and seen["sekisho_ready"] == 0 and
       seen['sekisho_not_ready_reasons{reason="list-stale"}'] == 1, "so do the figures")
    answer = daemon.ask(ocsp(5))
    ok(answer[0] == 200 and len(answer[2]) < 10, "and OCSP says tryLater", answer)
    write_config(grace="grace = 1h\n")
    ok(daemon.reload() == "done", "the operator allows an hour of grace")
    seen = daemon.figures()
    ok(ready(daemon)[0] == 200 and seen[STALE] == 1 and seen["sekisho_ready"] == 1, "within it the server is ready, the list stale",
       ready(daemon)[1])
    write_config()
    ok(daemon.reload() == "done" and ready(daemon)[0] == 503, "without it no longer", ready(daemon)[1])
    make_list(3, "-crldays", "30")
    fetch_again(daemon)
    ok(until(lambda: ready(daemon)[0] == 200) and daemon.figures()[STALE] == 0, "a new list gives readiness back")


def test_missing(daemon):
    make_ca("other")
    write_config("[ca other]\ncertificates = file:other.pem\n")
    fetch_again(daemon)
    ok(daemon.reload() == "done" and ready(daemon)[0] == 200, "a CA that no policy reaches needs no list", ready(daemon)[1])
    print_ = openssl("x509", "-in", "other.pem", "-noout", "-fingerprint", "-sha256").stdout.decode().split("=")[1]
    rest = "[ca other]\ncertificates = file:other.pem\n[policy more]\nanchor = other.pem sha256:%s\n" % print_.strip().replace(
        ":", "").lower()
    write_config(rest)
    ok(daemon.reload() == "done" and ready(daemon)[0] == 503 and "CA other, for policy more: the snapshot has no revocation list" in ready(
        daemon)[1], "one that a policy requires lists of does", ready(daemon)[1])
    ok(daemon.figures()['sekisho_not_ready_reasons{reason="list-missing"}'] == 1, "and the figures say so")
    before = daemon.figures()
    daemon.ask(validate(["citizen"], policy="more"))
    after = daemon.figures()
    ok([after[verdicts("validate", p, "invalid")] - before[verdicts("validate", p, "invalid")] for p in ("more", "default")] == [1, 0],
       "a verdict is counted under the policy that the request names")
    write_config(rest + "revocation = if-available\n")
    ok(daemon.reload() == "done" and ready(daemon)[0] == 200, "not where lists are only wished for", ready(daemon)[1])
    write_config()
    ok(daemon.reload() == "done", "and back")


def make_part(name, number, point, *when):
    """A list of CA parts with this issuingDistributionPoint."""
    write("part.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=crl.index\ncrlnumber=crl.number\ndefault_md=sha256\ncrl_extensions=e\n"
          "[e]\nauthorityKeyIdentifier=keyid\nissuingDistributionPoint=critical,@idp\n[idp]\n%s\n" % point)
    write("crl.number", "%02X\n" % number)
    openssl("ca", "-config", "part.cnf", "-gencrl", "-keyfile", "parts.key", "-cert", "parts.pem", *(when or ("-crldays", "30")),
            "-out", name)


def states(seen, kind):
    """{state: number of lists} of CA parts."""
    found = {}
    for name, value in seen.items():
        match = re.fullmatch(r'sekisho_crl_lists\{ca="parts",kind="(\w+)",state="([\w-]+)"\}', name)
        if match and match.group(1) == kind and value:
            found[match.group(2)] = value
    return found


def test_states(daemon):
    """What a list is to verdicts: of one CA whose lists come in parts, the first of them not in force yet."""
    make_ca("parts")
    print_ = openssl("x509", "-in", "parts.pem", "-noout", "-fingerprint", "-sha256").stdout.decode().split("=")[1]
    write_config("[ca parts]\ncertificates = file:parts.pem\ncrls = file:p1.crl\ncrls = file:p2.crl\ncrls = file:ca.crl\n"
                 "[policy parts]\nanchor = parts.pem sha256:%s\n" % print_.strip().replace(":", "").lower())
    first, second = "fullname=URI:http://parts.test/1\nonlyuser=TRUE", "fullname=URI:http://parts.test/2\nonlyuser=TRUE"
    make_part("p1.crl", 1, first, "-crl_lastupdate", "20480101000000Z", "-crl_nextupdate", "20481231000000Z")
    fetch_again(daemon)
    ok(daemon.reload() == "done" and ready(daemon)[0] == 503 and re.search(
        "CA parts, for policy parts: CRL [0-9a-f]{16}: not yet valid", ready(daemon)[1]),
       "a list that is not in force yet is not enough", ready(daemon)[1])
    seen = daemon.figures()
    ok(seen['sekisho_not_ready_reasons{reason="list-unusable"}'] == 1 and states(seen, "crl") == {"not-in-force": 1},
       "and the figures say so", states(seen, "crl"))
    ok('sekisho_crl_stale{ca="parts",kind="crl"}' not in seen, "what is not used has no time left")
    make_part("p1.crl", 2, first)
    fetch_again(daemon)
    ok(ready(daemon)[0] == 503 and re.search("CA parts, for policy parts: nothing has come from file:p2.crl", ready(daemon)[1]),
       "nor is one part without the other", ready(daemon)[1])
    make_part("p2.crl", 3, second, "-crlhours", "2")
    make_part("ca.crl", 4, "onlyCA=TRUE", "-crlhours", "1")
    fetch_again(daemon)
    ok(until(lambda: ready(daemon)[0] == 200), "all of them are", ready(daemon)[1])
    seen = daemon.figures()
    left = 'sekisho_crl_time_to_next_update_seconds{ca="parts",kind="%s"}'
    ok(states(seen, "crl") == {"used": 2} and 3600 < seen[left % "crl"] <= 7200, "of two parts the one that ends first is told",
       states(seen, "crl"))
    ok(states(seen, "arl") == {"used": 1} and 0 < seen[left % "arl"] <= 3600, "a list for CAs is an ARL wherever it lay",
       states(seen, "arl"))
    kinds = {(c["ca"], c["kind"]) for c in json.loads(daemon.ask(get("/v1/snapshot"))[2])["crls"]}
    ok(kinds == {("root", "crl"), ("parts", "crl"), ("parts", "arl")}, "/v1/snapshot calls it so too", kinds)
    promtool(daemon.scrape(), True)
    write_config()
    ok(daemon.reload() == "done" and ready(daemon)[0] == 200, "and back", ready(daemon)[1])


def test_own_certificate(daemon):
    """The responder's certificate (serial 6, with nocheck) on its CA's list: it does not sign."""
    daemon.ask(ocsp(5, False))
    make_crl("root", [7, 6], 4)
    fetch_again(daemon)
    revoked = 'sekisho_signer_certificate_revoked{key="signer"}'
    ok(until(lambda: ready(daemon)[0] == 503) and "valid now and not revoked" in ready(daemon)[1],
       "a revoked responder certificate takes readiness away", ready(daemon)[1])
    seen = daemon.figures()
    ok(seen[revoked] == 1 and seen["sekisho_signer_up"] == 1 and seen['sekisho_not_ready_reasons{reason="signer-certificate"}'] == 1,
       "and the figures say so")
    answers = [daemon.ask(ocsp(5, nonce))[2] for nonce in (True, False, False)]
    ok(all(len(a) < 10 and a[-1] == 3 for a in answers), "every answer is tryLater, those kept before too", answers)
    ok("signs nothing: its certificate is revoked" in daemon.text(), "the log says why")
    promtool(daemon.scrape(), True)
    make_crl("root", [7], 5)
    fetch_again(daemon)
    ok(until(lambda: ready(daemon)[0] == 200 and daemon.figures()[revoked] == 0), "back when it is not listed any more",
       ready(daemon)[1])


def test_produced(daemon):
    """With pre-produce = all what is listed is signed before anybody asks, by each of three workers and two hashes."""
    write("s.conf", CONFIG % pki_config().replace("crls = file:root.crl\n", "crls = file:root.crl\npre-produce = all\n"))
    ok(daemon.reload() == "done" and until(lambda: daemon.figures()["sekisho_memo_produced_total"] == 6),
       "answers of the list are made in advance", daemon.figures()["sekisho_memo_produced_total"])
    signed = 'sekisho_signatures_total{key="signer",result="ok"}'
    until(lambda: daemon.figures()[signed] == 6)  # workers tell of their signers once a second
    before = daemon.figures()
    answer = daemon.ask(post("/ocsp", "application/ocsp-request", read("revoked.der", "rb")))
    ok(answer[0] == 200 and len(answer[2]) > 100, "who asks for one has it", answer)
    after = daemon.figures()
    ok(after["sekisho_memo_hits_total"] == before["sekisho_memo_hits_total"] + 1 and after[signed] == before[signed],
       "without another signature", (before[signed], after[signed]))
    write_config()
    ok(daemon.reload() == "done" and until(lambda: ready(daemon)[0] == 200), "and back", ready(daemon)[1])


def test_signer(daemon):
    os.rename(path("responder.key"), path("away.key"))
    os.kill(daemon.children("key")[-1], signal.SIGKILL)
    ok(until(lambda: ready(daemon)[0] == 503) and "signer does not answer" in ready(daemon)[1], "a dead signer takes readiness away",
       ready(daemon)[1])
    seen = daemon.figures()
    ok(seen["sekisho_signer_up"] == 0 and seen['sekisho_signer_key_up{key="signer"}'] == 0 and
       seen['sekisho_not_ready_reasons{reason="signer-down"}'] == 1, "and the figures say so")
    promtool(daemon.scrape(), True)
    before = seen[verdicts("ocsp", "default", "tryLater")]
    daemon.ask(ocsp(5))
    ok(daemon.figures()[verdicts("ocsp", "default", "tryLater")] == before + 1, "tryLater is counted")
    os.rename(path("away.key"), path("responder.key"))
    ok(until(lambda: ready(daemon)[0] == 200) and daemon.figures()["sekisho_signer_up"] == 1, "back with the key, without a reload")


def main():
    make_pki()
    make_cert("revoked", "root", "/CN=revoked", 7, "")
    make_ca("stranger")
    make_crl("root", [7])
    write_config()
    daemon = Daemon("s", port)
    if not ok(until(daemon.is_up), "the daemon is up", daemon.text()):
        return
    seen = daemon.figures()
    ok(seen["sekisho_ready"] == 0 and seen['sekisho_not_ready_reasons{reason="no-snapshot"}'] == 1, "without a snapshot it is not ready")
    promtool(daemon.scrape(), True)
    publish()
    ok(until(lambda: ready(daemon)[0] == 200), "ready with one", ready(daemon))
    seen = daemon.figures()
    ok(seen["sekisho_generation"] == 1 and 0 <= seen["sekisho_generation_age_seconds"] < 600 and seen[LEFT] > 86400 * 29,
       "generation, its age, and time to nextUpdate are told")
    test_page(daemon)
    test_exact(daemon)
    test_under_load(daemon)
    test_access(daemon)
    test_stale(daemon)
    test_missing(daemon)
    test_states(daemon)
    test_own_certificate(daemon)
    test_produced(daemon)
    test_signer(daemon)
    ok(daemon.end() == 0, "the daemon ends well", daemon.text())


finish(main)
