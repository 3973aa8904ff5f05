#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sockets handed over by a service manager (LISTEN_FDS): clients wait in them while there is no daemon."""
import os
import socket
import subprocess

from front_support import (BIN, PATIENCE_S, Daemon, finish, free_port, get, listen, manager, ok, path, read_answer, until,
                           write)

def write_config(*addresses, workers=3):
    write("s.conf", "[server]\n%sworkers = %d\ncache = cache\ndrain = 2s\n" %
          ("".join("listen = %s\n" % a for a in addresses), workers))


def queue(s, number):
    """Clients that wait in a socket which nobody accepts from."""
    clients = []
    for _ in range(number):
        client = socket.create_connection(s.getsockname()[:2], timeout=PATIENCE_S)
        client.sendall(get("/livez", "Connection: close\r\n"))
        clients.append(client)
    return clients


def served(clients):
    answers = [read_answer(c) for c in clients]
    for c in clients:
        c.close()
    return sum(a is not None and a[0] == 200 for a in answers)


def test_upgrade(daemon, given, v6, addresses):
    """The program that takes over has the sockets, and knows that they were handed over."""
    waiting = queue(given, 9) + queue(v6, 3)
    ok(daemon.upgrade() == "done" and served(waiting) == 12, "who comes as another program takes over is served", daemon.text())
    ok(served(queue(given, 40) + queue(v6, 40)) == 80 and daemon.is_up(), "and so is who comes after that", daemon.text())
    write_config(*addresses, workers=6)
    ok(daemon.reload() == "done" and served(queue(given, 40)) == 40, "its workers share the socket as well", daemon.text())
    ok(daemon.upgrade() == "done" and served(queue(given, 40)) == 40, "and those of the next program", daemon.text())


def main():
    own, given, spare, v6 = free_port(), listen(), listen(), listen("::1")
    address = "127.0.0.1:%d" % given.getsockname()[1]
    addresses = ("127.0.0.1:%d" % own, address, "[::1]:%d" % v6.getsockname()[1])
    write_config(*addresses)
    waiting = queue(given, 9) + queue(v6, 3)
    daemon = Daemon("s", own, **manager([given, spare, v6]))
    ok(served(waiting) == 12, "clients that waited in the sockets are served", daemon.text())
    ok(until(daemon.is_up), "an address that was not handed over is bound", daemon.text())
    ok(until(lambda: "127.0.0.1:%d: handed over, but not in the configuration" % spare.getsockname()[1] in daemon.text()),
       "a socket that nobody configured is told", daemon.text())
    ok("LISTEN_" not in open("/proc/%d/environ" % daemon.children("network")[-1]).read(),
       "children are not told of descriptors that are not theirs")
    write_config(*addresses, workers=6)
    ok(daemon.reload() == "done" and served(queue(given, 40)) == 40, "more workers by reload share the socket", daemon.text())
    write_config(*addresses, workers=1)
    ok(daemon.reload() == "done" and served(queue(given, 40)) == 40, "and fewer", daemon.text())
    test_upgrade(daemon, given, v6, addresses)
    ok(daemon.end() == 0, "it ends with 0")
    waiting = queue(given, 9)  # nobody is there, and nobody is refused
    daemon = Daemon("s", own, **manager([given, v6]))
    ok(served(waiting) == 9, "clients that came between two lives of the daemon are served", daemon.text())
    ok(daemon.end() == 0, "it ends with 0")
    for name, sockets, pid, words in (("meant for another process", [given], "1", "in use"),
                                      ("a datagram socket", [socket.socket(type=socket.SOCK_DGRAM)], "", "descriptor 3"),
                                      ("a file", [open(path("s.conf"))], "", "descriptor 3")):
        how = manager(sockets, pid)
        done = subprocess.run(how["wrap"] + [os.path.join(BIN, "sekishod"), "-c", "s.conf"], cwd=path("."), timeout=PATIENCE_S,
                              pass_fds=how["pass_fds"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        ok(done.returncode == 1 and words in done.stderr.decode(), "refused: " + name, done.stderr)


finish(main)
