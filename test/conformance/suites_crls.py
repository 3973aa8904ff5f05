# SPDX-License-Identifier: Apache-2.0
"""Revocation lists, after x509-limbo (rfc5280::crl, crl), the tests of rustls-webpki, OpenSSL and NSS, the BSI's
certification path test, and advisories."""
from suites_support import (add_case, attribute, bits, boolean, case, crldp, directory, explicit, ext,
                            generalized_time, ian, idp, integer, key, ku, oid, point, primitive, seq, tlv, unknown, utf8,
                            utc_time, DAY, NOW)

GOOD, BAD, REVOKED, OPEN = "valid", "invalid", "revoked", "undetermined"
NONE, STALE, UNUSABLE = "revocation-no-source", "revocation-stale", "revocation-unusable"
A, B, C = ("uri:http://example.com/%s.crl" % x for x in "abc")


def entry_ext(number, value, critical=False):
    return ext("2.5.29.%d" % number, value, critical)


def reason(number):
    return entry_ext(21, tlv(0x0A, bytes([number])))


def issued_by(name, critical=True):
    """certificateIssuer"""
    return entry_ext(29, seq(explicit(4, name)), critical)


def of_list(suite, title, verdict, code=None, daemon=None, points=(), is_listed=False, exts=(), entry=(), when=-DAY, more=0,
            other=False, **options):
    """Root -> CA -> target; the root's list is empty, the CA's is as options say. entry: extensions of the target's
    entry, or with `other` of another's."""
    def build(c):
        root = c.anchor("Root")
        ca = c.ca("CA", root)
        ee = c.target("EE", ca, ext=[crldp(*points)] if points else [])
        c.crl(root)
        listed = [c.entry(ee.serial, when, entry)] if is_listed else []
        listed += [c.entry(99999, when, entry)] if other else []
        listed += [c.entry(100000 + n) for n in range(more)]
        made = {k: v(c) if callable(v) else v for k, v in options.items()}
        c.crl(ca, listed, ext=exts(c) if callable(exts) else exts, **made)
        c.expect(verdict, code, daemon=daemon)
    add_case(suite, "crl-" + title, build)


def lost(code=NONE):
    """What the daemon says where sekisho-fetch keeps a list out."""
    return (OPEN, code)


LIMBO = "x509-limbo crl"
of_list(LIMBO, "lists-it", REVOKED, "revoked", is_listed=True)
of_list(LIMBO, "lists-others", GOOD, other=True, more=2)
of_list(LIMBO, "empty", GOOD)
of_list(LIMBO, "empty-sequence", GOOD, raw_entries=seq())
of_list(LIMBO, "of-ten-thousand", GOOD, more=10000)
of_list(LIMBO, "of-ten-thousand-and-it", REVOKED, "revoked", more=10000, is_listed=True)
of_list(LIMBO, "without-number", GOOD, number=None)
of_list(LIMBO, "with-a-critical-number", GOOD, number=None, exts=[ext("20", integer(5), True)])
of_list(LIMBO, "with-a-negative-number", OPEN, None, number=None, exts=[ext("20", integer(-5))])
of_list("rustls-webpki", "with-a-number-of-20-octets", GOOD, number=2 ** 158)
of_list("BSI CRL_07", "without-key-identifier", REVOKED, "revoked", is_listed=True, aki=False)
of_list(LIMBO, "by-another-key", OPEN, UNUSABLE, daemon=lost(), signer=lambda c: key("stranger"))
of_list("BSI CRL_14", "without-signature", OPEN, UNUSABLE, daemon=lost(), signature=bits(b""))
of_list("PKITS 4.4", "signature-with-unused-bits", OPEN, UNUSABLE, daemon=lost(), signature=bits(b"\0" * 70, 3))
of_list("BSI CRL_04", "by-another-key-that-lists-it", OPEN, UNUSABLE, daemon=lost(), is_listed=True,
        signer=lambda c: key("stranger"))
