/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ascii.h"
#include "core/name_int.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "core/der.h"
#include "core/limits.h"

static bool is_ascii(struct sk_bytes b)
{
    size_t i;

    for (i = 0; i < b.len; i++) {
        if (b.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* Appends one code point as UTF-8; false when it is none (surrogate, above 10FFFF). */
static bool put_code_point(struct sk_buf *out, ucs4_t c)
{
    uint8_t octets[6];
    int n = u8_uctomb(octets, c, sizeof(octets));

    if (n < 0)
        return false;
    buf_put(out, octets, (size_t)n);
    return true;
}

/* Appends code points of width octets each (1: Latin-1, 2: UCS-2, 4: UCS-4). */
static bool decode_fixed(struct sk_bytes value, size_t width, struct sk_buf *out)
{
    size_t i, j;

    if (value.len % width != 0)
        return false;
    for (i = 0; i < value.len; i += width) {
        ucs4_t c = 0;

        for (j = 0; j < width; j++)
            c = c << 8 | value.p[i + j];
        if (!put_code_point(out, c))
            return false;
    }
    return true;
}

static bool decode_utf8(struct sk_bytes value, struct sk_buf *out)
{
    if (value.len > 0 && u8_check(value.p, value.len) != NULL)
        return false;
    buf_put(out, value.p, value.len);
    return true;
}

enum sk_status name_decode(uint8_t tag, struct sk_bytes value, struct sk_buf *out)
{
    size_t start = out->len;
    bool is_text = false;

    switch (tag) {
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_NUMERIC_STRING:
        /* Any ASCII: CAs do write '@' or '_' into a PrintableString, and it reads the same. */
        is_text = is_ascii(value) && decode_utf8(value, out);
        break;
    case DER_UTF8_STRING:
        is_text = decode_utf8(value, out);
        break;
    case DER_TELETEX_STRING:
        is_text = decode_fixed(value, 1, out);
        break;
    case DER_BMP_STRING:
        is_text = decode_fixed(value, 2, out);
        break;
    case DER_UNIVERSAL_STRING:
        is_text = decode_fixed(value, 4, out);
        break;
    }
    if (buf_status(out) != SK_OK)
        return buf_status(out);
    if (!is_text) {
        out->len = start;
        return SK_NOTFOUND;
    }
    return SK_OK;
}

/* ---- RFC 4518 2.2 (map) and 2.4 (prohibit)
 * ------------------------------------------------------- */

enum mapping { MAP_KEEP = 0, MAP_NOTHING, MAP_SPACE, MAP_PROHIBITED };

/* Sorted. Code points that Unicode 3.2 did not know are kept, not prohibited: two names that hold
 * them match only when they are the same. */
static const struct {
    ucs4_t first, last;
    enum mapping mapping;
} mappings[] = {
    {0x0000, 0x0008, MAP_NOTHING},       {0x0009, 0x000d, MAP_SPACE},
    {0x000e, 0x001f, MAP_NOTHING},       {0x0020, 0x0020, MAP_SPACE},
    {0x007f, 0x0084, MAP_NOTHING},       {0x0085, 0x0085, MAP_SPACE},
    {0x0086, 0x009f, MAP_NOTHING},       {0x00a0, 0x00a0, MAP_SPACE},
    {0x00ad, 0x00ad, MAP_NOTHING},       {0x034f, 0x034f, MAP_NOTHING},
    {0x06dd, 0x06dd, MAP_NOTHING},       {0x070f, 0x070f, MAP_NOTHING},
    {0x1680, 0x1680, MAP_SPACE},         {0x1806, 0x1806, MAP_NOTHING},
    {0x180b, 0x180e, MAP_NOTHING},       {0x2000, 0x200a, MAP_SPACE},
    {0x200b, 0x200f, MAP_NOTHING},       {0x2028, 0x2029, MAP_SPACE},
    {0x202a, 0x202e, MAP_NOTHING},       {0x202f, 0x202f, MAP_SPACE},
    {0x205f, 0x205f, MAP_SPACE},         {0x2060, 0x2063, MAP_NOTHING},
    {0x206a, 0x206f, MAP_NOTHING},       {0x3000, 0x3000, MAP_SPACE},
    {0xd800, 0xdfff, MAP_PROHIBITED},    {0xe000, 0xf8ff, MAP_PROHIBITED},
    {0xfdd0, 0xfdef, MAP_PROHIBITED},    {0xfe00, 0xfe0f, MAP_NOTHING},
    {0xfeff, 0xfeff, MAP_NOTHING},       {0xfff9, 0xfffc, MAP_NOTHING},
    {0xfffd, 0xfffd, MAP_PROHIBITED},    {0x1d173, 0x1d17a, MAP_NOTHING},
    {0xe0001, 0xe0001, MAP_NOTHING},     {0xe0020, 0xe007f, MAP_NOTHING},
    {0xf0000, 0x10ffff, MAP_PROHIBITED},
};

static enum mapping map_code_point(ucs4_t c)
{
    size_t low = 0, high = sizeof(mappings) / sizeof(mappings[0]);

    if ((c & 0xfffe) == 0xfffe)
        return MAP_PROHIBITED;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c < mappings[middle].first)
            high = middle;
        else if (c > mappings[middle].last)
            low = middle + 1;
        else
            return mappings[middle].mapping;
    }
    return MAP_KEEP;
}

/* Maps text (valid UTF-8) into out. False: it holds a prohibited code point. */
static bool map_text(struct sk_bytes text, struct sk_buf *out)
{
    size_t i = 0;

    while (i < text.len) {
        ucs4_t c;
        int n = u8_mbtouc(&c, text.p + i, text.len - i);

        switch (map_code_point(c)) {
        case MAP_KEEP:
            buf_put(out, text.p + i, (size_t)n);
            break;
        case MAP_SPACE:
            buf_put_byte(out, ' ');
            break;
        case MAP_NOTHING:
            break;
        case MAP_PROHIBITED:
            return false;
        }
        i += (size_t)n;
    }
    return true;
}

/* ---- case folding and normalisation
 * ---------------------------------------------------------------- */

/* One round of NFKC(casefold(NFD(text))), or of NFKC alone; the result replaces *text, which is
 * freed. */
static enum sk_status fold_round(uint8_t **text, size_t *len, bool is_exact)
{
    size_t folded_len = 0;
    uint8_t *folded;

    if (*len == 0)
        return SK_OK;
    folded = is_exact ? u8_normalize(UNINORM_NFKC, *text, *len, NULL, &folded_len)
                      : u8_casefold(*text, *len, NULL, UNINORM_NFKC, NULL, &folded_len);
    if (folded == NULL)
        return SK_NOMEM;
    free(*text);
    *text = folded;
    *len = folded_len;
    return SK_OK;
}

/* True when the code point at p combines with what stands before it: RFC 4518 2.6.1 does not take
 * a space in front of it for an insignificant one. */
static bool is_combining(const uint8_t *p, size_t left)
{
    ucs4_t c;

    if (left == 0)
        return false;
    (void)u8_mbtouc(&c, p, left);
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M);
}

