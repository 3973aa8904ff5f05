/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/facts.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/der.h"
#include "test/support/asn1.h"

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { BUF_BYTES = 65536, SIGNATURE = 64 };

static bool has_bit(unsigned mask, unsigned bit)
{
    return (mask >> bit & 1) != 0;
}

/* ---- names, keys and other constants ---- */

enum { RDN_O_A, RDN_O_B, RDN_OU_X, RDN_CN_0, RDN_CN_1, RDN_CN_2, NUM_RDNS };
static const struct {
    enum oid_id type;
    const char *text, *other; /* the same by RFC 5280 7.1 */
} rdns[NUM_RDNS] = {
    {OID_AT_ORGANIZATION, "Alpha  Trust", "aLPHA tRUST"},
    {OID_AT_ORGANIZATION, "Beta", "BETA"},
    {OID_AT_ORGANIZATIONAL_UNIT, "X", "x"},
    {OID_AT_COMMON_NAME, "CA 0", " ca 0"},
    {OID_AT_COMMON_NAME, "CA 1", "ca  1"},
    {OID_AT_COMMON_NAME, "CA 2", "cA 2 "},
};
struct rdn_list {
    size_t num;
    uint8_t rdns[FACTS_RDNS];
};
static const struct rdn_list names[FACTS_NAMES] = {
    {2, {RDN_O_A, RDN_CN_0}},           {2, {RDN_O_A, RDN_CN_1}},
    {2, {RDN_O_A, RDN_CN_2}},           {2, {RDN_O_B, RDN_CN_1}},
    {3, {RDN_O_B, RDN_OU_X, RDN_CN_1}}, {2, {RDN_O_B, RDN_OU_X}},
    {2, {RDN_O_A, RDN_OU_X}},           {1, {RDN_O_B}},
};
static const struct rdn_list bases[FACTS_DIR_BASES] = {
    {1, {RDN_O_A}}, {1, {RDN_O_B}}, {2, {RDN_O_B, RDN_OU_X}}, {0, {0}}};
const char *const facts_sans[FACTS_SANS] = {"a.x.example", "b.y.example", "x.example", "c.other"};
const char *const facts_dns_bases[FACTS_DNS_BASES] = {"x.example", "y.example", "example"};

static const char *const policy_oids[FACTS_POLICIES] = {
    "\x2a\x03\x01", "\x2a\x03\x02", "\x2a\x03\x03", "\x2a\x03\x04", "\x55\x1d\x20"};

size_t facts_name_rdns(unsigned name, const uint8_t **out)
{
    *out = names[name].rdns;
    return names[name].num;
}

size_t facts_base_rdns(unsigned base, const uint8_t **out)
{
    *out = bases[base].rdns;
    return bases[base].num;
}

struct sk_bytes facts_policy(unsigned policy)
{
    return policy == FACTS_ANY ? oid_bytes(OID_ANY_POLICY)
                               : bytes_of((const uint8_t *)policy_oids[policy], 3);
}

static struct sk_bytes eku_oid(unsigned eku)
{
    static const uint8_t kp[2][8] = {{0x2b, 6, 1, 5, 5, 7, 3, 1}, {0x2b, 6, 1, 5, 5, 7, 3, 2}};

    return eku == FACTS_EKUS - 1 ? oid_bytes(OID_ANY_EXTENDED_KEY_USAGE)
                                 : bytes_of(kp[eku], sizeof(kp[eku]));
}

/* Made once and the same in every process. */
static const struct key {
    EVP_PKEY *pkey;
    struct sk_bytes spki;
    uint8_t sha256[SK_SHA256];
} * key_number(unsigned n)
{
    static struct key keys[FACTS_KEYS];
    struct key *key = &keys[n];
    unsigned char secret[SK_SHA256] = {0}, *der = NULL;
    int len;

    if (key->pkey != NULL)
        return key;
    secret[0] = (unsigned char)(n + 1);
    key->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof(secret));
    MUST(key->pkey != NULL && (len = i2d_PUBKEY(key->pkey, &der)) > 0);
    key->spki = bytes_of(der, (size_t)len);
    key_sha256(key->spki, key->sha256);
    return key;
}

const uint8_t *facts_key_sha256(unsigned n)
{
    return key_number(n)->sha256;
}

/* ---- facts to DER ---- */

