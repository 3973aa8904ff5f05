#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The attack table: hostile clients by the thousand, and a good one beside them that keeps its answers.

The good client is a process of its own with one connection that it keeps and one anew for each request; what it saw
during each attack is printed, and that it missed no answer is tested. Attackers have addresses of their own."""
import multiprocessing
import os
import random
import resource
import select
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

from front_support import (PATIENCE_S, SERVER, Daemon, finish, free_port, get, make_cert, make_pki, ok, path,
                           pki_config, publish, read, read_all, read_answer, until, work, write)
from tls12_raw import ALERT, DATA, NO_RENEGOTIATION, Tls12

port, tls = free_port(), free_port()
QUEUE = 40
CLIENT = 1500
daemon = None
random.seed(1)


def post_ocsp(serial=5):
    """About the citizen, or another serial of one octet: the request's last."""
    body = read("req.der", "rb")[:-1] + bytes([serial])
    return ("POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n" %
            len(body)).encode() + body


# ---- the good client ----

def good_client(pipe, request):
    """Asks until told to end; answers "mark" with what happened since the last."""
    times, failures, kept = [], [], None
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def ask(s):
        start = time.perf_counter()
        s.sendall(request)
        answer = read_answer(s)
        # 30 82 xx xx 0a 01 00: OCSPResponse, successful
        if answer is None or answer[0] != 200 or answer[2][4:7] != b"\x0a\x01\x00":
            failures.append(repr(answer)[:200])
        times.append(time.perf_counter() - start)

    while True:
        try:
            kept = kept or socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
            ask(kept)
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as s:
                ask(s)
        except OSError as e:
            failures.append(repr(e))
            kept = None
        if pipe.poll(0.004):
            if pipe.recv() == "end":
                return
            pipe.send((sorted(times), failures))
            times, failures = [], []


class Good:
    def __init__(self):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=good_client, args=(theirs, post_ocsp()), daemon=True)
        self.process.start()

    def ask(self):
        self.pipe.send("mark")
        return self.pipe.recv() if self.pipe.poll(PATIENCE_S) else ([], ["the good client is stuck"])

    def end(self):
        self.pipe.send("end")
        self.process.join(PATIENCE_S)


