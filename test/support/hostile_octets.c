/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "test/support/hostile.h"
#include "test/support/hostile_der.h"

enum { MANY = 65000, BUF_BYTES = 4u << 20 };

static struct sk_bytes wrap(struct sk_arena *arena, uint8_t tag, struct sk_bytes body)
{
    struct sk_buf buf;

    buf_init(&buf, BUF_BYTES);
    derout_tlv(&buf, tag, body);
    return fast_take(arena, &buf);
}

static struct sk_bytes cert_with(struct sk_arena *arena, struct sk_bytes exts)
{
    return fast_cert_der(arena, &(struct fast_cert){.subject = "leaf",
                                                    .issuer = "ca",
                                                    .spki = fast_foreign_spki(arena, 0),
                                                    .exts = exts});
}

/* An extension that is a SEQUENCE of num times the same value. */
static struct sk_bytes same(struct sk_arena *arena, enum oid_id id, struct sk_bytes value,
                            unsigned num)
{
    struct sk_buf buf;
    unsigned i;

    buf_init(&buf, BUF_BYTES);
    for (i = 0; i < num; i++)
        derout_raw(&buf, value);
    return fast_ext(arena, id, wrap(arena, DER_SEQUENCE, fast_take(arena, &buf)));
}

/* Policies (or mappings) that are all different. */
static struct sk_bytes oids(struct sk_arena *arena, enum oid_id id, unsigned num, unsigned each)
{
    struct sk_buf buf;
    unsigned i, k;

    buf_init(&buf, BUF_BYTES);
    for (i = 0; i < num; i++) {
        const uint8_t arc[] = {0x2a, (uint8_t)(0x81 | (i >> 14)), (uint8_t)(0x80 | (i >> 7 & 0x7f)),
                               (uint8_t)(i & 0x7f)};
        size_t mark = derout_open(&buf, DER_SEQUENCE);

        for (k = 0; k < each; k++)
            derout_tlv(&buf, DER_OID, bytes_of(arc, sizeof(arc)));
        derout_close(&buf, mark);
    }
    return fast_ext(arena, id, wrap(arena, DER_SEQUENCE, fast_take(arena, &buf)));
}

static struct sk_bytes many_names(struct sk_arena *arena)
{
    return cert_with(arena, same(arena, OID_EXT_SUBJECT_ALT_NAME, ASN1_LIT("\x82\x01z"), MANY));
}

static struct sk_bytes many_policies(struct sk_arena *arena)
{
    return cert_with(arena, oids(arena, OID_EXT_CERTIFICATE_POLICIES, 20000, 1));
}

static struct sk_bytes all_policies(struct sk_arena *arena)
{
    return cert_with(arena, oids(arena, OID_EXT_CERTIFICATE_POLICIES, LIMIT_POLICIES, 1));
}

static struct sk_bytes many_mappings(struct sk_arena *arena)
{
    return cert_with(arena, oids(arena, OID_EXT_POLICY_MAPPINGS, 16000, 2));
}

static struct sk_bytes many_purposes(struct sk_arena *arena)
{
    return cert_with(arena,
                     same(arena, OID_EXT_EXTENDED_KEY_USAGE, ASN1_LIT("\x06\x01\x2a"), MANY));
}

static struct sk_bytes many_points(struct sk_arena *arena)
{
    return cert_with(arena, same(arena, OID_EXT_CRL_DISTRIBUTION_POINTS,
                                 ASN1_LIT("\x30\x07\xa0\x05\xa0\x03\x86\x01z"), 28000));
}

static struct sk_bytes many_subtrees(struct sk_arena *arena)
{
    return cert_with(
        arena, same(arena, OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\xa0\x05\x30\x03\x82\x01z"), 36000));
}

static struct sk_bytes many_bits(struct sk_arena *arena)
{
    uint8_t *bits = arena_alloc(arena, MANY);

    if (bits == NULL)
        abort();
    bits[1] = 0x80;
    return cert_with(arena, fast_ext(arena, OID_EXT_KEY_USAGE,
                                     wrap(arena, DER_BIT_STRING, bytes_of(bits, MANY))));
}

static struct sk_bytes many_extensions(struct sk_arena *arena)
{
    struct sk_buf buf;
    unsigned i;

    buf_init(&buf, BUF_BYTES);
    for (i = 0; i < 16000; i++) {
        const uint8_t arc[] = {0x2a, (uint8_t)(0x81 + (i >> 7)), (uint8_t)(i & 0x7f)};
        size_t mark = derout_open(&buf, DER_SEQUENCE);

        derout_tlv(&buf, DER_OID, bytes_of(arc, sizeof(arc)));
        derout_tlv(&buf, DER_OCTET_STRING, ASN1_LIT("x"));
        derout_close(&buf, mark);
    }
    return cert_with(arena, fast_take(arena, &buf));
}

/* Both names of 64 RDNs, full of a code point that folds to 18. */
static struct sk_bytes name_of_ligatures(struct sk_arena *arena)
{
    struct sk_buf buf;
    struct sk_bytes name;
    char text[600];
    size_t i, k, mark;

    for (k = 0; k + 3 <= sizeof(text); k += 3)
        memcpy(text + k, "\xef\xb7\xba", 3);
    buf_init(&buf, BUF_BYTES);
    mark = derout_open(&buf, DER_SEQUENCE);
    for (i = 0; i < LIMIT_NAME_RDNS; i++) {
        size_t set = derout_open(&buf, DER_SET), ava = derout_open(&buf, DER_SEQUENCE);

        derout_tlv(&buf, DER_OID, oid_bytes(OID_AT_COMMON_NAME));
        derout_tlv(&buf, DER_UTF8_STRING, bytes_of((const uint8_t *)text, sizeof(text)));
        derout_close(&buf, ava);
        derout_close(&buf, set);
    }
    derout_close(&buf, mark);
    name = fast_take(arena, &buf);
    return asn1_cert_der(arena, &(struct asn1_cert){.issuer = name, .subject = name});
}

const struct hostile_octets hostile_octets[] = {
    {"read: 65,000 alternative names", many_names, SK_LIMIT},
    {"read: 20,000 policies", many_policies, SK_LIMIT},
    {"read: 256 policies", all_policies, SK_OK},
    {"read: 16,000 mappings", many_mappings, SK_LIMIT},
    {"read: 65,000 purposes", many_purposes, SK_LIMIT},
    {"read: 28,000 distribution points", many_points, SK_LIMIT},
    {"read: 36,000 lists of subtrees", many_subtrees, SK_INPUT},
    {"read: key usage of 520,000 bits", many_bits, SK_OK},
    {"read: 16,000 extensions", many_extensions, SK_LIMIT},
    {"read: names of ligatures", name_of_ligatures, SK_LIMIT},
};
const size_t hostile_num_octets = sizeof(hostile_octets) / sizeof(hostile_octets[0]);
