# SPDX-License-Identifier: Apache-2.0
"""Names, name constraints and the names asked for, after x509-limbo (rfc5280::nc, webpki::nc, cve), BetterTLS, the tests of
Go's crypto/x509, rustls-webpki, OpenSSL, NSS and Botan, and the advisories of each."""
import itertools

from suites_support import (add_case, attribute, case, directory, eku, explicit, ext, nc, integer, oid, primitive, san, seq,
                            subtree, tlv, utf8, CLIENT_AUTH, SERVER_AUTH)

GOOD, BAD = "valid", "invalid"
PRIVATE_NAME = "1.3.6.1.4.1.99999.3"
SMTP_UTF8 = "1.3.6.1.5.5.7.8.9"


def other_name(kind, value):
    return explicit(0, oid(kind), explicit(0, value))


# (name, permitted, excluded, alternative names of the target, verdict): root -> CA with constraints -> target
ONE_SET = [
    ("dns-itself", ["dns:example.com"], [], ["dns:example.com"], GOOD),
    ("dns-below", ["dns:example.com"], [], ["dns:foo.bar.example.com"], GOOD),
    ("dns-elsewhere", ["dns:example.com"], [], ["dns:not-example.com"], BAD),
    ("dns-tail-of-a-label", ["dns:example.com"], [], ["dns:testexample.com"], BAD),
    ("dns-name-is-head-of-base", ["dns:www.example.com"], [], ["dns:example.com"], BAD),
    ("dns-case", ["dns:EXAMPLE.com"], [], ["dns:www.eXample.COM"], GOOD),
    ("dns-one-of-two-outside", ["dns:example.com"], [], ["dns:a.example.com", "dns:example.org"], BAD),
    ("dns-one-of-two-bases", ["dns:example.com", "dns:example.org"], [], ["dns:a.example.com", "dns:example.org"], GOOD),
    ("dns-excluded-itself", [], ["dns:example.com"], ["dns:example.com"], BAD),
    ("dns-excluded-below", [], ["dns:example.com"], ["dns:a.b.example.com"], BAD),
    ("dns-excluded-second-name", [], ["dns:no.example.com"], ["dns:example.com", "dns:no.example.com"], BAD),
    ("dns-excluded-elsewhere", [], ["dns:example.com"], ["dns:testexample.com"], GOOD),
    ("dns-excluded-case", [], ["dns:Example.COM"], ["dns:www.example.com"], BAD),
    ("dns-excluded-wins", ["dns:example.com"], ["dns:example.com"], ["dns:example.com"], BAD),
    ("dns-excluded-below-permitted", ["dns:example.com"], ["dns:a.example.com"], ["dns:b.example.com"], GOOD),
    ("dns-permitted-everything", ["dns:"], [], ["dns:example.com"], GOOD),
    ("dns-excluded-everything", [], ["dns:"], ["dns:example.com"], BAD),
    ("dns-leading-dot-below", ["dns:.example.com"], [], ["dns:foo.bar.example.com"], GOOD),
    ("dns-leading-dot-itself", ["dns:.example.com"], [], ["dns:example.com"], BAD),
    ("dns-leading-dot-excluded-below", [], ["dns:.example.com"], ["dns:foo.example.com"], BAD),
    ("dns-leading-dot-excluded-elsewhere", [], ["dns:.example.com"], ["dns:foo.com"], GOOD),
    ("dns-leading-dot-in-the-name", ["dns:example.com"], [], ["dns:.example.com"], BAD),
    ("dns-final-dot-in-the-name", ["dns:example.com"], [], ["dns:www.example.com."], BAD),
    ("dns-final-dot-escapes-no-exclusion", [], ["dns:example.com"], ["dns:www.example.com."], BAD),
    ("dns-final-dot-in-the-base", ["dns:example.com."], [], ["dns:www.example.com"], BAD),
    ("dns-blank-in-the-name", ["dns:example.com"], [], ["dns: .example.com"], BAD),
    ("dns-empty-label", ["dns:example.com"], [], ["dns:www..example.com"], BAD),
    ("dns-underscore", ["dns:example.com"], [], ["dns:_host.example.com"], GOOD),
    ("dns-wildcard-within", ["dns:example.com"], [], ["dns:*.example.com"], GOOD),
    ("dns-wildcard-deeper", ["dns:example.com"], [], ["dns:*.bar.example.com"], GOOD),
    ("dns-wildcard-reaches-out", ["dns:foo.example.com"], [], ["dns:*.example.com"], BAD),
    ("dns-wildcard-reaches-far-out", ["dns:foo.example.com"], [], ["dns:*.com"], BAD),
    ("dns-wildcard-beside", ["dns:foo.example.com"], [], ["dns:*.bar.example.com"], BAD),
    ("dns-wildcard-reaches-excluded", [], ["dns:foo.example.com"], ["dns:*.example.com"], BAD),
    ("dns-wildcard-reaches-excluded-case", [], ["dns:SUB.EXAMPLE.COM"], ["dns:*.example.com"], BAD),
    ("dns-wildcard-case-reaches-excluded", [], ["dns:sub.example.com"], ["dns:*.EXAMPLE.COM"], BAD),
    ("dns-wildcard-below-excluded", [], ["dns:foo.example.com"], ["dns:*.bar.foo.example.com"], BAD),
    ("dns-wildcard-beside-excluded", [], ["dns:foo.example.com"], ["dns:*.bar.example.com"], GOOD),
    ("dns-wildcard-excluded-beside-permitted", ["dns:example.com"], ["dns:bar.example.com"], ["dns:*.example.com"], BAD),
    ("dns-wildcard-in-the-middle", ["dns:example.com"], [], ["dns:w*w.example.com"], BAD),
    ("dns-wildcard-alone", ["dns:example.com"], [], ["dns:*"], BAD),
    ("dns-wildcard-as-base", ["dns:*.example.com"], [], ["dns:foo.example.com"], BAD),
    ("dns-wildcard-as-excluded-base", [], ["dns:*.example.com"], ["dns:foo.example.com"], BAD),
    ("dns-nul-in-the-name", ["dns:example.com"], [], ["dns:evil.org\0.example.com"], "malformed"),
    ("dns-eight-bits", ["dns:example.com"], [], ["dns:\xfcber.example.com"], "malformed"),
    ("dns-a-labels", ["dns:xn--ber-goa.example"], [], ["dns:www.XN--BER-GOA.example"], GOOD),
    ("dns-empty-name-under-constraint", ["dns:example.com"], [], ["dns:"], BAD),
    ("dns-too-long-label", ["dns:example.com"], [], ["dns:" + 64 * "a" + ".example.com"], BAD),
    ("ip-within", ["ip:192.0.2.0/24"], [], ["ip:192.0.2.1"], GOOD),
    ("ip-outside", ["ip:192.0.2.0/24"], [], ["ip:192.0.3.1"], BAD),
    ("ip-excluded", [], ["ip:192.0.2.0/24"], ["ip:192.0.2.1"], BAD),
    ("ip-excluded-elsewhere", [], ["ip:10.0.0.0/8"], ["ip:192.168.1.1"], GOOD),
    ("ip-everything-excluded", [], ["ip:0.0.0.0/0"], ["ip:192.168.1.1"], BAD),
    ("ip6-within", ["ip:2000:abcd::/32"], [], ["ip:2000:abcd:1234::"], GOOD),
    ("ip6-host", ["ip:::1/128"], [], ["ip:::1"], GOOD),
    ("ip6-outside", ["ip:2000:abcd::/32"], [], ["ip:2000:1234:abcd::"], BAD),
    ("ip6-excluded", [], ["ip:2000:abcd::/32"], ["ip:2000:abcd::"], BAD),
    ("ip6-constraint-permits-no-ip4", ["ip:2000:abcd::/32"], [], ["ip:10.0.0.1"], BAD),
    ("ip4-constraint-permits-no-ip6", ["ip:10.0.0.0/8"], [], ["ip:2000:abcd::"], BAD),
    ("ip6-excluded-all-leaves-ip4", ["ip:1.2.3.0/24"], ["ip:::/0"], ["ip:1.2.3.4"], GOOD),
    ("ip-mapped-address-escapes-no-exclusion", [], ["ip:10.0.0.0/8"], ["ip:::ffff:10.0.0.1"], BAD),
    ("ip-mapped-address-is-not-permitted", ["ip:10.0.0.0/8"], [], ["ip:::ffff:10.0.0.1"], BAD),
    ("ip-network-with-host-bits", [], [primitive(7, bytes([10, 10, 10, 10, 255, 255, 0, 0]))], ["ip:10.10.99.99"], BAD),
    ("ip-network-with-host-bits-permitted", [primitive(7, bytes([10, 10, 10, 10, 255, 255, 0, 0]))], [],
     ["ip:10.10.99.99"], GOOD),
    ("ip-mask-with-holes", [], [primitive(7, bytes([10, 0, 0, 0, 255, 0, 255, 0]))], ["ip:192.0.2.1"], BAD),
    ("ip-without-mask", [primitive(7, bytes([127, 0, 0, 1]))], [], ["ip:127.0.0.1"], "no-path"),
    ("ip6-without-mask", [primitive(7, bytes(16))], [], ["ip:::"], "no-path"),
    ("ip-name-with-mask", ["ip:192.0.2.0/24"], [], [primitive(7, bytes([192, 0, 2, 0, 255, 255, 255, 0]))], "malformed"),
    ("ip-name-of-five-octets", ["ip:192.0.2.0/24"], [], [primitive(7, bytes(5))], "malformed"),
    ("email-host", ["email:example.com"], [], ["email:foo@example.com"], GOOD),
    ("email-host-is-not-its-subdomains", ["email:example.com"], [], ["email:foo@mail.example.com"], BAD),
    ("email-domain", ["email:.example.com"], [], ["email:foo@sub.sub.example.com"], GOOD),
    ("email-domain-is-not-the-host", ["email:.example.com"], [], ["email:foo@example.com"], BAD),
    ("email-mailbox", ["email:foo@example.com"], [], ["email:foo@example.com"], GOOD),
    ("email-other-mailbox", ["email:foo@example.com"], [], ["email:bar@example.com"], BAD),
    ("email-host-without-case", ["email:foo@EXAMPLE.com"], [], ["email:foo@example.com"], GOOD),
    ("email-local-part-with-case", ["email:foo@example.com"], [], ["email:Foo@example.com"], BAD),
    ("email-excluded-mailbox", [], ["email:a@example.com", "email:a@test.com"], ["email:a@example.com"], BAD),
    ("email-excluded-host", [], ["email:example.com"], ["email:a@eXample.com"], BAD),
    ("email-excluded-host-leaves-subdomains", [], ["email:example.com"], ["email:a@sub.example.com"], GOOD),
    ("email-two-at-signs", ["email:example.com"], [], ["email:invalid@address@example.com"], BAD),
    ("email-two-at-signs-in-the-base", ["email:invalid@invalid@example.com"], [], ["email:example@example.com"], BAD),
    ("email-everything", ["email:"], [], ["email:foo@example.com"], GOOD),
    ("email-nothing", [], ["email:"], ["email:foo@example.com"], BAD),
    ("email-without-at-sign", ["email:example.com"], [], ["email:example.com"], BAD),
    ("email-quoted-at-sign", ["email:example.com"], [], ['email:"a@b"@example.com'], GOOD),
    ("email-utf8-mailbox-within", ["email:example.com"], [],
     [other_name(SMTP_UTF8, utf8("\u8001\u5e2b@example.com"))], GOOD),
    ("email-utf8-mailbox-outside", ["email:example.com"], [], [other_name(SMTP_UTF8, utf8("\u8001\u5e2b@example.org"))], BAD),
    ("email-utf8-mailbox-excluded", [], ["email:example.com"], [other_name(SMTP_UTF8, utf8("\u8001@example.com"))], BAD),
    ("email-utf8-mailbox-u-labels", ["email:xn--fuball-cta.example"], [],
     [other_name(SMTP_UTF8, utf8("a@fu\u00dfball.example"))], BAD),
    ("email-punycode-that-overflows", ["email:xn--" + 59 * "a" + ".com"], [],
     [other_name(SMTP_UTF8, utf8("a@xn--" + 59 * "a" + ".com"))], GOOD),
    ("email-punycode-longer-than-a-label", ["email:xn--" + 600 * "a" + ".com"], [],
     [other_name(SMTP_UTF8, utf8("a@xn--" + 600 * "a" + ".com"))], BAD),
    ("uri-host", ["uri:example.com"], [],
     ["uri:http://example.com/bar", "uri:http://example.com:8080/", "uri:https://example.com/wibble#bar"], GOOD),
    ("uri-other-host", ["uri:example.com"], [], ["uri:http://bar.com/"], BAD),
    ("uri-host-is-not-its-subdomains", ["uri:example.com"], [], ["uri:http://www.example.com/"], BAD),
    ("uri-domain", ["uri:.foo.com"], [], ["uri:http://www.foo.com/"], GOOD),
    ("uri-domain-is-not-the-host", ["uri:.foo.com"], [], ["uri:http://foo.com/"], BAD),
    ("uri-excluded", [], ["uri:foo.com"], ["uri:http://foo.com/"], BAD),
    ("uri-excluded-elsewhere", [], ["uri:foo.com"], ["uri:http://bar.com/"], GOOD),
    ("uri-excluded-case", [], ["uri:foo.com"], ["uri:HTTP://FOO.com/"], BAD),
    ("uri-excluded-behind-userinfo", [], ["uri:foo.com"], ["uri:http://good.com@foo.com/"], BAD),
    ("uri-with-address", ["uri:example.com"], [], ["uri:http://1.2.3.4/"], BAD),
    ("uri-with-address-and-port", ["uri:example.com"], [], ["uri:http://1.2.3.4:43/"], BAD),
    ("uri-with-ip6-address", ["uri:example.com"], [], ["uri:http://[2006:abcd::1]:16/"], BAD),
    ("uri-with-ip6-zone", ["uri:example.com"], [], ["uri:http://[2006:abcd::1%25.example.com]:16/"], BAD),
    ("uri-with-address-under-exclusion", [], ["uri:example.com"], ["uri:http://1.2.3.4/"], BAD),
    ("uri-without-host", ["uri:example.com"], [], ["uri:urn:example"], BAD),
    ("uri-without-host-under-exclusion", [], ["uri:example.com"], ["uri:urn:example"], BAD),
    ("uri-everything", ["uri:"], [], ["uri:https://example.com/test"], GOOD),
    ("uri-nothing", [], ["uri:"], ["uri:https://example.com/test"], BAD),
    ("uri-backslash", ["uri:good.example"], [], ["uri:http://evil.example\\@good.example/"], BAD),
    ("other-name-excluded-and-there", ["dns:example.com"], ["other:" + PRIVATE_NAME],
     ["dns:example.com", "other:" + PRIVATE_NAME], BAD),
    ("other-name-permitted-and-there", ["other:" + PRIVATE_NAME], [], ["other:" + PRIVATE_NAME], BAD),
    ("other-name-excluded-and-not-there", ["dns:example.com"], ["other:" + PRIVATE_NAME], ["dns:example.com"], GOOD),
    ("registered-id-there", ["rid:1.2.3"], [], ["rid:1.2.3"], BAD),
    ("registered-id-not-there", ["rid:1.2.3"], [], ["dns:example.com"], GOOD),
    ("x400-there", [explicit(3, seq())], [], [explicit(3, seq())], BAD),
    ("edi-party-there", [explicit(5, explicit(1, utf8("a")))], [], [explicit(5, explicit(1, utf8("a")))], BAD),
    ("names-of-another-form-1", ["ip:192.0.2.0/24"], [], ["dns:example.com"], GOOD),
    ("names-of-another-form-2", [], ["ip:192.0.2.0/24"], ["dns:example.com"], GOOD),
    ("names-of-another-form-3", ["dns:.example.com"], [], ["ip:10.1.1.1"], GOOD),
    ("names-of-another-form-4", [], ["dns:.example.com"], ["dns:foo.com", "ip:10.1.1.1"], GOOD),
    ("names-of-two-forms", ["ip:2000:abcd::/32"], [], ["ip:2000:abcd::", "dns:foo.com"], GOOD),
    ("bad-names-unconstrained", ["uri:example.com"], [], ["dns:this is invalid", "email:this @ is invalid"], GOOD),
    ("no-names", ["dns:foo.com", "email:foo.com"], [], [], GOOD),
    ("subtree-minimum-zero", [subtree("dns:example.com", primitive(0, b"\0"))], [], ["dns:example.com"], GOOD),
    ("subtree-minimum", [subtree("dns:example.com", primitive(0, b"\1"))], [], ["dns:a.example.com"], BAD),
    ("subtree-maximum", [subtree("dns:example.com", primitive(1, b"\1"))], [], ["dns:a.example.com"], BAD),
]

