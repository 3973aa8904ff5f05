# SPDX-License-Identifier: Apache-2.0
"""Fields, extensions, keys and signatures of certificates, after x509-limbo (rfc5280, pathlen, webpki), the BSI's
certification path test, OpenSSL's 25-test_verify, Chromium's verify_certificate_chain, Frankencerts, and advisories."""
import hashlib

from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives.asymmetric import rsa

from suites_support import (add_case, bc, bits, boolean, case, eku, explicit, ext, general_names, generalized_time,
                            inhibit_any, integer, key, ku, mappings, octets, oid, policies, policy_constraints,
                            pss_alg, san, seq, sign, spki_of, tlv, unknown, ANY_POLICY, CLIENT_AUTH, DAY, NOW, ECDSA_SHA256, NULL,
                            RSA_MD5, RSA_PSS, RSA_SHA1, RSA_SHA256)

GOOD, BAD = "valid", "invalid"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
UUID = "2.25.%d" % (2 ** 128 - 1)  # X.667
P1, P2 = "1.2.392.200.1.1", "1.2.392.200.1.2"


def of_target(suite, name, verdict, code=None, daemon=None, **options):
    """Root -> CA -> the target with options."""
    def build(c):
        c.target("EE", c.ca("CA", c.anchor("Root")), **{k: v(c) if callable(v) else v for k, v in options.items()})
        c.expect(verdict, code, daemon=daemon)
    add_case(suite, name, build)


def of_ca(suite, name, verdict, code=None, daemon=None, **options):
    """Root -> the CA with options -> target."""
    def build(c):
        c.target("EE", c.ca("CA", c.anchor("Root"), **{k: v(c) if callable(v) else v for k, v in options.items()}))
        c.expect(verdict, code, daemon=daemon)
    add_case(suite, name, build)


def of_anchor(suite, name, **options):
    """An anchor is a name and a key: whatever its certificate says, the path is valid."""
    def build(c):
        c.target("EE", c.ca("CA", c.anchor("Root", **options)))
        c.expect(GOOD)
    add_case(suite, name, build)


# ---- who may issue

LIMBO = "x509-limbo rfc5280"
of_ca(LIMBO, "ca-with-ca-false", BAD, "not-ca", bc=bc(False))
of_ca(LIMBO, "ca-without-basic-constraints", BAD, "not-ca", bc=None)
of_ca(LIMBO, "ca-basic-constraints-not-critical", GOOD, bc=bc(critical=False))
of_ca(LIMBO, "ca-without-key-cert-sign", BAD, "key-usage", ku=ku("cRLSign"))
of_ca(LIMBO, "ca-with-pathlen-without-key-cert-sign", BAD, "key-usage", bc=bc(pathlen=0), ku=ku("digitalSignature"))
of_ca(LIMBO, "ca-key-usage-not-critical", BAD, "key-usage", ku=ku("digitalSignature", critical=False))
of_ca(LIMBO, "ca-without-key-usage", GOOD, ku=None)
of_ca(LIMBO, "ca-key-usage-of-no-bits", BAD, "no-path", ku=ku())
of_ca(LIMBO, "ca-with-an-empty-subject", BAD, None, subject=seq())
of_ca(LIMBO, "ca-that-lacks-ca-but-says-key-cert-sign", BAD, "not-ca", bc=bc(False), ku=ku("keyCertSign"))
of_ca("OpenSSL", "ca-of-version-1", BAD, "version", version=1)
of_ca("CVE-2021-3450", "ca-without-basic-constraints-on-a-strict-look", BAD, "not-ca", bc=None, ku=ku("keyCertSign"))
of_ca(LIMBO, "ca-without-key-identifier", GOOD, ski=None)
of_ca(LIMBO, "ca-without-authority-key-identifier", GOOD, aki=None)
of_ca(LIMBO, "ca-with-unknown-critical-extension", BAD, "unknown-critical-extension", ext=[unknown()])
of_ca(LIMBO, "ca-with-unknown-extension", GOOD, ext=[unknown(False)])
of_ca("BetterTLS", "ca-with-another-purpose", GOOD, ext=[eku(CLIENT_AUTH)])
of_ca("Chromium", "ca-with-a-critical-purpose", GOOD, ext=[eku(CLIENT_AUTH, critical=True)])
of_ca(LIMBO, "ca-expired", BAD, "expired", end=-DAY)
of_ca("BSI common_07", "ca-not-yet-valid", BAD, "not-yet-valid", start=DAY)
of_ca("Chromium", "ca-signed-with-sha1", BAD, "algorithm", kind="rsa", alg=RSA_SHA1,
      signer=lambda c: key("rsa-root", "rsa"), daemon="skip")

