# SPDX-License-Identifier: Apache-2.0
"""What bench/run and bench/memory stand on: a PKI of software keys, servers beside one another, CPU time of a server, one load."""
import glob
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

SERVER_CPU, LOAD_CPU = 0, 1
START_S = 60
CA_EXT = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
EE_EXT = "basicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n"
RESPONDER_EXT = EE_EXT + "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n"
KEYS = {"rsa": ["-newkey", "rsa:2048"], "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pin(cpu):
    """For preexec_fn: to one processor, where there are two."""
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[cpu]})


def family(pid):
    """A process and all below it."""
    found = [pid]
    for path in glob.glob("/proc/%d/task/*/children" % pid):
        with open(path, encoding="ascii") as f:
            for child in f.read().split():
                found += family(int(child))
    return found


def cpu_ns(pid):
    """(time run, time waited for a processor) of all threads of a process and of its children, by the scheduler."""
    run = waited = 0
    for member in family(pid):
        for path in glob.glob("/proc/%d/task/*/schedstat" % member):
            with open(path, encoding="ascii") as f:
                words = f.read().split()
            run, waited = run + int(words[0]), waited + int(words[1])
    return run, waited


def may_be_realtime():
    """Whether this process may give real-time priority."""
    return subprocess.run(["chrt", "-f", "1", "true"], capture_output=True, check=False).returncode == 0


class Priority:
    """with Priority(pid, True): all threads of the server run before whatever else wants the processor."""

    def __init__(self, pid, realtime):
        self.pid, self.realtime = pid, realtime

    def set(self, policy, priority):
        for member in family(self.pid):
            for thread in os.listdir("/proc/%d/task" % member):
                os.sched_setscheduler(int(thread), policy, os.sched_param(priority))

    def __enter__(self):
        if self.realtime:
            self.set(os.SCHED_FIFO, 1)

    def __exit__(self, *_):
        if self.realtime:
            self.set(os.SCHED_OTHER, 0)