static void put_name(struct sk_buf *buf, unsigned name, bool is_other)
{
    struct asn1_ava avas[FACTS_RDNS];
    size_t i;

    for (i = 0; i < names[name].num; i++) {
        unsigned rdn = names[name].rdns[i];

        avas[i] = (struct asn1_ava){.rdn = (unsigned)i,
                                    .type = rdns[rdn].type,
                                    .tag = is_other ? DER_PRINTABLE_STRING : DER_UTF8_STRING,
                                    .value = is_other ? rdns[rdn].other : rdns[rdn].text};
    }
    asn1_name(buf, avas, names[name].num);
}

static void put_base(struct sk_buf *buf, unsigned base)
{
    struct asn1_ava avas[FACTS_RDNS];
    size_t i;

    for (i = 0; i < bases[base].num; i++) {
        unsigned rdn = bases[base].rdns[i];

        avas[i] =
            (struct asn1_ava){(unsigned)i, rdns[rdn].type, DER_UTF8_STRING, rdns[rdn].text, 0};
    }
    asn1_name(buf, avas, bases[base].num);
}

/* An extension is opened, filled and closed. */
struct opened {
    size_t extension, value;
};

static struct opened open_ext(struct sk_buf *buf, enum oid_id id, bool is_critical)
{
    struct opened o = {.extension = derout_open(buf, DER_SEQUENCE)};

    derout_tlv(buf, DER_OID, oid_bytes(id));
    if (is_critical)
        derout_bool(buf, DER_BOOLEAN, true);
    o.value = derout_open(buf, DER_OCTET_STRING);
    return o;
}

static void close_ext(struct sk_buf *buf, struct opened o)
{
    derout_close(buf, o.value);
    derout_close(buf, o.extension);
}

static void put_unknown_critical(struct sk_buf *buf)
{
    static const uint8_t ext[] = {0x30, 11, 6, 3, 0x2a, 3, 9, 1, 1, 0xff, 4, 1, 0};

    derout_raw(buf, bytes_of(ext, sizeof(ext)));
}

static void put_bits(struct sk_buf *buf, uint8_t tag, unsigned first_is_low, size_t octets)
{
    uint8_t bits[3] = {0, 0, 0}; /* with the number of unused bits */
    unsigned i;

    for (i = 0; i < 16; i++)
        if (has_bit(first_is_low, i))
            bits[1 + i / 8] = (uint8_t)(bits[1 + i / 8] | 0x80u >> i % 8);
    derout_tlv(buf, tag, bytes_of(bits, 1 + octets));
}

static void put_full_name(struct sk_buf *buf, unsigned name)
{
    size_t point = derout_open(buf, DER_CONTEXT_CONSTRUCTED(0));
    size_t full = derout_open(buf, DER_CONTEXT_CONSTRUCTED(0));
    size_t directory = derout_open(buf, DER_CONTEXT_CONSTRUCTED(4));

    put_name(buf, name, false);
    derout_close(buf, directory);
    derout_close(buf, full);
    derout_close(buf, point);
}

static void put_point(struct sk_buf *buf, const struct fact_point *point)
{
    struct opened o = open_ext(buf, OID_EXT_CRL_DISTRIBUTION_POINTS, false);
    size_t list = derout_open(buf, DER_SEQUENCE), item = derout_open(buf, DER_SEQUENCE), mark, dir;

    if (point->has_name)
        put_full_name(buf, point->name);
    if (point->reasons != 0)
        put_bits(buf, DER_CONTEXT(1), point->reasons << 1, 2);
    if (point->has_issuer) {
        mark = derout_open(buf, DER_CONTEXT_CONSTRUCTED(2));
        dir = derout_open(buf, DER_CONTEXT_CONSTRUCTED(4));
        put_name(buf, point->issuer, false);
        derout_close(buf, dir);
        derout_close(buf, mark);
    }
    derout_close(buf, item);
    derout_close(buf, list);
    close_ext(buf, o);
}

static void put_basic(struct sk_buf *buf, const struct fact_cert *c)
{
    struct opened o;
    size_t mark;

    if (c->has_basic_constraints) {
        o = open_ext(buf, OID_EXT_BASIC_CONSTRAINTS, true);
        mark = derout_open(buf, DER_SEQUENCE);
        if (c->is_ca)
            derout_bool(buf, DER_BOOLEAN, true);
        if (c->has_path_len)
            derout_uint(buf, DER_INTEGER, c->path_len);
        derout_close(buf, mark);
        close_ext(buf, o);
    }
    if (c->key_usage != 0) {
        o = open_ext(buf, OID_EXT_KEY_USAGE, true);
        put_bits(buf, DER_BIT_STRING, c->key_usage, 1);
        close_ext(buf, o);
    }
    if (c->has_unknown_critical)
        put_unknown_critical(buf);
}