of_anchor(LIMBO, "anchor-without-ca", bc=None)
of_anchor(LIMBO, "anchor-with-ca-false", bc=bc(False))
of_anchor("Chromium", "anchor-with-pathlen-0", bc=bc(pathlen=0))
of_anchor(LIMBO, "anchor-without-key-cert-sign", ku=ku("digitalSignature"))
of_anchor(LIMBO, "anchor-expired", end=-DAY)
of_anchor("OpenSSL", "anchor-not-yet-valid", start=DAY)
of_anchor(LIMBO, "anchor-with-unknown-critical-extension", ext=[unknown()])
of_anchor(LIMBO, "anchor-without-key-identifiers", ski=None)
of_anchor(LIMBO, "anchor-of-version-1", version=1)
of_anchor("OpenSSL", "anchor-that-signed-itself-badly", signature=bits(b"\0" * 70))


@case(LIMBO)
def anchor_with_pathlen_0_honoured(c):
    c.target("EE", c.ca("CA", c.anchor("Root", bc=bc(pathlen=0))))
    c.want(honour_anchor_constraints=True)
    c.expect(BAD, "path-length")


@case(LIMBO)
def anchor_is_an_intermediate(c):
    """The CA is trusted, and what stands above it does not matter."""
    root = c.anchor("Root")
    c.anchors.remove(root)
    c.pool(root)
    ca = c.ca("CA", root, pool=False)
    c.anchors.append(ca)
    c.target("EE", ca)
    c.expect(GOOD, path=[c.asked, ca])


@case(LIMBO)
def anchor_untrusted(c):
    root = c.anchor("Root")
    c.anchors.remove(root)
    c.pool(root)
    c.anchor("Another")
    c.target("EE", c.ca("CA", root))
    c.expect(BAD, "no-path")


@case("OpenSSL")
def target_is_an_anchor(c):
    """A path of no certificates is none."""
    root = c.anchor("Root")
    c.asked = root
    c.expect(BAD, "target-is-anchor")


@case("CVE-2020-0601")
def anchor_look_alike_with_own_curve(c):
    """The anchor's point on a curve with another generator, for which the forger knows the private key."""
    forged = key("forger")
    numbers = forged.public_key().public_numbers()
    point = b"\4" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    p = 2 ** 256 - 2 ** 224 + 2 ** 192 + 2 ** 96 - 1
    b_coefficient = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    parameters = seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(p)),
                     seq(octets((p - 3).to_bytes(32, "big")), octets(b_coefficient.to_bytes(32, "big"))),
                     octets(point), integer(ORDER), integer(1))
    root = c.anchor("Root")
    look_alike = seq(seq(oid("1.2.840.10045.2.1"), parameters), bits(spki_of(root.key)[-65:]))
    copy = c.ca("Root copy", None, subject=root.name, issuer_name=root.name, private=forged, spki=look_alike)
    c.target("EE", copy, signer=forged)
    c.expect(BAD, None)


def curve(name, make, daemon=(BAD, "weak-algorithm")):
    """The floor of the daemon's policies is asked first, and knows no such key."""
    def build(c):
        private = key(c.name)
        ca = c.ca("CA", c.anchor("Root"), private=private, spki=make(private))
        c.target("EE", ca)
        c.expect(BAD, "algorithm", daemon=daemon)
    add_case("CVE-2022-0778", name, build)


def explicit_p256(private, prime_delta=0, b_delta=0):
    """The curve P-256 written out."""
    p = 2 ** 256 - 2 ** 224 + 2 ** 192 + 2 ** 96 - 1 + prime_delta
    b_coefficient = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B + b_delta
    base = bytes.fromhex("036B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")
    field = seq(oid("1.2.840.10045.1.1"), integer(p))
    a_coefficient = octets((p - 3).to_bytes(32, "big"))
    parameters = seq(integer(1), field, seq(a_coefficient, octets(b_coefficient.to_bytes(32, "big"))), octets(base),
                     integer(ORDER), integer(1))
    return seq(seq(oid("1.2.840.10045.2.1"), parameters), bits(spki_of(private)[-65:]))


curve("curve-written-out", explicit_p256)
curve("curve-of-a-prime-that-is-none", lambda private: explicit_p256(private, prime_delta=-2))
curve("curve-with-another-coefficient", lambda private: explicit_p256(private, b_delta=1))
curve("curve-of-implicit-parameters", lambda private: seq(seq(oid("1.2.840.10045.2.1"), NULL),
                                                         bits(spki_of(private)[-65:])))
