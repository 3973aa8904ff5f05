/* SPDX-License-Identifier: Apache-2.0 */
#include "net/json_text.h"

#include "core/hex.h"
#include "core/utf8.h"

void json_text_init(struct json_text *text, struct sk_bytes octets)
{
    text->start = text->p = octets.p;
    text->end = octets.len > 0 ? octets.p + octets.len : octets.p;
}

uint8_t json_text_peek(struct json_text *text)
{
    while (text->p < text->end &&
           (*text->p == ' ' || *text->p == '\t' || *text->p == '\r' || *text->p == '\n'))
        text->p++;
    return text->p < text->end ? *text->p : 0;
}

enum sk_status json_text_take(struct json_text *text, char octet)
{
    if (json_text_peek(text) != (uint8_t)octet)
        return SK_INPUT;
    text->p++;
    return SK_OK;
}

enum sk_status json_text_null(struct json_text *text)
{
    static const char word[] = "null";

    (void)json_text_peek(text);
    if ((size_t)(text->end - text->p) < sizeof(word) - 1 ||
        memcmp(text->p, word, sizeof(word) - 1) != 0)
        return SK_INPUT;
    text->p += sizeof(word) - 1;
    return SK_OK;
}

enum sk_status json_text_next(struct json_text *text, bool is_first, char close)
{
    if (json_text_take(text, close) == SK_OK)
        return SK_NOTFOUND;
    if (is_first)
        return SK_OK;
    return json_text_take(text, ',');
}

enum sk_status json_text_finish(struct json_text *text)
{
    (void)json_text_peek(text);
    return text->p == text->end ? SK_OK : SK_INPUT;
}

void json_text_place(const struct json_text *text, size_t *out_line, size_t *out_column)
{
    const uint8_t *p;

    *out_line = *out_column = 1;
    for (p = text->start; p < text->p; p++) {
        *out_column += 1;
        if (*p == '\n') {
            *out_line += 1;
            *out_column = 1;
        }
    }
}

/* ---- strings ---- */

/* The number in four hexadecimal digits at p; -1: there are none. */
static int32_t read_unit(const uint8_t *p, const uint8_t *end)
{
    int32_t unit = 0;
    int i, digit;

    if (end - p < 4)
        return -1;
    for (i = 0; i < 4; i++) {
        digit = hex_digit((char)p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* The character of an escape that begins at p with "\": *out_used octets, or 0 when it is malformed
 * or is U+0000 or half a surrogate pair. */
static uint32_t read_escape(const uint8_t *p, const uint8_t *end, size_t *out_used)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *letter;
    int32_t high, low;

    *out_used = 0;
    if (end - p < 2 || p[1] == '\0')
        return 0;
    if (p[1] != 'u') {
        letter = strchr(letters, p[1]);
        *out_used = letter != NULL ? 2 : 0;
        return letter != NULL ? (uint8_t)meant[letter - letters] : 0;
    }
    high = read_unit(p + 2, end);
    if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
        return 0;
    if (high < 0xd800 || high > 0xdbff) {
        *out_used = 6;
        return (uint32_t)high;
    }
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 0;
    low = read_unit(p + 8, end);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *out_used = 12;
    return 0x10000u + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

/* Nothing to look at twice: not the end of the string, no escape, no control octet, no part of a
 * longer character. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Certificates are long strings of plain octets: eight of them at a time. */
static const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t eight, quote, slash, found;

    for (; end - p >= 8; p += 8) {
        memcpy(&eight, p, sizeof(eight));
        quote = eight ^ ones * '"';
        slash = eight ^ ones * '\\';
        /* (x - n) & ~x has a high bit when an octet of x is below n. */
        found = eight | ((eight - ones * 0x20) & ~eight) | ((quote - ones) & ~quote) |
                ((slash - ones) & ~slash);
        if (found & high)
            break;
    }
    while (p < end && is_plain(*p))
        p++;
    return p;
}

enum sk_status json_text_string(struct json_text *text, struct json_string *out)
{
    const uint8_t *start, *p;
    bool has_escapes = false;
    size_t len;

    if (json_text_take(text, '"') != SK_OK)
        return SK_INPUT;
    for (start = p = text->p;; p += len) {
        p = skip_plain(p, text->end);
        text->p = p; /* where a fault is */
        if (p == text->end || *p < 0x20)
            return SK_INPUT;
        if (*p == '"')
            break;
        if (*p == '\\') {
            has_escapes = true;
            (void)read_escape(p, text->end, &len);
        } else {
            len = utf8_length(bytes_of(p, (size_t)(text->end - p)));
        }
        if (len == 0)
            return SK_INPUT;
    }
    text->p = p + 1;
    out->raw = bytes_of(start, (size_t)(p - start));
    out->has_escapes = has_escapes;
    return SK_OK;
}

/* Writes a character as UTF-8; returns where it ends. No escape is shorter than what it means. */
static uint8_t *put_char(uint8_t *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (uint8_t)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (uint8_t)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *to++ = (uint8_t)(0xe0 | c >> 12);
        } else {
            *to++ = (uint8_t)(0xf0 | c >> 18);
            *to++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        }
        *to++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    }
    *to++ = (uint8_t)(0x80 | (c & 0x3f));
    return to;
}

size_t json_string_put(const struct json_string *string, uint8_t *out)
{
    const uint8_t *p = string->raw.p, *end = p + string->raw.len;
    uint8_t *to = out;
    size_t len;

    while (p < end) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        to = put_char(to, read_escape(p, end, &len));
        p += len;
    }
    return (size_t)(to - out);
}
