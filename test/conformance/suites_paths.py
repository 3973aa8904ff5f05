# SPDX-License-Identifier: Apache-2.0
"""Path building, after BetterTLS, x509-limbo (pathological, cve), the tests of Go's crypto/x509, GnuTLS, OpenSSL and
RFC 4158's figures."""
import random

from suites_support import (add_case, bc, case, ext, key, ku, nc, octets, primitive, san, seq, DAY)

GOOD, BAD = "valid", "invalid"

# ---- BetterTLS: which edges of a graph are bad, and is there a way left?

FAULTS = {
    "expired": {"end": -DAY},
    "not-yet": {"start": DAY},
    "no-basic-constraints": {"bc": None},
    "not-a-ca": {"bc": bc(False)},
    "constraints": {"ext": [nc([], ["dns:ee.example.com"])]},
    "key-usage": {"ku": ku("cRLSign")},
    "critical": {"ext": [ext("1.3.6.1.4.1.99999.2", b"\5\0", True)]},
    "key": {"signer": "stranger"},
    "path-length": {"bc": bc(False, 3)},
}


def edges(text):
    return [tuple(edge.split(">")) for edge in text.split()]


LINEAR = edges("TA>ICA ICA>EE")
TWO_ROOTS = edges("Root1>ICA Root2>ICA ICA>EE")
FIGURE_7 = edges("TA>A TA>C A>C C>A A>B C>B B>EE")
BRIDGE = edges("F>H F>G G>F H>I I>H G>I W>F W>G J>K N>EE L>N L>M X>J X>L B>E B>D A>B C>B A>C C>A Y>A Y>C R>S O>R O>Q "
               "P>S Z>O Z>P W>Bridge Bridge>W X>Bridge Bridge>X Y>Bridge Bridge>Y Z>Bridge Bridge>Z")


def is_reachable(graph, bad, start):
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        for edge in graph:
            if edge[0] == here and edge not in bad and edge[1] not in seen:
                seen.add(edge[1])
                todo.append(edge[1])
    return "EE" in seen


def graph_case(name, graph, anchors, bad, daemon=None):
    """bad: {edge: fault}. The edge to EE is the target and stays good."""
    def build(c):
        nodes = {}
        for label in dict.fromkeys(n for edge in graph for n in edge):
            nodes[label] = c.issue(label, None, True, {})
        c.anchors = [nodes[a] for a in anchors]
        for issuer, subject in graph:
            if subject == "EE":
                c.target("EE", nodes[issuer], san=san("dns:ee.example.com"))
                continue
            options = dict(FAULTS[bad[issuer, subject]]) if (issuer, subject) in bad else {}
            if "signer" in options:
                options["signer"] = key("stranger")
            c.ca(subject, nodes[issuer], **options)
        is_good = any(is_reachable(graph, bad, a) for a in anchors)
        c.expect(GOOD if is_good else BAD, daemon=daemon)
    add_case("BetterTLS path building", "graph-" + name, build)


def subsets(title, graph, anchors):
    """Every set of bad edges; the kinds of fault go round."""
    kinds, inner = sorted(FAULTS), [e for e in graph if e[1] != "EE"]
    for mask in range(2 ** len(inner)):
        bad = {e: kinds[(mask + i) % len(kinds)] for i, e in enumerate(inner) if mask >> i & 1}
        graph_case("%s-%d" % (title, mask), graph, anchors, bad)


subsets("linear", LINEAR, ["TA"])
subsets("two-roots", TWO_ROOTS, ["Root1", "Root2"])
subsets("figure-7", FIGURE_7, ["TA"])
for number in range(40):
    dice = random.Random(number)
    some = dice.sample([e for e in BRIDGE if e[1] != "EE"], dice.randrange(0, 12))
    graph_case("bridge-%d" % number, BRIDGE, dice.sample("WXYZ", dice.randrange(1, 3)),
               {e: dice.choice(sorted(FAULTS)) for e in some}, None if number < 10 else "skip")

# ---- x509-limbo, GnuTLS, Go


@case("x509-limbo pathological")
def expired_cross_certificate_of_a_root(c):
    """The old root's certificate of the new root has expired; both are trusted."""
    new, old = c.anchor("New"), c.anchor("Old")
    c.ca("New", old, private=new.key, end=-DAY)
    c.target("EE", new)
    c.expect(GOOD, path=[c.asked, new])


def cycle(name, same_name, with_way):
    def build(c):
        root = c.anchor("Root")
        one = c.issue("One", None, True, {})
        two = c.issue("Two", None, True, {"subject": one.name} if same_name else {})
        c.ca("One", two, subject=one.name, private=one.key)
        c.ca("Two", one, subject=two.name, private=two.key)
        if with_way:
            c.ca("Two", root, subject=two.name, private=two.key)
        c.target("EE", one)
        c.expect(GOOD if with_way else BAD, None if with_way else "no-path")
    add_case("x509-limbo pathological", "cycle-" + name, build)


cycle("of-two-cas", False, False)
cycle("of-two-keys-of-one-ca", True, False)
cycle("of-two-cas-and-a-way-in", False, True)
cycle("of-two-keys-and-a-way-in", True, True)


@case("CVE-2024-0567")
def three_roots_that_certify_each_other(c):
    nodes = {x: c.issue(x, None, True, {}) for x in "ABC"}
    c.anchors = [nodes["A"]]
    for x in "ABC":
        for y in "ABC":
            if x != y:
                c.ca(x, nodes[y])
        c.ca(x + "1", nodes[x])
    c.target("EE", next(n for n in c.certs if n.name == c.cn("A1")), subject=seq(), san=san("dns:a.example", critical=True))
    c.expect(GOOD)


