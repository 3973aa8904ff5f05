#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Configuration, program and lists are replaced under clients that speak LDAP, over sockets of the server's own and over
sockets that a service manager has handed over.

A client does some work over one connection and then goes; a connection that is refused or reset, or that ends before its work
is done, is a failure. A list that a client has seen never becomes an older one on the same connection. Clients that keep a
connection and are silent get a Notice of Disconnection; one that has asked for much and takes it late gets all of it. A client that this
machine has let wait for so long that the server may think it silent begins again."""
import socket
import ssl
import threading
import time

import ldap_support as ldap
from front_support import (PATIENCE_S, SERVER, Daemon, der, finish, free_port, listen, make_cert, make_crl, make_pki, manager, ok,
                           path, publish, read_all, until, write)

http = free_port()
TURNS, PEOPLE, BATCH, SEARCHES = 2, 60, 30, 60
SILENCE_S = 0.5  # the server takes who is silent for a second
SURNAMES = ldap.present("sn")
lists = []  # issued so far, oldest first


class Wrong(Exception):
    """What no client may meet."""


class Connection(ldap.Connection):
    def __init__(self, port, tls=None, starts=False):
        super().__init__(port)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self.list = 0, 0
        self.mark, self.silence = time.monotonic(), 0.0
        if starts:
            self.socket.sendall(ldap.start_tls(1))
            if ldap.code_of(self.answer(1)[1]) != ldap.SUCCESS:
                raise Wrong("no StartTLS")
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")

    def send(self, octets):
        self.silence = max(self.silence, time.monotonic() - self.mark)
        super().send(octets)
        self.silence = max(self.silence, time.monotonic() - self.mark)

    def answer(self, number):
        got, tag, operation, controls = self.next()
        self.mark = time.monotonic()
        if got != number:
            raise Wrong("message %d in place of %d: %r" % (got, number, operation))
        return tag, operation, controls

    def result(self, number):
        """The entries of a search, and the controls of its result."""
        entries = []
        while True:
            tag, operation, controls = self.answer(number)
            if tag == ldap.DONE:
                if ldap.code_of(operation) != ldap.SUCCESS:
                    raise Wrong("result %r" % operation)
                return entries, controls
            if tag != ldap.ENTRY:
                raise Wrong("answer of kind %x" % tag)
            entries.append(operation)

    def ask(self, *args, **more):
        self.number += 1
        self.send(ldap.search(self.number, *args, **more))
        return self.number

    def look(self):
        return self.ask(ldap.CA, ldap.BASE, names=[ldap.LIST])

    def see(self, number):
        """The list in an answer: one that was issued, never an older one."""
        (entry,), _ = self.result(number)
        ((name, values),) = ldap.attributes(entry).items()
        seen = lists.index(values[0])
        if name != ldap.LIST or seen < self.list:
            raise Wrong("list %d after %d" % (seen, self.list))
        self.list = seen
        return seen

    def people(self, size):
        """All of them, page by page."""
        names, cookie = [], None
        while cookie != b"":
            number = self.ask(filt=SURNAMES, names=["1.1"], controls=ldap.page(size, cookie))
            entries, controls = self.result(number)
            names += [entry[0][1] for entry in entries]
            cookie = ldap.cookie_of(controls)
        if len(set(names)) != PEOPLE or len(names) != PEOPLE:
            raise Wrong("%d people, %d of them different" % (len(names), len(set(names))))

    def leave(self):
        self.socket.sendall(ldap.unbind(self.number + 1))
        self.socket.close()


class Client(threading.Thread):
    def __init__(self, name, work, *where):
        super().__init__(daemon=True)
        self.name, self.work, self.where = name, work, where
        self.is_stopped, self.list, self.done, self.again, self.failures = False, 0, 0, 0, []

    def run(self):
        while not self.is_stopped and len(self.failures) < 20:
            connection = None
            try:
                connection = Connection(*self.where)
                self.work(connection)
                connection.leave()
                self.list, self.done = connection.list, self.done + 1
            except Exception as e:  # whatever it is, its work is not done
                if connection is not None and connection.silence > SILENCE_S:
                    self.again += 1
                else:
                    self.failures.append("%s: %r" % (self.name, e))


def once(connection):
    connection.see(connection.look())


def batch(connection):
    for _ in range(BATCH):
        connection.see(connection.look())


def pipelined(connection):
    for _ in range(BATCH // 5):
        numbers = [connection.look() for _ in range(5)]
        if {connection.see(n) for n in numbers} - {connection.list - 1, connection.list}:
            raise Wrong("lists that were replaced long ago")


def paged(connection):
    connection.people(7)
    once(connection)


def start_clients(plain, secure):
    tls = ssl.create_default_context(cafile=path("root.pem"))
    clients = [Client("once", once, plain), Client("once", once, plain), Client("batch", batch, plain),
               Client("pipelined", pipelined, plain), Client("paged", paged, plain), Client("LDAPS once", once, secure, tls),
               Client("LDAPS batch", batch, secure, tls), Client("StartTLS batch", batch, plain, tls, True)]
    for client in clients:
        client.start()
    return clients


# ---- what is replaced ----

def issue():
    make_crl("root", [5] + list(range(100, 100 + len(lists))), len(lists) + 1)
    lists.append(der("crl", "root.crl"))
    publish()


def write_config(plain, secure, workers):
    write("s.conf", ldap.configuration(http, plain, secure, "workers = %d\ndrain = 2m\n" % workers))


def late_taker(plain):
    """Asks for 15 MB, far more than sockets and queues hold, and takes nothing yet."""
    connection = Connection(plain)
    for _ in range(SEARCHES):
        connection.ask(filt=SURNAMES, names=["description"])
    connection.next()  # the first is being answered
    return connection


def takes_all(connection):
    """The answers to several searches come in turn."""
    entries, done = 1, 0
    try:
        while done < SEARCHES:
            _, tag, operation, _ = connection.next()
            entries += tag == ldap.ENTRY
            done += tag == ldap.DONE and ldap.code_of(operation) == ldap.SUCCESS
        return is_dismissed(connection) if entries == SEARCHES * PEOPLE else "%d entries" % entries
    except (Wrong, OSError) as e:
        return "%d entries, %d results, %r" % (entries, done, e)


def is_dismissed(connection):
    """A notice (unavailable), and nothing behind it."""
    number, tag, operation, _ = connection.next()
    if (number, tag, operation[0], operation[-1]) != (0, ldap.EXTENDED, (10, bytes((ldap.UNAVAILABLE,))), (0x8a, ldap.NOTICE)):
        return "%d %x %r" % (number, tag, operation)
    return True if read_all(connection.socket) == b"" else "more"


def replace(what, name, plain):
    """A reload or an upgrade, with one connection that is silent, one that takes its answers late and some in the queue."""
    silent, late = Connection(plain), late_taker(plain)
    once(silent)
    ok(what() == "done", "%s is done" % name)
    ok(is_dismissed(silent) is True, "%s: who is silent is dismissed" % name)
    came = [Connection(plain) for _ in range(20)]
    for connection in came:
        once(connection)
        connection.leave()
    got = takes_all(late)
    ok(got is True, "%s: who takes answers late gets all of them" % name, got)


def run(daemon, plain, secure, kind):
    clients = start_clients(plain, secure)
    for turn in range(TURNS):
        write_config(plain, secure, 3 - turn)
        replace(daemon.reload, "%s, reload %d" % (kind, turn), plain)
        issue()
        newest = len(lists) - 1
        ok(until(lambda n=newest: all(c.list == n or c.failures for c in clients)), "%s: a new list reaches everybody" % kind,
           [(c.name, c.list) for c in clients])
        replace(daemon.upgrade, "%s, upgrade %d" % (kind, turn), plain)
    for client in clients:
        client.done = 0
    ok(until(lambda: all(c.done > 0 or c.failures for c in clients)), "%s: everybody is served afterwards" % kind)
    for client in clients:
        client.is_stopped = True
    for client in clients:
        client.join(PATIENCE_S)
    failures = [f for c in clients for f in c.failures]
    print("# begun again by silent clients: %d" % sum(c.again for c in clients))
    ok(not failures, "%s: nobody is refused or left in the middle of something" % kind, failures[:10])
    old = daemon.children("network")[:-1]
    ok(until(lambda: all("network process %d ended with 0\n" % p in daemon.text() for p in old)), "%s: old processes end" % kind,
       daemon.text()[-3000:])
    ok("drain time is over" not in daemon.text(), "%s: and not because their time is over" % kind)
    ok(daemon.end() == 0, "%s: the server ends" % kind)


def main():
    make_pki()
    make_cert("tls", "root", "/CN=tls", 9, SERVER)
    write("people.ldif", ldap.people("".join(ldap.person(i, "Sato", "description: %s\n" % ("x" * 4000)) for i in range(PEOPLE))))
    given, given_tls = listen(), listen()
    plain, secure = given.getsockname()[1], given_tls.getsockname()[1]
    write_config(plain, secure, 2)
    issue()
    waiting = [Connection(plain) for _ in range(9)]
    numbers = [c.look() for c in waiting]
    daemon = Daemon("s", http, **manager([given, given_tls]))
    ok({c.see(n) for c, n in zip(waiting, numbers)} == {0}, "clients that waited in a handed over socket are answered")
    for connection in waiting:
        connection.leave()
    run(daemon, plain, secure, "handed over")
    plain, secure = free_port(), free_port()
    write_config(plain, secure, 2)
    daemon = Daemon("s", http)
    ok(until(daemon.is_up), "the server starts with sockets of its own")
    run(daemon, plain, secure, "own")


finish(main)