# (name, sets of the CAs from the root down, alternative names, verdict)
MANY_SETS = [
    ("narrower", [(["dns:foo.example.com", "dns:bar.example.com"], []), (["dns:bar.example.com"], [])],
     ["dns:foo.example.com"], BAD),
    ("wider", [(["dns:bar.example.com"], []), (["dns:foo.example.com", "dns:bar.example.com"], [])],
     ["dns:foo.example.com"], BAD),
    ("both-hold", [(["dns:example.com"], []), (["dns:example.com", "dns:foo.com"], [])], ["dns:example.com"], GOOD),
    ("narrowed-below", [(["dns:.example.com"], []), (["dns:.bar.example.com"], [])], ["dns:foo.bar.example.com"], GOOD),
    ("nothing-in-common", [(["dns:example.com"], []), (["dns:example.org"], [])], ["dns:example.org"], BAD),
    ("nothing-in-common-no-name", [(["dns:example.com"], []), (["dns:example.org"], [])], ["ip:10.0.0.1"], GOOD),
    ("everything-then-some", [(["dns:"], []), (["dns:example.com"], [])], ["dns:test.com"], BAD),
    ("exclusions-add-up", [([], ["dns:example.com"]), ([], ["dns:example.org"])], ["dns:www.example.com"], BAD),
    ("exclusion-of-all-stays", [([], ["dns:"]), ([], ["dns:example.com"])], ["dns:test.com"], BAD),
    ("permitted-below-an-exclusion", [([], ["dns:example.com"]), (["dns:example.com"], [])], ["dns:a.example.com"], BAD),
    ("ip-narrower", [(["ip:10.0.0.0/8"], []), (["ip:10.1.0.0/16"], [])], ["ip:10.2.0.1"], BAD),
    ("ip-disjoint-exclusions", [([], ["ip:0.0.0.0/1"]), ([], ["ip:11.0.0.0/8"])], ["ip:11.0.0.1"], BAD),
    ("forms-of-both", [(["dns:example.com"], []), (["email:example.com"], [])],
     ["dns:example.com", "email:a@example.org"], BAD),
    ("three", [(["dns:com"], []), (["dns:example.com"], []), ([], ["dns:a.example.com"])], ["dns:b.example.com"], GOOD),
]


