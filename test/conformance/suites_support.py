# SPDX-License-Identifier: Apache-2.0
"""Small PKIs in any DER, right or wrong: what the cases of suites_*.py are made of.

Every value is written here octet by octet, so that a case may say what no library lets one say. A case is a function
that makes the objects of one question and the right answer:

    @case("x509-limbo")
    def intermediate_without_ca(c):
        root = c.anchor("Root")
        ca = c.ca("CA", root, bc=None)
        c.target("EE", ca)
        c.expect("invalid", "not-ca")

All names of a case are below O=(name of the case), so that one generation can hold all cases.
"""
import hashlib
import ipaddress
import time

from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

NOW = int(time.time()) // 60 * 60
DAY = 86400
CASES = []

# ---- DER


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def seq(*parts):
    return tlv(0x30, *parts)


def integer(value, tag=0x02):
    return tlv(tag, value.to_bytes((value if value >= 0 else -value - 1).bit_length() // 8 + 1, "big", signed=True))


def boolean(value=True, tag=0x01):
    return tlv(tag, b"\xff" if value else b"\x00")


def octets(value):
    return tlv(0x04, value)


def bits(value, unused=0, tag=0x03):
    return tlv(tag, bytes([unused]), value)


def named_bits(numbers, tag=0x03):
    """A BIT STRING of named bits, without trailing zeros."""
    if not numbers:
        return bits(b"", 0, tag)
    value = sum(1 << (max(numbers) - n) for n in set(numbers))
    unused = 7 - max(numbers) % 8
    return bits((value << unused).to_bytes(max(numbers) // 8 + 1, "big"), unused, tag)


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    arcs[:2] = [40 * arcs[0] + arcs[1]]
    body = b""
    for arc in arcs:
        low = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            low.insert(0, 0x80 | arc & 0x7F)
        body += bytes(low)
    return tlv(0x06, body)


def utf8(text, tag=0x0C):
    return tlv(tag, text.encode())


def utc_time(when):
    return tlv(0x17, time.strftime("%y%m%d%H%M%SZ", time.gmtime(when)).encode())


def generalized_time(when):
    return tlv(0x18, time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when)).encode())


def any_time(when):
    """RFC 5280 4.1.2.5; octets are taken as they are."""
    if isinstance(when, bytes):
        return when
    return utc_time(when) if when < 2524608000 else generalized_time(when)


def explicit(number, *parts):
    return tlv(0xA0 | number, *parts)


def primitive(number, value):
    return tlv(0x80 | number, value)


NULL = b"\x05\x00"

# ---- names

ATTRIBUTES = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3", "ST": "2.5.4.8",
              "email": "1.2.840.113549.1.9.1"}


def attribute(kind, text):
    value = text if isinstance(text, bytes) else utf8(text, {"C": 0x13, "email": 0x16}.get(kind, 0x0C))
    return seq(oid(ATTRIBUTES[kind]), value)


def dn(*pairs):
    """A Name; each pair is (attribute, text or DER) and an RDN of its own."""
    return seq(*[tlv(0x31, attribute(k, v)) for k, v in pairs])


def general_name(text, is_constraint=False):
    """dns:, email:, uri:, ip: (address, or network in constraints), dn: (DER), rid:, other:OID, or octets as they are."""
    if isinstance(text, bytes):
        return text
    kind, _, value = text.partition(":")
    if kind == "dn":
        return explicit(4, bytes.fromhex(value))
    if kind == "ip":
        if is_constraint:
            net = ipaddress.ip_network(value)
            return primitive(7, net.network_address.packed + net.netmask.packed)
        return primitive(7, ipaddress.ip_address(value).packed)
    if kind == "rid":
        return primitive(8, oid(value)[2:])
    if kind == "other":
        return explicit(0, oid(value), explicit(0, utf8("x")))
    return primitive({"email": 1, "dns": 2, "uri": 6}[kind], value.encode("latin-1"))


def directory(name):
    return "dn:" + name.hex()


def general_names(names):
    return b"".join(general_name(n) for n in names)


# ---- extensions: (OID, is critical, value)

USAGES = ("digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
          "cRLSign", "encipherOnly", "decipherOnly")
UNKNOWN = "1.3.6.1.4.1.99999.1"  # an extension nobody knows
SERVER_AUTH, CLIENT_AUTH, ANY_EKU = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
ANY_POLICY = "2.5.29.32.0"


def ext(number, value, critical=False):
    return (number if "." in number else "2.5.29." + number, critical, value)


def bc(ca=True, pathlen=None, critical=True):
    parts = [boolean()] if ca else []
    return ext("19", seq(*(parts + ([integer(pathlen)] if pathlen is not None else []))), critical)


def ku(*usages, critical=True):
    return ext("15", named_bits([USAGES.index(u) for u in usages]), critical)


def eku(*purposes, critical=False):
    return ext("37", seq(*[oid(p) for p in purposes]), critical)


def san(*names, critical=False):
    return ext("17", seq(general_names(names)), critical)


def ian(*names, critical=False):
    return ext("18", seq(general_names(names)), critical)


def subtree(base, *more):
    return seq(general_name(base, True), *more)


def nc(permitted=(), excluded=(), critical=True):
    lists = [explicit(i, *[s if isinstance(s, bytes) and s[0] == 0x30 else subtree(s) for s in subtrees])
             for i, subtrees in enumerate((permitted, excluded)) if subtrees]
    return ext("30", seq(*lists), critical)


def policies(*oids, critical=False):
    return ext("32", seq(*[seq(oid(p)) for p in oids]), critical)


def mappings(*pairs, critical=True):
    return ext("33", seq(*[seq(oid(a), oid(b)) for a, b in pairs]), critical)


def policy_constraints(require=None, inhibit=None, critical=True):
    parts = [integer(n, 0x80 | i) for i, n in enumerate((require, inhibit)) if n is not None]
    return ext("36", seq(*parts), critical)


def inhibit_any(skip, critical=True):
    return ext("54", integer(skip), critical)


def point_name(names):
    return explicit(0, explicit(0, general_names(names)))


def point(names=None, reasons=None, issuer=None, raw_name=None):
    """A DistributionPoint."""
    parts = [point_name(names)] if names else [raw_name] if raw_name else []
    if reasons is not None:
        parts.append(named_bits(reasons, 0x81))
    if issuer is not None:
        parts.append(explicit(2, general_names(issuer)))
    return seq(*parts)


def crldp(*points, critical=False):
    return ext("31", seq(*points), critical)


def idp(names=None, user=False, ca=False, reasons=None, indirect=False, attribute_certs=False, critical=True,
        raw_name=None):
    parts = [point_name(names)] if names else [raw_name] if raw_name else []
    parts += [boolean(True, 0x80 | i) for i, flag in ((1, user), (2, ca)) if flag]
    if reasons is not None:
        parts.append(named_bits(reasons, 0x83))
    parts += [boolean(True, 0x80 | i) for i, flag in ((4, indirect), (5, attribute_certs)) if flag]
    return ext("28", seq(*parts), critical)


def unknown(critical=True):
    return ext(UNKNOWN, NULL, critical)


# ---- keys

ECDSA_SHA256, ED25519 = seq(oid("1.2.840.10045.4.3.2")), seq(oid("1.3.101.112"))
RSA_SHA256, RSA_SHA1 = seq(oid("1.2.840.113549.1.1.11"), NULL), seq(oid("1.2.840.113549.1.1.5"), NULL)
RSA_MD5 = seq(oid("1.2.840.113549.1.1.4"), NULL)
SHA256_ALG = seq(oid("2.16.840.1.101.3.4.2.1"), NULL)


def pss_alg(salt=32, mgf_hash=SHA256_ALG):
    mgf = seq(oid("1.2.840.113549.1.1.8"), mgf_hash)
    return seq(oid("1.2.840.113549.1.1.10"), seq(explicit(0, SHA256_ALG), explicit(1, mgf), explicit(2, integer(salt))))


RSA_PSS = pss_alg()
made_keys = {}


def make_key(kind):
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048, default_backend())
    if kind == "rsa1024":
        return rsa.generate_private_key(65537, 1024, default_backend())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p384": ec.SECP384R1}.get(kind, ec.SECP256R1)(), default_backend())