def beside(good, name, attack):
    """Runs an attack; the good client must have its answers meanwhile."""
    good.ask()
    attack()
    times, failures = good.ask()
    n = len(times)
    ok(n > 0 and not failures, "%s: the good client keeps its answers" % name, (n, failures[:3]))
    if n:
        print("## %-28s good client: %5d answers, p50 %6.1f ms, p99 %6.1f ms, worst %6.1f ms" %
              (name, n, times[n // 2] * 1e3, times[min(n - 1, n * 99 // 100)] * 1e3, times[-1] * 1e3))


# ---- attacks ----

def dial(last, timeout=PATIENCE_S, to=None):
    return daemon.connect("127.0.0.%d" % last, to, timeout)


def end(sockets):
    for s in sockets:
        s.close()


def drip(s, octets, ended, interval=0.1):
    """An octet at a time; notes what the server said when it had enough."""
    s.settimeout(interval)
    for i in range(len(octets)):
        try:
            try:
                s.sendall(octets[i:i + 1])
            except socket.timeout:
                pass
            except OSError:
                pass  # it has closed: what it said before is still there
            got = s.recv(4096)
        except socket.timeout:
            continue
        except OSError:
            got = b""
        ended.append(got)
        return


def slow():
    heads, bodies, takers = [], [], []
    threads = []
    head = b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 600
    body = b"x" * 600
    sockets = [dial(2) for _ in range(60)]
    for i, s in enumerate(sockets):
        if i % 2:
            s.sendall(b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\n"
                      b"Content-Length: 1000\r\n\r\n")
        threads.append(threading.Thread(target=drip, args=(s, body if i % 2 else head, bodies if i % 2 else heads)))
    for t in threads:
        t.start()
    readers = [dial(2) for _ in range(4)]
    sent = [flood_until_stuck(s) for s in readers]
    for s in readers:  # nothing is taken: the server gives up
        takers.append(until(lambda s=s: is_cut(s), 20))
    for t in threads:
        t.join()
    ok(len(heads) == 30 and all(h.startswith(b"HTTP/1.1 408 ") for h in heads), "heads that drip: 408, the deadline does "
       "not move", heads[:2])
    ok(len(bodies) == 30 and all(b.startswith(b"HTTP/1.1 408 ") for b in bodies), "bodies that drip: 408", bodies[:2])
    ok(all(sent), "a client that takes no answers is not read from", sent)
    ok(all(takers), "and is cut", takers)
    end(sockets + readers)


def flood_until_stuck(s):
    """Requests until the server reads no more; False if it never stops."""
    s.setblocking(False)
    octets, quiet = get("/v1/snapshot") * 200, 0
    for _ in range(4000):
        try:
            s.send(octets)
            quiet = 0
        except BlockingIOError:
            quiet += 1
            if quiet == 10:
                return True
            time.sleep(0.02)
        except OSError:
            return True  # cut already
    return False


def is_cut(s):
    """Nothing is taken from the socket: its error alone tells."""
    return s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0 or is_closed_state(s)


def is_closed_state(s):
    state = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state != 1  # TCP_ESTABLISHED


def idle():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    number = min(10000, limit - 200)
    before = daemon.memory_kb()
    sockets = [dial(10 + i // (CLIENT - 100)) for i in range(number)]
    if number < 10000:
        print("# only %d descriptors" % limit)
    until(lambda: daemon.is_up())
    sample = random.sample(range(number // 2, number), 50)
    alive = 0
    for i in sample:
        sockets[i].sendall(get("/livez"))
        answer = read_answer(sockets[i])
        alive += answer is not None and answer[0] == 200
    ok(alive == 50, "%d idle connections are held, and each is served when it asks" % number, alive)
    print("## %-28s network process: %d kB before, %d kB with them" % ("%d idle connections" % number, before, daemon.memory_kb()))
    more = [dial(30) for _ in range(200)]
    closed = sum(is_closed_state(s) for s in sockets)
    ok(daemon.is_up() and closed < 400, "above the cap the longest idle make room", closed)
    end(sockets + more)


def crowd():
    """One client with more connections than it may have."""
    sockets = [dial(40) for _ in range(CLIENT + 50)]
    until(lambda: sum(map(is_closed_state, sockets)) >= 50, 20)
    got = [read_all(s) for s in sockets if is_closed_state(s)]
    refused = sum(g.startswith(b"HTTP/1.1 429 ") and b"Retry-After: " in g for g in got)
    ok(len(got) == 50 and refused == 50, "connections above the cap of one client: 429", refused)
    ok(daemon.ask(get("/livez"), "127.0.0.41")[0] == 200, "its neighbour is served")
    end(sockets)


def pipelines():
    number = 1500
    sockets = [dial(50) for _ in range(12)]
    octets = b"".join(get("/livez?%d" % i) for i in range(number)) + get("/livez", "Connection: close\r\n")
    answers = []

    def flood(s):
        sender = threading.Thread(target=s.sendall, args=(octets,))
        sender.start()
        answers.append(read_all(s).count(b"live\n"))
        sender.join()
    threads = [threading.Thread(target=flood, args=(s,)) for s in sockets]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ok(answers == [number + 1] * 12, "floods of %d pipelined requests are answered, each of them" % number, answers)
    end(sockets)


EVIL = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
SHAPES = [  # (head after "POST /ocsp HTTP/1.1\r\nHost: a\r\n", body): two readers could see two things
    ("Content-Length: 0\r\nContent-Length: %d\r\n" % len(EVIL), EVIL),
    ("Content-Length: %d\r\nContent-Length: %d\r\n" % (len(EVIL), len(EVIL)), EVIL),
    ("Content-Length: 0, %d\r\n" % len(EVIL), EVIL),
    ("Content-Length: +%d\r\n" % len(EVIL), EVIL),
    ("Content-Length: -1\r\n", EVIL),
    ("Content-Length: 0x10\r\n", EVIL),
    ("Content-Length: 1 0\r\n", EVIL),
    ("Content-Length:\r\n", EVIL),
    ("Content-Length: 18446744073709551616\r\n", EVIL),
    ("Content-Length : 0\r\n", EVIL),
    (" Content-Length: 0\r\n", EVIL),
    ("Content-Length\r\n", EVIL),
    ("X: a\r\n Content-Length: 5\r\n", EVIL),
    ("X: a\nContent-Length: %d\r\n" % len(EVIL), EVIL),
    ("X: a\rContent-Length: %d\r\n" % len(EVIL), EVIL),
    ("X: a\0\r\nContent-Length: 0\r\n", EVIL),
    (CHUNKED + "Content-Length: 5\r\n", "0\r\n\r\n" + EVIL),
    ("Content-Length: 5\r\n" + CHUNKED, "0\r\n\r\n" + EVIL),
    (CHUNKED + CHUNKED, "0\r\n\r\n" + EVIL),
    ("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n" + EVIL),
    ("Transfer-Encoding: identity\r\n", EVIL),
    ("Transfer-Encoding: chunked, identity\r\n", EVIL),
    ("Transfer-Encoding: xchunked\r\n", EVIL),
    ("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n" + EVIL),
    ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + EVIL),
    ("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + EVIL),
    (CHUNKED, "0x0\r\n\r\n" + EVIL),
    (CHUNKED, "-1\r\n\r\n" + EVIL),
    (CHUNKED, "0 \r\n\r\n" + EVIL),
    (CHUNKED, "0\n\n" + EVIL),
    (CHUNKED, "1\r\nab\r\n0\r\n\r\n" + EVIL),
    (CHUNKED, "ffffffffffffffff1\r\nx" + EVIL),
    (CHUNKED, "1;a=\nb\r\nx\r\n0\r\n\r\n" + EVIL),
    (CHUNKED, "0\r\nContent-Length: 9\n\r\n" + EVIL),
    ("Host: b\r\nContent-Length: 0\r\n", EVIL),
]
LINES = ["POST /ocsp HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "POST  /ocsp HTTP/1.1\r\nHost: a\r\n\r\n", "POST /ocsp\r\n\r\n",
         "POST /ocsp HTTP/2.0\r\nHost: a\r\n\r\n", "POST /ocsp HTTP/1.10\r\nHost: a\r\n\r\n", "\tGET / HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"]


def smuggling():
    wrong = []
    for head, body in SHAPES:
        octets = ("POST /ocsp HTTP/1.1\r\nHost: a\r\n%s\r\n%s" % (head, body)).encode("latin-1")
        got = daemon.raw(octets, "127.0.0.60")
        if got.count(b"\r\nDate: ") != 1 or got[9:12] not in (b"400", b"413", b"501") or b"still open" in got:
            wrong.append((head, body[:20], got[:300]))
    for line in LINES:
        got = daemon.raw((line + EVIL).encode(), "127.0.0.60")
        if got.count(b"\r\nDate: ") != 1 or got[9:12] not in (b"400", b"505") or b"still open" in got:
            wrong.append((line, got[:300]))
    ok(not wrong, "%d shapes of two meanings: one refusal, and nothing behind it is read" % (len(SHAPES) + len(LINES)), wrong)


def huge():
    """A body of 1 GB is refused by its announcement, before an octet of it."""
    before = daemon.memory_kb()
    for head in ("Content-Length: 1073741824\r\n", "Content-Length: 1073741824\r\nExpect: 100-continue\r\n",
                 CHUNKED, CHUNKED + "Expect: 100-continue\r\n"):
        chunk = "40000000\r\n" if "chunked" in head else ""
        with dial(70) as s:
            s.sendall(("POST /v1/validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n%s\r\n%s" %
                       (head, chunk)).encode())
            got = read_all(s)
        # A client that waits for 100 before its chunks may be asked to go on: nothing of the size is said yet.
        ok(got.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").startswith(b"HTTP/1.1 413 "), "1 GB announced: 413 (%s)" %
           head.replace("\r\n", " "), got[:200])
    with dial(70) as s:  # small chunks without end are too large at some time as well
        s.sendall(("POST /v1/validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n%s\r\n" % CHUNKED).encode())
        got, sent = b"", 0
        piece = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        while sent < 64 * 1024 * 1024:
            try:
                s.sendall(piece * 16)
                sent += len(piece) * 16
            except OSError:
                break
            s.setblocking(False)
            try:
                got += s.recv(4096)
            except BlockingIOError:
                pass
            except OSError:
                break
            s.setblocking(True)
            s.settimeout(PATIENCE_S)
            if got:
                break
    ok(got.startswith(b"HTTP/1.1 413 ") and sent < 16 * 1024 * 1024, "chunks without end: 413", (got[:100], sent))
    print("## %-28s network process: %d kB before, %d kB after" % ("1 GB announced", before, daemon.memory_kb()))


def junk():
    wrong = 0
    for i in range(300):
        octets = random.randbytes(random.randrange(1, 3000))
        with dial(80) as s:
            try:
                s.sendall(octets)
                s.shutdown(socket.SHUT_WR)
                got = read_all(s)
            except OSError:
                continue
            wrong += not (got == b"" or got.startswith(b"HTTP/1.1 4") or got.startswith(b"HTTP/1.1 50") or got.startswith(b"("))
    ok(wrong == 0, "300 runs of junk octets are refused", wrong)
    for _ in range(1500):  # and as many that are reset in the middle
        s = dial(80)
        s.sendall(b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Le")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()


def tls_storm():
    context = ssl.create_default_context(cafile=path("root.pem"))
    half = [dial(90, to=tls) for _ in range(200)]
    for s in half:
        s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    done = 0
    for i in range(60):
        raw = dial(90, to=tls)
        try:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as s:
                done += 1
                if i % 3 == 0:
                    s.sendall(get("/livez"))
                    done += read_answer(s)[0] == 200
        except OSError:
            pass
    ok(done == 80, "60 handshakes beside 200 that stand still", done)
    again = [subprocess.Popen(["openssl", "s_client", "-tls1_2", "-connect", "127.0.0.1:%d" % tls], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=work) for _ in range(6)]
    said = []
    for p in again:
        until(lambda p=p: True)
        try:
            time.sleep(0.15)
            for _ in range(20):
                p.stdin.write(b"R\n")
                p.stdin.flush()
                time.sleep(0.005)
        except OSError:
            pass  # it has given up
        try:
            said.append(p.communicate(timeout=20)[0].decode("latin-1"))
        except subprocess.TimeoutExpired:
            p.kill()
            said.append(p.communicate()[0].decode("latin-1"))
    ok(all("RENEGOTIATING" in t and "no renegotiation" in t for t in said), "renegotiation is refused each time",
       [t[-300:] for t in said if "no renegotiation" not in t][:1])
    cut = [read_all(s) for s in half]
    ok(not any(b"HTTP" in c or b"still open" in c for c in cut), "handshakes that stand still are ended")
    end(half)


def renegotiation():
    """Clients that go on asking to renegotiate after being refused: OpenSSL refuses them all inside one call."""
    once, many, deaf = [Tls12(dial(90, to=tls)) for _ in range(3)]
    once.renegotiate()
    once.sock.sendall(once.record(DATA, get("/livez")))
    said = [once.read(), once.read()]
    ok(said[0] == (ALERT, NO_RENEGOTIATION) and said[1][0] == DATA and b" 200 " in said[1][1][:20],
       "who asks to renegotiate is refused, and may go on", said)
    for t in (many, deaf):
        t.sock.settimeout(PATIENCE_S)
        t.sock.sendall(t.record(DATA, get("/livez")))
    ok(many.read()[1][:15] == b"HTTP/1.1 200 OK", "the stubborn one is answered before")
    cut = []
    for t in (many, deaf):  # deaf takes nothing of what the server says
        try:
            for _ in range(400):
                t.renegotiate(100)
        except OSError:
            cut.append(t)
    ok(len(cut) == 2, "who goes on all the same is cut off", len(cut))
    end([t.sock for t in (once, many, deaf)])


def overload():
    """The key process stands still: the queue fills to its cap, the rest is shed, probes are answered."""
    key = daemon.children("key")[-1]
    os.kill(key, signal.SIGSTOP)
    try:
        sockets = [dial(100) for _ in range(4 * QUEUE)]
        for i, s in enumerate(sockets):
            s.sendall(post_ocsp(10 + i % 100))  # nothing that is kept
        until(lambda: len(select.select(sockets, [], [], 0)[0]) >= 2 * QUEUE, 10)
        ok(daemon.is_up(), "probes are answered while everything else waits")
    finally:
        os.kill(key, signal.SIGCONT)
    answers = [read_answer(s) for s in sockets]
    shed = sum(a is not None and a[0] == 503 and "Retry-After: " in a[1] for a in answers)
    served = sum(a is not None and a[0] == 200 for a in answers)
    ok(shed >= 2 * QUEUE, "what is above the queue is shed with Retry-After", (shed, served))
    ok(served > 0 and shed + served == len(sockets), "what waited is answered in the end", (shed, served))
    ok(until(lambda: daemon.ask(post_ocsp(120))[2][4:7] == b"\x0a\x01\x00"), "and answers are signed again")
    end(sockets)


def main():
    global daemon
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    make_pki()
    make_cert("web", "root", "/CN=web", 9, SERVER)
    write("s.conf", "[server]\nlisten = 127.0.0.1:%d\nworkers = 2\ncache = cache\ndrain = 2s\n[tls]\nlisten = 127.0.0.1:%d\n"
          "certificate = web.pem\nkey = web.key\nhandshake-time = 2s\n[limits]\nhttp-head-time = 1500ms\n"
          "http-body-time = 1500ms\nhttp-write-time = 1s\nhttp-connections = 10000\nhttp-client-connections = %d\n"
          "http-queue = %d\n%s" % (port, tls, CLIENT, QUEUE, pki_config()))
    publish()
    daemon = Daemon("s", port)
    ok(until(daemon.is_up) and until(lambda: daemon.ask(get("/readyz"))[0] == 200), "the daemon is ready", daemon.text())
    good = Good()
    beside(good, "nothing", lambda: time.sleep(1))
    for name, attack in (("slow clients", slow), ("10,000 idle connections", idle), ("one client's crowd", crowd),
                         ("pipelined floods", pipelines), ("smuggling shapes", smuggling), ("1 GB announced", huge),
                         ("junk and resets", junk), ("TLS storms", tls_storm), ("stubborn renegotiation", renegotiation)):
        beside(good, name, attack)
    good.end()
    overload()
    ok(len(daemon.children("network")) == 1 and len(daemon.children("key")) == 1, "no process was lost", daemon.text()[-500:])
    ok(daemon.end() == 0, "it ends with 0")


finish(main)