def one_set(permitted, excluded, names, verdict, suite_name):
    def build(c):
        ca = c.ca("CA", c.anchor("Root"), ext=[nc(permitted, excluded)])
        c.target("EE", ca, san=san(*names) if names else None)
        if verdict == "no-path":
            c.expect(BAD, "no-path")
        elif verdict == "malformed":
            c.expect(BAD, "malformed")
        else:
            c.expect(verdict, "name-constraints")
    add_case("name constraints", "nc-" + suite_name, build)


def many_sets(sets, names, verdict, suite_name):
    def build(c):
        ca = c.anchor("Root")
        for number, (permitted, excluded) in enumerate(sets):
            ca = c.ca("CA %d" % number, ca, ext=[nc(permitted, excluded)])
        c.target("EE", ca, san=san(*names))
        c.expect(verdict, "name-constraints")
    add_case("name constraints", "nc-sets-" + suite_name, build)


for row in ONE_SET:
    one_set(*row[1:], row[0])
for row in MANY_SETS:
    many_sets(*row[1:], row[0])

# ---- BetterTLS: every combination of host and constraints on hosts, some of addresses beside them

HOSTS, ADDRESSES = ("dns:test.localhost", "dns:bad.example.com"), ("ip:127.0.0.1", "ip:1.1.1.1")
TREES, NETS = ("dns:localhost", "dns:example.com"), ("ip:127.0.0.0/24", "ip:1.1.1.0/24")