/* ski, aki: 0 right, 1 absent, 2.. wrong; aki 5..7: issuer and serial as well, right or wrong */
static void put_key_ids(struct sk_buf *buf, const struct fact_cert *c)
{
    uint8_t id;
    struct opened o;
    size_t mark, list, dir;

    if (c->ski != 1) {
        o = open_ext(buf, OID_EXT_SUBJECT_KEY_IDENTIFIER, false);
        id = (uint8_t)(c->key + (c->ski > 1 ? c->ski : 0));
        derout_tlv(buf, DER_OCTET_STRING, bytes_of(&id, 1));
        close_ext(buf, o);
    }
    if (c->aki == 1)
        return;
    o = open_ext(buf, OID_EXT_AUTHORITY_KEY_IDENTIFIER, false);
    mark = derout_open(buf, DER_SEQUENCE);
    id = (uint8_t)(c->signature.key + (c->aki > 1 && c->aki < 6 ? c->aki : 0));
    derout_tlv(buf, DER_CONTEXT(0), bytes_of(&id, 1));
    if (c->aki > 4) {
        list = derout_open(buf, DER_CONTEXT_CONSTRUCTED(1));
        dir = derout_open(buf, DER_CONTEXT_CONSTRUCTED(4));
        put_name(buf, c->issuer, false);
        derout_close(buf, dir);
        derout_close(buf, list);
        derout_uint(buf, DER_CONTEXT(2), c->aki);
    }
    derout_close(buf, mark);
    close_ext(buf, o);
}

static void put_policies(struct sk_buf *buf, const struct fact_cert *c)
{
    struct opened o;
    size_t list, item;
    unsigned i;

    if (c->policies != 0) {
        o = open_ext(buf, OID_EXT_CERTIFICATE_POLICIES, true);
        list = derout_open(buf, DER_SEQUENCE);
        for (i = 0; i < FACTS_POLICIES; i++) {
            if (!has_bit(c->policies, i))
                continue;
            item = derout_open(buf, DER_SEQUENCE);
            derout_tlv(buf, DER_OID, facts_policy(i));
            derout_close(buf, item);
        }
        derout_close(buf, list);
        close_ext(buf, o);
    }
    if (c->num_maps == 0)
        return;
    o = open_ext(buf, OID_EXT_POLICY_MAPPINGS, true);
    list = derout_open(buf, DER_SEQUENCE);
    for (i = 0; i < c->num_maps; i++) {
        item = derout_open(buf, DER_SEQUENCE);
        derout_tlv(buf, DER_OID, facts_policy(c->maps[i].from));
        derout_tlv(buf, DER_OID, facts_policy(c->maps[i].to));
        derout_close(buf, item);
    }
    derout_close(buf, list);
    close_ext(buf, o);
}

static void put_counters(struct sk_buf *buf, const struct fact_cert *c)
{
    struct opened o;
    size_t mark;

    if (c->has_require_explicit || c->has_inhibit_mapping) {
        o = open_ext(buf, OID_EXT_POLICY_CONSTRAINTS, true);
        mark = derout_open(buf, DER_SEQUENCE);
        if (c->has_require_explicit)
            derout_uint(buf, DER_CONTEXT(0), c->require_explicit);
        if (c->has_inhibit_mapping)
            derout_uint(buf, DER_CONTEXT(1), c->inhibit_mapping);
        derout_close(buf, mark);
        close_ext(buf, o);
    }
    if (c->has_inhibit_any) {
        o = open_ext(buf, OID_EXT_INHIBIT_ANY_POLICY, true);
        derout_uint(buf, DER_INTEGER, c->inhibit_any);
        close_ext(buf, o);
    }
}

static void put_subtrees(struct sk_buf *buf, uint8_t tag, unsigned mask)
{
    size_t list = derout_open(buf, tag), item, dir;
    unsigned i;

    for (i = 0; i < FACTS_DIR_BASES + FACTS_DNS_BASES; i++) {
        if (!has_bit(mask, i))
            continue;
        item = derout_open(buf, DER_SEQUENCE);
        if (i < FACTS_DIR_BASES) {
            dir = derout_open(buf, DER_CONTEXT_CONSTRUCTED(4));
            put_base(buf, i);
            derout_close(buf, dir);
        } else {
            const char *text = facts_dns_bases[i - FACTS_DIR_BASES];

            derout_tlv(buf, DER_CONTEXT(2), bytes_of((const uint8_t *)text, strlen(text)));
        }
        derout_close(buf, item);
    }
    derout_close(buf, list);
}