def key(label, kind="ec"):
    """The key of a label, always the same. RSA keys are few: labels share them."""
    label = kind + label[-1:] if kind.startswith("rsa") else label
    if (label, kind) not in made_keys:
        made_keys[label, kind] = make_key(kind)
    return made_keys[label, kind]


def spki_of(private):
    return private.public_key().public_bytes(serialization.Encoding.DER,
                                             serialization.PublicFormat.SubjectPublicKeyInfo)


def default_alg(private):
    if isinstance(private, rsa.RSAPrivateKey):
        return RSA_SHA256
    return ED25519 if isinstance(private, ed25519.Ed25519PrivateKey) else ECDSA_SHA256


def sign(private, tbs, alg=None):
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(tbs)
    if isinstance(private, rsa.RSAPrivateKey):
        if alg == RSA_PSS:
            return private.sign(tbs, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        return private.sign(tbs, padding.PKCS1v15(), {RSA_SHA1: hashes.SHA1, RSA_MD5: hashes.MD5}.get(alg, hashes.SHA256)())
    return private.sign(tbs, ec.ECDSA(hashes.SHA256()))


def key_id(spki):
    return hashlib.sha1(spki).digest()


# ---- objects


def extension_list(exts):
    return seq(*[seq(oid(o), boolean() if critical else b"", octets(value)) for o, critical, value in exts])


def signed(tbs, outer_alg, private, alg, signature):
    if signature is None:
        signature = bits(sign(private, tbs, alg))
    return seq(tbs, outer_alg, signature)


class Node:
    """A certificate, and the key that it is about."""

    def __init__(self, der, name, private, spki, serial, issuer_name):
        self.der, self.name, self.key, self.spki, self.serial = der, name, private, spki, serial
        self.issuer_name = issuer_name


class Case:
    """One question: anchors, pool, target, lists, what is asked and the right answer."""

    def __init__(self, suite, name):
        self.suite, self.name = suite, name
        self.anchors, self.certs, self.crls, self.ask = [], [], [], {}
        self.asked, self.verdict, self.code, self.daemon, self.path = None, None, None, None, None
        self.serials = 0

    def dn(self, *pairs):
        return dn(("C", "JP"), ("O", self.name), *pairs)

    def cn(self, text):
        return self.dn(("CN", text))

    def next_serial(self):
        self.serials += 1
        return 1000 + self.serials

    def make(self, cn, issuer, exts, subject=None, issuer_name=None, private=None, kind="ec", spki=None, signer=None,
             serial=None, start=-30 * DAY, end=365 * DAY, version=3, alg=None, outer_alg=None, signature=None,
             tail=b"", raw_serial=None, validity=None):
        """A certificate. start and end count from NOW, or are DER."""
        private = private or key("%s/%s" % (self.name, cn), kind)
        spki = spki or spki_of(private)
        name = self.cn(cn) if subject is None else subject
        signer = signer or (issuer.key if issuer else private)
        alg = alg or default_alg(signer)
        serial = self.next_serial() if serial is None else serial
        issuer_name = issuer_name if issuer_name is not None else issuer.name if issuer else name
        dates = [any_time(d if isinstance(d, bytes) else NOW + d) for d in (start, end)]
        tbs = seq(explicit(0, integer(version - 1)) if version > 1 else b"", integer(serial) if raw_serial is None else raw_serial, alg,
                  issuer_name, validity or seq(*dates), name, spki, tail,
                  explicit(3, extension_list(exts)) if exts else b"")
        der = signed(tbs, outer_alg or alg, signer, alg, signature)
        return Node(der, name, private, spki, serial, issuer_name)

    def exts(self, defaults, extra, given):
        """The default extensions, each replaced or (None) left out by one given by name, then more."""
        found = [given[k] if k in given else v for k, v in defaults]
        return [e for e in found + list(extra) if e is not None]

    def issue(self, cn, issuer, is_ca, o):
        extra = o.pop("ext", ())
        given = {k: o.pop(k) for k in ("bc", "ku", "ski", "aki", "san") if k in o}
        private = o.get("private") or key("%s/%s" % (self.name, cn), o.get("kind", "ec"))
        o["private"] = private
        spki = o.get("spki") or spki_of(private)
        defaults = [("bc", bc() if is_ca else None), ("ku", ku("keyCertSign", "cRLSign") if is_ca else None),
                    ("ski", ext("14", octets(key_id(spki)))),
                    ("aki", ext("35", seq(primitive(0, key_id(issuer.spki)))) if issuer else None), ("san", None)]
        exts = self.exts(defaults, extra, given) if o.get("version", 3) == 3 or extra else []
        return self.make(cn, issuer, exts, **o)

    def anchor(self, cn, **o):
        node = self.issue(cn, None, True, o)
        self.anchors.append(node)
        return node

    def ca(self, cn, issuer, pool=True, **o):
        node = self.issue(cn, issuer, True, o)
        if pool:
            self.certs.append(node)
        return node

    def leaf(self, cn, issuer, pool=True, **o):
        node = self.issue(cn, issuer, False, o)
        if pool:
            self.certs.append(node)
        return node

    def target(self, cn, issuer, **o):
        self.asked = self.issue(cn, issuer, False, o)
        return self.asked

    def target_ca(self, cn, issuer, **o):
        self.asked = self.issue(cn, issuer, True, o)
        return self.asked

    def pool(self, *nodes):
        self.certs += nodes

    def entry(self, serial, when=-DAY, exts=()):
        parts = [integer(serial) if isinstance(serial, int) else serial,
                 any_time(when if isinstance(when, bytes) else NOW + when)]
        return seq(*parts, extension_list(exts) if exts else b"")

    def crl(self, issuer, revoked=(), ext=(), number=1, start=-DAY, end=30 * DAY, name=None, signer=None, alg=None,
            outer_alg=None, signature=None, version=2, aki=True, raw_version=None, raw_entries=None):
        """A CRL. revoked: serials, certificates or entries in DER; number None: no cRLNumber; end None: no nextUpdate."""
        signer = signer or issuer.key
        alg = alg or default_alg(signer)
        exts = []
        if aki:
            exts.append(("2.5.29.35", False, seq(primitive(0, key_id(issuer.spki)))))
        if number is not None:
            exts.append(("2.5.29.20", False, integer(number)))
        exts += list(ext)
        entries = [e if isinstance(e, bytes) else self.entry(e.serial if isinstance(e, Node) else e) for e in revoked]
        tbs = seq(raw_version if raw_version is not None else integer(1) if version == 2 else b"", alg,
                  issuer.name if name is None else name, *[any_time(d if isinstance(d, bytes) else NOW + d)
                                                           for d in (start, end) if d is not None],
                  raw_entries if raw_entries is not None else seq(*entries) if entries else b"",
                  explicit(0, extension_list(exts)) if version == 2 and exts else b"")
        der = signed(tbs, outer_alg or alg, signer, alg, signature)
        self.crls.append(der)

    def want(self, **ask):
        """What the relying party asks: fields of sekisho-verify --batch."""
        self.ask.update(ask)

    def expect(self, verdict, code=None, path=None, daemon=None):
        """The verdict and its first finding; path: nodes from the target to the anchor. daemon: (verdict, code) where
        it differs because sekisho-fetch publishes nothing that proves nothing; "skip" where it cannot be asked."""
        self.verdict, self.code, self.path, self.daemon = verdict, code, path, daemon


def case(suite):
    def keep(function):
        CASES.append((suite, function.__name__.replace("_", "-"), function))
        return function
    return keep


def add_case(suite, name, function):
    CASES.append((suite, name, function))


def build_all():
    built = []
    for suite, name, function in CASES:
        c = Case(suite, name)
        function(c)
        assert c.verdict and c.asked, name
        built.append(c)
    assert len({c.name for c in built}) == len(built), "two cases of one name"
    return built


def complaint(answer, verdict, code, path):
    """None when the answer is right, else what is wrong with it."""
    if "error" in answer:
        return "error: %s" % answer["error"]
    finding = answer["findings"][0] if answer["findings"] else {"code": None, "text": ""}
    said = "%s/%s (%s)" % (answer["verdict"], finding["code"], finding["text"])
    if answer["verdict"] != verdict or (verdict != "valid" and code not in (None, finding["code"])):
        return "%s, expected %s/%s" % (said, verdict, code)
    digests = [hashlib.sha256(n.der).hexdigest() for n in path or []]
    if path and [d if isinstance(d, str) else d["sha256"] for d in answer["path"]] != digests:
        return "another path: %s" % answer["path"]
    return None
