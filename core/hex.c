/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hex.h"

void hex_encode(struct sk_bytes in, char *out)
{
    static const char digit[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < in.len; i++) {
        *out++ = digit[in.p[i] >> 4];
        *out++ = digit[in.p[i] & 15];
    }
    *out = '\0';
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum sk_status hex_decode(const char *text, uint8_t *out, size_t len)
{
    size_t i;

    if (strlen(text) != 2 * len)
        return SK_INPUT;
    for (i = 0; i < 2 * len; i++) {
        if (hex_digit(text[i]) < 0)
            return SK_INPUT;
    }
    for (i = 0; i < len; i++)
        out[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return SK_OK;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct sk_bytes in, struct sk_buf *out)
{
    size_t i;

    for (i = 0; i < in.len; i += 3) {
        size_t left = in.len - i;
        uint32_t v = (uint32_t)in.p[i] << 16;
        char quad[4];

        v |= left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0;
        v |= left > 2 ? (uint32_t)in.p[i + 2] : 0;
        quad[0] = alphabet[v >> 18];
        quad[1] = alphabet[v >> 12 & 63];
        quad[2] = left > 1 ? alphabet[v >> 6 & 63] : '=';
        quad[3] = left > 2 ? alphabet[v & 63] : '=';
        buf_put(out, quad, 4);
    }
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    if (c == '/')
        return 63;
    return -1;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct decoder {
    uint32_t bits;      /* the quantum read so far, six bits a character */
    unsigned chars;     /* characters of the quantum, 0..3 */
    unsigned num_equal; /* padding characters seen */
};

/* Ends the text: the padding must complete the quantum and the bits it drops must be zero. */
static enum sk_status decode_end(struct decoder *dec, struct sk_buf *out)
{
    if (dec->chars == 0 && dec->num_equal == 0)
        return buf_status(out);
    if (dec->chars < 2 || dec->chars + dec->num_equal != 4)
        return SK_INPUT;
    dec->bits <<= 6 * dec->num_equal;
    if ((dec->bits & (dec->num_equal == 2 ? 0xffffu : 0xffu)) != 0)
        return SK_INPUT;
    buf_put_byte(out, (uint8_t)(dec->bits >> 16));
    if (dec->num_equal == 1)
        buf_put_byte(out, (uint8_t)(dec->bits >> 8));
    return buf_status(out);
}

static enum sk_status decode(struct sk_bytes text, bool spaced, struct sk_buf *out)
{
    struct decoder dec = {0, 0, 0};
    size_t i;

    for (i = 0; i < text.len; i++) {
        int v;

        if (spaced && is_space(text.p[i]))
            continue;
        if (text.p[i] == '=') {
            if (++dec.num_equal > 2)
                return SK_INPUT;
            continue;
        }
        v = base64_value(text.p[i]);
        if (v < 0 || dec.num_equal > 0)
            return SK_INPUT;
        dec.bits = dec.bits << 6 | (uint32_t)v;
        if (++dec.chars == 4) {
            uint8_t three[3] = {(uint8_t)(dec.bits >> 16), (uint8_t)(dec.bits >> 8),
                                (uint8_t)dec.bits};

            buf_put(out, three, 3);
            dec.bits = 0;
            dec.chars = 0;
        }
    }
    return decode_end(&dec, out);
}

enum sk_status base64_decode(struct sk_bytes text, struct sk_buf *out)
{
    return decode(text, false, out);
}

enum sk_status base64_decode_spaced(struct sk_bytes text, struct sk_buf *out)
{
    return decode(text, true, out);
}