static void put_names(struct sk_buf *buf, const struct fact_cert *c)
{
    struct opened o;
    size_t mark;
    unsigned i;

    if ((c->permitted | c->excluded) != 0) {
        o = open_ext(buf, OID_EXT_NAME_CONSTRAINTS, c->is_constraint_critical);
        mark = derout_open(buf, DER_SEQUENCE);
        if (c->permitted != 0)
            put_subtrees(buf, DER_CONTEXT_CONSTRUCTED(0), c->permitted);
        if (c->excluded != 0)
            put_subtrees(buf, DER_CONTEXT_CONSTRUCTED(1), c->excluded);
        derout_close(buf, mark);
        close_ext(buf, o);
    }
    if (c->sans == 0)
        return;
    o = open_ext(buf, OID_EXT_SUBJECT_ALT_NAME, false);
    mark = derout_open(buf, DER_SEQUENCE);
    for (i = 0; i < FACTS_SANS; i++)
        if (has_bit(c->sans, i))
            derout_tlv(buf, DER_CONTEXT(2),
                       bytes_of((const uint8_t *)facts_sans[i], strlen(facts_sans[i])));
    derout_close(buf, mark);
    close_ext(buf, o);
}

static void put_purposes(struct sk_buf *buf, const struct fact_cert *c)
{
    struct opened o;
    size_t list;
    unsigned i;

    if (c->ekus == 0)
        return;
    o = open_ext(buf, OID_EXT_EXTENDED_KEY_USAGE, false);
    list = derout_open(buf, DER_SEQUENCE);
    for (i = 0; i < FACTS_EKUS; i++)
        if (has_bit(c->ekus, i))
            derout_tlv(buf, DER_OID, eku_oid(i));
    derout_close(buf, list);
    close_ext(buf, o);
}

static void put_cert_exts(struct sk_buf *buf, const struct fact_cert *c)
{
    size_t mark = derout_open(buf, DER_CONTEXT_CONSTRUCTED(3));
    size_t list = derout_open(buf, DER_SEQUENCE);

    put_basic(buf, c);
    put_key_ids(buf, c);
    put_policies(buf, c);
    put_counters(buf, c);
    put_names(buf, c);
    put_purposes(buf, c);
    if (c->point.is_present)
        put_point(buf, &c->point);
    derout_close(buf, list);
    derout_close(buf, mark);
}

static const uint8_t ed25519[] = {0x30, 5, 6, 3, 0x2b, 0x65, 0x70};

static void put_tbs_cert(struct sk_buf *buf, const struct fact_cert *c)
{
    static const uint8_t v3[] = {0xa0, 3, 2, 1, 2};
    size_t tbs = derout_open(buf, DER_SEQUENCE), mark;

    if (!c->is_v1)
        derout_raw(buf, bytes_of(v3, sizeof(v3)));
    derout_uint(buf, DER_INTEGER, c->serial);
    derout_raw(buf, bytes_of(ed25519, sizeof(ed25519)));
    put_name(buf, c->issuer, false);
    mark = derout_open(buf, DER_SEQUENCE);
    derout_time(buf, c->not_before);
    derout_time(buf, c->not_after);
    derout_close(buf, mark);
    put_name(buf, c->subject, c->is_other_string);
    derout_raw(buf, key_number(c->key)->spki);
    if (!c->is_v1)
        put_cert_exts(buf, c);
    derout_close(buf, tbs);
}

static void put_idp(struct sk_buf *buf, const struct fact_crl *crl)
{
    struct opened o = open_ext(buf, OID_EXT_ISSUING_DISTRIBUTION_POINT, true);
    size_t mark = derout_open(buf, DER_SEQUENCE);

    if (crl->idp.has_name)
        put_full_name(buf, crl->idp.name);
    if (crl->only_user)
        derout_bool(buf, DER_CONTEXT(1), true);
    if (crl->only_ca)
        derout_bool(buf, DER_CONTEXT(2), true);
    if (crl->idp.reasons != 0)
        put_bits(buf, DER_CONTEXT(3), crl->idp.reasons << 1, 2);
    if (crl->is_indirect)
        derout_bool(buf, DER_CONTEXT(4), true);
    if (crl->only_attribute)
        derout_bool(buf, DER_CONTEXT(5), true);
    derout_close(buf, mark);
    close_ext(buf, o);
}

