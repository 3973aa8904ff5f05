# SPDX-License-Identifier: Apache-2.0
"""What the tests of sekisho-fetch share: a small PKI, a web server that misbehaves when told, TAP."""
import datetime
import hashlib
import http.server
import os
import subprocess
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BIN = os.environ.get("SEKISHO_BIN", "build/bin")
DAY = datetime.timedelta(days=1)


# ---- DER, as much as a CRL needs: large ones are made in a moment -----------------------------------
def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def moment(when):
    return tlv(0x18, time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when)).encode()) \
        if when >= 2524608000 else tlv(0x17, time.strftime("%y%m%d%H%M%SZ", time.gmtime(when)).encode())


def extension(oid, value, critical=False):
    """oid: hex of the contents octets; value: DER."""
    return tlv(0x30, tlv(6, bytes.fromhex(oid)), tlv(1, b"\xff") if critical else b"", tlv(4, value))


def issuing_point(flag):
    """issuingDistributionPoint: 1 only end entities, 2 only CAs, 5 only attribute certificates."""
    return extension("551d1c", tlv(0x30, tlv(0x80 | flag, b"\xff")), True)


def delta_of(number):
    return extension("551d1b", integer(number), True)


UNKNOWN_CRITICAL = extension("2a0304", b"\x05\x00", True)
ECDSA_SHA1 = tlv(0x30, tlv(6, bytes.fromhex("2a8648ce3d0401")))
ECDSA_SHA256 = tlv(0x30, tlv(6, bytes.fromhex("2a8648ce3d040302")))


class Ca:
    """A CA with a key; signed by another one, or by itself."""

    def __init__(self, name, issuer=None, may_sign_lists=True):
        self.may_sign_lists = may_sign_lists
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                               x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.der = (issuer or self).certify(self)

    def certify(self, subject, serial=None, is_ca=True):
        now = datetime.datetime.utcnow()
        cert = (x509.CertificateBuilder().subject_name(subject.name).issuer_name(self.name)
                .public_key(subject.key.public_key()).serial_number(serial or x509.random_serial_number())
                .not_valid_before(now - 2 * DAY).not_valid_after(now + 30 * DAY)
                .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
                .add_extension(x509.KeyUsage(not is_ca, False, False, False, False, is_ca,
                                             is_ca and subject.may_sign_lists, False, False), critical=True)
                .sign(self.key, hashes.SHA256()))
        return cert.public_bytes(serialization.Encoding.DER)

    def crl(self, number, serials=(), age=3600, life=7 * 86400, signer=None, more=b"", extensions=(), weak=False):
        """life None: no nextUpdate; more: octets behind the entries; extensions: DER of each; weak: with SHA-1."""
        now = int(time.time())
        algorithm = ECDSA_SHA1 if weak else ECDSA_SHA256
        entries = b"".join(tlv(0x30, integer(s), moment(min(now, now - age))) for s in serials) + more
        tbs = tlv(0x30, integer(1), algorithm, self.name.public_bytes(), moment(now - age),
                  b"" if life is None else moment(now - age + life), tlv(0x30, entries) if entries else b"",
                  tlv(0xa0, tlv(0x30, extension("551d14", integer(number)), *extensions)))
        signature = (signer or self).key.sign(tbs, ec.ECDSA(hashes.SHA1() if weak else hashes.SHA256()))
        return tlv(0x30, tbs, algorithm, tlv(3, b"\0" + signature))


def fingerprint(der):
    return hashlib.sha256(der).hexdigest()


def pem(der, label):
    import base64
    text = base64.encodebytes(der).replace(b"\n", b"")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return b"-----BEGIN %s-----\n" % label + b"\n".join(lines) + b"\n-----END %s-----\n" % label


# ---- a web server: WEB[path] is the body, or a function that is given the handler ----------------------
class Web:
    def __init__(self):
        web = self
        self.paths = {}
        self.log = []  # (path, headers) of each request
        self.over = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802 (the library's name)
                web.log.append((self.path, dict(self.headers)))
                what = web.paths.get(self.path)
                try:
                    if callable(what):
                        what(self)
                    elif what is None:
                        web.reply(self, 404, b"no")
                    else:
                        web.reply(self, 200, what)
                except OSError:
                    pass  # the client has had enough

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, address: None  # clients may hang up
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def reply(self, handler, status, body, length=None, headers=()):
        """length: what Content-Length claims, if not the truth."""
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)
        if length is not None:
            handler.close_connection = True

    def with_etag(self, body, etag):
        """Answers 304 to whoever knows the ETag."""
        def answer(handler):
            if handler.headers.get("If-None-Match") == etag:
                handler.send_response(304)
                handler.send_header("ETag", etag)
                handler.end_headers()
            else:
                self.reply(handler, 200, body, headers=[("ETag", etag)])
        return answer

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


# ---- TAP ----------------------------------------------------------------------------------------------------
class Tap:
    def __init__(self):
        self.count = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        print("%sok %d - %s" % ("" if good else "not ", self.count, name), flush=True)
        if not good:
            for line in str(detail).splitlines():
                print("# " + line, flush=True)

    def done(self):
        print("1..%d" % self.count, flush=True)


def fetch(config, *args, **kwargs):
    """(exit status, standard output, standard error)"""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    done = subprocess.run([BIN + "/sekisho-fetch", "-c", config, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300, env=environment, check=False, **kwargs)
    return done.returncode, done.stdout, done.stderr
