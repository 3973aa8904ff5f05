#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile LDAP clients, and a good one beside them that keeps its answers; the memory of the process stays bounded."""
import os
import random
import socket
import threading
import time

from fetch_support import tlv
from front_support import Daemon, finish, free_port, make_pki, ok, publish, until, write
from ldap_support import (BASE, DONE, ENTRY, LIMIT, NOTICE, SUCCESS, Connection, abandon, attributes, bind, configuration, equals,
                          message, people, person, present, search, text)

http, port = free_port(), free_port()
GROWTH_KB = 200 * 1024
BIND, BOUND = bind(1), 0x61
random.seed(1)


def dial(last=1):
    return Connection(port, "127.0.0.%d" % last)


class Good(threading.Thread):
    def __init__(self):
        super().__init__()
        self.stop, self.answers, self.failures = threading.Event(), 0, []
        self.start()

    def run(self):
        number, connection = 0, dial()
        while not self.stop.is_set():
            number += 1
            try:
                connection.send(search(number, filt=equals("cn", "Person 5")))
                _, tag, entry, _ = connection.next()
                if tag != ENTRY or attributes(entry)["cn"] != [b"Person 5"] or connection.code() != SUCCESS:
                    self.failures.append(entry)
                self.answers += 1
                with dial() as other:
                    other.send(BIND)
                    if other.code() != SUCCESS:
                        self.failures.append("a bind")
            except OSError as e:
                self.failures.append(repr(e))
                return
            time.sleep(0.002)
        connection.socket.close()

    def end(self):
        self.stop.set()
        self.join()


def said(daemon, octets):
    """All that comes when these octets are sent and the server ends the session."""
    return daemon.raw(octets, "127.0.0.2", port)


# ---- attacks ----

def filters(daemon):
    deep = present()
    for _ in range(10000):
        deep = tlv(0xa2, deep)
    with dial(2) as c:
        for filt, code, name in ((deep, LIMIT, "a filter nested 10,000 deep"),
                                 (tlv(0xa0, *[present("cn")] * 15000), LIMIT, "an AND of 15,000"),
                                 (tlv(0xa1, *[equals("cn", "x" * 200)] * 200), SUCCESS, "an OR of 200 is answered"),
                                 (tlv(0xa4, text("cn"), tlv(0x30, *[tlv(0x81, b"e")] * 15000)), LIMIT,
                                  "a substring filter of 15,000 pieces")):
            c.send(search(5, filt=filt))
            ok(c.code() == code, name)
    million = search(5, filt=tlv(0xa0, *[present("cn")] * 1000000))
    ok(NOTICE in said(daemon, million), "an AND of a million is too large a request")
    ok(NOTICE in said(daemon, BIND + million), "also of a client that is bound")


def lengths(daemon):
    for octets in ("30847fffffff", "3084ffffffff", "3088000000007fffffff", "3080020101", "308400010001"):
        ok(NOTICE in said(daemon, bytes.fromhex(octets)), "a length: " + octets)
    inner = message(5, tlv(0x63, b"\x04\x84\x7f\xff\xff\xff"))
    ok(NOTICE in said(daemon, inner), "2 GB within a request")


def junk(daemon):
    before = daemon.figures()["sekisho_ldap_requests_refused_total"]
    for i in range(300):
        octets = bytearray(search(5) + BIND + search(6))
        for _ in range(1 + i % 5):
            octets[random.randrange(len(octets))] = random.randrange(256)
        with dial(3) as c:
            c.send(octets if i % 3 else random.randbytes(200))
    ok(until(lambda: daemon.figures()["sekisho_ldap_requests_refused_total"] > before + 100), "junk is refused")


def half_requests(daemon):
    """What is announced is room that must not be had for nothing."""
    connections = [dial(4) for _ in range(400)]
    for c in connections:
        c.send(bytes.fromhex("3082fff0") + b"\x02\x01\x05" + b"x" * 30000)
    return connections


def slow_readers(daemon):
    connections = [dial(5) for _ in range(60)]
    flood = BIND + b"".join(search(i + 2) for i in range(60))
    for c in connections:
        c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.send(flood)
    return connections


def floods(daemon):
    """Thousands of requests, nothing read; and searches that are abandoned at once."""
    connections = [dial(6) for _ in range(10)]
    for c in connections:
        c.socket.settimeout(0.5)
        try:
            for n in range(50):
                c.send(b"".join(search(n * 100 + j + 1) for j in range(100)))
        except OSError:
            pass  # it does not read on, as it should
    with dial(7) as c:
        c.send(b"".join(search(n, "cn=Subschema", BASE, names=["+"]) + abandon(n + 50000, n) for n in range(2, 5000)) + BIND)
        tag, answers = None, 0
        while tag != BOUND:
            _, tag, _, _ = c.next()
            answers += tag == DONE
    ok(answers < 4998, "searches that are abandoned are not all answered", answers)
    return connections


def main():
    make_pki()
    write("people.ldif", people("".join(person("Person %d" % i, "S", "description: %s\n" % ("x" * 300)) for i in range(900))))
    write("s.conf", configuration(http, port, ldap="write-time = 3s\nmessage-time = 3s\n"))
    publish()
    options = os.environ.get("ASAN_OPTIONS", "")
    daemon = Daemon("s", http, env={**os.environ, "ASAN_OPTIONS": (options + ":" if options else "") + "quarantine_size_mb=8"})
    ok(until(daemon.is_up), "the server answers")
    with dial() as c:
        c.send(search(1))
        ok(c.code() == SUCCESS, "and gives the directory")
    before = daemon.memory_kb()
    good = Good()
    for attack in (filters, lengths, junk, half_requests, slow_readers, floods):
        seen = good.answers
        connections = attack(daemon) or []
        ok(until(lambda: good.answers > seen + 20 or good.failures) and not good.failures,
           "%s: the good client keeps its answers" % attack.__name__, good.failures[:2])
        grown = daemon.memory_kb() - before
        ok(grown < GROWTH_KB, "%s: memory" % attack.__name__, grown)
        print("## %-14s %6d kB more" % (attack.__name__, grown))
        if connections:
            ok(until(lambda: daemon.figures()["sekisho_ldap_connections_open"] <= 2), "%s: all are cut" % attack.__name__)
        for c in connections:
            c.socket.close()
    ok(daemon.figures()["sekisho_ldap_answers_untaken_total"] >= 60, "clients that took nothing were cut")
    ok(until(lambda: daemon.figures()["sekisho_ldap_searches_waiting"] <= 1), "nothing of theirs is left")
    good.end()
    ok(not good.failures and good.answers > 100, "the good client was always answered", (good.answers, good.failures[:2]))
    ok(daemon.end() == 0, "the server ends")


finish(main)