curve("point-off-the-curve", lambda private: spki_of(private)[:-1] + bytes([spki_of(private)[-1] ^ 1]), None)
curve("point-at-infinity", lambda private: seq(spki_of(private)[2:-68], bits(b"\0")))

def binary_field(private):
    """A curve over a field of 2^m: Bouncy Castle once computed with any m (CVE-2024-29857)."""
    field = seq(oid("1.2.840.10045.1.2"), seq(integer(1 << 20), oid("1.2.840.10045.1.2.3.2"), integer(5)))
    parameters = seq(integer(1), field, seq(octets(b"\1"), octets(b"\1")), octets(b"\2\1"), integer(7), integer(1))
    return seq(seq(oid("1.2.840.10045.2.1"), parameters), bits(spki_of(private)[-65:]))


curve("curve-over-a-binary-field", binary_field)

# ---- path length

PATHLEN = "x509-limbo pathlen"


def chain(name, lengths, verdict, target_is_ca=False, self_issued=(), suite=PATHLEN, code="path-length"):
    """lengths: pathLenConstraint of each CA from the root down; self_issued: the CAs named like the one above."""
    def build(c):
        ca = c.anchor("Root")
        for number, length in enumerate(lengths):
            subject = ca.name if number in self_issued else None
            ca = c.ca("CA %d" % number, ca, bc=bc(pathlen=length), subject=subject)
        if target_is_ca:
            c.target_ca("Target", ca, bc=bc(pathlen=0))
        else:
            c.target("EE", ca)
        c.expect(verdict, code)
    add_case(suite, "pathlen-" + name, build)


for row in [
        ("0", [0], GOOD), ("1", [1], GOOD), ("2", [2], GOOD), ("0-of-a-ca-in-the-end", [0], GOOD, True),
        ("0-with-a-ca-below", [0, 0], BAD), ("may-grow", [1, 2], GOOD), ("grown-and-exceeded", [1, 2, None], BAD),
        ("of-the-second-exceeded", [1, 0, 0], BAD), ("self-issued-is-not-counted", [1, 1, 0], GOOD, False, (1,)),
        ("self-issued-chain", [0, None, None], GOOD, False, (1, 2)),
        ("self-issued-then-another", [0, None, None], BAD, False, (1,)),
        ("none-at-all", [None] * 6, GOOD), ("large", [2 ** 63, 2 ** 80], GOOD), ("three-with-two", [2, None, None], GOOD),
        ("four-with-two", [2, None, None, None], BAD)]:
    chain(*row)

of_target("OpenSSL", "pathlen-in-a-target-that-is-no-ca", BAD, "malformed", bc=bc(False, 0))
of_ca("malformed", "pathlen-negative", BAD, "no-path", bc=bc(pathlen=-1))

# ---- targets

of_target(LIMBO, "target-without-extensions", GOOD, ski=None, aki=None)
of_target("BSI ext_09", "target-without-authority-key-identifier", GOOD, aki=None)
of_target(LIMBO, "target-with-key-cert-sign-that-is-no-ca", GOOD, bc=bc(False), ku=ku("keyCertSign"))
of_target(LIMBO, "target-with-ca-false", GOOD, bc=bc(False))
of_target(LIMBO, "target-with-an-empty-issuer", BAD, None, issuer_name=seq())
of_target(LIMBO, "target-with-no-subject-and-critical-name", GOOD, subject=seq(), san=san("dns:a.example", critical=True))
of_target(LIMBO, "target-with-no-subject-and-name-not-critical", BAD, "malformed", subject=seq(), san=san("dns:a.example"))
of_target(LIMBO, "target-with-no-name-at-all", BAD, "malformed", subject=seq())
of_target(LIMBO, "target-with-an-empty-alternative-name", BAD, "malformed", san=ext("17", seq()))
of_target(LIMBO, "target-with-text-as-alternative-name", BAD, "malformed", san=ext("17", b"example.com"))
of_target(LIMBO, "target-with-unknown-critical-extension", BAD, "unknown-critical-extension", ext=[unknown()])
of_target("BSI ext_03", "target-with-unknown-extension", GOOD, ext=[unknown(False)])
of_target(LIMBO, "target-with-an-extension-twice", BAD, "malformed", ext=[san("dns:a.example"), san("dns:a.example")])
of_target("BSI ext_05", "target-with-an-unknown-extension-twice", BAD, "malformed", ext=[unknown(False), unknown(False)])
of_target("BSI ext_01", "target-of-version-1-with-extensions", BAD, "malformed", version=1, ext=[san("dns:a.example")])
of_target("BSI ext_02", "target-of-version-2-with-extensions", BAD, "malformed", version=2, ext=[san("dns:a.example")])
of_target("BSI common_11", "target-of-version-5", BAD, "malformed", version=5, ext=[san("dns:a.example")])
of_target("rustls-webpki", "target-of-version-1", GOOD, version=1)
of_target("rustls-webpki", "target-with-an-empty-list-of-extensions", BAD, "malformed", tail=explicit(3, seq()), ski=None,
          aki=None)
