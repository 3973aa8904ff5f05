/* SPDX-License-Identifier: Apache-2.0 */
#include "core/der.h"

#include "core/clock.h"
#include "core/limits.h"
#include "core/oid.h"

void der_init(struct der *d, struct sk_bytes bytes)
{
    d->p = bytes.p;
    d->end = bytes.len > 0 ? bytes.p + bytes.len : bytes.p;
    d->depth = 0;
    d->ber_lengths = false;
}

void der_init_ber(struct der *d, struct sk_bytes bytes)
{
    der_init(d, bytes);
    d->ber_lengths = true;
}

bool der_at_end(const struct der *d)
{
    return d->p == d->end;
}

enum sk_status der_finish(const struct der *d)
{
    return der_at_end(d) ? SK_OK : SK_INPUT;
}

bool der_peek(const struct der *d, uint8_t tag)
{
    return !der_at_end(d) && *d->p == tag;
}

/* Reads the length octets at p; *out_used is how many there were. */
static enum sk_status read_length(const struct der *d, const uint8_t *p, size_t *out_len,
                                  size_t *out_used)
{
    size_t left = (size_t)(d->end - p), len = 0, count, i;

    if (left < 1)
        return SK_INPUT;
    if (p[0] < 0x80) {
        *out_len = p[0];
        *out_used = 1;
        return SK_OK;
    }
    count = p[0] & 0x7fu;
    /* 0x80 is the indefinite form; more than four octets is more than we would ever hold. */
    if (count == 0 || count > 4 || left < 1 + count)
        return SK_INPUT;
    for (i = 1; i <= count; i++)
        len = len << 8 | p[i];
    if (!d->ber_lengths && (len < 0x80 || p[1] == 0))
        return SK_INPUT;
    *out_len = len;
    *out_used = 1 + count;
    return SK_OK;
}

enum sk_status der_any(struct der *d, struct der_tlv *out)
{
    size_t len, used, left;
    const uint8_t *body;

    if (der_at_end(d) || (*d->p & 0x1fu) == 0x1fu)
        return SK_INPUT;
    if (read_length(d, d->p + 1, &len, &used) != SK_OK)
        return SK_INPUT;
    body = d->p + 1 + used;
    left = (size_t)(d->end - body);
    if (len > left)
        return SK_INPUT;
    out->tag = *d->p;
    out->body = bytes_of(body, len);
    out->whole = bytes_of(d->p, 1 + used + len);
    d->p = body + len;
    return SK_OK;
}

enum sk_status der_take(struct der *d, uint8_t tag, struct sk_bytes *out_body)
{
    struct der_tlv tlv;

    if (!der_peek(d, tag) || der_any(d, &tlv) != SK_OK)
        return SK_INPUT;
    *out_body = tlv.body;
    return SK_OK;
}

enum sk_status der_take_whole(struct der *d, uint8_t tag, struct sk_bytes *out_whole)
{
    struct der_tlv tlv;

    if (!der_peek(d, tag) || der_any(d, &tlv) != SK_OK)
        return SK_INPUT;
    *out_whole = tlv.whole;
    return SK_OK;
}

enum sk_status der_take_optional(struct der *d, uint8_t tag, bool *out_present,
                                 struct sk_bytes *out_body)
{
    if (!der_peek(d, tag)) {
        *out_present = false;
        return SK_OK;
    }
    if (der_take(d, tag, out_body) != SK_OK)
        return SK_INPUT;
    *out_present = true;
    return SK_OK;
}

enum sk_status der_enter(struct der *d, uint8_t tag, struct der *out_child)
{
    struct sk_bytes body;

    if (d->depth + 1 > LIMIT_DER_DEPTH)
        return SK_LIMIT;
    if ((tag & 0x20u) == 0 || der_take(d, tag, &body) != SK_OK)
        return SK_INPUT;
    out_child->p = body.p;
    out_child->end = body.p + body.len;
    out_child->depth = d->depth + 1;
    out_child->ber_lengths = d->ber_lengths;
    return SK_OK;
}

