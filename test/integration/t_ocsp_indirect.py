#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""OCSP and POST /v1/validate agree where an indirect list of another issuer speaks of a certificate (rule X-01).

The CA has a clean list of its own for one distribution point; certificates of other points name issuers of indirect
lists as cRLIssuer. OCSP sees a serial alone, so it must look into these lists unasked; and answer the same when the
generation has the certificates."""
import base64
import datetime
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fetch_support import (BIN, DAY, UNKNOWN_CRITICAL, Ca, Tap, extension, fetch, fingerprint, integer, moment,  # noqa: E402
                           pem, tlv)

PATIENCE_S = 60  # for what must happen at some time; no test measures
HOUR = 3600
OWN_POINT = "http://lists.example/own"
OWN = extension("551d1c", tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, OWN_POINT.encode())))), True)
INDIRECT = extension("551d1c", tlv(0x30, tlv(0x84, b"\xff")), True)

tap = Tap()
home = tempfile.mkdtemp(prefix="sekisho-t-indirect-")
root, stranger = Ca("Root"), Ca("Stranger")
ca = Ca("CA", root)
certs = [root.der, ca.der]
lists = [root.crl(1), ca.crl(1, life=2 * HOUR, extensions=[OWN])]


def entry_of(serial):
    """A CRL entry for a certificate of the CA."""
    names = tlv(0x30, tlv(0xa4, ca.name.public_bytes()))
    return tlv(0x30, integer(serial), moment(int(time.time()) - HOUR), tlv(0x30, extension("551d1d", names, True)))


def add_lists(issuer, *specs):
    """A CRL issuer and its lists: (number, serials, what else crl() takes)."""
    certs.append(issuer.der)
    for number, serials, more in specs:
        more = dict(more, extensions=[INDIRECT] + more.get("extensions", []))
        lists.append(issuer.crl(number, more=b"".join(map(entry_of, serials)), **more))
    return issuer


def ee(serial, list_issuer_of_it):
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(Ca("EE %d" % serial).name).issuer_name(ca.name)
               .public_key(ca.key.public_key()).serial_number(serial).not_valid_before(now - DAY)
               .not_valid_after(now + DAY))
    if list_issuer_of_it is not None:
        point = x509.DistributionPoint(None, None, None, [x509.DirectoryName(list_issuer_of_it.name)])
    else:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(OWN_POINT)], None, None, None)
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder.sign(ca.key, hashes.SHA256())


def cases():
    """(what it is, certificate, verdict, OCSP status)"""
    lister = add_lists(Ca("Lists", root), (1, [100, 101], {"age": 2 * HOUR}), (2, [100], {}))
    ended = add_lists(Ca("Ended", root), (1, [110], {"life": HOUR // 2}))
    beyond = add_lists(Ca("Beyond", root), (1, [120], {"extensions": [UNKNOWN_CRITICAL]}))
    add_lists(stranger, (1, [130], {}))
    return [("listed", ee(100, lister), "revoked", "REVOKED"), ("no longer listed", ee(101, lister), "valid", "GOOD"),
            ("not listed", ee(102, lister), "valid", "GOOD"), ("of the CA's own list", ee(103, None), "valid", "GOOD"),
            ("in a list that has ended", ee(110, ended), "undetermined", "TRY_LATER"),
            ("in a list that cannot be processed", ee(120, beyond), "undetermined", "UNKNOWN"),
            ("in a list of somebody below an anchor of another policy", ee(130, stranger), "undetermined", "UNKNOWN")]


def write(name, data):
    with open(os.path.join(home, name), "wb") as f:
        f.write(data)
    os.chmod(os.path.join(home, name), 0o600)
    return os.path.join(home, name)


def write_responder():
    who, now = Ca("Responder"), datetime.datetime.utcnow()
    cert = (x509.CertificateBuilder().subject_name(who.name).issuer_name(who.name).public_key(who.key.public_key())
            .serial_number(1).not_valid_before(now - DAY).not_valid_after(now + DAY)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
            .sign(who.key, hashes.SHA256()))
    key = who.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    return ["[signer]", "backend = software", "model = trusted", "key = " + write("va.key", key),
            "certificate = " + write("va.pem", pem(cert.public_bytes(serialization.Encoding.DER), b"CERTIFICATE"))]


def write_config(port, name, more):
    lines = ["[server]", "listen = 127.0.0.1:%d" % port, "workers = 1", "cache = %s/%s" % (home, name)]
    for policy, der in ("default", root.der), ("other", stranger.der):
        anchor = write(policy + ".cer", der)
        lines += ["[policy %s]" % policy, "anchor = %s sha256:%s" % (anchor, fingerprint(der))]
    lines += write_responder()
    sources = ["crls = file:" + write("%d.crl" % i, der) for i, der in enumerate(lists)]
    lines += ["[ca own]", sources.pop(1), "[ca others]", *sources]
    lines += ["cross = file:" + write("%d.cer" % i, der) for i, der in enumerate(certs + more)]
    return write(name + ".conf", "\n".join(lines + [""]).encode())


def post(client, path, body, media_type):
    client.request("POST", path, body, {"Content-Type": media_type})
    answer = client.getresponse()
    return answer.read()


def verdict_of(client, der):
    body = json.dumps({"certificates": [base64.b64encode(der).decode()]})
    return json.loads(post(client, "/v1/validate", body, "application/json"))["results"][0]["verdict"]


def ocsp_of(client, cert):
    """(status or error, nextUpdate)"""
    issuer = x509.load_der_x509_certificate(ca.der)
    request = ocsp.OCSPRequestBuilder().add_certificate(cert, issuer, hashes.SHA1()).build()
    der = post(client, "/ocsp", request.public_bytes(serialization.Encoding.DER), "application/ocsp-request")
    answer = ocsp.load_der_ocsp_response(der)
    if answer.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
        return answer.response_status.name, None
    return answer.certificate_status.name, answer.next_update


def is_ready(client, process, cert):
    """Waits until it signs answers from a generation. /readyz would say no: a list has ended."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if ocsp_of(client, cert)[0] in ("GOOD", "REVOKED", "UNKNOWN"):
                return True
        except (OSError, ValueError, http.client.HTTPException):
            client.close()
        time.sleep(0.05)
    return False


def ask(client, todo, where):
    ends = None
    for what, cert, verdict, status in todo:
        said = verdict_of(client, cert.public_bytes(serialization.Encoding.DER)), *ocsp_of(client, cert)
        tap.ok(said[:2] == (verdict, status), "%s: %s: %s and %s" % (where, what, verdict, status), said)
        if what == "of the CA's own list":
            ends = said[2]
    own = x509.load_der_x509_crl(lists[1]).next_update
    tap.ok(ends == own, "%s: what no indirect list names is good as long as the CA's list" % where, (ends, own))


def serve(name, todo, more, where):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    conf = write_config(port, name, more)
    told = fetch(conf, "--once")
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with open(home + "/log", "wb") as log:
        process = subprocess.Popen([BIN + "/sekishod", "-c", conf], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        if not is_ready(client, process, todo[0][1]):
            tap.ok(False, where, (told, open(home + "/log", encoding="utf-8", errors="replace").read()))
            return
        ask(client, todo, where)
    finally:
        client.close()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()


def main():
    todo = cases()
    ders = [cert.public_bytes(serialization.Encoding.DER) for _, cert, _, _ in todo]
    serve("without", todo, [], "a serial alone")
    serve("with", todo, ders, "the certificate is there")
    tap.done()


try:
    main()
finally:
    shutil.rmtree(home)
