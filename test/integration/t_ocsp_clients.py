#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Other people's OCSP clients against the running daemon, for each model of responder (RFC 6960 2.6).

The clients are openssl, GnuTLS's ocsptool, a client made of python3-cryptography, and nginx, which staples what it
gets to its TLS handshakes. The responder is the CA itself, a delegate of it (ECDSA, RSA), or a stranger that the
clients trust."""
import base64
import datetime
import hashlib
import http.client
import os
import re
import signal
import subprocess
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from front_support import BIN, PATIENCE_S, clean_up, free_port, ok, path, plan, read, until, work, write

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.utcfromtimestamp(int(time.time()))


def run(*args, stdin=b""):
    done = subprocess.run(args, cwd=work, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=PATIENCE_S)
    return done.stdout.decode(errors="replace")


# ---- material ----

def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Party:
    """A key and its certificate, in NAME.key and NAME.pem."""

    def __init__(self, name, issuer=None, key=None, serial=None, extensions=()):
        self.name, self.key = name_of(name), key or ec.generate_private_key(ec.SECP256R1())
        issuer = issuer or self
        builder = (x509.CertificateBuilder().subject_name(self.name).issuer_name(issuer.name)
                   .public_key(self.key.public_key()).serial_number(serial or x509.random_serial_number())
                   .not_valid_before(NOW - DAY).not_valid_after(NOW + 90 * DAY)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False))
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, is_critical)
        self.cert = builder.sign(issuer.key, hashes.SHA256())
        self.pem = self.cert.public_bytes(serialization.Encoding.PEM)
        write(name + ".pem", self.pem)
        write(name + ".key", self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                    serialization.NoEncryption()), 0o600)

    def crl(self, file, serials):
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(NOW - DAY)
                   .next_update(NOW + 7 * DAY).add_extension(x509.CRLNumber(5), critical=False))
        for serial in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - 2 * DAY)
                .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False).build())
        write(file, builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def usage(*bits):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{n: n in bits for n in names}), True


def make_material():
    is_ca = (x509.BasicConstraints(ca=True, path_length=None), True)
    ocsp_signing = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
    p = {"root": Party("root", extensions=[is_ca, usage("key_cert_sign", "crl_sign")])}
    p["ca"] = Party("ca", p["root"], extensions=[is_ca, usage("key_cert_sign", "crl_sign", "digital_signature")])
    for name, serial in (("good", 0x31), ("revoked", 0x32)):
        p[name] = Party(name, p["ca"], serial=serial, extensions=[
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)])
    delegate = [usage("digital_signature"), ocsp_signing, (x509.OCSPNoCheck(), False)]
    p["delegate-ec"] = Party("delegate-ec", p["ca"], extensions=delegate)
    p["delegate-rsa"] = Party("delegate-rsa", p["ca"], rsa.generate_private_key(65537, 2048), extensions=delegate)
    p["delegate-p384"] = Party("delegate-p384", p["ca"], ec.generate_private_key(ec.SECP384R1()), extensions=delegate)
    p["root-delegate"] = Party("root-delegate", p["root"], extensions=delegate)
    p["trusted"] = Party("trusted", extensions=[usage("digital_signature")])
    p["root"].crl("root.crl", [])
    p["ca"].crl("ca.crl", [0x32])
    write("chain.pem", p["ca"].pem + p["root"].pem)
    write("server.pem", p["good"].pem + p["ca"].pem)
    return p


CONFIG = """[server]
listen = 127.0.0.1:%(port)d
workers = 1
cache = cache
[signer]
backend = software
key = %(responder)s.key
certificate = %(responder)s.pem
[ca root]
certificates = file:root.pem
crls = file:root.crl
[ca ca]
cross = file:ca.pem
crls = file:ca.crl
archive-cutoff = 3650d
[policy default]
anchor = root.pem sha256:%(root)s
ocsp-tell-entry = yes
"""


# Two keys of the CA's delegates, one of the root's, one that clients trust.
SEVERAL = """[responder rsa]
key = delegate-rsa.key
certificate = delegate-rsa.pem
[responder root]
key = root-delegate.key
certificate = root-delegate.pem
[responder va]
key = trusted.key
certificate = trusted.pem
model = trusted
[cvs]
certificates-oid = 1.3.6.1.4.1.32473.1.1
detail-oid = 1.3.6.1.4.1.32473.1.3
"""


class Daemon:
    def __init__(self, responder, root, more=""):
        self.port = free_port()
        write("s.conf", CONFIG % {"port": self.port, "responder": responder,
                                  "root": root.cert.fingerprint(hashes.SHA256()).hex()} + more)
        fetched = run(os.path.join(BIN, "sekisho-fetch"), "-c", "s.conf", "-v")
        with open(path("log"), "ab") as log:
            self.process = subprocess.Popen([os.path.join(BIN, "sekishod"), "-c", "s.conf"], cwd=work,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ok(until(lambda: self.ask("GET", "/readyz")[0] == 200), "%s: the daemon is ready" % responder,
           fetched + read("log"))
        self.url = "http://127.0.0.1:%d/ocsp" % self.port

    def ask(self, method, target, body=None, headers=None):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            client.request(method, target, body, headers or {})
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()
        except OSError as e:
            return 0, {}, str(e)
        finally:
            client.close()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)


# ---- openssl and ocsptool ----

def check_openssl(daemon, responder):
    trust = ["-VAfile", "trusted.pem"] if responder == "trusted" else ["-CAfile", "root.pem", "-verify_other", "ca.pem"]
    for name in ("good", "revoked"):
        for options in ([], ["-no_nonce"], ["-sha256"]):
            text = run("openssl", "ocsp", *options, "-issuer", "ca.pem", "-cert", name + ".pem", "-url", daemon.url, *trust)
            ok("Response verify OK" in text and "%s.pem: %s" % (name, name) in text and "WARNING" not in text,
               "%s: openssl takes %s %s" % (responder, name, options), text)


def check_ocsptool(daemon, responder):
    # ocsptool verifies against anchors, or directly with the certificate it is told to trust.
    trust = ["--load-signer", responder + ".pem"] if responder in ("ca", "trusted") else ["--load-trust", "chain.pem"]
    for name in ("good", "revoked"):
        for options in ([], ["--nonce"]):
            text = run("ocsptool", "--ask=" + daemon.url, *options, "--load-issuer", "ca.pem", "--load-cert",
                       name + ".pem", *trust)
            ok("Certificate Status: %s" % name in text and "Verifying OCSP Response: Success" in text,
               "%s: ocsptool takes %s %s" % (responder, name, options), text)


# ---- python3-cryptography ----

def public_key_of(responder, answer, parties):
    """Who signed, as a client decides it: the CA, a delegate that came along, or the one that is trusted."""
    ca = parties["ca"].cert
    if responder == "ca":
        return ca.public_key() if not answer.certificates else None
    if responder == "trusted":
        return parties["trusted"].key.public_key()
    cert = answer.certificates[0]
    ca.public_key().verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(cert.signature_hash_algorithm))
    purposes = cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    return cert.public_key() if ExtendedKeyUsageOID.OCSP_SIGNING in purposes else None


def is_signed(key, answer):
    extra = [padding.PKCS1v15(), answer.signature_hash_algorithm] if isinstance(key, rsa.RSAPublicKey) \
        else [ec.ECDSA(answer.signature_hash_algorithm)]
    key.verify(answer.signature, answer.tbs_response_bytes, *extra)
    return True


def key_hash(key):
    return x509.SubjectKeyIdentifier.from_public_key(key).digest


def check_fields(responder, name, answer, parties):
    key = public_key_of(responder, answer, parties)
    status = {"good": ocsp.OCSPCertStatus.GOOD, "revoked": ocsp.OCSPCertStatus.REVOKED}[name]
    ok(answer.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL and answer.certificate_status == status and
       key is not None and is_signed(key, answer), "%s: cryptography verifies %s" % (responder, name), answer)
    ok(answer.responder_key_hash == key_hash(key) and answer.responder_name is None,
       "%s: the responder is named by its key" % responder)
    ok(answer.this_update <= answer.produced_at < answer.next_update <= NOW + 7 * DAY,
       "%s: its times are in order and within the list's" % responder,
       (answer.this_update, answer.produced_at, answer.next_update))
    if name == "revoked":
        ok(answer.revocation_time == NOW - 2 * DAY and answer.revocation_reason == x509.ReasonFlags.key_compromise,
           "%s: revoked when and why" % responder, (answer.revocation_time, answer.revocation_reason))


def check_cryptography(daemon, responder, parties):
    for name in ("good", "revoked"):
        for digest in (hashes.SHA1(), hashes.SHA256()):
            builder = ocsp.OCSPRequestBuilder().add_certificate(parties[name].cert, parties["ca"].cert, digest)
            request = builder.build()
            body = request.public_bytes(serialization.Encoding.DER)
            status, headers, octets = daemon.ask("POST", "/ocsp", body, {"Content-Type": "application/ocsp-request"})
            answer = ocsp.load_der_ocsp_response(octets)
            ok(status == 200 and headers["Content-Type"] == "application/ocsp-response" and
               (answer.serial_number, answer.issuer_name_hash, answer.issuer_key_hash, answer.hash_algorithm.name) ==
               (request.serial_number, request.issuer_name_hash, request.issuer_key_hash, digest.name),
               "%s: the CertID comes back as it was sent (%s)" % (responder, digest.name))
            check_fields(responder, name, answer, parties)


def check_http(daemon, parties):
    """The lightweight profile's fields (RFC 9919 6), GET with and without escapes, If-None-Match."""
    request = ocsp.OCSPRequestBuilder().add_certificate(parties["good"].cert, parties["ca"].cert, hashes.SHA256()).build()
    text = base64.b64encode(request.public_bytes(serialization.Encoding.DER)).decode()
    for target in ("/ocsp/" + urllib.parse.quote(text, safe=""), "/ocsp/" + text, "/ocsp//" + text):
        status, headers, octets = daemon.ask("GET", target)
        answer = ocsp.load_der_ocsp_response(octets)
        ok(status == 200 and answer.certificate_status == ocsp.OCSPCertStatus.GOOD, "GET %s..." % target[:10])
    stamp = "%a, %d %b %Y %H:%M:%S GMT"
    age = int(re.fullmatch(r"max-age=(\d+), public, no-transform, must-revalidate", headers["Cache-Control"]).group(1))
    ok(headers["ETag"] == '"%s"' % hashlib.sha1(octets).hexdigest() and
       headers["Last-Modified"] == answer.produced_at.strftime(stamp) and
       headers["Expires"] == answer.next_update.strftime(stamp) and
       time.strptime(headers["Date"], stamp) >= time.strptime(headers["Last-Modified"], stamp) and int(headers["Content-Length"]) == len(octets) and
       answer.produced_at + datetime.timedelta(seconds=age) < answer.next_update and "Pragma" not in headers,
       "the fields of a cachable answer are those of RFC 9919", headers)
    status, headers, body = daemon.ask("GET", "/ocsp/" + text, headers={"If-None-Match": "*"})
    ok(status == 304 and body == b"" and headers["ETag"], "If-None-Match: * is 304", (status, headers))
    status, headers, body = daemon.ask("GET", "/ocsp/" + text, headers={"If-None-Match": '"x"'})
    ok(status == 200 and body, "another entity tag is not", (status, headers))


