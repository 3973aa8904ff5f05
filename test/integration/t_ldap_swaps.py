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

from front_support import (PATIENCE_S, SERVER, Daemon, finish, free_port, listen, make_ca, make_cert, make_crl, manager, ok,
                           openssl, path, pki_config, publish, read_all, until, write)

http = free_port()
TURNS, PEOPLE, BATCH, SEARCHES = 2, 60, 30, 60
SUFFIX = b"o=Office,c=JP"
CA = b"cn=root," + SUFFIX
LIST = b"certificateRevocationList;binary"
START_TLS = b"1.3.6.1.4.1.1466.20037"
PAGED = b"1.2.840.113556.1.4.319"
NOTICE = b"1.3.6.1.4.1.1466.20036"
BASE, SUB = 0, 2
ENTRY, DONE, EXTENDED = 0x64, 0x65, 0x78
SILENCE_S = 0.5  # the server takes who is silent for a second
lists = []  # issued so far, oldest first


# ---- LDAP in octets ----

def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def take(octets):
    """The first element: tag, content, what is behind it; None when not all of it is there."""
    if len(octets) < 2:
        return None
    start, length = 2, octets[1]
    if length & 0x80:
        start += length & 0x7f
        length = int.from_bytes(octets[2:start], "big")
    return None if len(octets) < start + length else (octets[0], octets[start:start + length], octets[start + length:])


def elements(octets):
    found = []
    while octets:
        tag, content, octets = take(octets)
        found.append((tag, content))
    return found


def message(number, operation, controls=b""):
    return tlv(0x30, tlv(2, number.to_bytes(4, "big")), operation, controls)


def search(number, base, scope, present, attribute, controls=b""):
    return message(number, tlv(0x63, tlv(4, base), tlv(10, bytes((scope,))), tlv(10, b"\0"), tlv(2, b"\0"), tlv(2, b"\0"),
                               tlv(1, b"\0"), tlv(0x87, present), tlv(0x30, tlv(4, attribute))), controls)


def page(size, cookie):
    value = tlv(0x30, tlv(2, bytes((size,))), tlv(4, cookie))
    return tlv(0xa0, tlv(0x30, tlv(4, PAGED), tlv(1, b"\xff"), tlv(4, value)))


class Wrong(Exception):
    """What no client may meet."""


class Connection:
    def __init__(self, address, tls=None, starts=False):
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest, self.number, self.list = b"", 0, 0
        self.mark, self.silence = time.monotonic(), 0.0
        if starts:
            self.socket.sendall(message(1, tlv(0x77, tlv(0x80, START_TLS))))
            if self.answer(1)[1][0] != (10, b"\0"):
                raise Wrong("no StartTLS")
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")

    def next(self):
        """The next message: number, tag, elements of the operation, controls."""
        while (found := take(self.rest)) is None:
            piece = self.socket.recv(65536)
            if not piece:
                raise Wrong("closed")
            self.rest += piece
        self.rest = found[2]
        (_, number), (tag, operation), *controls = elements(found[1])
        return int.from_bytes(number, "big"), tag, elements(operation), controls

    def send(self, octets):
        self.silence = max(self.silence, time.monotonic() - self.mark)
        self.socket.sendall(octets)
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
            if tag == DONE:
                if operation[0] != (10, b"\0"):
                    raise Wrong("result %r" % operation)
                return entries, controls
            if tag != ENTRY:
                raise Wrong("answer of kind %x" % tag)
            entries.append(operation)

    def ask(self, *args):
        self.number += 1
        self.send(search(self.number, *args))
        return self.number

    def look(self):
        return self.ask(CA, BASE, b"objectClass", LIST)

    def see(self, number):
        """The list in an answer: one that was issued, never an older one."""
        (entry,), _ = self.result(number)
        ((_, attribute),) = elements(entry[1][1])
        (_, name), (_, values) = elements(attribute)
        seen = lists.index(elements(values)[0][1])
        if name != LIST or seen < self.list:
            raise Wrong("list %d after %d" % (seen, self.list))
        self.list = seen
        return seen

    def people(self, size):
        """All of them, page by page."""
        names, cookie = [], None
        while cookie != b"":
            number = self.ask(SUFFIX, SUB, b"sn", b"1.1", page(size, cookie or b""))
            entries, ((_, controls),) = self.result(number)
            names += [entry[0][1] for entry in entries]
            control = elements(elements(controls)[0][1])
            cookie = elements(take(control[-1][1])[1])[1][1]
        if len(set(names)) != PEOPLE or len(names) != PEOPLE:
            raise Wrong("%d people, %d of them different" % (len(names), len(set(names))))

    def leave(self):
        self.socket.sendall(message(self.number + 1, tlv(0x42)))
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
    lists.append(openssl("crl", "-in", "root.crl", "-outform", "DER").stdout)
    publish()