@case("Go TestPathBuilding")
def self_signed_target_in_the_pool(c):
    c.anchor("Root")
    c.asked = c.issue("EE", None, False, {})
    c.pool(c.asked)
    c.expect(BAD, "no-path")


@case("Go TestPathBuilding")
def self_signed_target_that_is_a_ca(c):
    c.anchor("Root")
    c.asked = c.issue("EE", None, True, {})
    c.expect(BAD, "no-path")


@case("Go TestPathBuilding")
def issuer_whose_key_the_target_has(c):
    root = c.anchor("Root")
    ca = c.ca("CA", root)
    c.target("EE", ca, private=ca.key)
    c.expect(GOOD, path=[c.asked, ca, root])


@case("Go TestPathBuilding")
def root_in_the_pool_and_crossed_both_ways(c):
    one, two = c.anchor("Root 1"), c.issue("Root 2", None, True, {})
    c.pool(two)
    c.ca("Root 2", one, private=two.key)
    c.ca("Root 1", two, private=one.key)
    c.target("EE", c.ca("CA", two))
    c.expect(GOOD)


@case("Go CVE-2018-16875")
def many_certificates_of_one_name_and_key(c):
    """Three levels of forty twins that lead nowhere: 64,000 ways."""
    c.anchor("Root")
    upper = c.issue("Lost", None, True, {})
    for level in range(3):
        ca = None
        for _ in range(40):
            ca = c.ca("CA %d" % level, upper)
        upper = ca
    c.target("EE", upper)
    c.expect(BAD, "no-path")


@case("Go CVE-2018-16875")
def many_certificates_of_one_name_and_key_that_have_ended(c):
    """The same below the anchor, and all that stand directly below it have expired."""
    upper = c.anchor("Root")
    for level in range(3):
        ca = None
        for _ in range(25):
            ca = c.ca("CA %d" % level, upper, end=-DAY if level == 0 else 365 * DAY)
        upper = ca
    c.target("EE", upper)
    c.expect(BAD, "expired")


def key_identifiers(name, verdict, make):
    def build(c):
        root = c.anchor("Root")
        make(c, root)
        c.expect(verdict)
    add_case("key identifiers", "ids-" + name, build)


def aki(value, *more):
    return ext("35", seq(primitive(0, value), *more))


key_identifiers("wrong-in-the-target", GOOD, lambda c, root: c.target("EE", c.ca("CA", root), aki=aki(b"wrong")))
key_identifiers("wrong-in-the-ca", GOOD, lambda c, root: c.target("EE", c.ca("CA", root, ski=ext("14", octets(b"wrong")))))
key_identifiers("empty", GOOD, lambda c, root: c.target("EE", c.ca("CA", root, ski=ext("14", octets(b""))), aki=aki(b"")))
key_identifiers("of-200-octets", GOOD, lambda c, root: c.target("EE", c.ca("CA", root, ski=ext("14", octets(200 * b"k"))),
                                                               aki=aki(200 * b"k")))


@case("key identifiers")
def ids_point_to_a_namesake_with_another_key(c):
    """The certificate that the identifier names did not sign; one without identifier did."""
    root = c.anchor("Root")
    c.ca("CA lure", root, subject=c.cn("CA"), ski=ext("14", octets(b"lure")))
    ca = c.ca("CA", root, ski=None)
    c.target("EE", ca, aki=aki(b"lure"))
    c.expect(GOOD, path=[c.asked, ca, root])


@case("key identifiers")
def ids_equal_for_two_keys(c):
    root = c.anchor("Root")
    same = ext("14", octets(b"same"))
    c.ca("CA lure", root, subject=c.cn("CA"), ski=same)
    ca = c.ca("CA", root, ski=same)
    c.target("EE", ca, aki=aki(b"same"))
    c.expect(GOOD, path=[c.asked, ca, root])


@case("GnuTLS")
def anchor_and_its_renewal_with_the_same_key(c):
    """The trusted certificate has expired, its renewal lies in the pool: name and key are what is trusted."""
    old = c.anchor("Root", end=-DAY)
    c.ca("Root", None, private=old.key)
    c.target("EE", c.ca("CA", old))
    c.expect(GOOD)


@case("CVE-2008-4989")
def target_followed_by_a_trusted_root_that_did_not_sign(c):
    """GnuTLS once dropped the last certificate of a list when it was trusted, and with it the check of the one before."""
    root, forger = c.anchor("Root"), key("forger")
    c.pool(root)
    c.target("EE", c.ca("CA", root, signer=forger))
    c.expect(BAD, None)


@case("CVE-2015-1793")
def leaf_as_issuer_beside_another_way(c):
    """OpenSSL, when it looked for another way, once forgot what it had found out about the first: a target below a leaf."""
    root = c.anchor("Root")
    sub = c.ca("Sub", root)
    leaf = c.leaf("Leaf", sub, private=key("shared-leaf"))
    c.ca("Sub", c.issue("Elsewhere", None, True, {}), private=sub.key)
    c.target("EE", leaf)
    c.expect(BAD, "not-ca")


@case("CVE-2021-3450")
def leaf_as_issuer(c):
    root = c.anchor("Root")
    leaf = c.leaf("Leaf", root, bc=bc(False))
    c.target("EE", leaf)
    c.expect(BAD, "not-ca")