class Stand:
    """A folder, the servers that run over it, and the programs under test."""

    def __init__(self, folder, programs, out):
        self.folder, self.bin, self.out, self.servers = folder, programs, out, []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "wb" if isinstance(text, bytes) else "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def run(self, *args, env=None):
        done = subprocess.run(args, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=env)
        if done.returncode != 0:
            raise SystemExit("%s: %s" % (" ".join(args[:6]), done.stderr.decode(errors="replace")))
        return done.stdout

    # ---- PKI ----

    def make_cert(self, name, kind, ca, serial, extensions):
        self.write(name + ".ext", extensions)
        self.run("openssl", "req", *KEYS[kind], "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
                 "-subj", "/C=JP/O=Benchmark/CN=" + name)
        self.run("openssl", "x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-sha256",
                 "-set_serial", str(serial), "-days", "365", "-extfile", name + ".ext", "-out", name + ".pem")
        os.chmod(self.path(name + ".key"), 0o600)

    def make_crl(self, ca, revoked):
        self.write(ca + ".cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=%s.index\ncrlnumber=%s.number\ndefault_md=sha256\n"
                   "crl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n" % (ca, ca))
        self.write(ca + ".index", "".join("R\t491231235959Z\t240101000000Z,keyCompromise\t%06X\tunknown\t/CN=x\n" % s
                                          for s in revoked))
        self.write(ca + ".number", "01\n")
        self.run("openssl", "ca", "-config", ca + ".cnf", "-gencrl", "-keyfile", ca + ".key", "-cert", ca + ".pem",
                 "-crldays", "30", "-out", ca + ".crl")

    def make_pki(self, revoked=1000):
        """root (anchor) above the CAs ca-rsa and ca-ec; responders by ca-ec; each CA's list has so many entries."""
        self.run("openssl", "req", "-x509", *KEYS["ec"], "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "3650",
                 "-subj", "/C=JP/O=Benchmark/CN=root", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        for serial, kind in enumerate(("rsa", "ec"), 2):
            self.make_cert("ca-" + kind, kind, "root", serial, CA_EXT + "authorityKeyIdentifier=keyid\n")
            self.make_crl("ca-" + kind, range(10, 10 + revoked))
        for serial, kind in enumerate(("rsa", "ec"), 2):
            self.make_cert("responder-" + kind, kind, "ca-ec", serial, RESPONDER_EXT)
        self.make_crl("root", [])

    def leaves(self, ca, first, count, prefix):
        """PREFIX.json, .ocsp, .nonce and .index about so many certificates."""
        self.run(os.path.join(self.out, "bench", "leaves"), ca + ".pem", ca + ".key", str(first), str(count), prefix)

    # ---- servers ----

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def start(self, args, env=None, log="servers.log"):
        with open(self.path(log), "ab") as to:
            server = subprocess.Popen(args, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=to, stderr=to,
                                      preexec_fn=lambda: pin(SERVER_CPU))
        self.servers.append(server)
        return server.pid

    def wait_for(self, url):
        until = time.monotonic() + START_S
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    return answer.read()
            except OSError:
                if time.monotonic() > until:
                    raise SystemExit("%s: no server\n%s" % (url, self.read("servers.log")[-2000:]))
                time.sleep(0.05)

    def sekishod(self, name, signer, env=None, level="warning", more=""):
        """(pid, address) of a daemon with this [signer]; one worker, since one processor is measured. more: further sections."""
        port = free_port()
        anchor = hashlib.sha256(self.run("openssl", "x509", "-in", "root.pem", "-outform", "DER")).hexdigest()
        text = ("[server]\nlisten = 127.0.0.1:%d\nworkers = 1\ncache = cache\n[log]\nlevel = %s\n[signer]\n%s"
                "[policy default]\nanchor = root.pem sha256:%s\n" % (port, level, signer, anchor))
        text += "".join("[ca %s]\ncertificates = file:%s.pem\ncrls = file:%s.crl\n" % (c, c, c)
                        for c in ("root", "ca-rsa", "ca-ec"))
        text += more
        self.write(name + ".conf", text)
        if not os.path.exists(self.path("cache")):
            self.run(os.path.join(self.bin, "sekisho-fetch"), "-c", name + ".conf", "--once")
        pid = self.start([os.path.join(self.bin, "sekishod"), "-c", name + ".conf"], env)
        self.wait_for("http://127.0.0.1:%d/readyz" % port)
        return pid, "http://127.0.0.1:%d" % port

    def end(self):
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
        for server in self.servers:
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    # ---- load ----

    def ask(self, url, body, content_type):
        """One POST; the answer's body."""
        request = urllib.request.Request(url, data=body, headers={"Content-Type": content_type})
        with urllib.request.urlopen(request, timeout=START_S) as answer:
            return answer.read()

    def load(self, *args, realtime=False):
        """One run of sekisho-bench; what it told. Faults end the benchmark: wrong answers have no speed. At a fixed rate that is
        more than a busy machine lets the server do, answers that did not come in time are told instead."""
        def prepare():
            pin(LOAD_CPU)
            if realtime:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))

        done = subprocess.run([os.path.join(self.bin, "sekisho-bench"), "--json", *args], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, preexec_fn=prepare)
        told = json.loads(done.stdout) if done.stdout else {}
        behind = "--rate" in args and done.returncode == 1 and \
            told["good"] + told["late"] == told["sent"]
        if done.returncode != 0 and not behind:
            raise SystemExit("sekisho-bench %s: %s%s" % (" ".join(args), done.stdout.decode(), done.stderr.decode()))
        return told

    def measure(self, pid, *args, realtime=False):
        """(microseconds of the server's CPU time for each request, what sekisho-bench told)"""
        before = cpu_ns(pid)
        told = self.load(*args, realtime=realtime)
        after = cpu_ns(pid)
        told["waited_us"] = (after[1] - before[1]) / 1000 / max(1, told["good"])
        return (after[0] - before[0]) / 1000 / max(1, told["good"]), told


def first_body(path):
    """The first body of a file of them."""
    with open(path, "rb") as f:
        return f.read(int.from_bytes(f.read(4), "big"))


def machine():
    """What this ran on, in a line."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read())
    with open("/proc/loadavg", encoding="ascii") as f:
        load = f.read().split()[0]
    versions = [subprocess.run(c, capture_output=True, check=False, text=True) for c in (["openssl", "version"], ["nginx", "-v"])]
    return "%s, %d processors, load %s before the start, Linux %s, %s, %s" % (
        model.group(1) if model else os.uname().machine, os.cpu_count(), load, os.uname().release.split("-")[0],
        " ".join(versions[0].stdout.split()[:2]), versions[1].stderr.strip().replace("nginx version: ", ""))