def write_config(plain, secure, workers):
    write("s.conf", pki_config().replace("[ca root]", "[ca root]\ndn = " + CA.decode()) +
          "[server]\nlisten = 127.0.0.1:%d\nworkers = %d\ncache = cache\ndrain = 2m\n[repository]\nsuffix = %s\n"
          "ldif = people.ldif\n[tls]\ncertificate = tls.pem\nkey = tls.key\n"
          "[ldap]\nlisten = 127.0.0.1:%d\ntls-listen = 127.0.0.1:%d\n" % (http, workers, SUFFIX.decode(), plain, secure))


def late_taker(plain):
    """Asks for 15 MB, far more than sockets and queues hold, and takes nothing yet."""
    connection = Connection(plain)
    for _ in range(SEARCHES):
        connection.ask(SUFFIX, SUB, b"sn", b"description")
    connection.next()  # the first is being answered
    return connection


def takes_all(connection):
    """The answers to several searches come in turn."""
    entries, done = 1, 0
    try:
        while done < SEARCHES:
            _, tag, operation, _ = connection.next()
            entries += tag == ENTRY
            done += tag == DONE and operation[0] == (10, b"\0")
        return is_dismissed(connection) if entries == SEARCHES * PEOPLE else "%d entries" % entries
    except (Wrong, OSError) as e:
        return "%d entries, %d results, %r" % (entries, done, e)


def is_dismissed(connection):
    """A notice (unavailable), and nothing behind it."""
    number, tag, operation, _ = connection.next()
    if number != 0 or tag != EXTENDED or operation[0] != (10, b"\x34") or operation[-1] != (0x8a, NOTICE):
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
        write_config(plain[1], secure[1], 3 - turn)
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
    make_ca("root")
    make_cert("responder", "root", "/CN=responder", 6, "extendedKeyUsage=OCSPSigning\nnoCheck=ignored\n")
    make_cert("tls", "root", "/CN=tls", 9, SERVER)
    write("people.ldif", "dn: ou=People,o=Office,c=JP\nobjectClass: organizationalUnit\nou: People\n\n" +
          "".join("dn: cn=%d,ou=People,o=Office,c=JP\nobjectClass: person\ncn: %d\nsn: Sato\ndescription: %s\n\n" %
                  (i, i, "x" * 4000) for i in range(PEOPLE)))
    make_crl("root", [5])
    given, given_tls = listen(), listen()
    plain, secure = given.getsockname(), given_tls.getsockname()
    write_config(plain[1], secure[1], 2)
    issue()
    waiting = [Connection(plain) for _ in range(9)]
    numbers = [c.look() for c in waiting]
    daemon = Daemon("s", http, **manager([given, given_tls]))
    ok({c.see(n) for c, n in zip(waiting, numbers)} == {0}, "clients that waited in a handed over socket are answered")
    for connection in waiting:
        connection.leave()
    run(daemon, plain, secure, "handed over")
    plain, secure = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    write_config(plain[1], secure[1], 2)
    daemon = Daemon("s", http)
    ok(until(daemon.is_up), "the server starts with sockets of its own")
    run(daemon, plain, secure, "own")


finish(main)