static void put_number(struct sk_buf *buf, enum oid_id id, bool is_critical, unsigned number)
{
    struct opened o = open_ext(buf, id, is_critical);

    derout_uint(buf, DER_INTEGER, number);
    close_ext(buf, o);
}

static void put_crl_exts(struct sk_buf *buf, const struct fact_crl *crl)
{
    size_t mark, list;

    if (!crl->has_number && !crl->idp.is_present && !crl->has_unknown_critical)
        return;
    mark = derout_open(buf, DER_CONTEXT_CONSTRUCTED(0));
    list = derout_open(buf, DER_SEQUENCE);
    if (crl->has_number)
        put_number(buf, OID_EXT_CRL_NUMBER, false, crl->number);
    if (crl->is_delta)
        put_number(buf, OID_EXT_DELTA_CRL_INDICATOR, true, crl->base);
    if (crl->idp.is_present)
        put_idp(buf, crl);
    if (crl->has_unknown_critical)
        put_unknown_critical(buf);
    derout_close(buf, list);
    derout_close(buf, mark);
}

static void put_entry_exts(struct sk_buf *buf, const struct fact_entry *e)
{
    size_t list = derout_open(buf, DER_SEQUENCE), mark, dir;
    uint8_t reason = (uint8_t)(e->reason - 1);
    struct opened o;

    if (e->reason != 0) {
        o = open_ext(buf, OID_EXT_REASON_CODE, false);
        derout_tlv(buf, DER_ENUMERATED, bytes_of(&reason, 1));
        close_ext(buf, o);
    }
    if (e->is_far_invalid) {
        o = open_ext(buf, OID_EXT_INVALIDITY_DATE, false);
        derout_generalized_time(buf, DER_GENERALIZED_TIME, FACTS_T0);
        close_ext(buf, o);
    }
    if (e->has_issuer) {
        o = open_ext(buf, OID_EXT_CERTIFICATE_ISSUER, true);
        mark = derout_open(buf, DER_SEQUENCE);
        dir = derout_open(buf, DER_CONTEXT_CONSTRUCTED(4));
        put_name(buf, e->issuer, false);
        derout_close(buf, dir);
        derout_close(buf, mark);
        close_ext(buf, o);
    }
    derout_close(buf, list);
}

static void put_tbs_crl(struct sk_buf *buf, const struct fact_crl *crl)
{
    size_t tbs = derout_open(buf, DER_SEQUENCE), list, item, i;

    derout_uint(buf, DER_INTEGER, 1);
    derout_raw(buf, bytes_of(ed25519, sizeof(ed25519)));
    put_name(buf, crl->issuer, false);
    derout_time(buf, crl->this_update);
    if (crl->has_next_update)
        derout_time(buf, crl->next_update);
    if (crl->num_entries > 0) {
        list = derout_open(buf, DER_SEQUENCE);
        for (i = 0; i < crl->num_entries; i++) {
            const struct fact_entry *e = &crl->entries[i];

            item = derout_open(buf, DER_SEQUENCE);
            derout_uint(buf, DER_INTEGER, e->serial);
            derout_time(buf, e->revoked_at);
            if (e->reason != 0 || e->is_far_invalid || e->has_issuer)
                put_entry_exts(buf, e);
            derout_close(buf, item);
        }
        derout_close(buf, list);
    }
    put_crl_exts(buf, crl);
    derout_close(buf, tbs);
}

/* What is not signed by arithmetic says who the source will name, so that equal octets mean equal
 * facts. */
static void sign(const struct fact_signature *signature, struct sk_bytes tbs,
                 uint8_t out[SIGNATURE])
{
    size_t len = SIGNATURE;
    EVP_MD_CTX *ctx;

    memset(out, 0, SIGNATURE);
    out[SIGNATURE - 1] = 0xff; /* no S of a signature is as large */
    out[0] = (uint8_t)signature->key;
    out[1] = signature->is_broken;
    if (!signature->is_real || signature->is_broken)
        return;
    MUST((ctx = EVP_MD_CTX_new()) != NULL);
    MUST(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key_number(signature->key)->pkey) == 1);
    MUST(EVP_DigestSign(ctx, out, &len, tbs.p, tbs.len) == 1 && len == SIGNATURE);
    EVP_MD_CTX_free(ctx);
}

