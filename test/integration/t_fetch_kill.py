#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-fetch is killed at random moments while another process keeps reading what is current.

The reader here is LMDB's own library, called through ctypes, and hashlib: it knows nothing of our code but the layout
of cache/record.h. At every moment `current` must name a complete generation that holds one list, whole, and with it
the certificates and records that belong to it, and the generation's number must never go back."""
import ctypes
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fetch_support import BIN, Ca, Tap, fetch, fingerprint  # noqa: E402

KILLS = 60
ENTRIES = 3000
RDONLY, NOLOCK, NOTLS = 0x20000, 0x400000, 0x200000


class Val(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]


lmdb = ctypes.CDLL("liblmdb.so.0")
lmdb.mdb_env_close.restype = lmdb.mdb_txn_abort.restype = None


def must(code):
    if code != 0:
        raise RuntimeError("LMDB says %d" % code)


class Environment:
    def __init__(self, directory):
        self.env, self.txn = ctypes.c_void_p(), ctypes.c_void_p()
        must(lmdb.mdb_env_create(ctypes.byref(self.env)))
        must(lmdb.mdb_env_set_maxdbs(self.env, 16))
        code = lmdb.mdb_env_open(self.env, directory.encode(), RDONLY | NOLOCK | NOTLS, 0)
        if code != 0:
            lmdb.mdb_env_close(self.env)
            raise FileNotFoundError(code) if code == 2 else RuntimeError("LMDB says %d" % code)
        must(lmdb.mdb_txn_begin(self.env, None, RDONLY, ctypes.byref(self.txn)))

    def get(self, name, key):
        dbi, found = ctypes.c_uint(), Val()
        must(lmdb.mdb_dbi_open(self.txn, name.encode(), 0, ctypes.byref(dbi)))
        buffer = ctypes.create_string_buffer(key, len(key))
        must(lmdb.mdb_get(self.txn, dbi, ctypes.byref(Val(len(key), ctypes.cast(buffer, ctypes.c_void_p))),
                          ctypes.byref(found)))
        return ctypes.string_at(found.data, found.size)

    def close(self):
        lmdb.mdb_txn_abort(self.txn)
        lmdb.mdb_env_close(self.env)


def check(cache, lists):
    """The number of the generation that `current` names, after looking at all that belongs together in it."""
    for _ in range(100):
        number = os.readlink(cache + "/current")
        try:
            env = Environment(cache + "/" + number)
            break
        except FileNotFoundError:
            continue  # swapped and pruned in between: look again
    try:
        meta = env.get("meta", b"meta")
        assert int.from_bytes(meta[4:12], "big") == int(number), "number"
        served = env.get("object", b"seal/crl.crl")[1:33]
        body = env.get("blob", served)
        assert hashlib.sha256(body).digest() == served, "body of the list"
        assert served in lists, "a list that was never offered"
        which = lists[served]
        record = env.get("crl", b"\0\0")
        assert record[:32] == served, "record of the list"
        assert int.from_bytes(record[75:83], "big") == ENTRIES, "number of entries"
        for serial in (1, ENTRIES // 2, ENTRIES):  # each list revokes serials of its own
            octets = (which * 100000 + serial).to_bytes(4, "big").lstrip(b"\0")
            octets = b"\0" + octets if octets[0] & 0x80 else octets
            assert len(env.get("revoked", b"\0\0" + octets)) == 10, "revoked entry"
        assert len(env.get("checked", served + SPKI)) == 0, "edge of the list"
        return int(number)
    finally:
        env.close()


tap = Tap()
home = tempfile.mkdtemp(prefix="sekisho-t-kill-")
root = Ca("Root")
seal = Ca("Seal", root)
from cryptography.hazmat.primitives import serialization  # noqa: E402
SPKI = hashlib.sha256(seal.key.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()
bodies = [seal.crl(n, [n * 100000 + serial for serial in range(1, ENTRIES + 1)]) for n in range(1, KILLS + 2)]
lists = {hashlib.sha256(body).digest(): n for n, body in enumerate(bodies, 1)}


def offer(body):
    with open(home + "/next", "wb") as f:
        f.write(body)
    os.rename(home + "/next", home + "/seal.crl")


for name, der in (("root.cer", root.der), ("seal.cer", seal.der)):
    with open(home + "/" + name, "wb") as f:
        f.write(der)
conf = home + "/sekisho.conf"
with open(conf, "w") as f:
    f.write("[server]\ncache = cache\n[fetch]\nkeep = 1\n[policy default]\nanchor = root.cer sha256:%s\n"
            "[ca seal]\ncertificates = file:seal.cer\ncrls = file:seal.crl\n" % fingerprint(root.der))
offer(bodies[0])
status, out, err = fetch(conf)
tap.ok(status == 0, "the first run publishes", (status, err))

wrong, seen, over = [], [], threading.Event()


def keep_reading():
    """Reads all the time; what it has read once must not go back."""
    last = 0
    while not over.is_set():
        try:
            number = check(home + "/cache", lists)
            if number < last:
                wrong.append("generation %d after %d" % (number, last))
            last = number
            seen.append(number)
        except Exception as e:  # whatever is wrong is what is looked for
            wrong.append(repr(e))
            return


reader = threading.Thread(target=keep_reading)
reader.start()
random.seed(int.from_bytes(os.urandom(4), "big"))
killed = finished = 0
span = 0.2
for body in bodies[1:]:
    offer(body)
    process = subprocess.Popen([BIN + "/sekisho-fetch", "-c", conf], stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # a sanitizer may be surprised by the kill
    try:
        process.wait(timeout=random.random() * span)
        finished += 1
        span = max(0.02, span * 0.9)  # aim earlier
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
        span *= 1.05
over.set()
reader.join()
print("## %d kills, %d runs ended before; the reader looked %d times and saw %d generations"
      % (killed, finished, len(seen), len(set(seen))))
tap.ok(killed >= KILLS // 4, "enough runs were killed", killed)
tap.ok(not wrong, "the reader met nothing incomplete and no step back", "\n".join(wrong))
tap.ok(len(set(seen)) > 1, "the reader saw generations come", seen[-1:])

status, out, err = fetch(conf)
tap.ok((status, err) == (0, ""), "a run that is let be mends everything", (status, err))
left = sorted(os.listdir(home + "/cache"))
numbers = [name for name in left if name.isdigit()]
tap.ok("build" not in left and "next" not in left and len(numbers) <= 2, "and clears away what was left", left)
tap.ok(check(home + "/cache", lists) == max(map(int, numbers)), "and the last list is served", left)
shutil.rmtree(home)
tap.done()
