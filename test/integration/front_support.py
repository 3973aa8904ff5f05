# SPDX-License-Identifier: Apache-2.0
"""What the tests of the HTTP front share: a daemon over a folder of its own, raw sockets, TAP lines."""
import hashlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from ports import free_port  # noqa: F401 (for tests)

BIN = os.environ["SEKISHO_BIN"]
PATIENCE_S = 60  # for what must happen at some time; no test measures
work = tempfile.mkdtemp(prefix="t_front.")
count = 0
daemons = []


def ok(condition, name, detail=""):
    global count
    count += 1
    print("%s %d - %s" % ("ok" if condition else "not ok", count, name))
    if not condition:
        print("# " + str(detail).replace("\n", "\n# "))
    sys.stdout.flush()
    return condition


def plan():
    print("1..%d" % count)


def clean_up():
    if os.environ.get("KEEP"):
        print("# " + work)
    else:
        shutil.rmtree(work, ignore_errors=True)


def path(name):
    return os.path.join(work, name)


def read(name, mode="r"):
    with open(path(name), mode) as f:
        return f.read()


def write(name, text, mode=0o644):
    with open(path(name), "w" if isinstance(text, str) else "wb") as f:
        f.write(text)
    os.chmod(path(name), mode)


def until(condition, seconds=PATIENCE_S):
    """Waits until condition() is true; its last value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    return condition()


def openssl(*args, check=True, stdin=None):
    done = subprocess.run(["openssl", *args], cwd=work, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=PATIENCE_S)
    if check and done.returncode != 0:
        raise SystemExit("openssl %s: %s" % (" ".join(args), done.stderr.decode()))
    return done


def der(kind, name):
    """kind: x509, crl"""
    return openssl(kind, "-in", name, "-outform", "DER").stdout


# ---- a small PKI: a root that is the anchor, one end entity, a responder ----

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


SERVER = "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n"


def make_cert(name, ca, subject, serial, extensions, key=None):
    write(name + ".ext", "basicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n" + extensions)
    openssl("req", *(key or EC), "-keyout", name + ".key", "-out", name + ".csr", "-subj", subject)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-set_serial", str(serial),
            "-days", "30", "-extfile", name + ".ext", "-out", name + ".pem")
    os.chmod(path(name + ".key"), 0o600)


def make_ca(name, key=None):
    openssl("req", "-x509", *(key or EC), "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/C=JP/O=Office/CN=" + name,
            "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def make_crl(ca, serials, number=1):
    """CA.crl, PEM."""
    write("crl.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=crl.index\ncrlnumber=crl.number\ndefault_md=sha256\n"
          "crl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n")
    write("crl.index", "".join("R\t491231235959Z\t240101000000Z\t%02X\tunknown\t/CN=x\n" % s for s in serials))
    write("crl.index.attr", "")
    write("crl.number", "%02X\n" % number)
    openssl("ca", "-config", "crl.cnf", "-gencrl", "-keyfile", ca + ".key", "-cert", ca + ".pem", "-crldays", "30", "-out",
            ca + ".crl")


def make_pki(subject="/C=JP/CN=citizen", other_name="nobody", key=None):
    """root (with this kind of key), citizen (with this otherName), responder; req.der asks for citizen."""
    make_ca("root", key)
    make_cert("citizen", "root", subject, 5, "subjectAltName=otherName:1.2.392.200149.8.5.5.1;UTF8:%s\n" % other_name)
    make_cert("responder", "root", "/C=JP/CN=responder", 6, "extendedKeyUsage=OCSPSigning\nnoCheck=ignored\n")
    make_crl("root", [])
    openssl("ocsp", "-issuer", "root.pem", "-cert", "citizen.pem", "-no_nonce", "-reqout", "req.der")


def make_clients():
    """For client-ca: alice, bob, and revoked, who is on its list; of other-ca: mallory, who says that he is alice."""
    make_ca("client-ca")
    make_ca("other-ca")
    for name, ca, cn, serial in (("alice", "client-ca", "alice", 11), ("bob", "client-ca", "bob", 12),
                                 ("revoked", "client-ca", "revoked", 13), ("mallory", "other-ca", "alice", 11)):
        make_cert(name, ca, "/C=JP/O=Office/CN=" + cn, serial, "extendedKeyUsage=clientAuth\n")
    make_crl("client-ca", [13])


def pki_config():
    """The sections that a daemon needs to answer over it."""
    return ("[signer]\nbackend = software\nkey = responder.key\ncertificate = responder.pem\n[ca root]\n"
            "certificates = file:root.pem\ncrls = file:root.crl\n[policy default]\nanchor = root.pem sha256:%s\n" %
            hashlib.sha256(der("x509", "root.pem")).hexdigest())


def publish():
    done = subprocess.run([os.path.join(BIN, "sekisho-fetch"), "-c", "s.conf"], cwd=work, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=PATIENCE_S)
    if done.returncode != 0:
        raise SystemExit("sekisho-fetch: %s" % done.stderr.decode())


def connect(port, source="127.0.0.1", timeout=PATIENCE_S):
    """The kernel takes ports of one half of its range for connections, and of the other half where a socket is bound first: a
    client that is bound for no reason takes ports from free_port(), and may meet itself before a server is there."""
    return socket.create_connection(("127.0.0.1", port), timeout=timeout,
                                    source_address=None if source == "127.0.0.1" else (source, 0))


def read_all(s):
    """Everything until the server ends its side; how it ended is part of it when it is no plain end."""
    got = b""
    while True:
        try:
            piece = s.recv(65536)
        except socket.timeout:
            return got + b"(still open)"
        except (OSError, ssl.SSLError) as e:
            return got + b"(" + str(e).encode() + b")"
        if not piece:
            return got
        got += piece


def read_answer(s):
    """One answer with Content-Length: (status, head, body); None when the connection ends before."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = s.recv(65536)
        if not piece:
            return None
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(re.search(rb"\r\nContent-Length: (\d+)", head).group(1))
    while len(body) < length:
        piece = s.recv(65536)
        if not piece:
            return None
        body += piece
    return int(head.split(b" ")[1]), head.decode(), body