of_target("rustls-webpki", "target-with-no-extensions-in-version-3", GOOD, ski=None, aki=None)
of_target("Go", "target-with-unique-identifiers", GOOD, tail=bits(b"\1\2", 0, 0x81) + bits(b"\3", 0, 0x82))
of_target("OpenSSL", "target-with-critical-nocheck", GOOD, ext=[ext("1.3.6.1.5.5.7.48.1.5", NULL, True)])
of_target("OpenSSL", "target-that-is-a-proxy-certificate", BAD, "unknown-critical-extension",
          ext=[ext("1.3.6.1.5.5.7.1.14", seq(seq(oid("1.3.6.1.5.5.7.21.1"))), True)])
of_target("Go", "target-with-critical-precertificate-poison", BAD, "unknown-critical-extension",
          ext=[ext("1.3.6.1.4.1.11129.2.4.3", NULL, True)])

# Marks of criticality that RFC 5280 4.2 does not want of CAs; 6.1 does not look at them.
AIA = ext("1.3.6.1.5.5.7.1.1", seq(seq(oid("1.3.6.1.5.5.7.48.2"), general_names(["uri:http://a.example/ca.cer"]))), True)
of_target(LIMBO, "target-with-critical-access-information", GOOD, ext=[AIA])
of_target(LIMBO, "target-with-critical-key-identifier", GOOD, ski=ext("14", octets(b"12345"), True))
of_target(LIMBO, "target-with-critical-authority-key-identifier", GOOD, aki=ext("35", seq(), True))
of_ca("BSI ext_17", "policy-constraints-not-critical-count", BAD, "policy",
      ext=[policy_constraints(require=0, critical=False)])

# ---- malformed though not critical, and DER

for name, extension in [
        ("basic-constraints", ext("19", b"\x30\x03\x01\x01")), ("key-usage", ext("15", b"\x05\x00", True)),
        ("key-usage-unused-bits", ext("15", b"\x03\x02\x09\x80", True)), ("subject-key-identifier", ext("14", b"12")),
        ("authority-key-identifier", ext("35", b"\x30\x05")), ("policies-empty", ext("32", seq())),
        ("policy-twice", policies(P1, P1)), ("policy-constraints-empty", ext("36", seq(), True)),
        ("mappings-empty", ext("33", seq(), True)), ("purposes-empty", ext("37", seq())),
        ("inhibit-any-negative", ext("54", integer(-1), True)), ("points-empty", ext("31", seq())),
        ("point-empty", ext("31", seq(seq()))), ("access-empty", ext("1.3.6.1.5.5.7.1.1", seq())),
        ("trailing-octets", ext("54", integer(1) + NULL, True)), ("boolean-of-two", ext("19", seq(tlv(1, b"\1\1")))),
        ("boolean-that-is-1", ext("19", seq(tlv(1, b"\1")))), ("integer-not-minimal", ext("54", b"\2\2\0\1", True)),
        ("length-not-minimal", ext("54", b"\2\x81\1\1", True)),
        ("indefinite-length", ext("19", b"\x30\x80\1\1\xff\0\0", True))]:
    def malformed(c, extension=extension):
        c.target("EE", c.ca("CA", c.anchor("Root")), ski=None, aki=None, ext=[extension])
        c.expect(BAD, "malformed")
    add_case("malformed extensions", "malformed-" + name, malformed)


@case("DER")
def target_followed_by_octets(c):
    c.target("EE", c.anchor("Root"))
    c.asked.der += b"\0"
    c.expect(BAD, "malformed")


@case("DER")
def target_with_critical_written_false(c):
    """DER leaves the default out; CAs in the field do not always, and it means one thing."""
    value = seq(oid("2.5.29.17"), boolean(False), octets(seq(general_names(["dns:a.example"]))))
    c.target("EE", c.anchor("Root"), ski=None, aki=None, tail=explicit(3, seq(value)))
    c.expect(GOOD)


@case("DER")
def target_with_version_1_written_out(c):
    c.target("EE", c.anchor("Root"), version=1, raw_serial=explicit(0, integer(0)) + integer(5))
    c.expect(BAD, "malformed")


# ---- serial numbers

