#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-ctl against the running daemon: status, stats, why, reload with each outcome, and what is sent to the socket by others."""
import base64
import grp
import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading

from front_support import (BIN, PATIENCE_S, Daemon, check_config, der, finish, free_port, get, make_cert, make_ca, make_pki, ok, openssl,
                           path, pki_config, publish, read, read_answer, until, write)

port = free_port()
HEAD = "[server]\nlisten = 127.0.0.1:%d\ncache = cache\ndrain = 2s\n%%s" % port


def write_config(server="control-socket = c.sock\n", rest="", name="s"):
    write(name + ".conf", HEAD % server + pki_config() + rest)


def ctl(*args, at="c.sock"):
    done = subprocess.run([os.path.join(BIN, "sekisho-ctl"), "-s", path(at), *args], capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE_S * 2)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def status():
    code, out, _ = ctl("--json", "status")
    return code, json.loads(out) if out else {}


def post(target, kind, body):
    return ("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (target, kind, len(body))).encode() + body


def id_of(answer):
    return re.search("X-Request-Id: (.*?)(\r|$)", answer[1]).group(1)


def why(answer):
    return json.loads(ctl("-j", "why", id_of(answer))[1])


def validate(daemon, *names):
    pem = [openssl("x509", "-in", n + ".pem").stdout.decode() for n in names]
    return daemon.ask(post("/v1/validate", "application/json", json.dumps({"certificates": pem}).encode()))


def hash_of(name):
    return openssl("x509", "-in", name + ".pem", "-noout", "-fingerprint", "-sha256").stdout.decode().split("=")[1].strip().replace(
        ":", "").lower()


def make_old_entry():
    """old.ldif: an entry with a list that ended in 2020."""
    openssl("ca", "-config", "crl.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-crl_lastupdate", "20200101000000Z",
            "-crl_nextupdate", "20200201000000Z", "-out", "old.crl")
    write("old.ldif", "dn: o=Old,c=XX\nobjectClass: organization\nobjectClass: pkiCA\no: Old\ncertificateRevocationList;binary:: %s\n" %
          base64.b64encode(der("crl", "old.crl")).decode())


def test_usage():
    for args in ((), ("sta",), ("why",), ("status", "x"), ("--nonsense", "status")):
        code, out, err = ctl(*args)
        ok(code == 64 and not out and "usage" in err, "usage: %s" % (args,), err)
    ok(ctl("--version")[1].startswith("sekisho-ctl ") and "usage" in ctl("--help")[1], "version and help")
    code, out, err = ctl("status")
    ok(code == 2 and not out and "c.sock" in err, "nobody answers: 2, and which socket", err)


def test_status(daemon):
    code, seen = status()
    ok(code == 1 and seen["ready"] is False and seen["generation"] is None and seen["reasons"][0]["reason"] == "no-snapshot",
       "without a snapshot: 1, and why", seen)
    code, out, _ = ctl("status")
    ok(code == 1 and out.startswith("not ready\n  no-snapshot: "), "for a person too", out)
    publish()
    until(lambda: daemon.ask(get("/readyz"))[0] == 200)
    code, seen = status()
    ok(code == 0 and seen["ready"] and seen["generation"]["number"] == 1 and seen["workers"] == 2, "ready: 0, with generation", seen)
    one = seen["lists"][0]
    ok((one["ca"], one["kind"], one["state"], one["stale"]) == ("root", "crl", "used", False) and 0 < one["seconds_left"] <= 30 * 86400 and
       re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["next_update"]), "each list with its dates", one)
    ok(seen["stale_entries"] == [{"dn": "o=Old,c=XX", "attribute": "certificateRevocationList", "next_update": "2020-02-01T00:00:00Z"}] and
       seen["stale_entries_complete"], "each entry of the directory with a list that has ended", seen["stale_entries"])
    ok(seen["keys"][0]["key"] == "signer" and seen["keys"][0]["state"] == "ready" and seen["keys"][0]["days_left"] == 29,
       "each key with its state and its days", seen["keys"])
    out = ctl("status")[1]
    ok(out.startswith("ready\n") and re.search(r"^root +crl ", out, re.M) and re.search(r"^signer +ready ", out, re.M) and
       "2020-02-01T00:00:00Z o=Old,c=XX: certificateRevocationList\n" in out, "the table says the same", out)
    out = ctl("stats")[1]
    ok(re.search(r"^ +1  sekisho_ready$", out, re.M) and "_bucket" not in out and "#" not in out, "stats are the figures, compact", out)
    ok(json.loads(ctl("-j", "stats")[1])["metrics"].startswith("# HELP"), "and whole with --json")


