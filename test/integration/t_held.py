#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Slow clients hold old generations, and with them disk space: not more than a few of them. One HTTP and one LDAP client begin to take a
large list from each of many generations and stop."""
import socket

import ldap_support as ldap
from front_support import PATIENCE_S, Daemon, finish, free_port, get, make_crl, make_pki, ok, publish, until, write

http, port = free_port(), free_port()
ENTRIES = 60000
GENERATIONS = 21
HELD = 16  # LIMIT_HELD_GENERATIONS


def dial(where, request):
    """A client with a small window."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    s.settimeout(PATIENCE_S)
    s.connect(("127.0.0.1", where))
    s.sendall(request)
    return s


def people(n):
    write("people.ldif", ldap.people(more="description: %d\n" % n))


def edition():
    with ldap.Connection(port) as c:
        c.send(ldap.search(1, "ou=People," + ldap.SUFFIX, ldap.BASE, names=["description"]))
        _, tag, entry, _ = c.next()
        return int(ldap.attributes(entry)["description"][0]) if tag == ldap.ENTRY else None


def rest(s, most):
    """How much comes before the server closes; no more than most."""
    total = 0
    try:
        while total < most:
            piece = s.recv(262144)
            if not piece:
                break
            total += len(piece)
    except ConnectionResetError:
        pass
    return total


def generations(pid):
    """Of how many the process has the file in its memory."""
    with open("/proc/%d/maps" % pid, encoding="utf-8") as f:
        return len({line.split()[4] for line in f if "data.mdb" in line})


def main():
    make_pki()
    make_crl("root", range(4096, 4096 + ENTRIES))
    people(0)
    write("s.conf", ldap.configuration(http, port, ldap="write-time = 300s\n", more="[limits]\nhttp-write-time = 300s\n"))
    publish()
    daemon = Daemon("s", http)
    ok(until(daemon.is_up), "the server answers")
    pid = daemon.children("network")[-1]
    whole = len(daemon.ask(get("/pki/root/crl.crl"))[2])
    ok(whole > 1000000, "the list is large", whole)
    clients = {"http": [], "ldap": []}
    for n in range(GENERATIONS):
        if n > 0:
            people(n)
            publish()
        if not until(lambda n=n: edition() == n):
            ok(False, "generation %d is served" % n)
        clients["http"].append(dial(http, get("/pki/root/crl.crl")))
        clients["ldap"].append(dial(port, ldap.search(1, ldap.CA, ldap.BASE, names=[ldap.LIST])))
        for kind in clients.values():
            kind[-1].recv(1)
        if n == HELD:
            ok(until(lambda: generations(pid) == HELD + 1), "clients hold %d old generations" % HELD, generations(pid))
    ok(until(lambda: generations(pid) <= HELD + 2), "not more, however many come", generations(pid))
    for kind, sockets in clients.items():
        took = [rest(s, whole) for s in sockets]  # more than the list: there is a head or a message around it
        cut = sum(n < whole for n in took)
        ok(0 < cut <= GENERATIONS - HELD, "%s: those who began long ago are cut" % kind, took)
        ok(all(n >= whole for n in took[-HELD:]), "%s: the others get all" % kind, took)
        ok(daemon.figures()["sekisho_%s_answers_untaken_total" % kind] == cut, "%s: they are counted" % kind)
        for s in sockets:
            s.close()
    ok(until(lambda: generations(pid) == 1), "nothing is held in the end", generations(pid))
    ok(daemon.end() == 0, "the server ends")


finish(main)
