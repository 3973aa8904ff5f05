/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/search.h"

#include "cache/cache_int.h"
#include "cache/publish_int.h"
#include "core/ascii.h"
#include "core/derout.h"
#include "core/general_name.h"
#include "core/name.h"

/* First octet of a key: certificates under enum search_by, CRLs with this bit as well. */
enum { SEARCH_CRL = 0x80 };

static const uint8_t common_name[] = {0x55, 0x04, 0x03};
static const uint8_t email_address[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};

static enum sk_status sha1(struct sk_bytes data, uint8_t out[SEARCH_HASH])
{
    uint8_t digest[64];
    size_t len;
    enum sk_status status = key_digest(KEY_SHA1, data, digest, &len);

    if (status == SK_OK)
        memcpy(out, digest, SEARCH_HASH);
    return status;
}

/* commonName=value alone, as RFC 5280 7.1 compares it. */
static enum sk_status name_form(struct sk_arena *arena, uint8_t tag, struct sk_bytes value,
                                uint8_t out[SEARCH_HASH])
{
    struct sk_bytes canon;
    struct sk_buf rdn;
    size_t set, sequence;
    enum sk_status status;

    buf_init(&rdn, LIMIT_NAME_VALUE_BYTES + 64);
    set = derout_open(&rdn, DER_SET);
    sequence = derout_open(&rdn, DER_SEQUENCE);
    derout_tlv(&rdn, DER_OID, bytes_of(common_name, sizeof(common_name)));
    derout_tlv(&rdn, tag, value);
    derout_close(&rdn, sequence);
    derout_close(&rdn, set);
    status = buf_status(&rdn);
    if (status == SK_OK)
        status = name_canon_rdn(arena, buf_bytes(&rdn), false, &canon, NULL);
    buf_done(&rdn);
    return status == SK_OK ? sha1(canon, out) : status;
}

/* "scheme:" or "scheme://" goes: RFC 4387 searches for what follows. */
static struct sk_bytes without_scheme(struct sk_bytes uri)
{
    size_t i, end;

    for (i = 0; i < uri.len && uri.p[i] != ':' && uri.p[i] != '/' && uri.p[i] != '@'; i++)
        ;
    if (i == uri.len || uri.p[i] != ':')
        return uri;
    end = i + 1;
    if (uri.len - end >= 2 && memcmp(uri.p + end, "//", 2) == 0)
        end += 2;
    return bytes_of(uri.p + end, uri.len - end);
}

static enum sk_status uri_form(struct sk_bytes text, uint8_t out[SEARCH_HASH])
{
    struct sk_buf lower;
    enum sk_status status;
    size_t i;

    buf_init(&lower, LIMIT_NAME_VALUE_BYTES);
    for (i = 0; i < text.len; i++)
        buf_put_byte(&lower, ascii_lower(text.p[i]));
    status = buf_status(&lower);
    if (status == SK_OK)
        status = sha1(buf_bytes(&lower), out);
    buf_done(&lower);
    return status;
}

enum sk_status search_text_hash(struct sk_arena *arena, enum search_by by, struct sk_bytes text,
                                uint8_t out[SEARCH_HASH])
{
    if (by == SEARCH_NAME)
        return name_form(arena, DER_UTF8_STRING, text, out);
    return by == SEARCH_URI ? uri_form(without_scheme(text), out) : SK_INPUT;
}

/* Where the keys of one object go. */
struct keys {
    struct stage *stage;
    struct sk_arena *arena;
    struct sk_bytes value; /* what each key leads to */
    unsigned kind;         /* 0 or SEARCH_CRL */
};

static enum sk_status put(const struct keys *keys, enum search_by by,
                          const uint8_t hash[SEARCH_HASH])
{
    uint8_t key[1 + SEARCH_HASH];

    key[0] = (uint8_t)((unsigned)by | keys->kind);
    memcpy(key + 1, hash, SEARCH_HASH);
    return stage_put(keys->stage, bytes_of(key, sizeof(key)), keys->value);
}

static enum sk_status put_hash(const struct keys *keys, enum search_by by, struct sk_bytes data)
{
    uint8_t hash[SEARCH_HASH];
    enum sk_status status = sha1(data, hash);

    return status == SK_OK ? put(keys, by, hash) : status;
}

static enum sk_status put_issuer_serial(const struct keys *keys, const struct sk_cert *cert)
{
    struct sk_buf both;
    enum sk_status status;
    size_t mark;

    buf_init(&both, LIMIT_CERT_BYTES);
    mark = derout_open(&both, DER_SEQUENCE);
    derout_raw(&both, cert->issuer);
    derout_tlv(&both, DER_INTEGER, cert->serial);
    derout_close(&both, mark);
    status = buf_status(&both);
    if (status == SK_OK)
        status = put_hash(keys, SEARCH_ISSUER_SERIAL_HASH, buf_bytes(&both));
    buf_done(&both);
    return status;
}

/* A value that cannot be prepared cannot be asked for either: it has no key. */
static enum sk_status put_text(const struct keys *keys, enum search_by by, uint8_t tag,
                               struct sk_bytes value)
{
    uint8_t hash[SEARCH_HASH];
    enum sk_status status = by == SEARCH_NAME ? name_form(keys->arena, tag, value, hash)
                                              : uri_form(without_scheme(value), hash);

    if (status == SK_INPUT || status == SK_LIMIT)
        return SK_OK;
    return status == SK_OK ? put(keys, by, hash) : status;
}

static enum sk_status put_subject(const struct keys *keys, const struct sk_cert *cert)
{
    struct name_attribute ava;
    struct name_walk walk;
    enum sk_status status = name_walk_init(&walk, cert->subject);

