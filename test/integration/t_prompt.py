#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pin = prompt: the PIN of a SoftHSM token is asked for once, at a terminal, and lasts over reloads, a killed key process and
another program in the place of this one. It is seen nowhere."""
import fcntl
import glob
import os
import select
import shutil
import signal
import subprocess
import sys
import termios

from front_support import (BIN, PATIENCE_S, Daemon, check_config, finish, free_port, get, make_pki, ok, openssl, path, pki_config,
                           publish, read, until, work, write)

PIN = "very-secret-4711"
port = free_port()


def module():
    known = [os.environ.get("SOFTHSM2_MODULE", "")] + sorted(glob.glob("/usr/lib/softhsm/libsofthsm2.so") +
                                                            glob.glob("/usr/lib/*/softhsm/libsofthsm2.so"))
    return next((f for f in known if os.path.isfile(f)), None)


def make_token():
    os.mkdir(path("tokens"))
    write("softhsm2.conf", "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n" % path("tokens"))
    os.environ["SOFTHSM2_CONF"] = path("softhsm2.conf")
    for words in (["--init-token", "--free", "--label", "one", "--so-pin", "so-4711"],
                  ["--import", path("responder.key"), "--token", "one", "--label", "responder", "--id", "01"]):
        subprocess.run(["softhsm2-util", *words, "--pin", PIN], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def write_config(pin="prompt"):
    signer = "[signer]\nbackend = pkcs11\nmodule = %s\ntoken = one\npin = %s\nkey = responder\n" % (module(), pin)
    write("s.conf", "[server]\nlisten = 127.0.0.1:%d\ncache = cache\ndrain = 2s\n" % port +
          pki_config().replace("[signer]\nbackend = software\nkey = responder.key\n", signer))


class Terminal:
    """A terminal of its own for a program, and what was shown at it."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        self.shown = ""

    def take(self):
        """To be called in the program's process before it begins."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def shows(self, text):
        def look():
            while select.select([self.master], [], [], 0)[0]:
                self.shown += os.read(self.master, 4096).decode(errors="replace")
            return text in self.shown
        return until(look)

    def type(self, text):
        os.write(self.master, text.encode())


def start(terminal):
    return Daemon("s", port, pass_fds=[terminal.slave], preexec_fn=terminal.take)


def good(daemon):
    """An answer with a nonce, so signed just now, by the token's key."""
    openssl("ocsp", "-issuer", "root.pem", "-cert", "citizen.pem", "-nonce", "-reqout", "nonce.der")
    body = read("nonce.der", "rb")
    answer = daemon.ask(b"POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n" %
                        len(body) + body)
    write("answer.der", answer[2])
    said = openssl("ocsp", "-reqin", "nonce.der", "-no_nonce", "-respin", "answer.der", "-CAfile", "root.pem",
                   "-issuer", "root.pem", "-cert", "citizen.pem", check=False)
    return "citizen.pem: good" in said.stdout.decode() and "verify OK" in said.stderr.decode()


def is_ready(daemon):
    try:
        return daemon.ask(get("/readyz"))[0] == 200
    except (OSError, TypeError):
        return False


def test_refused():
    done = subprocess.run([os.path.join(BIN, "sekishod"), "-c", "s.conf"], cwd=work, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, start_new_session=True, timeout=PATIENCE_S)
    ok(done.returncode != 0 and b"no terminal" in done.stderr, "without a terminal it does not start", done)
    ok(check_config("s")[0] == 0, "to check the configuration none is needed")
    terminal = Terminal()
    daemon = start(terminal)
    ok(terminal.shows("PIN of one: "), "it asks at the terminal", terminal.shown)
    terminal.type("\x03")
    ok(daemon.process.wait(PATIENCE_S) != 0 and "no PIN was given" in daemon.text(), "Control-C instead of a PIN ends it",
       daemon.text())


def test_asked_once():
    terminal = Terminal()
    daemon = start(terminal)
    ok(terminal.shows("PIN of one: "), "it asks", terminal.shown)
    terminal.type(PIN + "\n")
    if not ok(until(lambda: is_ready(daemon)), "with the PIN it is ready", daemon.text()):
        return
    ok(good(daemon), "and signs")
    ok(daemon.reload() == "done" and good(daemon), "after a reload it signs, unasked", daemon.text())
    before = daemon.children("key")[-1]
    ok(daemon.upgrade() == "done" and good(daemon), "after an upgrade it signs, unasked", daemon.text())
    ok(daemon.children("key")[-1] != before, "with another key process")
    ok(daemon.upgrade() == "done" and good(daemon), "and after another")
    before = daemon.children("key")[-1]
    os.kill(before, signal.SIGKILL)
    ok(until(lambda: daemon.children("key")[-1] != before and is_ready(daemon)) and good(daemon),
       "the key process is killed: the next one has the PIN", daemon.text())
    ok(daemon.reload() == "done" and good(daemon), "so it is after a further reload")
    write("pin", PIN)
    os.chmod(path("pin"), 0o600)
    write_config("file:pin")
    ok(daemon.reload() == "done" and good(daemon), "a file takes its place by reload", daemon.text())
    write_config()
    ok(daemon.reload() == "done" and good(daemon), "and the PIN from before that of the file")
    terminal.shows("PIN of one: ")
    ok(terminal.shown.count("PIN of one: ") == 1, "it was asked for once", terminal.shown)
    ok(PIN not in terminal.shown and PIN not in daemon.text(), "and is seen neither at the terminal nor in the log")
    ok(daemon.end() == 0, "it ends with 0")


def main():
    if module() is None or shutil.which("softhsm2-util") is None:
        print("ok 1 - pin = prompt # SKIP softhsm2 is missing\n1..1")
        sys.exit(0)
    make_pki("/C=JP/CN=citizen", "taro")
    make_token()
    write_config()
    publish()
    test_refused()
    test_asked_once()


finish(main)
