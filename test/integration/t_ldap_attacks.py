#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile LDAP clients, and a good one beside them that keeps its answers; the memory of the process stays bounded."""
import os
import random
import re
import socket
import threading
import time

from fetch_support import integer, tlv
from front_support import PATIENCE_S, Daemon, finish, free_port, get, make_pki, ok, pki_config, publish, until, write

http, port = free_port(), free_port()
GROWTH_KB = 200 * 1024
NOTICE = b"1.3.6.1.4.1.1466.20036"
random.seed(1)


def text(s):
    return tlv(4, s.encode())


def message(number, op, controls=b""):
    return tlv(0x30, integer(number), op, controls)


def present(name="objectClass"):
    return tlv(0x87, name.encode())


def search(number, base="o=Office,c=JP", scope=2, filt=None, names=()):
    return message(number, tlv(0x63, text(base), tlv(10, bytes([scope])), tlv(10, b"\0"), integer(0), integer(0), tlv(1, b"\0"),
                               filt or present(), tlv(0x30, *(text(n) for n in names))))


BIND = message(1, tlv(0x60, integer(3), text(""), tlv(0x80)))


def dial(last=1):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S, source_address=("127.0.0.%d" % last, 0))


def read_message(s, kept):
    """The next response's operation, and all from there on; kept: octets read ahead."""
    def need(n):
        while len(kept) < n:
            piece = s.recv(65536)
            if not piece:
                raise OSError("the connection has ended")
            kept.extend(piece)
    need(2)
    head, length = 2, kept[1]
    if length & 0x80:
        head += length & 0x7f
        need(head)
        length = int.from_bytes(kept[2:head], "big")
    need(head + length)
    whole = bytes(kept[:head + length])
    del kept[:head + length]
    return whole[head + 2 + whole[head + 1]], whole[head + 2 + whole[head + 1]:]


def code(s, kept=None):
    """The code of the next result; entries are passed over."""
    kept = bytearray() if kept is None else kept
    while True:
        op, whole = read_message(s, kept)
        if op not in (0x64, 0x73):
            return whole[whole.index(b"\x0a\x01") + 2]


def said(octets, last=2):
    """All that comes when these octets are sent and the server ends the session."""
    got = b""
    with dial(last) as s:
        try:
            s.sendall(octets)
        except OSError:
            pass  # it has had enough
        try:
            while piece := s.recv(65536):
                got += piece
        except OSError:
            pass
    return got


class Good(threading.Thread):
    def __init__(self):
        super().__init__()
        self.stop, self.answers, self.failures = threading.Event(), 0, []
        self.start()

    def run(self):
        kept, number = bytearray(), 0
        s = dial()
        while not self.stop.is_set():
            number += 1
            try:
                s.sendall(search(number, filt=tlv(0xa3, text("cn"), text("Person 5"))))
                op, entry = read_message(s, kept)
                if op != 0x64 or b"Person 5" not in entry or code(s, kept) != 0:
                    self.failures.append(entry[:200])
                self.answers += 1
                with dial() as other:
                    other.sendall(BIND)
                    if code(other) != 0:
                        self.failures.append("a bind")
            except OSError as e:
                self.failures.append(repr(e))
                return
            time.sleep(0.002)
        s.close()

    def end(self):
        self.stop.set()
        self.join()