def bettertls(dns_name, address, dns_in, dns_out, ip_in, ip_out):
    """Each argument: None, 0 (the good one) or 1."""
    def choose(*pairs):
        return [options[which] for options, which in pairs if which is not None]

    names = choose((HOSTS, dns_name), (ADDRESSES, address))
    permitted, excluded = choose((TREES, dns_in), (NETS, ip_in)), choose((TREES, dns_out), (NETS, ip_out))
    breaks = any(name is not None and ((kept is not None and kept != name) or (out is not None and out == name))
                 for name, kept, out in ((dns_name, dns_in, dns_out), (address, ip_in, ip_out)))

    def build(c):
        ca = c.ca("CA", c.anchor("Root"), ext=[nc(permitted, excluded)] if permitted or excluded else [])
        c.target("EE", ca, san=san(*names) if names else None)
        c.expect(BAD if breaks else GOOD, "name-constraints" if breaks else None)
    return build


for hosts in itertools.product((None, 0, 1), repeat=3):
    for addresses in [(None, None, None), (0, None, None), (1, 0, None), (0, None, 0)]:
        combination = (hosts[0], addresses[0]) + hosts[1:] + addresses[1:]
        add_case("BetterTLS", "better-" + "".join("x" if n is None else str(n) for n in combination),
                 bettertls(*combination))

