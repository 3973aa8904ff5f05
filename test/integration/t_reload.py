#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""When a reload is done, whoever connects gets the new configuration: many reloads between two of them, each asked for at the
moment the log says so. A network process that does not say that it has stopped accepting is waited for, but not for ever. One
that is told to end once more while it ends, ends well."""
import os
import re
import signal
import threading
import time

from front_support import PATIENCE_S, Daemon, finish, free_port, get, ok, path, read_answer, until, write

RELOADS = int(os.environ.get("SEKISHO_RELOADS", "20"))
CLIENTS = 8
QUEUED = 600
port = free_port()
EXPECTED = {True: 403, False: 200}  # by whether a list of the configuration denies it


def write_config(denies, more=None):
    write("s.conf", "[server]\n" + "".join("listen = 127.0.0.1:%d\n" % p for p in (port, more) if p) +
          "workers = 3\ncache = cache\ndrain = 1m\n[limits]\nhttp-idle-time = 1m\n" +
          ("[acl figures]\nservice = metrics\nrule = deny 127.0.0.2\nrule = allow loopback\n" if denies else
           "[acl figures]\nservice = metrics\nrule = allow all\n"))


class Busy(threading.Thread):
    """Keeps the workers from looking at their mail at once."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.server, self.is_stopped, self.failures = daemon, False, []

    def run(self):
        while not self.is_stopped:
            try:
                with self.server.connect() as s:
                    s.sendall(get("/metrics") * 8)
                    if read_answer(s)[0] != 200:
                        self.failures.append("no answer")
            except (OSError, TypeError) as e:
                self.failures.append(repr(e))


def hup(daemon, denies):
    """Returns the log's words as soon as it says that the reload is done."""
    write_config(denies)
    with open(path(daemon.name + ".log"), encoding="utf-8") as log:
        log.seek(0, os.SEEK_END)
        daemon.process.send_signal(signal.SIGHUP)
        end, text = time.monotonic() + PATIENCE_S, ""
        while not re.search("(reload: done|stays).*\n", text) and time.monotonic() < end:
            text += log.read()
    return text


def ask_at_once(daemon):
    connections = [daemon.connect("127.0.0.2") for _ in range(CLIENTS)]
    answers = []
    for s in connections:
        s.sendall(get("/metrics"))
    for s in connections:
        answers.append(read_answer(s)[0])
        s.close()
    return answers


def test_at_once(daemon):
    threads = [Busy(daemon) for _ in range(3)]
    for t in threads:
        t.start()
    wrong, done, denies = [], 0, False
    for turn in range(RELOADS):
        denies = not denies
        text = hup(daemon, denies)
        answers = ask_at_once(daemon)
        done += "reload: done" in text
        wrong += [(turn, a) for a in answers if a != EXPECTED[denies]]
    for t in threads:
        t.is_stopped = True
    for t in threads:
        t.join(PATIENCE_S)
    ok(done == RELOADS, "%d reloads are done" % RELOADS, daemon.text()[-3000:])
    ok(not wrong, "each of %d clients that connect then has the new configuration" % (RELOADS * CLIENTS), wrong)
    ok(not any(t.failures for t in threads), "others lose no request meanwhile", [t.failures[:3] for t in threads])


def test_stopped(daemon):
    old = daemon.children("network")[-1]
    os.kill(old, signal.SIGSTOP)
    text = hup(daemon, True)
    ok("network process %d has not said that it accepts no more" % old in text, "a process that does not say so is waited for",
       text)
    ok(set(ask_at_once(daemon)) == {403}, "meanwhile the new one serves")
    os.kill(old, signal.SIGCONT)
    ok(until(lambda: "network process %d ended with 0" % old in daemon.text()), "the old one ends well", daemon.text()[-3000:])
    text = hup(daemon, False)
    ok("reload: done\n" in text and set(ask_at_once(daemon)) == {200}, "and the next reload is as any", text)


def test_second(daemon):
    """A reload that is asked for while one is not done yet follows it."""
    old = daemon.children("network")[-1]
    seen = daemon.text().count("reload: done")
    os.kill(old, signal.SIGSTOP)
    write_config(True)
    daemon.process.send_signal(signal.SIGHUP)
    ok(until(lambda: daemon.ask(get("/metrics"), "127.0.0.2")[0] == 403), "a reload takes over")
    write_config(False)
    daemon.process.send_signal(signal.SIGHUP)
    os.kill(old, signal.SIGCONT)
    ok(until(lambda: daemon.text().count("reload: done") == seen + 2) and set(ask_at_once(daemon)) == {200},
       "another one follows it", daemon.text()[-3000:])


def status_of(s):
    """Of one answer, or why there is none."""
    try:
        answer = read_answer(s)
        return answer and answer[0]
    except OSError as e:
        return repr(e)


def test_gone_address(daemon):
    """An address that a reload takes away: who stands in its queue is served, who comes later is refused, though an old process
    still drains. It can come back meanwhile."""
    more = free_port()
    write_config(False, more)
    ok(daemon.reload() == "done", "a further address by reload")
    old = daemon.children("network")[-1]
    silent = daemon.connect(port=more)
    silent.sendall(get("/livez"))
    ok(read_answer(silent)[0] == 200, "a client comes to it and stays")
    os.kill(old, signal.SIGSTOP)
    queue = [daemon.connect(port=more) for _ in range(QUEUED)]
    for s in queue:
        s.sendall(get("/livez"))
    write_config(False)
    daemon.process.send_signal(signal.SIGHUP)
    ok(until(lambda: daemon.children("network")[-1] != old and daemon.is_up()), "it is taken away, others wait in its queue")
    os.kill(old, signal.SIGCONT)
    answers = [status_of(s) for s in queue]
    ok(answers == [200] * QUEUED, "all %d of them are served" % QUEUED, [a for a in answers if a != 200][:3])

    def is_refused():
        try:
            daemon.connect(port=more, timeout=1).close()
            return False
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    ok(until(is_refused), "who comes later is refused")
    write_config(False, more)
    ok(daemon.reload() == "done" and daemon.connect(port=more).close() is None, "it comes back", daemon.text()[-2000:])
    silent.sendall(get("/livez"))
    answer = read_answer(silent)
    ok(answer[0] == 200 and "Connection: close" in answer[1], "while the old process is still there", answer)
    write_config(False)
    ok(daemon.reload() == "done", "and goes")


def test_told_again(daemon):
    """SIGTERM may come to a process that ends already: from the supervisor behind a word to drain, or from whoever tells all
    processes of a service."""
    old = daemon.children("network")[-1]
    silent = daemon.connect()
    silent.sendall(get("/livez"))
    read_answer(silent)
    ok(daemon.reload() == "done", "a reload, with a client that stays")
    process, end = os.pidfd_open(old), time.monotonic() + PATIENCE_S
    silent.close()
    try:
        while time.monotonic() < end:
            signal.pidfd_send_signal(process, signal.SIGTERM)
    except ProcessLookupError:
        pass  # the supervisor has taken its status
    os.close(process)
    ok(until(lambda: re.search(r"network process %d ended .*\n" % old, daemon.text())).group().endswith("ended with 0\n"),
       "told to end while it ends it does so as always", daemon.text()[-2000:])


def main():
    write_config(False)
    daemon = Daemon("s", port)
    ok(until(daemon.is_up), "the daemon answers", daemon.text())
    test_at_once(daemon)
    test_stopped(daemon)
    test_second(daemon)
    test_gone_address(daemon)
    test_told_again(daemon)
    ok(daemon.end() == 0, "and ends with 0")


finish(main)