def test_why(daemon):
    said = why(validate(daemon, "citizen"))
    one = said["decisions"][0]
    ok((one["verdict"], one["certificate"], one["policy"], one["snapshot"], one["findings"]) ==
       ("valid", hash_of("citizen"), "default", 1, []), "why of a valid certificate", said)
    ok(said["answers"][0]["status"] == 200 and said["answers"][0]["service"] == "/v1/validate", "and of its answer", said)
    answer = validate(daemon, "citizen", "stranger")
    said = why(answer)
    ok([d["verdict"] for d in said["decisions"]] == ["valid", "invalid"] and
       said["decisions"][1]["findings"][0]["code"] == "no-path" and said["decisions"][1]["index"] == 1, "each certificate has its own", said)
    out = ctl("why", id_of(answer))[1]
    ok("certificate 1 of /v1/validate: invalid" in out and "no-path: no path to a trust anchor" in out, "for a person too", out)
    answer = daemon.ask(post("/ocsp", "application/ocsp-request", read("req.der", "rb")))
    said = why(answer)
    ok(said["decisions"][0]["verdict"] == "good" and said["answers"][0]["verdict"] == "good", "why of OCSP", said)
    again = daemon.ask(post("/ocsp", "application/ocsp-request", read("req.der", "rb")))
    ok(why(again)["answers"][0]["verdict"] == "good", "an answer that was kept is told as answered", why(again))
    text = json.dumps([why(a) for a in (answer, validate(daemon, "citizen"))])
    ok("citizen" not in text and "taro" not in text, "no name stands in it", text)
    code, out, err = ctl("why", "0123456789abcdef")
    ok(code == 1 and not out and "no recent request" in err, "an id of nobody: 1, and said", err)
    ok(ctl("why", "x" * 300)[0] == 1, "so is an id that cannot be")


def test_reload(daemon):
    ids = [daemon.children("network")[-1]]
    code, out, err = ctl("reload")
    ids.append(daemon.children("network")[-1])
    ok(code == 0 and not out and not err and ids[0] != ids[1], "a reload that is done: 0, after it has been", (code, out, err, ids))
    good = read("s.conf")
    write("s.conf", good + "[nonsense]\nx = y\n[limits]\nhttp-queue = none\n")
    code, out, err = ctl("reload")
    ok(code == 1 and not out and "[nonsense]" in err and "http-queue" in err and "refused" in err, "a refused one: 1, with every fault", err)
    ok(daemon.ask(get("/livez"))[0] == 200 and daemon.children("network")[-1] == ids[1], "the old configuration serves on")
    write("s.conf", good.replace("127.0.0.1:%d" % port, "127.0.0.1:%d\nlisten = 192.0.2.1:1" % port))
    code, out, err = ctl("reload")
    ok(code == 1 and "192.0.2.1:1" in err, "so is an address that is not ours", err)
    code, out, _ = (lambda r: (r[0], json.loads(r[1].splitlines()[-1]), r[2]))(ctl("-j", "reload"))
    ok(code == 1 and "refused" in out, "with --json the outcome is the last line", out)
    write("s.conf", good.replace("c.sock", "d.sock"))
    code, _, err = ctl("reload")
    ok(code == 0 and ctl("status", at="d.sock")[0] == 0, "a new name of the socket is taken up", err)
    ok(until(lambda: not os.path.exists(path("c.sock"))), "and the old one goes with its processes")
    write("s.conf", good)
    ok(ctl("reload", at="d.sock")[0] == 0 and ctl("status")[0] == 0, "and back")