for name, raw, verdict in [("zero", integer(0), GOOD), ("negative", integer(-5), GOOD),
                           ("20-octets", integer(2 ** 158), GOOD), ("absent", b"", "malformed"),
                           ("empty", b"\2\0", "malformed"), ("not-minimal", b"\2\2\0\5", "malformed")]:
    of_target("x509-limbo serial", "serial-" + name, GOOD if verdict == GOOD else BAD, verdict, raw_serial=raw)


@case("x509-limbo serial")
def serial_of_22_octets(c):
    """RFC 5280 4.1.2.2 is about what CAs write. Serials are compared up to 64 octets."""
    c.target("EE", c.anchor("Root"), serial=2 ** 170)
    c.expect(GOOD)


@case("x509-limbo serial")
def serial_far_too_long(c):
    c.target("EE", c.anchor("Root"), serial=2 ** 600)
    c.expect(BAD, "malformed")


# ---- validity

FAR = generalized_time(253402300799)


def raw_time(tag, text):
    return tlv(tag, text.encode())


of_target(LIMBO, "validity-expired", BAD, "expired", end=-1)
of_target(LIMBO, "validity-ends-now", GOOD, end=0)
of_target(LIMBO, "validity-begins-now", GOOD, start=0)
of_target(LIMBO, "validity-begins-in-a-second", BAD, "not-yet-valid", start=1)
of_target("BSI", "validity-turned-round", BAD, None, start=DAY, end=-DAY)
of_target("OpenSSL", "validity-without-end", GOOD, end=FAR)
of_target("PKITS 4.2", "validity-generalized-time-before-2050", GOOD, start=generalized_time(NOW - DAY))
of_target("PKITS 4.2", "validity-of-1950", GOOD, start=raw_time(0x17, "500101000000Z"))
of_target("PKITS 4.2", "validity-ended-in-1950", BAD, "expired", start=raw_time(0x17, "500101000000Z"),
          end=raw_time(0x17, "500201000000Z"))
for name, start in [
        ("without-seconds", raw_time(0x17, "2401010000Z")), ("with-offset", raw_time(0x17, "240101000000+0900")),
        ("without-zulu", raw_time(0x17, "240101000000")), ("with-fraction", raw_time(0x18, "20240101000000.5Z")),
        ("on-february-30", raw_time(0x17, "240230000000Z")), ("in-month-0", raw_time(0x17, "240001000000Z")),
        ("at-25-hours", raw_time(0x17, "240101250000Z")), ("with-letters", raw_time(0x17, "24010100000oZ")),
        ("of-four-digits-in-utc-time", raw_time(0x17, "20240101000000Z")), ("empty", raw_time(0x17, "")),
        ("of-another-type", raw_time(0x0C, "240101000000Z"))]:
    of_target("times", "time-" + name, BAD, "malformed", start=start)

# ---- signatures and keys

of_target(LIMBO, "signature-by-another-key", BAD, "signature", signer=lambda c: key("stranger"))
of_target("BSI crypt_01", "signature-of-zeros", BAD, "signature", signature=bits(b"\0" * 70))
of_target("PKITS 4.1", "signature-empty", BAD, "signature", signature=bits(b""))
of_target("BSI common_03", "algorithms-that-differ", BAD, "algorithm", outer_alg=seq(oid("1.2.840.10045.4.3.3")))
of_target("BSI common_03", "algorithms-that-differ-in-parameters", BAD, "algorithm",
          outer_alg=seq(oid("1.2.840.10045.4.3.2"), NULL))
of_target("BSI common_04", "algorithm-unknown", BAD, "algorithm", alg=seq(oid("1.3.6.1.4.1.99999.7")))
of_target("rustls-webpki", "algorithm-of-another-kind-of-key", BAD, None, alg=RSA_SHA256)
of_target("rustls-webpki", "ecdsa-with-null-parameters", BAD, "algorithm", alg=seq(oid("1.2.840.10045.4.3.2"), NULL))
for name, value in [("zeros", seq(integer(0), integer(0))), ("negative", seq(integer(-1), integer(-1))),
                    ("the-order", seq(integer(ORDER), integer(ORDER))), ("one", seq(integer(1), integer(1))),
                    ("three-numbers", seq(integer(1), integer(1), integer(1))), ("no-numbers", seq())]:
    of_target("CVE-2022-21449", "ecdsa-of-" + name, BAD, "signature", signature=bits(value))


@case("Frankencerts")
def ecdsa_followed_by_octets(c):
    root = c.anchor("Root")
    c.target("EE", root)
    body = c.asked.der[4:]
    size = int.from_bytes(body[2:4], "big") + 4  # of tbsCertificate
    c.asked.der = seq(body[:size], ECDSA_SHA256, bits(sign(root.key, body[:size]) + b"\0"))
    c.expect(BAD, "signature")