# ---- directory names


def directory_case(name, permitted, excluded, subject, names, verdict):
    def build(c):
        ca = c.ca("CA", c.anchor("Root"), ext=[nc([directory(c.dn(*p)) for p in permitted],
                                                  [directory(c.dn(*p)) for p in excluded])])
        c.target("EE", ca, subject=c.dn(*subject) if subject is not None else None,
                 san=san(*[directory(c.dn(*n)) for n in names]) if names else None)
        c.expect(verdict, "name-constraints")
    add_case("name constraints", "nc-dn-" + name, build)


FOO, BAR = (("OU", "foo"),), (("OU", "bar"),)
for row in [
        ("within", [FOO], [], FOO + (("CN", "x"),), [], GOOD),
        ("itself", [FOO], [], FOO, [], GOOD),
        ("outside", [FOO], [], BAR, [], BAD),
        ("subject-outside-alternative-within", [FOO], [], BAR, [FOO], BAD),
        ("subject-within-alternative-outside", [FOO], [], FOO, [BAR], BAD),
        ("excluded-subject", [], [FOO], FOO, [BAR], BAD),
        ("excluded-alternative", [], [FOO], BAR, [FOO], BAD),
        ("excluded-elsewhere", [], [FOO], BAR, [BAR], GOOD),
        ("case-and-blanks", [(("OU", "Foo  Bar"),)], [], (("OU", " fOO bar "), ("CN", "x")), [], GOOD),
        ("excluded-case", [], [(("OU", "FOO"),)], FOO + (("CN", "x"),), [], BAD),
        ("excluded-other-string-type", [], [(("OU", tlv(0x13, b"foo")),)], (("OU", "Foo"), ("CN", "x")), [], BAD),
        ("excluded-bmp-string", [], [FOO], (("OU", tlv(0x1E, "foo".encode("utf-16-be"))), ("CN", "x")), [], BAD),
        ("base-in-the-middle", [FOO], [], (("CN", "x"),) + FOO, [], BAD),
        ("base-longer-than-the-name", [FOO + (("CN", "x"),)], [], FOO, [], BAD)]:
    directory_case(*row)


@case("name constraints")
def nc_dn_everything_permitted(c):
    ca = c.ca("CA", c.anchor("Root"), ext=[nc([directory(seq())])])
    c.target("EE", ca)
    c.expect(GOOD)


