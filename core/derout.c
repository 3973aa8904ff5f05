/* SPDX-License-Identifier: Apache-2.0 */
#include "core/derout.h"

#include "core/clock.h"
#include "core/der.h"

/* Octets that a minimal length field of this value takes after its first octet. */
static size_t length_octets(size_t len)
{
    size_t n = 0;

    if (len < 0x80)
        return 0;
    while (len > 0) {
        n++;
        len >>= 8;
    }
    return n;
}

static void write_length(uint8_t *at, size_t len, size_t extra)
{
    size_t i;

    if (extra == 0) {
        at[0] = (uint8_t)len;
        return;
    }
    at[0] = (uint8_t)(0x80u | extra);
    for (i = extra; i > 0; i--) {
        at[i] = (uint8_t)(len & 0xffu);
        len >>= 8;
    }
}

size_t derout_open(struct sk_buf *buf, uint8_t tag)
{
    buf_put_byte(buf, tag);
    buf_put_byte(buf, 0);
    return buf->len;
}

void derout_close(struct sk_buf *buf, size_t mark)
{
    size_t len, extra;

    if (buf->status != SK_OK)
        return;
    len = buf->len - mark;
    extra = length_octets(len);
    if (extra > 0) {
        if (buf_reserve(buf, extra) == NULL)
            return;
        memmove(buf->data + mark + extra, buf->data + mark, len);
        buf->len += extra;
    }
    write_length(buf->data + mark - 1, len, extra);
}

void derout_tlv(struct sk_buf *buf, uint8_t tag, struct sk_bytes body)
{
    uint8_t head[10];
    size_t extra = length_octets(body.len);

    head[0] = tag;
    write_length(head + 1, body.len, extra);
    buf_put(buf, head, 2 + extra);
    buf_put(buf, body.p, body.len);
}

void derout_raw(struct sk_buf *buf, struct sk_bytes der)
{
    buf_put(buf, der.p, der.len);
}

void derout_bool(struct sk_buf *buf, uint8_t tag, bool value)
{
    uint8_t octet = value ? 0xff : 0x00;

    derout_tlv(buf, tag, bytes_of(&octet, 1));
}

void derout_uint(struct sk_buf *buf, uint8_t tag, uint64_t value)
{
    uint8_t octets[9];
    size_t at = sizeof(octets);

    do {
        octets[--at] = (uint8_t)(value & 0xffu);
        value >>= 8;
    } while (value > 0);
    if (octets[at] >= 0x80)
        octets[--at] = 0;
    derout_tlv(buf, tag, bytes_of(octets + at, sizeof(octets) - at));
}

void derout_null(struct sk_buf *buf, uint8_t tag)
{
    derout_tlv(buf, tag, bytes_of(NULL, 0));
}

void derout_bits(struct sk_buf *buf, uint8_t tag, struct sk_bytes bits)
{
    size_t mark = derout_open(buf, tag);

    buf_put_byte(buf, 0);
    buf_put(buf, bits.p, bits.len);
    derout_close(buf, mark);
}

void derout_generalized_time(struct sk_buf *buf, uint8_t tag, int64_t when)
{
    char text[CLOCK_TEXT];

    if (clock_format_generalized(when, text) != SK_OK) {
        buf->status = SK_INPUT;
        return;
    }
    derout_tlv(buf, tag, bytes_of(text, strlen(text)));
}

void derout_time(struct sk_buf *buf, int64_t when)
{
    char text[CLOCK_TEXT];

    if (clock_format_generalized(when, text) != SK_OK) {
        buf->status = SK_INPUT;
        return;
    }
    if (memcmp(text, "1950", 4) >= 0 && memcmp(text, "2050", 4) < 0)
        derout_tlv(buf, DER_UTC_TIME, bytes_of(text + 2, strlen(text) - 2));
    else
        derout_tlv(buf, DER_GENERALIZED_TIME, bytes_of(text, strlen(text)));
}