/* Appends text with insignificant spaces taken out. */
static void put_words(struct sk_bytes text, struct sk_buf *out)
{
    size_t start = out->len, i;
    bool is_space_due = false;

    for (i = 0; i < text.len; i++) {
        if (text.p[i] == ' ' && !is_combining(text.p + i + 1, text.len - i - 1)) {
            is_space_due = out->len > start;
            continue;
        }
        if (is_space_due)
            buf_put_byte(out, ' ');
        is_space_due = false;
        buf_put_byte(out, text.p[i]);
    }
}

/* The general way: text is valid UTF-8. */
static enum sk_status prepare_unicode(struct sk_bytes text, bool is_exact, struct sk_buf *out)
{
    struct sk_buf mapped;
    enum sk_status status;
    uint8_t *folded = NULL;
    size_t len = 0;

    buf_init(&mapped, text.len + 1);
    if (!map_text(text, &mapped)) {
        status = SK_NOTFOUND;
        goto out;
    }
    status = buf_status(&mapped);
    if (status != SK_OK)
        goto out;
    folded = buf_take(&mapped, &len);
    /* Two rounds, as Unicode's compatibility caseless matching (D146): normalising can bring new
     * letters to fold, such as those of U+3392 SQUARE MHZ. */
    status = fold_round(&folded, &len, is_exact);
    if (status == SK_OK && !is_exact)
        status = fold_round(&folded, &len, is_exact);
    if (status != SK_OK)
        goto out;
    put_words(bytes_of(folded, len), out);
    status = buf_status(out);
out:
    free(folded);
    buf_done(&mapped);
    return status;
}

/* The same for ASCII, in one pass and without memory of its own. */
static enum sk_status prepare_ascii(struct sk_bytes text, bool is_exact, struct sk_buf *out)
{
    uint8_t *room = buf_reserve(out, text.len);
    size_t used = 0, i;
    bool is_space_due = false;

    if (room == NULL)
        return buf_status(out);
    for (i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (c == ' ' || (c >= 0x09 && c <= 0x0d)) {
            is_space_due = used > 0;
            continue;
        }
        if (c < 0x20 || c == 0x7f)
            continue;
        if (is_space_due)
            room[used++] = ' ';
        is_space_due = false;
        room[used++] = is_exact ? c : ascii_lower(c);
    }
    out->len += used;
    return SK_OK;
}

static enum sk_status prepare(uint8_t tag, struct sk_bytes value, bool is_exact, struct sk_buf *out)
{
    struct sk_buf text;
    enum sk_status status;

    if (tag == DER_PRINTABLE_STRING || tag == DER_UTF8_STRING || tag == DER_IA5_STRING ||
        tag == DER_TELETEX_STRING || tag == DER_NUMERIC_STRING) {
        if (is_ascii(value))
            return prepare_ascii(value, is_exact, out);
    }
    /* No string type grows more than twofold on its way to UTF-8. */
    buf_init(&text, 2 * value.len + 1);
    status = name_decode(tag, value, &text);
    if (status == SK_OK && is_ascii(buf_bytes(&text)))
        status = prepare_ascii(buf_bytes(&text), is_exact, out);
    else if (status == SK_OK)
        status = prepare_unicode(buf_bytes(&text), is_exact, out);
    buf_done(&text);
    return status;
}

enum sk_status name_prepare(uint8_t tag, struct sk_bytes value, struct sk_buf *out)
{
    return prepare(tag, value, false, out);
}

enum sk_status name_prepare_exact(uint8_t tag, struct sk_bytes value, struct sk_buf *out)
{
    return prepare(tag, value, true, out);
}