X25519 = seq(seq(oid("1.3.101.110")), bits(bytes(range(32))))
of_target("OpenSSL", "target-with-a-key-that-signs-nothing", GOOD, spki=X25519, daemon=(BAD, "weak-algorithm"))
of_target("Go CVE-2024-24783", "target-with-an-unknown-key", GOOD, daemon=(BAD, "weak-algorithm"),
          spki=seq(seq(oid("1.3.6.1.4.1.99999.8")), bits(b"\1")))
of_target("CVE-2023-2650", "target-with-an-object-identifier-of-a-uuid", GOOD, ext=[policies(UUID)])
of_target("CVE-2023-2650", "target-with-an-object-identifier-of-9000-octets", BAD, None, ext=[(
    "2.5.29.32", False, seq(seq(tlv(0x06, b"\x2a" + 9000 * b"\xff" + b"\x7f"))))])
of_ca("OpenSSL", "keys-of-ed25519", GOOD, kind="ed25519")
of_ca("OpenSSL", "keys-of-rsa", GOOD, kind="rsa")
of_ca("OpenSSL", "keys-of-p384", GOOD, kind="p384")
# RFC 5280 knows no floor of strength; policies of the daemon have one.
WEAK = (BAD, "weak-algorithm")
of_ca("OpenSSL", "keys-of-rsa-1024", GOOD, kind="rsa1024", daemon=WEAK)
of_target("BSI algo_strength", "keys-of-rsa-1024-in-the-end", GOOD, kind="rsa1024", daemon=WEAK)


def by_rsa(name, verdict, code=None, suite="OpenSSL", daemon=None, **options):
    def build(c):
        ca = c.ca("CA", c.anchor("Root"), kind="rsa")
        c.target("EE", ca, **options)
        c.expect(verdict, code, daemon=daemon)
    add_case(suite, "rsa-" + name, build)


by_rsa("sha256", GOOD)
by_rsa("sha1", GOOD, None, "BSI algo_strength", WEAK, alg=RSA_SHA1)
by_rsa("md5", BAD, None, "BSI algo_strength", alg=RSA_MD5)
by_rsa("pss", GOOD, alg=RSA_PSS)
by_rsa("pss-with-another-salt", BAD, "signature", alg=pss_alg(20))
by_rsa("pss-with-mgf-of-another-hash", BAD, None, alg=pss_alg(32, seq(oid("2.16.840.1.101.3.4.2.2"), NULL)))
by_rsa("pss-said-pkcs1-done", BAD, "signature", alg=RSA_PSS, signature=bits(b"\1" * 256))
by_rsa("sha256-without-null", GOOD, "Frankencerts", alg=seq(oid("1.2.840.113549.1.1.11")))