of_list("BSI common_03", "algorithms-that-differ", OPEN, UNUSABLE, daemon=lost(), outer_alg=seq(oid("1.2.840.10045.4.3.3")))
of_list(LIMBO, "unknown-critical-extension", OPEN, UNUSABLE, exts=[unknown()])
of_list("BSI CRL_06", "unknown-critical-extension-and-it", OPEN, UNUSABLE, exts=[unknown()], is_listed=True)
of_list(LIMBO, "unknown-extension", GOOD, exts=[unknown(False)])
of_list("BSI CRL_05", "unknown-extension-and-it", REVOKED, "revoked", exts=[unknown(False)], is_listed=True)
of_list(LIMBO, "entry-unknown-critical", OPEN, UNUSABLE, is_listed=True, entry=[unknown()])
of_list("BSI CRL_11", "other-entry-unknown-critical", OPEN, UNUSABLE, other=True, entry=[unknown()])
of_list(LIMBO, "entry-unknown", REVOKED, "revoked", is_listed=True, entry=[unknown(False)])
of_list(LIMBO, "from-the-future", OPEN, UNUSABLE, start=DAY)
of_list("BSI CRL_08", "from-the-next-second", OPEN, UNUSABLE, start=1)
of_list("BSI", "from-now", GOOD, start=0)
of_list(LIMBO, "past-next-update", OPEN, STALE, start=-60 * DAY, end=-30 * DAY)
of_list("BSI CRL_09", "next-update-a-second-ago", OPEN, STALE, end=-1)
of_list("BSI", "next-update-now", GOOD, end=0)
of_list("BSI", "past-next-update-and-it", OPEN, STALE, is_listed=True, start=-60 * DAY, end=-30 * DAY)
of_list(LIMBO, "without-next-update", OPEN, None, end=None)
of_list(LIMBO, "without-next-update-and-it", OPEN, None, is_listed=True, end=None)
of_list("malformed lists", "of-turned-dates", OPEN, None, start=-DAY, end=-2 * DAY)
of_list(LIMBO, "revoked-before-it-was-issued", REVOKED, "revoked", is_listed=True, when=-400 * DAY)
of_list(LIMBO, "generalized-time-before-2050", REVOKED, "revoked", is_listed=True, start=generalized_time(NOW - DAY),
        end=generalized_time(NOW + DAY))
of_list("malformed lists", "of-version-3", OPEN, None, raw_version=integer(2), daemon=lost())
of_list("malformed lists", "of-version-1-written-out", OPEN, None, raw_version=integer(0), daemon=lost())
of_list("malformed lists", "of-version-1", GOOD, version=1)
of_list("malformed lists", "of-version-1-and-it", REVOKED, "revoked", version=1, is_listed=True)
of_list("malformed lists", "of-version-1-with-entry-extensions", OPEN, None, version=1, is_listed=True, entry=[reason(1)])
of_list("malformed lists", "with-an-extension-twice", OPEN, None, exts=[unknown(False), unknown(False)], daemon=lost())
of_list("malformed lists", "with-two-entries-of-one-serial", REVOKED, "revoked", is_listed=True, other=True, more=1)
for number, code in enumerate(["revoked", "revoked", "revoked", "revoked", "revoked", "revoked", "on-hold", None, None,
                               "revoked", "revoked", None]):
    of_list("reasons", "reason-%d" % number, REVOKED if code else OPEN, code or UNUSABLE, is_listed=True,
            entry=[reason(number)])
of_list("reasons", "reason-as-integer", OPEN, UNUSABLE, is_listed=True, entry=[entry_ext(21, integer(1))])
of_list("reasons", "reason-twice", OPEN, UNUSABLE, is_listed=True, entry=[reason(1), reason(1)])
of_list("reasons", "hold-instruction", REVOKED, "on-hold", is_listed=True,
        entry=[reason(6), entry_ext(23, oid("1.2.840.10040.2.1"))])
of_list("malformed lists", "entry-with-utc-time-of-no-second", OPEN, UNUSABLE,
        raw_entries=seq(seq(integer(99), tlv(0x17, b"2401010000Z"))))
of_list("malformed lists", "entry-without-date", OPEN, UNUSABLE, raw_entries=seq(seq(integer(99))))
of_list("malformed lists", "entries-of-a-serial-of-no-octets", OPEN, UNUSABLE,
        raw_entries=seq(seq(b"\2\0", utc_time(NOW - DAY))))