/* The frame around tbs, which is emptied. */
static struct sk_bytes finish(struct sk_arena *arena, struct sk_buf *tbs, struct sk_buf *whole,
                              const struct fact_signature *signature)
{
    uint8_t octets[SIGNATURE];
    struct sk_bytes out;
    size_t mark;

    sign(signature, buf_bytes(tbs), octets);
    buf_reset(whole);
    mark = derout_open(whole, DER_SEQUENCE);
    derout_raw(whole, buf_bytes(tbs));
    derout_raw(whole, bytes_of(ed25519, sizeof(ed25519)));
    derout_bits(whole, DER_BIT_STRING, bytes_of(octets, sizeof(octets)));
    derout_close(whole, mark);
    out = bytes_of(arena_copy(arena, whole->data, whole->len), whole->len);
    MUST(buf_status(tbs) == SK_OK && buf_status(whole) == SK_OK && out.p != NULL);
    buf_reset(tbs);
    return out;
}

void facts_build(struct sk_arena *arena, struct facts *f)
{
    struct sk_buf tbs, whole;
    size_t i;

    buf_init(&tbs, BUF_BYTES);
    buf_init(&whole, BUF_BYTES);
    for (i = 0; i < f->num_certs; i++) {
        struct sk_cert *cert = arena_alloc(arena, sizeof(*cert));
        struct sk_err err = {0};
        enum sk_status status;

        MUST(cert != NULL);
        put_tbs_cert(&tbs, &f->certs[i]);
        f->certs[i].der = finish(arena, &tbs, &whole, &f->certs[i].signature);
        status = cert_parse(arena, f->certs[i].der, cert, &err);
        if (status != SK_OK)
            (void)fprintf(stderr, "certificate %zu: %s\n", i, err.text);
        MUST(status == SK_OK);
        f->certs[i].cert = cert;
    }
    for (i = 0; i < f->num_crls; i++) {
        put_tbs_crl(&tbs, &f->crls[i]);
        f->crls[i].der = finish(arena, &tbs, &whole, &f->crls[i].signature);
        key_sha256(f->crls[i].der, f->crls[i].sha256);
    }
    buf_done(&tbs);
    buf_done(&whole);
}

/* ---- facts to parameters ---- */

static size_t oids_of(unsigned mask, size_t num, struct sk_bytes (*oid)(unsigned),
                      struct sk_bytes *out)
{
    size_t count = 0;
    unsigned i;

    for (i = 0; i < num; i++)
        if (has_bit(mask, i))
            out[count++] = oid(i);
    return count;
}

void facts_params(const struct facts *f, bool is_reversed, struct sk_anchor *anchors,
                  struct sk_params *out)
{
    static struct sk_bytes policies[FACTS_POLICIES], ekus[FACTS_EKUS];
    static struct general_name name;
    size_t i, num = 0;

    params_init(out);
    for (i = 0; i < f->num_certs; i++) {
        size_t k = is_reversed ? f->num_certs - 1 - i : i;

        if (f->certs[k].is_anchor)
            anchors[num++].cert = f->certs[k].cert;
    }
    out->anchors = anchors;
    out->num_anchors = num;
    out->policies = policies;
    out->num_policies = oids_of(f->policies, FACTS_POLICIES, facts_policy, policies);
    out->require_explicit_policy = f->require_explicit;
    out->inhibit_policy_mapping = f->inhibit_mapping;
    out->inhibit_any_policy = f->inhibit_any;
    out->honour_anchor_constraints = f->honour_anchor;
    out->revocation = f->revocation;
    out->grace_s = f->grace;
    out->clock_skew_s = f->skew;
    out->ekus = ekus;
    out->num_ekus = oids_of(f->ekus, FACTS_EKUS, eku_oid, ekus);
    out->nested_ekus = f->nested_ekus;
    out->key_usage = f->asks_usage ? KEY_USAGE_DIGITAL_SIGNATURE : 0;
    name = (struct general_name){.kind = GENERAL_NAME_DNS,
                                 .value = bytes_of((const uint8_t *)facts_sans[f->asked_san],
                                                   strlen(facts_sans[f->asked_san]))};
    out->names = &name;
    out->num_names = f->asks_name;
    out->budget = f->budget;
}