def cube_root(value):
    """The greatest number whose cube is not above value."""
    low, high = 0, 1 << (value.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle ** 3 <= value else (low, middle - 1)
    return low


@case("BSI algo_strength_03, CVE-2006-4339, CVE-2014-1568")
def rsa_of_exponent_3_forged(c):
    """The cube of the signature begins like a padded hash and goes on with octets that nobody may overlook."""
    private = rsa.generate_private_key(3, 2048, default_backend())
    ca = c.ca("CA", c.anchor("Root"), private=private)
    c.target("EE", ca)
    tbs = c.asked.der[4:][:int.from_bytes(c.asked.der[6:8], "big") + 4]
    info = seq(seq(oid("2.16.840.1.101.3.4.2.1"), NULL), octets(hashlib.sha256(tbs).digest()))
    head = b"\0\1" + 8 * b"\xff" + b"\0" + info
    forged = cube_root(int.from_bytes(head + (256 - len(head)) * b"\xff", "big"))
    assert (forged ** 3).to_bytes(256, "big").startswith(head)
    c.asked.der = seq(tbs, RSA_SHA256, bits(forged.to_bytes(256, "big")))
    c.expect(BAD, "signature")


@case("BSI algo_strength_03")
def rsa_of_exponent_3(c):
    c.target("EE", c.ca("CA", c.anchor("Root"), private=rsa.generate_private_key(3, 2048, default_backend())))
    c.expect(GOOD)


def pss_key(name, verdict, parameters, alg, code=None):
    """A key that says of itself what it signs with (RFC 4055 1.2)."""
    def build(c):
        private = key(c.name, "rsa")
        whole = spki_of(private)
        spki = seq(seq(oid("1.2.840.113549.1.1.10"), parameters), whole[-275:])
        c.target("EE", c.ca("CA", c.anchor("Root"), private=private, spki=spki), alg=alg)
        c.expect(verdict, code)
    add_case("OpenSSL", "pss-key-" + name, build)


RESTRICTED = RSA_PSS[2 + 11:]  # the parameters alone
pss_key("unrestricted", GOOD, b"", RSA_PSS)
pss_key("restricted", GOOD, RESTRICTED, RSA_PSS)
pss_key("signs-pkcs1", BAD, b"", RSA_SHA256, "algorithm")
pss_key("restricted-to-a-longer-salt", BAD, pss_alg(48)[2 + 11:], RSA_PSS)
pss_key("restricted-to-another-hash", BAD, pss_alg(32, seq(oid("2.16.840.1.101.3.4.2.2"), NULL))[2 + 11:], RSA_PSS)


def rsa_spki(n, e):
    return seq(seq(oid("1.2.840.113549.1.1.1"), NULL), bits(seq(integer(n), integer(e))))


for name, spki in [
        ("of-exponent-1", rsa_spki(2 ** 2047 + 1, 1)), ("of-an-even-modulus", rsa_spki(2 ** 2047, 65537)),
        ("of-an-even-exponent", rsa_spki(2 ** 2047 + 1, 65536)), ("negative", rsa_spki(-2 ** 2047 - 1, 65537)),
        ("empty", seq(seq(oid("1.2.840.113549.1.1.1"), NULL), bits(b""))),
        ("of-20000-bits", rsa_spki(2 ** 19999 + 1, 65537)), ("of-a-huge-exponent", rsa_spki(2 ** 2047 + 1, 2 ** 2040 + 1)),
        ("of-no-algorithm", seq(seq(), bits(b""))), ("unknown", seq(seq(oid("1.3.6.1.4.1.99999.8")), bits(b"\1")))]:
    def bad_key(c, spki=spki):
        c.target("EE", c.ca("CA", c.anchor("Root"), spki=spki))
        c.expect(BAD, None)
    add_case("keys that prove nothing", "key-" + name, bad_key)

# ---- policies

POLICY = "policies"


def policy_case(name, verdict, links, target, explicit_asked=False, suite=POLICY, asked=None, code="policy"):
    """links: the extensions of each CA from the root down; target: those of the target."""
    def build(c):
        ca = c.anchor("Root")
        for number, extensions in enumerate(links):
            ca = c.ca("CA %d" % number, ca, ext=extensions)
        c.target("EE", ca, ext=target)
        if explicit_asked:
            c.want(require_explicit_policy=True)
        if asked:
            c.want(initial_policies=asked)
        c.expect(verdict, code)
    add_case(suite, "policy-" + name, build)


ONE, TWO, ALL = [policies(P1)], [policies(P2)], [policies(ANY_POLICY)]
for row in [
        ("same-all-the-way", GOOD, [ONE], ONE, True), ("missing-in-the-end", BAD, [ONE], [], True),
        ("missing-in-the-end-not-asked", GOOD, [ONE], []), ("missing-in-the-middle", BAD, [[], ONE], ONE, True),
        ("none-in-common", BAD, [ONE], TWO, True), ("any-in-the-middle", GOOD, [ALL], ONE, True),
        ("any-in-the-end", GOOD, [ONE], ALL, True),
        ("required-by-a-ca", BAD, [ONE + [policy_constraints(require=0)]], [], False, "BSI ext_18"),
        ("required-later", GOOD, [ONE + [policy_constraints(require=2)]], []),
        ("required-by-the-target", BAD, [[]], [policy_constraints(require=0)]),
        ("required-and-none-of-the-path", BAD, [[policy_constraints(require=0)]], ONE),
        ("mapped", GOOD, [ONE, ONE + [mappings((P1, P2))]], TWO, True),
        ("mapped-but-first-used", BAD, [ONE, ONE + [mappings((P1, P2))]], ONE, True),
        ("mapped-where-inhibited", BAD, [ONE + [policy_constraints(0, 0)], ONE + [mappings((P1, P2))]], TWO, False,
         "BSI ext_19"),
        ("mapped-from-any", BAD, [ALL + [mappings((ANY_POLICY, P2))]], TWO, False, "BSI ext_13"),
        ("mapped-to-any", BAD, [ONE + [mappings((P1, ANY_POLICY))]], TWO, False, "BSI ext_13"),
        ("any-inhibited", BAD, [ONE + [inhibit_any(0)]], ALL, True),
        ("any-inhibited-later", GOOD, [ONE + [inhibit_any(1)]], ALL, True),
        ("any-inhibited-in-a-ca", BAD, [ONE + [inhibit_any(0)], ALL], ONE, True),
        ("skip-of-a-large-number", GOOD, [ONE + [policy_constraints(2 ** 70, 2 ** 70), inhibit_any(2 ** 70)]], [], False)]:
    policy_case(*row)
policy_case("asked-for-another", BAD, [ONE], ONE, True, asked=[P2])
policy_case("asked-for-it", GOOD, [ONE], ONE, True, asked=[P1])
policy_case("asked-for-another-without-explicit", GOOD, [ONE], ONE, False, asked=[P2])
policy_case("mapped-to-any-by-the-target", GOOD, [ONE], ONE + [bc(), mappings((P1, ANY_POLICY))], suite="BSI ext_14")
policy_case("of-a-uuid", GOOD, [[policies(UUID)]], [policies(UUID)], True, asked=[UUID])
policy_case("bomb", BAD, [[policies(*["1.2.3.%d" % n for n in range(30)]),
                           mappings(*[("1.2.3.%d" % a, "1.2.3.%d" % b) for a in range(30) for b in range(8)])]] * 8,
            TWO, True, suite="CVE-2023-0464")
for where, code in (("ca", "no-path"), ("target", "malformed")):
    def double_policy(c, where=where, code=code):
        """CVE-2023-0465 is about a policy that cannot be read and is then not looked at."""
        bad = [ext("32", seq(seq(oid(P1)), seq(oid(P1))))]
        c.target("EE", c.ca("CA", c.anchor("Root"), ext=bad if where == "ca" else ONE), ext=bad if where == "target" else ONE)
        c.want(require_explicit_policy=True)
        c.expect(BAD, code)
    add_case("CVE-2023-0465, BSI ext_12", "policy-twice-in-" + where, double_policy)

for level, verdict in [(0, BAD), (1, BAD), (2, GOOD)]:
    policy_case("any-for-%d-levels" % level, verdict, [ALL + [inhibit_any(level)], ALL, ALL], ONE, True,
                suite="NSS anypolicywithlevel")
for level, verdict in [(0, BAD), (3, BAD), (4, GOOD), (10, GOOD)]:
    policy_case("required-after-%d" % level, verdict, [[policy_constraints(require=level)], [], []], [],
                suite="PKITS 4.9, NSS explicitPolicy")


def anchor_policies(name, honoured, verdict):
    def build(c):
        c.target("EE", c.ca("CA", c.anchor("Root", ext=TWO), ext=ONE), ext=ONE)
        c.want(require_explicit_policy=True)
        if honoured:
            c.want(honour_anchor_constraints=True)
        c.expect(verdict, "policy")
    add_case("Chromium policies-on-root", "policy-of-the-anchor-" + name, build)


anchor_policies("does-not-count", False, GOOD)
anchor_policies("honoured", True, BAD)

# ---- names of issuers

NAMES = "name chaining"


def issuer_name(name, verdict, subject, issuer, code="no-path"):
    """subject: of the CA, issuer: how the target writes it; lists of (attribute, text or DER)."""
    def build(c):
        ca = c.ca("CA", c.anchor("Root"), subject=c.dn(*subject))
        c.target("EE", ca, issuer_name=c.dn(*issuer), aki=None)
        c.expect(verdict, code)
    add_case(NAMES, "issuer-" + name, build)


for row in [
        ("in-other-case", GOOD, [("CN", "Ca One")], [("CN", "CA ONE")]),
        ("with-other-blanks", GOOD, [("CN", "Ca One")], [("CN", "  Ca   One ")]),
        ("in-another-string-type", GOOD, [("CN", "Ca One")], [("CN", tlv(0x13, b"Ca One"))]),
        ("in-bmp-string", GOOD, [("CN", "Ca \u6f22")], [("CN", tlv(0x1E, "ca \u6f22".encode("utf-16-be")))]),
        ("in-full-width-letters", GOOD, [("CN", "CA")], [("CN", "\uff23\uff21")]),
        ("of-another-attribute", BAD, [("CN", "CA")], [("OU", "CA")]),
        ("in-another-order", BAD, [("OU", "x"), ("CN", "CA")], [("CN", "CA"), ("OU", "x")]),
        ("longer", BAD, [("CN", "CA")], [("CN", "CA"), ("CN", "CA")]),
        # RFC 4518 2.2 maps NUL, as all control characters but white space, to nothing
        ("with-nul", GOOD, [("CN", "CA")], [("CN", "CA\0")]),
        ("with-nul-and-more", BAD, [("CN", "CA")], [("CN", "CA\0x")]),
        ("with-confusable-letters", BAD, [("CN", "CA")], [("CN", "C\u0410")])]:
    issuer_name(*row)