@case("name constraints")
def nc_dn_everything_excluded(c):
    ca = c.ca("CA", c.anchor("Root"), ext=[nc([], [directory(seq())])])
    c.target("EE", ca)
    c.expect(BAD, "name-constraints")


@case("name constraints")
def nc_dn_two_attributes_of_one_rdn_are_not_one(c):
    """An RDN of two attributes is neither of its parts."""
    both = seq(*[tlv(0x31, attribute("C", "JP"))], tlv(0x31, *sorted([attribute("O", c.name), attribute("OU", "foo")])))
    ca = c.ca("CA", c.anchor("Root"), ext=[nc([directory(c.dn())])])
    c.target("EE", ca, subject=both)
    c.expect(BAD, "name-constraints")


@case("name constraints")
def nc_no_subject_under_directory_constraint(c):
    """No subject: nothing for a directoryName subtree to hold."""
    ca = c.ca("CA", c.anchor("Root"), ext=[nc([directory(c.dn(*FOO))])])
    c.target("EE", ca, subject=seq(), san=san("dns:example.com", critical=True))
    c.expect(GOOD)


def subject_mailbox(name, excluded, pairs, names, verdict):
    def build(c):
        ca = c.ca("CA", c.anchor("Root"), ext=[nc([] if excluded else ["email:example.com"],
                                                  ["email:example.com"] if excluded else [])])
        c.target("EE", ca, subject=c.dn(*pairs), san=san(*names) if names else None)
        c.expect(verdict, "name-constraints")
    add_case("name constraints", "nc-subject-mailbox-" + name, build)


IN, OUT = ("email", "a@example.com"), ("email", "a@example.org")
for row in [
        ("within", False, [("CN", "x"), IN], [], GOOD), ("outside", False, [("CN", "x"), OUT], [], BAD),
        ("excluded", True, [("CN", "x"), IN], [], BAD), ("not-the-first", False, [IN, OUT], [], BAD),
        ("utf8", True, [("email", utf8("a@example.com"))], [], BAD),
        ("beside-a-host", False, [("CN", "x"), OUT], ["dns:example.com"], BAD),
        ("beside-a-mailbox", False, [("CN", "x"), OUT], ["email:b@example.com"], GOOD),
        ("common-name-is-none", False, [("CN", "a@example.org")], [], GOOD)]:
    subject_mailbox(*row)


def common_name(name, permitted, excluded, text, names):
    """OpenSSL, NSS and Botan hold a commonName that looks like a host to dNSName subtrees. RFC 5280 does not, and here a
    commonName is never taken for a host either."""
    def build(c):
        ca = c.ca("CA", c.anchor("Root"), ext=[nc(permitted, excluded)])
        c.target("EE", ca, subject=c.cn(text), san=san(*names) if names else None)
        c.want(names=["dns:" + text])
        c.expect(BAD, "name-mismatch", daemon="skip")
    add_case("common names", "cn-" + name, build)


common_name("outside-permitted", ["dns:foo.com"], [], "evil.com", [])
common_name("excluded", [], ["dns:foo.com"], "www.foo.com", [])
common_name("beside-a-name", ["dns:foo.com"], [], "evil.com", ["dns:foo.com"])
common_name("within-permitted", ["dns:foo.com"], [], "foo.com", [])

# ---- whom constraints bind


@case("x509-limbo nc")
def nc_binds_the_names_of_an_intermediate(c):
    ca = c.ca("CA 1", c.anchor("Root"), ext=[nc(["dns:permitted.example.com"], ["dns:forbidden.example.com"])])
    below = c.ca("CA 2", ca, san=san("dns:forbidden.example.com"))
    c.target("EE", below, san=san("dns:permitted.example.com"))
    c.expect(BAD, "name-constraints")


@case("x509-limbo nc")
def nc_spares_a_self_issued_intermediate(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root, ext=[nc(["dns:example.com"])], subject=root.name, san=san("dns:elsewhere.example"))
    link = c.ca("CA link", ca, subject=root.name, san=san("dns:elsewhere.example"))
    c.target("EE", link, san=san("dns:example.com"))
    c.expect(GOOD)


@case("x509-limbo nc")
def nc_binds_a_self_issued_target(c):
    ca = c.ca("CA", c.anchor("Root"), ext=[nc(["dns:example.com"])])
    below = c.ca("CA 2", ca)
    c.target("EE", below, subject=below.name, san=san("dns:elsewhere.example"))
    c.expect(BAD, "name-constraints")


@case("x509-limbo nc")
def nc_not_critical_binds_as_well(c):
    ca = c.ca("CA", c.anchor("Root"), ext=[nc(["dns:example.com"], critical=False)])
    c.target("EE", ca, san=san("dns:elsewhere.example"))
    c.expect(BAD, "name-constraints")