def test_name_comes_back(daemon):
    """While processes that served at a name still drain, another configuration brings it back."""
    good = read("s.conf")
    with daemon.connect() as silent:
        silent.sendall(get("/livez"))
        read_answer(silent)
        write("s.conf", good.replace("c.sock", "d.sock"))
        ok(ctl("reload")[0] == 0 and os.path.exists(path("c.sock")), "the processes of the old name still serve a client")
        write("s.conf", good)
        code, _, err = ctl("reload", at="d.sock")
        ok(code == 0 and ctl("status")[0] == 0, "the name comes back meanwhile", err)
    ok(until(lambda: not os.path.exists(path("d.sock"))), "the other goes")
    ok(until(lambda: not any(os.path.exists("/proc/%d" % p) for p in daemon.children("network")[:-1])) and ctl("status")[0] == 0,
       "this one stays when the older processes have ended")


class Asker(threading.Thread):
    """Asks for status all the time; each answer must be there and whole."""

    def __init__(self):
        super().__init__(daemon=True)
        self.is_stopped, self.count, self.failures = False, 0, []

    def run(self):
        while not self.is_stopped:
            try:
                if "version" in json.loads(raw(b'{"command":"status"}\n')):
                    self.count += 1
            except (OSError, ValueError) as e:
                self.failures.append(repr(e))


def test_no_gap(daemon):
    """Reloads and upgrades under the eyes of those who ask."""
    threads = [Asker() for _ in range(3)]
    for t in threads:
        t.start()
    codes = []
    for turn in range(6):
        codes.append(ctl("reload")[0])
        if turn % 3 == 2:
            codes.append(daemon.upgrade())
    for t in threads:
        t.is_stopped = True
    for t in threads:
        t.join(PATIENCE_S)
    ok(codes == [0, 0, 0, "done", 0, 0, 0, "done"], "six reloads and two upgrades", (codes, daemon.text()[-3000:]))
    failures = [f for t in threads for f in t.failures]
    ok(not failures and all(t.count > 5 for t in threads), "%d questions meanwhile are answered" % sum(t.count for t in threads),
       failures[:5])


def test_outcome_over_upgrade(daemon):
    """Who waits for a reload when another program takes over is told what came of that program's."""
    def begin():
        old = daemon.children("network")[-1]
        seen = daemon.text().count("upgrade: now")
        os.kill(old, signal.SIGSTOP)  # so the reload that begins now takes its time to be done
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: daemon.children("network")[-1] != old and ctl("status")[0] == 0)
        waiting = [subprocess.Popen([os.path.join(BIN, "sekisho-ctl"), "-s", path("c.sock"), "reload"], stderr=subprocess.PIPE)
                   for _ in range(2)]
        return old, seen, waiting

    def end(old, seen, waiting):
        daemon.process.send_signal(signal.SIGUSR2)
        ok(until(lambda: daemon.text().count("upgrade: now") == seen + 1), "a program takes over while two wait for a reload")
        os.kill(old, signal.SIGCONT)
        return [(p.communicate(timeout=PATIENCE_S)[1], p.returncode) for p in waiting]

    outcomes = end(*begin())
    ok(outcomes == [(b"", 0), (b"", 0)], "both are told that it is done", (outcomes, daemon.text()[-3000:]))
    ok(ctl("status")[0] == 0 and ctl("reload")[0] == 0, "and others are answered as before")
    good, begun = read("s.conf"), begin()
    write("s.conf", good + "[nonsense]\n")
    daemon.process.send_signal(signal.SIGUSR2)
    outcomes = [(p.communicate(timeout=PATIENCE_S)[1], p.returncode) for p in begun[2]]
    os.kill(begun[0], signal.SIGCONT)
    ok(all(code == 1 and b"[nonsense]" in err and b"refused" in err for err, code in outcomes),
       "with a bad configuration neither program nor reload comes, and both are told", outcomes)
    write("s.conf", good)
    ok(until(lambda: daemon.text().count("cannot take over") == 1) and ctl("reload")[0] == 0, "all goes on", daemon.text()[-2000:])