    while (status == SK_OK && (status = name_walk_next(&walk, &ava)) == SK_OK) {
        if (bytes_equal(ava.type, bytes_of(common_name, sizeof(common_name))))
            status = put_text(keys, SEARCH_NAME, ava.tag, ava.value);
        else if (bytes_equal(ava.type, bytes_of(email_address, sizeof(email_address))))
            status = put_text(keys, SEARCH_URI, ava.tag, ava.value);
    }
    return status == SK_NOTFOUND ? SK_OK : status;
}

static enum sk_status put_alternatives(const struct keys *keys, const struct sk_cert *cert)
{
    struct general_name name;
    struct cert_walk walk;
    struct der names;
    enum sk_status status = cert_walk_init(&walk, &cert->san);

    if (status != SK_OK)
        return status;
    der_init(&names, bytes_of(walk.p, (size_t)(walk.end - walk.p)));
    while (status == SK_OK && !der_at_end(&names)) {
        status = general_name_next(&names, false, &name);
        if (status == SK_OK && (name.kind == GENERAL_NAME_EMAIL || name.kind == GENERAL_NAME_DNS ||
                                name.kind == GENERAL_NAME_URI))
            status = put_text(keys, SEARCH_URI, DER_IA5_STRING, name.value);
    }
    return status;
}

enum sk_status search_put_cert(struct stage *stage, struct sk_arena *arena,
                               const struct sk_cert *cert)
{
    const struct keys keys = {stage, arena, bytes_of(cert->sha256, SK_SHA256), 0};
    enum sk_status status = put_hash(&keys, SEARCH_CERT_HASH, cert->der);

    if (status == SK_OK)
        status = put_hash(&keys, SEARCH_ISSUER_HASH, cert->issuer);
    if (status == SK_OK)
        status = put_issuer_serial(&keys, cert);
    if (status == SK_OK)
        status = put_hash(&keys, SEARCH_SUBJECT_HASH, cert->subject);
    if (status == SK_OK && cert->ski_id.len > 0)
        status = put_hash(&keys, SEARCH_KEY_ID_HASH, cert->ski_id);
    if (status == SK_OK)
        status = put_subject(&keys, cert);
    return status == SK_OK ? put_alternatives(&keys, cert) : status;
}

enum sk_status search_put_crl(struct stage *stage, const struct sk_crl *crl)
{
    const struct keys keys = {stage, NULL, bytes_of(crl->issuer_hash, SK_SHA256), SEARCH_CRL};
    enum sk_status status = put_hash(&keys, SEARCH_ISSUER_HASH, crl->issuer);

    if (status == SK_OK && crl->aki.has_key_id)
        status = put_hash(&keys, SEARCH_KEY_ID_HASH, crl->aki.key_id);
    return status;
}

static enum sk_status find(const struct sk_reader *reader, unsigned kind,
                           const uint8_t hash[SEARCH_HASH], struct sk_bytes *out_list,
                           size_t *out_num)
{
    uint8_t key[1 + SEARCH_HASH];
    struct sk_bytes list;
    enum sk_status status;

    key[0] = (uint8_t)kind;
    memcpy(key + 1, hash, SEARCH_HASH);
    status = cache_get(reader, RECORD_SEARCH, bytes_of(key, sizeof(key)), &list);
    if (status == SK_OK)
        status = record_list(list, SK_SHA256, out_num);
    if (status == SK_OK)
        *out_list = list;
    return status;
}

enum sk_status reader_search_certs(struct sk_reader *reader, struct sk_arena *arena,
                                   enum search_by by, const uint8_t hash[SEARCH_HASH],
                                   source_cert_fn visit, void *arg)
{
    const struct sk_cert *cert;
    struct sk_bytes list;
    size_t num, i;
    enum sk_status status = find(reader, (unsigned)by, hash, &list, &num);

    for (i = 0; status == SK_OK && i < num; i++) {
        status = cache_cert(reader, arena, list.p + i * SK_SHA256, &cert);
        if (status == SK_OK)
            status = visit(arg, cert);
    }
    return status;
}

/* The record leads to the names of issuers; which of their lists are meant is seen here. */
struct crl_visit {
    enum search_by by;
    const uint8_t *hash;
    source_crl_fn visit;
    void *arg;
};

static enum sk_status visit_crl(void *arg, const struct source_crl *crl)
{
    const struct crl_visit *v = arg;
    const struct sk_crl *list = crl->crl;
    uint8_t hash[SEARCH_HASH];
    enum sk_status status;

    if (v->by == SEARCH_KEY_ID_HASH && !list->aki.has_key_id)
        return SK_OK;
    status = sha1(v->by == SEARCH_KEY_ID_HASH ? list->aki.key_id : list->issuer, hash);
    if (status != SK_OK || memcmp(hash, v->hash, SEARCH_HASH) != 0)
        return status;
    return v->visit(v->arg, crl);
}

enum sk_status reader_search_crls(struct sk_reader *reader, struct sk_arena *arena,
                                  enum search_by by, const uint8_t hash[SEARCH_HASH],
                                  source_crl_fn visit, void *arg)
{
    struct crl_visit v = {by, hash, visit, arg};
    struct sk_bytes list;
    size_t num, i;
    enum sk_status status = find(reader, (unsigned)by | SEARCH_CRL, hash, &list, &num);

    for (i = 0; status == SK_OK && i < num; i++)
        status = cache_source_ops.crls_by_issuer(&reader->source, arena, list.p + i * SK_SHA256,
                                                 visit_crl, &v);
    return status;
}