@case("x509-limbo nc, BSI ext_16")
def nc_not_critical_is_no_fault(c):
    """RFC 5280 4.2.1.10 tells CAs to mark it critical; 6.1 does not look at that."""
    ca = c.ca("CA", c.anchor("Root"), ext=[nc(["dns:example.com"], critical=False)])
    c.target("EE", ca, san=san("dns:example.com"))
    c.expect(GOOD)


@case("x509-limbo nc, BSI ext_15")
def nc_critical_in_a_target(c):
    c.target("EE", c.ca("CA", c.anchor("Root")), ext=[nc(["dns:example.com"])], san=san("dns:example.com"))
    c.expect(BAD, "malformed")


@case("x509-limbo nc")
def nc_does_not_bind_who_says_it(c):
    """Constraints bind what is below, not the CA's own names."""
    ca = c.ca("CA", c.anchor("Root"), ext=[nc(["dns:example.com"])], san=san("dns:elsewhere.example"))
    c.target("EE", ca, san=san("dns:example.com"))
    c.expect(GOOD)


def anchor_constraints(name, honoured, verdict):
    """RFC 5280 6.1.1(d): an anchor is a name and a key. RFC 5937 as an option."""
    def build(c):
        root = c.anchor("Root", ext=[nc(["dns:example.com"])])
        c.target("EE", c.ca("CA", root), san=san("dns:elsewhere.example"))
        if honoured:
            c.want(honour_anchor_constraints=True)
        c.expect(verdict, "name-constraints")
    add_case("x509-limbo nc", "nc-of-the-anchor-" + name, build)


anchor_constraints("does-not-count", False, GOOD)
anchor_constraints("honoured", True, BAD)


@case("x509-limbo nc")
def nc_way_round_over_an_untrusted_root(c):
    """The CA has one certificate from a root nobody trusts, and one within the constraints."""
    lost = c.ca("Lost", c.anchor("Other"), pool=False)
    ca = c.ca("A", c.anchor("Root"), ext=[nc(["dns:permitted.example.com"], ["dns:forbidden.example.com"])])
    c.ca("B", lost, san=san("dns:forbidden.example.com"))
    below = c.ca("B", ca)
    c.target("EE", below, san=san("dns:permitted.example.com"))
    c.expect(GOOD, path=[c.asked, below, ca, c.anchors[1]])


@case("x509-limbo nc")
def nc_way_round_by_another_anchor(c):
    root_a, root_b = c.anchor("Root A"), c.anchor("Root B")
    ca = c.ca("A", root_a, ext=[nc([], ["dns:forbidden.example.com"])])
    c.ca("B", ca, san=san("dns:forbidden.example.com"))
    way = c.ca("B", root_b, san=san("dns:free.example.com"))
    c.target("EE", way, san=san("dns:ee.example.com"))
    c.expect(GOOD, path=[c.asked, way, root_b])


@case("Go name_constraints_test")
def nc_several_intermediates_one_fits(c):
    root = c.anchor("Root")
    for base in ("foo.com", "bar.com", "baz.com"):
        c.ca("CA", root, ext=[nc(["dns:" + base])])
    way = c.ca("CA", root, ext=[nc(["dns:example.com"])])
    c.target("EE", way, san=san("dns:foo.example.com"))
    c.expect(GOOD, path=[c.asked, way, root])


@case("Go name_constraints_test")
def nc_several_levels_none_fits(c):
    root = c.anchor("Root")
    for base in ("foo.com", "example.com"):
        upper = c.ca("Upper", root, ext=[nc(["dns:" + base])])
    for base in ("foo.com", "bar.com"):
        lower = c.ca("Lower", upper, ext=[nc(["dns:" + base])])
    c.target("EE", lower, san=san("dns:bar.com"))
    c.expect(BAD, "name-constraints")


@case("OpenSSL CVE-2022-4203")
def nc_utf8_mailbox_base(c):
    """An otherName subtree of a mailbox: a form that is not processed, and no type confusion."""
    ca = c.ca("CA", c.anchor("Root"), ext=[nc([other_name(SMTP_UTF8, utf8("example.com"))])])
    c.target("EE", ca, san=san("email:a@example.com"))
    c.expect(GOOD)


@case("OpenSSL CVE-2023-0286")
def x400_address_that_is_no_address(c):
    """An x400Address of any octets is never compared as a pointer or a string."""
    root = c.anchor("Root")
    c.target("EE", root, san=san(primitive(3, b"\x41" * 8)))
    c.expect(BAD, "malformed")


@case("malformed constraints")
def nc_empty_sequence(c):
    c.target("EE", c.ca("CA", c.anchor("Root"), ext=[ext("30", seq(), True)]))
    c.expect(BAD, "no-path")


@case("malformed constraints")
def nc_empty_list(c):
    c.target("EE", c.ca("CA", c.anchor("Root"), ext=[ext("30", seq(explicit(0)), True)]))
    c.expect(BAD, "no-path")


