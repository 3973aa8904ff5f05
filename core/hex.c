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

/* What a character stands for; NOT_BASE64 for what is none, which no value has a bit of. */
enum { NOT_BASE64 = 0x80 };
#define NO NOT_BASE64
static const uint8_t values[256] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, NO, 0,  1,  2,  3,  4,  5,  6,
    7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
    49, 50, 51, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};
#undef NO

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

/* Whole quanta up to what is no base64 character or has no room; returns the characters taken. */
static size_t decode_quads(struct sk_bytes text, struct sk_buf *out)
{
    size_t quads = text.len / 4, room = (out->max - out->len) / 3, i;
    const uint8_t *from = text.p;
    uint8_t *to;

    if (quads > room)
        quads = room;
    if (quads == 0 || (to = buf_reserve(out, 3 * quads)) == NULL)
        return 0;
    for (i = 0; i < quads; i++, from += 4) {
        uint32_t a = values[from[0]], b = values[from[1]], c = values[from[2]], d = values[from[3]];

        if ((a | b | c | d) & NOT_BASE64)
            break;
        *to++ = (uint8_t)(a << 2 | b >> 4);
        *to++ = (uint8_t)(b << 4 | c >> 2);
        *to++ = (uint8_t)(c << 6 | d);
    }
    out->len += 3 * i;
    return 4 * i;
}

static enum sk_status decode(struct sk_bytes text, bool spaced, struct sk_buf *out)
{
    struct decoder dec = {0, 0, 0};
    size_t i;

    for (i = 0; i < text.len; i++) {
        uint32_t v;

        if (dec.chars == 0 && dec.num_equal == 0)
            i += decode_quads(bytes_of(text.p + i, text.len - i), out);
        if (i == text.len)
            break;
        if (spaced && is_space(text.p[i]))
            continue;
        if (text.p[i] == '=') {
            if (++dec.num_equal > 2)
                return SK_INPUT;
            continue;
        }
        v = values[text.p[i]];
        if (v == NOT_BASE64 || dec.num_equal > 0)
            return SK_INPUT;
        dec.bits = dec.bits << 6 | v;
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