def raw(octets, end=False):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE_S)
        s.connect(path("c.sock"))
        try:
            s.sendall(octets)
            if end:
                s.shutdown(socket.SHUT_WR)
            got = b""
            while True:
                piece = s.recv(65536)
                if not piece:
                    return got
                got += piece
        except OSError:
            return b"cut"


def test_socket(daemon):
    mode = os.stat(path("c.sock"))
    ok(stat.S_ISSOCK(mode.st_mode) and mode.st_mode & 0o777 == 0o600, "the socket is for its owner", oct(mode.st_mode))
    for octets in (b"\n", b"junk\n", b"{}\n", b'{"command":"halt"}\n', b'{"command":"status","id":"x"}\n', b'{"command":"why"}\n',
                   b'{"command":"status","command":"status"}\n', b'{"command":"why","id":""}\n', b"x" * 600, b"[" * 500 + b"\n"):
        ok(b'"error"' in raw(octets), "refused with a reason: %r" % octets[:40])
    ok(raw(b'{"command":"status"}', True) == b"", "half a line gets no answer")
    idle = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for s in idle:
        s.connect(path("c.sock"))
    ok(until(lambda: ctl("status")[0] == 0), "who says nothing makes room")
    for s in idle:
        s.close()
    group = grp.getgrgid(os.getgid()).gr_name
    write_config("control-socket = c.sock\ncontrol-group = %s\n" % group)
    ok(ctl("reload")[0] == 0 and until(lambda: os.stat(path("c.sock")).st_mode & 0o777 == 0o660), "a group may be let in",
       oct(os.stat(path("c.sock")).st_mode))
    write_config("control-socket = c.sock\ncontrol-group = no-such-group\n", name="bad")
    code, said = check_config("bad")
    ok(code == 64 and "no-such-group" in said, "one that is not there is a fault", said)
    write_config("control-socket = %s\n" % ("x" * 120), name="bad")
    code, said = check_config("bad")
    ok(code == 64 and "control socket" in said, "so is a name that is too long", said)
    write("other.conf", read("s.conf").replace(":%d" % port, ":%d" % free_port()))
    done = subprocess.run([os.path.join(BIN, "sekishod"), "-c", "other.conf"], cwd=path("."), capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE_S)
    ok(done.returncode == 1 and b"another server answers" in done.stderr and ctl("status")[0] == 0, "two servers do not share one", done)


def main():
    make_pki("/C=JP/CN=citizen taro", "taro")
    make_ca("root2")
    make_cert("stranger", "root2", "/CN=stranger", 9, "")
    make_old_entry()
    write_config(rest="[repository]\nldif = old.ldif\n")
    test_usage()
    daemon = Daemon("s", port)
    if not ok(until(daemon.is_up), "the daemon is up", daemon.text()):
        return
    test_status(daemon)
    test_why(daemon)
    test_reload(daemon)
    test_name_comes_back(daemon)
    test_no_gap(daemon)
    test_outcome_over_upgrade(daemon)
    test_socket(daemon)
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.process.wait()
    ok(os.path.exists(path("c.sock")) and until(lambda: ctl("status")[0] == 2), "a killed daemon leaves its socket; nobody answers")
    again = Daemon("s", port)
    ok(until(lambda: ctl("status")[0] == 0), "the next one takes its place", again.text())
    ok(again.end() == 0 and not os.path.exists(path("c.sock")), "and removes it when it ends")


finish(main)