@case("Go name_constraints_test")
def nc_unknown_form(c):
    """[9] is no GeneralName."""
    c.target("EE", c.ca("CA", c.anchor("Root"), ext=[nc([seq(primitive(9, b"\1"))])]), san=san("dns:a.example"))
    c.expect(BAD, "no-path")


# ---- names asked for


def asked(name, names, wanted, verdict, subject=None, suite="names asked for"):
    def build(c):
        c.target("EE", c.anchor("Root"), san=san(*names) if names else None,
                 subject=c.cn(subject) if subject else None)
        c.want(names=wanted)
        c.expect(verdict, "name-mismatch", daemon="skip")
    add_case(suite, "asked-" + name, build)


for row in [
        ("host", ["dns:a.example.com"], ["dns:A.Example.com"], GOOD),
        ("other-host", ["dns:a.example.com"], ["dns:b.example.com"], BAD),
        ("wildcard", ["dns:*.example.com"], ["dns:bob.example.com"], GOOD),
        ("wildcard-is-not-the-domain", ["dns:*.example.com"], ["dns:example.com"], BAD),
        ("wildcard-is-one-label", ["dns:*.example.com"], ["dns:uh.oh.example.com"], BAD),
        ("wildcard-of-a-top-level", ["dns:*.com"], ["dns:example.com"], BAD),
        ("wildcard-in-a-label", ["dns:f*.example.com"], ["dns:foo.example.com"], BAD),
        ("wildcard-not-leftmost", ["dns:a.*.example.com"], ["dns:a.b.example.com"], BAD),
        ("two-wildcards", ["dns:*.*.example.com"], ["dns:a.b.example.com"], BAD),
        ("a-wildcard", ["dns:*.example.com"], ["dns:*.example.com"], BAD),
        ("final-dot", ["dns:example.com"], ["dns:example.com."], BAD),
        ("address", ["ip:12.34.56.78"], ["ip:12.34.56.78"], GOOD),
        ("other-address", ["ip:12.34.56.78"], ["ip:12.34.56.79"], BAD),
        ("mapped-address", ["ip:12.34.56.78"], ["ip:::ffff:12.34.56.78"], BAD),
        ("address-in-a-host", ["dns:12.34.56.78"], ["ip:12.34.56.78"], BAD),
        ("mailbox", ["email:a@example.com"], ["email:a@EXAMPLE.com"], GOOD),
        ("mailbox-case", ["email:a@example.com"], ["email:A@example.com"], BAD),
        ("common-name", [], ["dns:a.example.com"], BAD, "a.example.com"),
        ("common-name-beside-an-address", ["ip:1.2.3.4"], ["dns:a.example.com"], BAD, "a.example.com"),
        ("mailbox-beside-other-names", [other_name("1.3.6.1.4.1.311.20.2.3", utf8("a@example.com")),
                                        other_name("1.3.6.1.4.1.99999.3", integer(5))],
         ["email:a@example.com"], BAD, None, "CVE-2024-6119"),
        ("one-of-two-missing", ["dns:a.example.com"], ["dns:a.example.com", "dns:b.example.com"], BAD)]:
    asked(*row)


@case("x509-limbo ca-as-leaf-wrong-san")
def asked_of_a_ca(c):
    c.target_ca("CA", c.anchor("Root"), san=san("dns:ca.example.com"))
    c.want(names=["dns:ca.example.com"])
    c.expect(GOOD, daemon="skip")


def purposes(name, have, wanted, verdict, of_ca=None, nested=False):
    def build(c):
        ca = c.ca("CA", c.anchor("Root"), ext=[eku(*of_ca)] if of_ca else [])
        c.target("EE", ca, ext=[eku(*have)] if have else [])
        c.want(extended_key_usages=wanted)
        if nested:
            c.want(nested_extended_key_usage=True)
        c.expect(verdict, "extended-key-usage", daemon="skip")
    add_case("purposes", "eku-" + name, build)


ANY, SGC = "2.5.29.37.0", "1.3.6.1.4.1.311.10.3.3"
for row in [
        ("fits", [SERVER_AUTH], [SERVER_AUTH], GOOD), ("does-not-fit", [CLIENT_AUTH], [SERVER_AUTH], BAD),
        ("absent", [], [SERVER_AUTH], GOOD), ("any", [ANY], [SERVER_AUTH], GOOD),
        ("gated-crypto-is-not-server", [SGC], [SERVER_AUTH], BAD),
        ("both-asked-one-there", [SERVER_AUTH], [SERVER_AUTH, CLIENT_AUTH], BAD),
        ("of-the-ca-not-asked", [SERVER_AUTH], [SERVER_AUTH], GOOD, [CLIENT_AUTH]),
        ("of-the-ca-nested", [SERVER_AUTH], [SERVER_AUTH], BAD, [CLIENT_AUTH], True),
        ("of-the-ca-nested-any", [SERVER_AUTH], [SERVER_AUTH], GOOD, [ANY], True)]:
    purposes(*row)