# ---- several keys, and the CVS adapter ----

PREFERENCES = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.8")
RSA_SHA384 = bytes.fromhex("300d06092a864886f70d01010c0500")
RSA_SHA1 = bytes.fromhex("300d06092a864886f70d0101050500")


def sequence(*parts):
    body = b"".join(parts)
    return (b"\x30" + bytes([len(body)]) if len(body) < 128 else b"\x30\x82" + len(body).to_bytes(2, "big")) + body


def ask(daemon, target, cert, issuer, party, extension=None):
    """An answer that the party signs. The daemon is ready once one key can sign; another may need a moment more."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(cert, issuer, hashes.SHA256())
    if extension:
        builder = builder.add_extension(extension, critical=False)
    body = builder.build().public_bytes(serialization.Encoding.DER)
    key = party.key.public_key()

    def answer():
        octets = daemon.ask("POST", target, body, {"Content-Type": "application/ocsp-request"})[2]
        found = ocsp.load_der_ocsp_response(octets)
        is_his = found.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL and found.responder_key_hash == key_hash(key)
        return found if is_his and is_signed(key, found) else None

    return until(answer)


def check_several(daemon, parties):
    ca, root, good = parties["ca"].cert, parties["root"].cert, parties["good"].cert
    ok(ask(daemon, "/ocsp", good, ca, parties["delegate-ec"]), "the first delegate signs when nothing is preferred")
    wish = x509.UnrecognizedExtension(PREFERENCES, sequence(sequence(RSA_SHA1), sequence(RSA_SHA384)))
    answer = ask(daemon, "/ocsp", good, ca, parties["delegate-rsa"], wish)
    ok(answer and answer.signature_hash_algorithm.name == "sha384",
       "RSA with SHA-384 when that is preferred, SHA-1 never", answer)
    answer = ask(daemon, "/ocsp", ca, root, parties["root-delegate"])
    ok(answer and answer.certificate_status == ocsp.OCSPCertStatus.GOOD, "the root's delegate signs for the root", answer)
    for name, issuer, status in (("good", ca, "UNKNOWN"), ("ca", root, "GOOD")):
        answer = ask(daemon, "/cvs", parties[name].cert, issuer, parties["trusted"])
        ok(answer and answer.certificate_status.name == status, "/cvs says %s of %s" % (status, name), answer)
    text = run("openssl", "ocsp", "-issuer", "ca.pem", "-cert", "good.pem", "-issuer", "root.pem", "-cert", "ca.pem",
               "-url", daemon.url, "-VAfile", "trusted.pem")
    ok("Response verify OK" in text and "good.pem: good" in text and "ca.pem: good" in text,
       "certificates of two CAs in one answer by the key that is trusted for all", text)


# ---- nginx ----

NGINX = """daemon off;
master_process off;
error_log stderr notice;
pid nginx.pid;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
    server {
        listen 127.0.0.1:%(port)d ssl;
        ssl_certificate server.pem;
        ssl_certificate_key good.key;
        ssl_trusted_certificate chain.pem;
        ssl_stapling on;
        ssl_stapling_verify on;
        ssl_stapling_responder %(url)s;
    }
}
"""


def check_nginx(daemon, responder):
    """nginx verifies the answer before it staples it, and fetches it at the first handshake."""
    port = free_port()
    write("nginx.conf", NGINX % {"port": port, "url": daemon.url})
    with open(path("nginx.log"), "wb") as log:
        nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", work, "-c", "nginx.conf"], cwd=work, stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log)

    def handshake():
        return run("openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-servername", "localhost", "-status",
                   "-CAfile", "root.pem", "-verify_return_error")

    text = until(lambda: [t for t in [handshake()] if "OCSP Response Status: successful" in t])
    ok(text and "Cert Status: good" in text[0] and "Verify return code: 0" in text[0],
       "%s: nginx staples the answer" % responder, (handshake(), read("nginx.log")))
    nginx.send_signal(signal.SIGTERM)
    nginx.wait(PATIENCE_S)


def main():
    daemon = None
    try:
        parties = make_material()
        for responder in ("delegate-ec", "delegate-rsa", "delegate-p384", "ca", "trusted"):
            daemon = Daemon(responder, parties["root"])
            check_openssl(daemon, responder)
            check_cryptography(daemon, responder, parties)
            check_ocsptool(daemon, responder)
            if responder != "trusted":  # nginx can trust nobody but the CA and its delegates
                check_nginx(daemon, responder)
            if responder == "delegate-ec":
                check_http(daemon, parties)
            daemon.end()
            daemon = None
        daemon = Daemon("delegate-ec", parties["root"], SEVERAL)
        check_several(daemon, parties)
    finally:
        if daemon is not None:
            daemon.end()
        clean_up()
    plan()


if __name__ == "__main__":
    main()