enum sk_status der_enter_optional(struct der *d, uint8_t tag, bool *out_present,
                                  struct der *out_child)
{
    enum sk_status status;

    if (!der_peek(d, tag)) {
        *out_present = false;
        return SK_OK;
    }
    status = der_enter(d, tag, out_child);
    if (status == SK_OK)
        *out_present = true;
    return status;
}

enum sk_status der_bool(struct der *d, uint8_t tag, bool *out)
{
    struct der at = *d;
    struct sk_bytes body;

    if (der_take(&at, tag, &body) != SK_OK || body.len != 1)
        return SK_INPUT;
    if (body.p[0] != 0x00 && body.p[0] != 0xff)
        return SK_INPUT;
    *out = body.p[0] == 0xff;
    *d = at;
    return SK_OK;
}

enum sk_status der_integer(struct der *d, uint8_t tag, struct sk_bytes *out)
{
    struct der at = *d;
    struct sk_bytes body;

    if (der_take(&at, tag, &body) != SK_OK || body.len == 0)
        return SK_INPUT;
    /* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
    if (body.len > 1 &&
        ((body.p[0] == 0x00 && body.p[1] < 0x80) || (body.p[0] == 0xff && body.p[1] >= 0x80)))
        return SK_INPUT;
    *out = body;
    *d = at;
    return SK_OK;
}

enum sk_status der_uint(struct der *d, uint8_t tag, uint64_t max, uint64_t *out)
{
    struct der at = *d;
    struct sk_bytes body;
    uint64_t value = 0;
    size_t i;

    if (der_integer(&at, tag, &body) != SK_OK || body.p[0] >= 0x80 || body.len > 9)
        return SK_INPUT;
    if (body.len == 9 && body.p[0] != 0)
        return SK_INPUT;
    for (i = 0; i < body.len; i++)
        value = value << 8 | body.p[i];
    if (value > max)
        return SK_INPUT;
    *out = value;
    *d = at;
    return SK_OK;
}

enum sk_status der_oid(struct der *d, uint8_t tag, struct sk_bytes *out)
{
    struct der at = *d;
    struct sk_bytes body;

    if (der_take(&at, tag, &body) != SK_OK || !oid_check(body))
        return SK_INPUT;
    *out = body;
    *d = at;
    return SK_OK;
}

enum sk_status der_bits(struct der *d, uint8_t tag, struct sk_bytes *out, unsigned *out_unused)
{
    struct der at = *d;
    struct sk_bytes body;
    unsigned unused;

    if (der_take(&at, tag, &body) != SK_OK || body.len == 0 || body.p[0] > 7)
        return SK_INPUT;
    unused = body.p[0];
    if (body.len == 1 && unused != 0)
        return SK_INPUT;
    /* DER: the unused bits are zero. */
    if (unused != 0 && (body.p[body.len - 1] & ((1u << unused) - 1u)) != 0)
        return SK_INPUT;
    *out = bytes_of(body.p + 1, body.len - 1);
    *out_unused = unused;
    *d = at;
    return SK_OK;
}

enum sk_status der_time(struct der *d, int64_t *out)
{
    struct der at = *d;
    struct der_tlv tlv;
    enum sk_status status;

    if (der_any(&at, &tlv) != SK_OK)
        return SK_INPUT;
    if (tlv.tag == DER_UTC_TIME)
        status = clock_parse_utc_time(tlv.body, out);
    else if (tlv.tag == DER_GENERALIZED_TIME)
        status = clock_parse_generalized_time(tlv.body, out);
    else
        status = SK_INPUT;
    if (status == SK_OK)
        *d = at;
    return status;
}

enum sk_status der_generalized_time(struct der *d, uint8_t tag, int64_t *out)
{
    struct der at = *d;
    struct sk_bytes body;

    if (der_take(&at, tag, &body) != SK_OK || clock_parse_generalized_time(body, out) != SK_OK)
        return SK_INPUT;
    *d = at;
    return SK_OK;
}