def rss(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def figure(daemon, name):
    page = daemon.ask(get("/metrics"))[2].decode()
    return int(re.search(r"^%s (\d+)" % name, page, re.M).group(1))


# ---- attacks ----

def filters(daemon):
    deep = present()
    for _ in range(10000):
        deep = tlv(0xa2, deep)
    with dial(2) as s:
        s.sendall(search(5, filt=deep))
        ok(code(s) == 11, "a filter nested 10,000 deep")
        s.sendall(search(6, filt=tlv(0xa0, *[present("cn")] * 15000)))
        ok(code(s) == 11, "an AND of 15,000")
        s.sendall(search(7, filt=tlv(0xa1, *[tlv(0xa3, text("cn"), text("x" * 200))] * 200)))
        ok(code(s) == 0, "an OR of 200 is answered")
        s.sendall(search(8, filt=tlv(0xa4, text("cn"), tlv(0x30, *[tlv(0x81, b"e")] * 15000))))
        ok(code(s) == 11, "a substring filter of 15,000 pieces")
    million = search(5, filt=tlv(0xa0, *[present("cn")] * 1000000))
    ok(NOTICE in said(million), "an AND of a million is too large a request")
    ok(NOTICE in said(BIND + million), "also of a client that is bound")


def lengths(daemon):
    for octets in ("30847fffffff", "3084ffffffff", "3088000000007fffffff", "3080020101", "308400010001"):
        ok(NOTICE in said(bytes.fromhex(octets)), "a length: " + octets)
    inner = message(5, tlv(0x63, b"\x04\x84\x7f\xff\xff\xff"))
    ok(NOTICE in said(inner), "2 GB within a request")


def junk(daemon):
    before = figure(daemon, "sekisho_ldap_requests_refused_total")
    for i in range(300):
        octets = bytearray(search(5) + BIND + search(6))
        for _ in range(1 + i % 5):
            octets[random.randrange(len(octets))] = random.randrange(256)
        with dial(3) as s:
            s.sendall(octets if i % 3 else random.randbytes(200))
    ok(until(lambda: figure(daemon, "sekisho_ldap_requests_refused_total") > before + 100), "junk is refused")


def half_requests(daemon):
    """What is announced is room that must not be had for nothing."""
    sockets = [dial(4) for _ in range(400)]
    for s in sockets:
        s.sendall(bytes.fromhex("3082fff0") + b"\x02\x01\x05" + b"x" * 30000)
    return sockets


def slow_readers(daemon):
    sockets = [dial(5) for _ in range(60)]
    flood = BIND + b"".join(search(i + 2) for i in range(60))
    for s in sockets:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(flood)
    return sockets


def floods(daemon):
    """Thousands of requests, nothing read; and searches that are abandoned at once."""
    sockets = []
    for i in range(10):
        s = dial(6)
        s.settimeout(0.5)
        try:
            for n in range(50):
                s.sendall(b"".join(search(n * 100 + j + 1) for j in range(100)))
        except OSError:
            pass  # it does not read on, as it should
        sockets.append(s)
    with dial(7) as s:
        s.sendall(b"".join(search(n, "cn=Subschema", 0, names=["+"]) + message(n + 50000, tlv(0x50, integer(n)[2:]))
                           for n in range(2, 5000)) + BIND)
        kept, answers = bytearray(), 0
        while True:
            op, whole = read_message(s, kept)
            answers += op == 0x65
            if op == 0x61:
                break
    ok(answers < 4998, "searches that are abandoned are not all answered", answers)
    return sockets


def main():
    make_pki()
    write("people.ldif", "dn: ou=People,o=Office,c=JP\nobjectClass: organizationalUnit\nou: People\n\n" + "".join(
        "dn: cn=Person %d,ou=People,o=Office,c=JP\nobjectClass: person\ncn: Person %d\nsn: S\ndescription: %s\n\n" %
        (i, i, "x" * 300) for i in range(900)))
    write("s.conf", pki_config() + """[server]
listen = 127.0.0.1:%d
cache = cache
[repository]
suffix = o=Office,c=JP
ldif = people.ldif
[ldap]
listen = 127.0.0.1:%d
write-time = 3s
message-time = 3s
""" % (http, port))
    publish()
    options = os.environ.get("ASAN_OPTIONS", "")
    daemon = Daemon("s", http, env={**os.environ, "ASAN_OPTIONS": (options + ":" if options else "") + "quarantine_size_mb=8"})
    ok(until(daemon.is_up), "the server answers")
    pid = daemon.children("network")[-1]
    with dial() as s:
        s.sendall(search(1))
        ok(until(lambda: code(s) == 0), "and gives the directory")
    before = rss(pid)
    good = Good()
    for attack in (filters, lengths, junk, half_requests, slow_readers, floods):
        seen = good.answers
        sockets = attack(daemon) or []
        ok(until(lambda: good.answers > seen + 20 or good.failures) and not good.failures,
           "%s: the good client keeps its answers" % attack.__name__, good.failures[:2])
        grown = rss(pid) - before
        ok(grown < GROWTH_KB, "%s: memory" % attack.__name__, grown)
        print("## %-14s %6d kB more" % (attack.__name__, grown))
        if sockets:
            ok(until(lambda: figure(daemon, "sekisho_ldap_connections_open") <= 2), "%s: all are cut" % attack.__name__)
        for s in sockets:
            s.close()
    ok(figure(daemon, "sekisho_ldap_answers_untaken_total") >= 60, "clients that took nothing were cut")
    ok(until(lambda: figure(daemon, "sekisho_ldap_searches_waiting") <= 1), "nothing of theirs is left")
    good.end()
    ok(not good.failures and good.answers > 100, "the good client was always answered", (good.answers, good.failures[:2]))
    ok(daemon.end() == 0, "the server ends")


finish(main)
