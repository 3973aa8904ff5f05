# SPDX-License-Identifier: Apache-2.0
"""A client of TLS 1.2 by hand (ECDHE with X25519, AES-128-GCM), for what no library does: it asks to renegotiate again and again
and does not mind being refused. It checks nothing of what the server says."""
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
NO_RENEGOTIATION = b"\x01\x64"
SUITES = b"\xc0\x2b\xc0\x2f"


def prf(secret, label, seed, length):
    seed, out, a = label + seed, b"", label + seed
    while len(out) < length:
        a = hmac.new(secret, a, hashlib.sha256).digest()
        out += hmac.new(secret, a + seed, hashlib.sha256).digest()
    return out[:length]


def vector(width, octets):
    return len(octets).to_bytes(width, "big") + octets


class Tls12:
    def __init__(self, sock):
        self.sock, self.seen, self.keys = sock, b"", None
        self.sent = self.received = 0  # records under the keys
        self.handshake()

    def record(self, kind, body):
        if self.keys:
            nonce = struct.pack(">Q", self.sent)
            more = nonce + struct.pack(">BHH", kind, 0x0303, len(body))
            body = nonce + AESGCM(self.keys[0]).encrypt(self.keys[2] + nonce, body, more)
            self.sent += 1
        return struct.pack(">BHH", kind, 0x0303, len(body)) + body

    def exactly(self, size):
        got = b""
        while len(got) < size:
            piece = self.sock.recv(size - len(got))
            if not piece:
                raise EOFError
            got += piece
        return got

    def read(self, is_clear=False):
        """One record: (kind, body)."""
        kind, _, size = struct.unpack(">BHH", self.exactly(5))
        body = self.exactly(size)
        if is_clear:
            return kind, body
        more = struct.pack(">QBHH", self.received, kind, 0x0303, size - 24)
        self.received += 1
        return kind, AESGCM(self.keys[1]).decrypt(self.keys[3] + body[:8], body[8:], more)

    def hello(self, verify_data):
        extensions = b"".join(struct.pack(">H", kind) + vector(2, body) for kind, body in (
            (10, b"\x00\x04\x00\x1d\x00\x17"), (11, b"\x01\x00"), (13, b"\x00\x06\x04\x03\x04\x01\x08\x04"), (0xff01, vector(1, verify_data))))
        self.random = os.urandom(32)
        body = b"\x03\x03" + self.random + b"\x00" + vector(2, SUITES) + b"\x01\x00" + vector(2, extensions)
        return b"\x01" + vector(3, body)

    def message(self):
        """One handshake message in the clear: (kind, body)."""
        while len(self.seen) < 4 or len(self.seen) < 4 + int.from_bytes(self.seen[1:4], "big"):
            kind, body = self.read(is_clear=True)
            if kind != HANDSHAKE:
                raise OSError("record of kind %d" % kind)
            self.seen += body
        size = 4 + int.from_bytes(self.seen[1:4], "big")
        one, self.seen = self.seen[:size], self.seen[size:]
        self.said += one
        return one[0], one[4:]

    def handshake(self):
        self.said = self.hello(b"")
        self.sock.sendall(self.record(HANDSHAKE, self.said))
        kind = None
        while kind != 14:  # ServerHelloDone
            kind, body = self.message()
            if kind == 2:
                random = body[2:34]
            elif kind == 12:
                theirs = X25519PublicKey.from_public_bytes(body[4:4 + body[3]])
        ours = X25519PrivateKey.generate()
        key = ours.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        exchange = b"\x10" + vector(3, vector(1, key))
        self.said += exchange
        master = prf(ours.exchange(theirs), b"master secret", self.random + random, 48)
        block = prf(master, b"key expansion", random + self.random, 40)
        self.sock.sendall(self.record(HANDSHAKE, exchange) + self.record(CCS, b"\x01"))
        self.keys = block[:16], block[16:32], block[32:36], block[36:40]
        self.verify_data = prf(master, b"client finished", hashlib.sha256(self.said).digest(), 12)
        self.sock.sendall(self.record(HANDSHAKE, b"\x14" + vector(3, self.verify_data)))
        while self.read(is_clear=True)[0] != CCS:
            continue
        self.read()  # Finished

    def renegotiate(self, times=1):
        """Asks, and does not look what comes."""
        self.sock.sendall(b"".join(self.record(HANDSHAKE, self.hello(self.verify_data)) for _ in range(times)))