def get(target, more="", method="GET"):
    return ("%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (method, target, more)).encode()


class Daemon:
    """sekishod over the configuration NAME.conf, logging to NAME.log."""

    def __init__(self, name, port, wrap=(), env=None, pass_fds=(), preexec_fn=None):
        self.name, self.port = name, port
        self.log = open(path(name + ".log"), "ab")
        self.process = subprocess.Popen([*wrap, os.path.join(BIN, "sekishod"), "-c", name + ".conf"], cwd=work, env=env,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, pass_fds=pass_fds,
                                        preexec_fn=preexec_fn)
        daemons.append(self)

    def text(self):
        return read(self.name + ".log")

    def connect(self, source="127.0.0.1", port=None, timeout=PATIENCE_S):
        return connect(port or self.port, source, timeout)

    def ask(self, octets, source="127.0.0.1"):
        """One request over a connection of its own: (status, head, body)."""
        with self.connect(source) as s:
            s.sendall(octets)
            return read_answer(s)

    def raw(self, octets, source="127.0.0.1", port=None):
        """Sends octets as they are and reads until the server closes."""
        with self.connect(source, port) as s:
            try:
                s.sendall(octets)
            except OSError:
                pass  # it has closed already
            return read_all(s)

    def is_up(self):
        try:
            answer = self.ask(get("/livez"))
            return answer is not None and answer[0] == 200
        except OSError:
            return False

    def scrape(self):
        """The page of figures."""
        status, head, body = self.ask(get("/metrics"))
        if status != 200 or "Content-Type: text/plain; version=0.0.4" not in head:
            raise SystemExit("/metrics: %d %s" % (status, head))
        return body.decode()

    def figures(self):
        """{'name{labels}': value}"""
        found = {}
        for line in self.scrape().splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def memory_kb(self):
        """Of the network process."""
        with open("/proc/%d/status" % self.children("network")[-1], encoding="ascii") as f:
            return int(f.read().partition("VmRSS:")[2].split()[0])

    def children(self, kind):
        """Pids of a kind of child, the newest last."""
        return [int(n) for n in re.findall(r"supervisor: %s process (\d+) started" % kind, self.text())]

    def signal(self, what):
        """Sends SIGHUP or SIGUSR2, and what came of it: "done" or "refused"."""
        ends = "reload: done", "the old configuration stays", "the old program stays"
        seen = [self.text().count(t) for t in ends]
        self.process.send_signal(what)
        until(lambda: [self.text().count(t) for t in ends] != seen)
        return "done" if self.text().count("reload: done") > seen[0] else "refused"

    def reload(self):
        return self.signal(signal.SIGHUP)

    def upgrade(self):
        """The program takes its own place: the same process id, all else is made again."""
        seen = self.text().count("upgrade: now")
        end = self.signal(signal.SIGUSR2)
        return end if self.text().count("upgrade: now") == seen + 1 else "refused"

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "killed"
        finally:
            self.log.close()


# ---- sockets handed over, as a service manager does ----

# Puts the descriptors given to it at 3, 4, ... and becomes the program, as systemd does.
MANAGER = ("import os, sys\n"
           "fds, pid, words = [int(f) for f in sys.argv[1].split(',')], sys.argv[2], sys.argv[3:]\n"
           "fds = [os.dup(f) for f in fds]\n"
           "while min(fds) < 3 + len(fds):\n"
           "    fds = [os.dup(f) for f in fds]\n"
           "for i, f in enumerate(fds):\n"
           "    os.dup2(f, 3 + i, inheritable=True)\n"
           "os.environ.update(LISTEN_FDS=str(len(fds)), LISTEN_PID=pid or str(os.getpid()), LISTEN_FDNAMES='a:b')\n"
           "os.execv(words[0], words)\n")


def listen(host="127.0.0.1"):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.bind((host, 0))
    s.listen(64)
    return s


def manager(sockets, pid=""):
    fds = [s.fileno() for s in sockets]
    return {"wrap": [sys.executable, "-c", MANAGER, ",".join(map(str, fds)), pid], "pass_fds": fds}


def check_config(name):
    """sekishod -t: its exit status and its words."""
    done = subprocess.run([os.path.join(BIN, "sekishod"), "-t", "-c", name + ".conf"], cwd=work, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=PATIENCE_S)
    return done.returncode, (done.stdout + done.stderr).decode()


def finish(main):
    """Runs the test and cleans up after it."""
    try:
        main()
        for daemon in daemons:
            log = daemon.text()
            ok("ERROR:" not in log and "runtime error" not in log and "ended with 99" not in log,
               "no sanitizer has complained (%s)" % daemon.name, log[-4000:])
        plan()
    finally:
        for daemon in daemons:
            if daemon.process.poll() is None:
                daemon.end()
        clean_up()
