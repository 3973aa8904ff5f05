/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/asn1.h"

#include <stdlib.h>

#include "core/der.h"

void asn1_name(struct sk_buf *out, const struct asn1_ava *avas, size_t num_avas)
{
    size_t name = derout_open(out, DER_SEQUENCE), i = 0;

    while (i < num_avas) {
        size_t set = derout_open(out, DER_SET);
        unsigned rdn = avas[i].rdn;

        for (; i < num_avas && avas[i].rdn == rdn; i++) {
            size_t seq = derout_open(out, DER_SEQUENCE);
            size_t len = avas[i].len > 0 ? avas[i].len : strlen(avas[i].value);

            derout_tlv(out, DER_OID, oid_bytes(avas[i].type));
            derout_tlv(out, avas[i].tag, bytes_of(avas[i].value, len));
            derout_close(out, seq);
        }
        derout_close(out, set);
    }
    derout_close(out, name);
}

void asn1_common_name(struct sk_buf *out, const char *text)
{
    const struct asn1_ava ava = {0, OID_AT_COMMON_NAME, DER_UTF8_STRING, text, 0};

    asn1_name(out, &ava, 1);
}

void asn1_extension(struct sk_buf *out, enum oid_id id, bool is_critical, struct sk_bytes value)
{
    size_t seq = derout_open(out, DER_SEQUENCE);

    derout_tlv(out, DER_OID, oid_bytes(id));
    if (is_critical)
        derout_bool(out, DER_BOOLEAN, true);
    derout_tlv(out, DER_OCTET_STRING, value);
    derout_close(out, seq);
}

static void put_or(struct sk_buf *out, struct sk_bytes given, struct sk_bytes usual)
{
    derout_raw(out, given.len > 0 ? given : usual);
}

static void put_name_or(struct sk_buf *out, struct sk_bytes given, const char *usual)
{
    if (given.len > 0)
        derout_raw(out, given);
    else
        asn1_common_name(out, usual);
}

static void put_tbs(struct sk_buf *out, const struct asn1_cert *cert, struct sk_bytes alg)
{
    size_t tbs = derout_open(out, DER_SEQUENCE), mark, list;

    if (cert->raw_version)
        derout_raw(out, cert->version);
    else if (cert->extensions.len > 0)
        derout_raw(out, ASN1_LIT("\xa0\x03\x02\x01\x02"));
    derout_tlv(out, DER_INTEGER, cert->serial.len > 0 ? cert->serial : ASN1_LIT("\x05"));
    derout_raw(out, alg);
    put_name_or(out, cert->issuer, "issuer");
    put_or(out, cert->validity,
           ASN1_LIT("\x30\x1e\x17\x0d"
                    "100101000000Z"
                    "\x17\x0d"
                    "301231235959Z"));
    put_name_or(out, cert->subject, "subject");
    /* An Ed25519 key of 32 zero octets */
    put_or(
        out, cert->spki,
        ASN1_LIT("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    derout_raw(out, cert->unique_ids);
    if (cert->extensions.len > 0) {
        mark = derout_open(out, DER_CONTEXT_CONSTRUCTED(3));
        list = derout_open(out, DER_SEQUENCE);
        derout_raw(out, cert->extensions);
        derout_close(out, list);
        derout_close(out, mark);
    }
    derout_raw(out, cert->tail);
    derout_close(out, tbs);
}

void asn1_cert(struct sk_buf *out, const struct asn1_cert *cert)
{
    const struct sk_bytes alg = ASN1_LIT("\x30\x05\x06\x03\x2b\x65\x70"); /* Ed25519 */
    size_t mark = derout_open(out, DER_SEQUENCE);

    put_tbs(out, cert, alg);
    derout_raw(out, alg);
    put_or(out, cert->signature, ASN1_LIT("\x03\x03\x00\xab\xcd"));
    derout_close(out, mark);
}

struct sk_bytes asn1_cert_der(struct sk_arena *arena, const struct asn1_cert *cert)
{
    struct sk_buf buf;
    struct sk_bytes out;

    buf_init(&buf, 2u << 20);
    asn1_cert(&buf, cert);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    if (buf_status(&buf) != SK_OK || out.p == NULL)
        abort();
    buf_done(&buf);
    return out;
}

int64_t asn1_seconds(const ASN1_TIME *t)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days, seconds;

    if (epoch == NULL || ASN1_TIME_diff(&days, &seconds, epoch, t) != 1)
        abort();
    ASN1_TIME_free(epoch);
    return (int64_t)days * 86400 + seconds;
}