of_list("malformed lists", "entry-with-empty-extensions", OPEN, UNUSABLE,
        raw_entries=seq(seq(integer(99), utc_time(NOW - DAY), seq())))
of_list("malformed lists", "freshest-critical", GOOD, exts=[ext("46", seq(point([A])), True)])
of_list(LIMBO, "by-an-issuer-in-other-letters", REVOKED, "revoked", is_listed=True,
        name=lambda c: c.dn(("CN", tlv(0x13, b" ca "))))
of_list(LIMBO, "of-another-issuer", OPEN, NONE, name=lambda c: c.cn("Other"), daemon=lost())

# ---- scope

IDP = "x509-limbo crl idp"
RELATIVE = explicit(0, explicit(1, attribute("CN", "part")))


def other_relative(text):
    return explicit(0, explicit(1, attribute("CN", text)))


def scoped(name, verdict, points, idps, code=NONE, suite=IDP, is_listed=False, daemon=None):
    of_list(suite, "idp-" + name, verdict, code, points=points, exts=[idp(**idps)], is_listed=is_listed, daemon=daemon)


for row in [
        ("matches", GOOD, [point([A])], {"names": [A]}),
        ("matches-not", OPEN, [point([A])], {"names": [B]}),
        ("not-critical-matches-not", OPEN, [point([A])], {"names": [B], "critical": False}),
        ("and-no-point", OPEN, [], {"names": [A]}),
        ("absent-names-any-point", GOOD, [point([A])], {"user": True}),
        ("second-point", GOOD, [point([B]), point([A])], {"names": [A]}),
        ("second-name", GOOD, [point([B, A])], {"names": [C, A]}),
        ("name-of-another-form-beside", GOOD, [point([A, "dns:example.com"])], {"names": [A]}),
        ("uri-escaped", OPEN, [point(["uri:http://example.com/%61.crl"])], {"names": [A]}),
        ("uri-path-in-other-case", OPEN, [point(["uri:http://example.com/A.crl"])], {"names": [A]}),
        ("relative-and-relative", GOOD, [point(raw_name=RELATIVE)], {"raw_name": RELATIVE}),
        ("relative-and-another", OPEN, [point(raw_name=RELATIVE)], {"raw_name": other_relative("other")}),
        ("relative-and-no-point", OPEN, [], {"raw_name": RELATIVE}),
        ("for-users", GOOD, [], {"user": True}), ("for-cas", OPEN, [], {"ca": True}),
        ("for-attribute-certificates", OPEN, [], {"attribute_certs": True}),
        ("indirect-but-of-the-issuer", GOOD, [point([A])], {"names": [A], "indirect": True}),
        ("empty", GOOD, [], {}),
        ("some-reasons", OPEN, [point([A])], {"names": [A], "reasons": [1]}, UNUSABLE),
        ("no-reasons", OPEN, [point([A])], {"names": [A], "reasons": []}),
        ("all-reasons", GOOD, [point([A])], {"names": [A], "reasons": [1, 2, 3, 4, 5, 6, 7, 8]})]:
    scoped(*row)
PARTY = explicit(5, explicit(1, utf8("party")))  # once a NULL pointer to OpenSSL (CVE-2020-1971)
scoped("edi-party", GOOD, [point([PARTY])], {"names": [PARTY]})
scoped("edi-party-of-another", OPEN, [point([PARTY])], {"names": [explicit(5, explicit(1, utf8("else")))]})
scoped("false-written-out", GOOD, [], {"raw_name": boolean(False, 0x81) + boolean(False, 0x84)})
scoped("second-point-lists-it", REVOKED, [point([B]), point([A])], {"names": [A]}, "revoked", "RUSTSEC-2026-0049",
       is_listed=True)
scoped("for-users-and-cas", OPEN, [], {"user": True, "ca": True}, None, daemon=lost())
scoped("some-reasons-lists-it", REVOKED, [point([A])], {"names": [A], "reasons": [1]}, "revoked", is_listed=True)
of_list(IDP, "idp-unknown-field", OPEN, None, exts=[ext("28", seq(boolean(True, 0x81), primitive(6, b"\xff")), True)],
        daemon=lost())
# A list that names no point is taken as if a point without reasons named the issuer (6.3.3).
of_list(IDP, "points-reasons-of-some-only", GOOD, points=[point([A], reasons=[1])])
of_list(IDP, "points-reasons-none-of-them", OPEN, None, points=[point([A], reasons=[1])], exts=[idp([A])])
of_list(IDP, "points-issuer-is-another", GOOD, points=[point(issuer=["dn:" + seq().hex()])])


@case(IDP)
def crl_for_users_of_a_ca(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    c.target("EE", ca)
    c.crl(root, ext=[idp(user=True)])
    c.crl(ca)
    c.expect(OPEN, NONE)


@case(IDP)
def crl_for_cas_of_a_ca(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    c.target("EE", ca)
    c.crl(root, ext=[idp(ca=True)])
    c.crl(ca)
    c.expect(GOOD)


@case(IDP)
def crl_of_two_parts_the_other_lists_it(c):
    """A list for another distribution point does not speak of the target, whatever it says."""
    root = c.anchor("Root")
    ee = c.target("EE", root, ext=[crldp(point([A]))])
    c.crl(root, ext=[idp([A])])
    c.crl(root, [ee], ext=[idp([B])])
    c.expect(GOOD)


@case(IDP)
def crl_of_two_halves_of_reasons(c):
    root = c.anchor("Root")
    c.target("EE", root)
    c.crl(root, ext=[idp(reasons=[1, 2])])
    c.crl(root, ext=[idp(reasons=[3, 4, 5, 6, 7, 8])])
    c.expect(GOOD)


@case(IDP)
def crl_named_by_the_issuers_other_name(c):
    """6.3.3: without a point, the issuer's alternative names are taken for it."""
    root = c.anchor("Root")
    c.target("EE", root, ext=[ian(A)])
    c.crl(root, ext=[idp([A])])
    c.expect(GOOD)


# ---- who signs

SIGNER = "x509-limbo crl signer"


@case(SIGNER)
def crl_by_a_ca_without_crl_sign(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root, ku=ku("keyCertSign"))
    c.target("EE", ca)
    c.crl(root)
    c.crl(ca)
    c.expect(OPEN, UNUSABLE, daemon=lost())


@case(SIGNER)
def crl_by_a_ca_without_key_usage(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root, ku=None)
    c.target("EE", ca)
    c.crl(root)
    c.crl(ca)
    c.expect(GOOD)


@case(SIGNER)
def crl_by_an_anchor_without_crl_sign(c):
    """The anchor is a name and a key; 6.3.3(f) asks the CRL issuer's certificate, and there is none in the path."""
    root = c.anchor("Root", ku=ku("keyCertSign"))
    c.target("EE", root)
    c.crl(root)
    c.expect(GOOD)


@case(SIGNER)
def crl_in_the_name_of_one_root_by_another(c):
    one, two = c.anchor("Root 1"), c.anchor("Root 2")
    c.target("EE", one)
    c.crl(one, signer=two.key)
    c.expect(OPEN, UNUSABLE, daemon=lost())


@case(SIGNER)
def crl_of_another_root_with_the_serial(c):
    one, two = c.anchor("Root 1"), c.anchor("Root 2")
    ee = c.target("EE", one)
    c.crl(one)
    c.crl(two, [ee])
    c.expect(GOOD)


@case("BSI CRL_12")
def crl_by_a_key_whose_certificate_is_expired(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    signer = c.leaf("CA signer", root, subject=ca.name, ku=ku("cRLSign"), end=-DAY)
    c.target("EE", ca)
    c.crl(root)
    c.crl(signer)
    c.expect(OPEN, UNUSABLE)


@case("PKITS 4.5")
def crl_by_a_separate_key_of_the_ca(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    signer = c.leaf("CA signer", root, subject=ca.name, ku=ku("cRLSign"))
    ee = c.target("EE", ca)
    c.crl(root)
    c.crl(signer, [ee])
    c.expect(REVOKED, "revoked")


@case("OpenSSL")
def crl_by_a_certificate_that_the_ca_gave_its_own_name(c):
    """Issued by the CA itself to its own name: another key of the CA, as its own status is known."""
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    signer = c.leaf("CA signer", ca, subject=ca.name, ku=ku("cRLSign"))
    c.target("EE", ca)
    c.crl(root)
    c.crl(ca, ext=[idp(ca=True)])
    c.crl(signer)
    c.expect(OPEN)


@case("BSI CRL_03")
def crl_lists_the_ca(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    c.target("EE", ca)
    c.crl(root, [ca])
    c.crl(ca)
    c.expect(BAD, "issuer-revoked")


@case("BSI CRL_15")
def crl_for_the_ca_is_missing(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    c.target("EE", ca)
    c.crl(ca)
    c.expect(OPEN, NONE)


@case("BSI CRL_01")
def crl_missing_and_asked_for(c):
    c.target("EE", c.anchor("Root"))
    c.want(revocation="required")
    c.expect(OPEN, NONE)


@case("rustls-webpki")
def crl_missing_and_not_insisted_on(c):
    c.target("EE", c.anchor("Root"))
    c.want(revocation="if-available")
    c.expect(GOOD)


@case("rustls-webpki")
def crl_for_the_wrong_key_and_not_insisted_on(c):
    """A list that cannot be used is no source: if-available passes it by, as if it were not there."""
    root = c.anchor("Root")
    ee = c.target("EE", root)
    c.crl(root, [ee], signer=key("stranger"))
    c.want(revocation="if-available")
    c.expect(GOOD)


def not_insisted_on(name, verdict, is_listed, exts=(), entry=(), end=30 * DAY, code=UNUSABLE):
    """C-06: what a list that cannot be relied upon lists is never good, even where no list is insisted on."""
    def build(c):
        root = c.anchor("Root")
        ee = c.target("EE", root)
        c.crl(root, [c.entry(ee.serial if is_listed else 99999, -2 * DAY, entry)], ext=exts, start=-3 * DAY, end=end)
        c.want(revocation="if-available")
        c.expect(verdict, code)
    add_case("lists not insisted on", "if-available-" + name, build)


not_insisted_on("lists-it", REVOKED, True, code="revoked")
not_insisted_on("stale", GOOD, False, end=-DAY)
not_insisted_on("stale-lists-it", OPEN, True, end=-DAY, code=STALE)
not_insisted_on("stale-lists-a-hold", OPEN, True, entry=[reason(6)], end=-DAY, code=STALE)
not_insisted_on("unknown-critical", GOOD, False, exts=[unknown()])
not_insisted_on("unknown-critical-lists-it", OPEN, True, exts=[unknown()])
not_insisted_on("without-next-update", GOOD, False, end=None)
not_insisted_on("without-next-update-lists-it", OPEN, True, end=None)
not_insisted_on("entry-unknown-critical", OPEN, True, entry=[unknown()])
not_insisted_on("unreadable-entries", OPEN, False, entry=[reason(7)])


@case("lists not insisted on")
def crl_unknown_critical_beside_one_that_clears(c):
    """C-06: the one that cannot be processed lists it, another of the issuer in another scope does not."""
    root = c.anchor("Root")
    ee = c.target("EE", root)
    c.crl(root, [ee], ext=[unknown(), idp(user=True)], number=7)
    c.crl(root, number=6)
    c.expect(OPEN, UNUSABLE)


# ---- serials that look alike


def serial_pair(name, own, listed, verdict):
    def build(c):
        root = c.anchor("Root")
        c.target("EE", root, raw_serial=own)
        c.crl(root, [c.entry(listed)])
        c.expect(verdict, "revoked")
    add_case("serials", "crl-serial-" + name, build)


serial_pair("128-and-minus-128", integer(128), integer(-128), GOOD)
serial_pair("negative", integer(-128), integer(-128), REVOKED)
serial_pair("zero", integer(0), integer(0), REVOKED)
serial_pair("head-of-another", integer(0x0102), integer(0x010203), GOOD)
serial_pair("of-20-octets", integer(2 ** 158 + 1), integer(2 ** 158 + 1), REVOKED)
serial_pair("of-20-octets-but-one-bit", integer(2 ** 158 + 1), integer(2 ** 158), GOOD)

# ---- indirect

INDIRECT = "indirect lists"


def indirect(name, verdict, entries, code="revoked", point_issuer=True, flags=None, daemon=None):
    """Root; CA that issued the target (serial 7); Lister, whose indirect list has the entries: (serial, issuer or None,
    is critical)."""
    def build(c):
        root = c.anchor("Root")
        ca, lister = c.ca("CA", root), c.ca("Lister", root)
        points = [point([A], issuer=[directory(lister.name)])] if point_issuer else [point([A])]
        c.target("EE", ca, serial=7, ext=[crldp(*points)])
        c.crl(root)
        names = {"ca": ca.name, "lister": lister.name, "other": c.cn("Other")}
        c.crl(lister, [c.entry(serial, -DAY, [issued_by(names[who], critical)] if who else [])
                       for serial, who, critical in entries],
              ext=[idp(**(flags or {"names": [A], "indirect": True}))])
        c.expect(verdict, code, daemon=daemon)
    add_case(INDIRECT, "indirect-" + name, build)


indirect("lists-it", REVOKED, [(7, "ca", True)])
indirect("lists-it-by-an-entry-above", REVOKED, [(6, "ca", True), (7, None, True)])
indirect("lists-it-not-critical", REVOKED, [(7, "ca", False)])
indirect("lists-a-namesake-serial-of-its-own", GOOD, [(7, None, True)])
indirect("lists-a-namesake-serial-of-another", GOOD, [(7, "other", True)])
indirect("issuer-changes-back", GOOD, [(6, "ca", True), (8, "lister", True), (7, None, True)])
indirect("empty", GOOD, [])
indirect("not-said-to-be-indirect", OPEN, [], NONE, flags={"names": [A]})
indirect("not-named-by-the-point", OPEN, [], NONE, point_issuer=False)
indirect("entry-issuer-though-direct", OPEN, [(7, "ca", True)], None, flags={"names": [A]})

# ---- delta

DELTA = "delta lists"


def delta(name, verdict, base, change, code="revoked", daemon=None):
    """A base (number 5) and what it lists; change(c, root, ee) makes the delta."""
    def build(c):
        root = c.anchor("Root")
        ee = c.target("EE", root)
        if base is not None:
            c.crl(root, [c.entry(ee.serial, -DAY, base)] if base else [], number=5)
        change(c, root, ee)
        c.expect(verdict, code, daemon=daemon)
    add_case(DELTA, "delta-" + name, build)


def delta_of(base_number=5, number=6, exts=(), critical=True, is_listed=True, more=(), **options):
    """exts: of the entry; more: of the list."""
    def make(c, root, ee):
        listed = [c.entry(ee.serial, -DAY // 2, exts)] if is_listed else []
        c.crl(root, listed, number=number, ext=[ext("27", integer(base_number), critical), *more], start=-DAY // 2,
              **options)
    return make


delta("adds", REVOKED, [], delta_of())
delta("adds-not-critical", REVOKED, [], delta_of(critical=False))
delta("alone", OPEN, None, delta_of(is_listed=False), None)
delta("alone-lists-it", OPEN, None, delta_of(), None)
delta("says-nothing", GOOD, [], delta_of(is_listed=False))
delta("of-a-later-base", GOOD, [], delta_of(base_number=6, number=7))
delta("no-newer-than-its-base", GOOD, [], delta_of(base_number=4, number=5))
delta("lifts-a-hold", GOOD, [reason(6)], delta_of(exts=[reason(8)]))
delta("lifts-no-revocation", REVOKED, [reason(1)], delta_of(exts=[reason(8)]))
delta("turns-a-hold-into-a-revocation", REVOKED, [reason(6)], delta_of(exts=[reason(1)]))
delta("by-another-key-lifts-nothing", REVOKED, [reason(6)], delta_of(exts=[reason(8)], signer=key("stranger")), "on-hold")
delta("beyond-us-lists-it", OPEN, [], delta_of(more=[unknown()]), UNUSABLE)
delta("beyond-us-lists-nothing", GOOD, [], delta_of(is_listed=False, more=[unknown()]))
delta("without-end-lists-it", OPEN, [], delta_of(end=None), UNUSABLE)
delta("stale-lifts-nothing", REVOKED, [reason(6)], delta_of(exts=[reason(8)], end=-60), "on-hold")
