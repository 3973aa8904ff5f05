/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/ascii.h"
#include "core/clock.h"
#include "core/der.h"
#include "core/dir_value_int.h"
#include "core/hex.h"
#include "core/name.h"
#include "core/name_int.h"

static void put(struct sk_buf *out, struct sk_bytes octets)
{
    buf_put(out, octets.p, octets.len);
}

/* ---- strings (RFC 4518) ---------------------------------------------------------------------- */

bool dir_syntax_is_string(enum dir_rule rule)
{
    return rule == DIR_RULE_CASE_IGNORE || rule == DIR_RULE_CASE_EXACT ||
           rule == DIR_RULE_CASE_IGNORE_IA5 || rule == DIR_RULE_CASE_EXACT_IA5 ||
           rule == DIR_RULE_CASE_IGNORE_LIST || rule == DIR_RULE_NUMERIC_STRING ||
           rule == DIR_RULE_TELEPHONE_NUMBER;
}

/* RFC 4518 2.6.2 and 2.6.3: blanks, and hyphens of telephone numbers, do not count; where there is
 * nothing else, one blank. */
static enum sk_status put_number(struct sk_bytes text, bool is_telephone, struct sk_buf *out)
{
    size_t start = out->len, i;

    for (i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (c == ' ' || (is_telephone && c == '-'))
            continue;
        /* RFC 4517 3.3.23, 3.3.31: digits; PrintableString */
        if (is_telephone ? c < 0x20 || c >= 0x7f || strchr("\"#$%&*;<>@[\\]^_`{|}~!", c) != NULL
                         : !ascii_is_digit(c))
            return SK_INPUT;
        buf_put_byte(out, ascii_lower(c));
    }
    if (out->len == start)
        buf_put_byte(out, ' ');
    return buf_status(out);
}

enum sk_status dir_syntax_prepare(enum dir_rule rule, struct sk_bytes text, struct sk_buf *out)
{
    bool is_exact = rule == DIR_RULE_CASE_EXACT || rule == DIR_RULE_CASE_EXACT_IA5;
    bool is_ia5 = rule == DIR_RULE_CASE_IGNORE_IA5 || rule == DIR_RULE_CASE_EXACT_IA5;
    struct sk_buf utf8;
    enum sk_status status;

    if (text.len > LIMIT_DIR_TEXT_BYTES)
        return SK_LIMIT;
    if (rule == DIR_RULE_NUMERIC_STRING || rule == DIR_RULE_TELEPHONE_NUMBER)
        return put_number(text, rule == DIR_RULE_TELEPHONE_NUMBER, out);
    status = is_exact ? name_prepare_exact(is_ia5 ? DER_IA5_STRING : DER_UTF8_STRING, text, out)
                      : name_prepare(is_ia5 ? DER_IA5_STRING : DER_UTF8_STRING, text, out);
    if (status != SK_NOTFOUND)
        return status;
    /* It does not decode, or it holds what is prohibited. */
    buf_init(&utf8, text.len + 1);
    status = name_decode(is_ia5 ? DER_IA5_STRING : DER_UTF8_STRING, text, &utf8);
    buf_done(&utf8);
    if (status == SK_OK)
        return SK_NOTFOUND;
    return status == SK_NOTFOUND ? SK_INPUT : status;
}

/* Text with a prohibited code point (private use: many Japanese names) equals only itself, as in
 * core/name.c. FF begins no UTF-8. */
static enum sk_status put_string(enum dir_rule rule, struct sk_bytes text, struct sk_buf *out)
{
    enum sk_status status = dir_syntax_prepare(rule, text, out);

    if (status != SK_NOTFOUND)
        return status;
    buf_put_byte(out, 0xff);
    put(out, text);
    return buf_status(out);
}

enum sk_status dir_syntax_line(struct sk_arena *arena, struct sk_bytes line, struct sk_bytes *out)
{
    uint8_t *octets = arena_alloc(arena, line.len);
    size_t i, len = 0;

    if (octets == NULL)
        return SK_NOMEM;
    for (i = 0; i < line.len; i++) {
        uint8_t c = line.p[i];

        if (c == '\\') {
            bool is_dollar = line.len - i >= 3 && line.p[i + 1] == '2' && line.p[i + 2] == '4';
            bool is_backslash = line.len - i >= 3 && line.p[i + 1] == '5' &&
                                (line.p[i + 2] == 'C' || line.p[i + 2] == 'c');

            if (!is_dollar && !is_backslash)
                return SK_INPUT;
            c = is_dollar ? '$' : '\\';
            i += 2;
        }
        octets[len++] = c;
    }
    *out = bytes_of(octets, len);
    return SK_OK;
}

/* Lines with '$' between them; a line feed between them in the canonical form, which no prepared
 * text has. */
static enum sk_status put_lines(struct sk_arena *arena, struct sk_bytes text, struct sk_buf *out)
{
    const uint8_t *end = text.p + text.len;
    enum sk_status status = SK_OK;

    while (status == SK_OK) {
        const uint8_t *dollar = memchr(text.p, '$', text.len);
        size_t len = dollar != NULL ? (size_t)(dollar - text.p) : text.len;
        struct sk_bytes line;

        status = dir_syntax_line(arena, bytes_of(text.p, len), &line);
        if (status == SK_OK)
            status = put_string(DIR_RULE_CASE_IGNORE_LIST, line, out);
        if (dollar == NULL)
            break;
        buf_put_byte(out, '\n');
        text = bytes_of(dollar + 1, (size_t)(end - dollar) - 1);
    }
    return status;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* RFC 4517 3.3.26: a numericoid, or a name that the schema resolves (4.2.26: else undefined). */
static enum sk_status put_oid(struct sk_bytes text, struct sk_buf *out)
{
    const struct dir_class *class = dir_schema_class(text);
    const struct dir_attribute *attribute = dir_schema_attribute(text);

    if (class != NULL)
        buf_put_text(out, class->oid);
    else if (attribute != NULL)
        buf_put_text(out, attribute->oid);
    else if (dir_schema_is_oid(text))
        put(out, text);
    else
        return SK_INPUT;
    return buf_status(out);
}

/* The OID behind "(" of a definition (RFC 4512 4.1). */
static enum sk_status put_first_component(struct sk_bytes text, struct sk_buf *out)
{
    size_t start = 1, end;

    if (text.len == 0 || text.p[0] != '(')
        return put_oid(text, out);
    while (start < text.len && text.p[start] == ' ')
        start++;
    for (end = start; end < text.len && text.p[end] != ' '; end++)
        ;
    return put_oid(bytes_of(text.p + start, end - start), out);
}

static enum sk_status put_dn(struct sk_arena *arena, struct sk_bytes text, struct sk_buf *out)
{
    struct sk_bytes der, canon;
    enum sk_status status = dir_dn_name(arena, text, &der, NULL);

    if (status == SK_OK)
        status = name_canon(arena, der, &canon, NULL);
    if (status != SK_OK)
        return status;
    put(out, canon);
    return buf_status(out);
}

/* RFC 4517 3.3.2: '0101'B */
static bool is_bits(struct sk_bytes text)
{
    size_t i;

    if (text.len < 3 || text.p[0] != '\'' || text.p[text.len - 2] != '\'' ||
        text.p[text.len - 1] != 'B')
        return false;
    for (i = 1; i + 2 < text.len; i++) {
        if (text.p[i] != '0' && text.p[i] != '1')
            return false;
    }
    return true;
}

/* RFC 4517 3.3.21: a DN, and "#" with bits behind it when what is behind the last '#' has that
 * form. */
static enum sk_status put_unique_member(struct sk_arena *arena, struct sk_bytes text,
                                        struct sk_buf *out)
{
    const uint8_t *hash = text.len > 0 ? memrchr(text.p, '#', text.len) : NULL;
    struct sk_bytes uid = bytes_of(NULL, 0);
    enum sk_status status;

    if (hash != NULL)
        uid = bytes_of(hash, text.len - (size_t)(hash - text.p));
    if (uid.len > 0 && is_bits(bytes_of(uid.p + 1, uid.len - 1)))
        text.len -= uid.len;
    else
        uid.len = 0;
    status = put_dn(arena, text, out);
    put(out, uid);
    return status == SK_OK ? buf_status(out) : status;
}

/* ---- numbers, times, octets ------------------------------------------------------------------ */

/* RFC 4517 3.3.16 */
static bool is_integer(struct sk_bytes text)
{
    size_t i, start = text.len > 0 && text.p[0] == '-';

    if (start == text.len || (text.p[start] == '0' && text.len > 1))
        return false;
    for (i = start; i < text.len; i++) {
        if (!ascii_is_digit(text.p[i]))
            return false;
    }
    return true;
}

/* RFC 4530 2.1 */
static enum sk_status put_uuid(struct sk_bytes text, struct sk_buf *out)
{
    size_t i;

    if (text.len != 36)
        return SK_INPUT;
    for (i = 0; i < text.len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        uint8_t c = text.p[i];

        if (is_hyphen ? c != '-' : hex_digit((char)c) < 0)
            return SK_INPUT;
        buf_put_byte(out, ascii_lower(c));
    }
    return buf_status(out);
}

/* Reads n digits off the front; false: there are not so many. */
static bool take_digits(struct sk_bytes *text, size_t n, unsigned *out)
{
    unsigned value = 0;
    size_t i;

    if (text->len < n)
        return false;
    for (i = 0; i < n; i++) {
        if (!ascii_is_digit(text->p[i]))
            return false;
        value = value * 10 + (text->p[i] - '0');
    }
    *text = bytes_of(text->p + n, text->len - n);
    *out = value;
    return true;
}

static bool is_next_digit(struct sk_bytes text)
{
    return text.len > 0 && ascii_is_digit(text.p[0]);
}

/* A fraction of unit_s seconds, as nanoseconds. At most 9 digits but for zeros at its end: more
 * would have to be rounded, and rounded times are not equal. */
static bool take_fraction(struct sk_bytes *text, int64_t unit_s, int64_t *out_ns)
{
    int64_t ns = 0, weight = 100000000;
    size_t i;

    if (text->len == 0 || (text->p[0] != '.' && text->p[0] != ','))
        return true;
    for (i = 1; i < text->len && ascii_is_digit(text->p[i]); i++) {
        int64_t digit = text->p[i] - '0';

        if (weight == 0 && digit != 0)
            return false;
        ns += digit * weight;
        weight /= 10;
    }
    *text = bytes_of(text->p + i, text->len - i);
    *out_ns = ns * unit_s;
    return i > 1;
}

/* g-time-zone: what stands behind is an error. */
static bool take_zone(struct sk_bytes text, int64_t *out_offset_s)
{
    bool is_west = text.len > 0 && text.p[0] == '-';
    unsigned hour, minute = 0;

    *out_offset_s = 0;
    if (text.len == 1 && text.p[0] == 'Z')
        return true;
    if (text.len == 0 || (!is_west && text.p[0] != '+'))
        return false;
    text = bytes_of(text.p + 1, text.len - 1);
    if (!take_digits(&text, 2, &hour) || hour > 23)
        return false;
    if (text.len > 0 && (!take_digits(&text, 2, &minute) || minute > 59))
        return false;
    *out_offset_s = (is_west ? -1 : 1) * (int64_t)(hour * 3600 + minute * 60);
    return text.len == 0;
}

/* RFC 4517 3.3.13: YYYYMMDDHH[MM[SS]][fraction] and a zone; canonical: YYYYMMDDHHMMSS in UTC, and
 * the fraction without zeros at its end. So order of octets is order of time. */
static enum sk_status put_time(struct sk_bytes text, struct sk_buf *out)
{
    char whole[CLOCK_TEXT];
    unsigned hour, minute = 0, second = 0;
    int64_t when, offset, ns = 0, unit = 3600;
    struct sk_bytes rest = text;

    if (text.len < 10)
        return SK_INPUT;
    rest = bytes_of(text.p + 8, text.len - 8);
    (void)snprintf(whole, sizeof(whole), "%.8s000000Z", (const char *)text.p);
    if (clock_parse_generalized_time(bytes_of(whole, strlen(whole)), &when) != SK_OK ||
        !take_digits(&rest, 2, &hour) || hour > 23)
        return SK_INPUT;
    if (is_next_digit(rest)) {
        unit = 60;
        if (!take_digits(&rest, 2, &minute) || minute > 59)
            return SK_INPUT;
    }
    if (is_next_digit(rest)) {
        unit = 1;
        if (!take_digits(&rest, 2, &second) || second > 60)
            return SK_INPUT;
    }
    if (!take_fraction(&rest, unit, &ns) || !take_zone(rest, &offset))
        return SK_INPUT;
    when += (int64_t)(hour * 3600 + minute * 60 + second) - offset + ns / 1000000000;
    ns %= 1000000000;
    if (clock_format_generalized(when, whole) != SK_OK)
        return SK_INPUT;
    buf_put(out, whole, 14);
    if (ns > 0) {
        (void)snprintf(whole, sizeof(whole), ".%09lld", (long long)ns);
        buf_put_text(out, whole);
        while (buf_status(out) == SK_OK && out->data[out->len - 1] == '0')
            out->len--;
    }
    return buf_status(out);
}

static enum sk_status put_if(bool is_of_syntax, struct sk_bytes text, struct sk_buf *out)
{
    if (!is_of_syntax)
        return SK_INPUT;
    put(out, text);
    return buf_status(out);
}

static bool is_boolean(struct sk_bytes text)
{
    return bytes_equal(text, bytes_of("TRUE", 4)) || bytes_equal(text, bytes_of("FALSE", 5));
}

enum sk_status dir_syntax_canon(struct sk_arena *arena, enum dir_rule rule, struct sk_bytes value,
                                struct sk_buf *out)
{
    /* RFC 4517 3.3.6, 3.3.23, 3.3.29: at least one character */
    if (value.len == 0 && dir_syntax_is_string(rule) && rule != DIR_RULE_CASE_IGNORE_IA5 &&
        rule != DIR_RULE_CASE_EXACT_IA5)
        return SK_INPUT;
    switch (rule) {
    case DIR_RULE_OBJECT_IDENTIFIER:
        return put_oid(value, out);
    case DIR_RULE_OID_FIRST_COMPONENT:
        return put_first_component(value, out);
    case DIR_RULE_DISTINGUISHED_NAME:
        return put_dn(arena, value, out);
    case DIR_RULE_UNIQUE_MEMBER:
        return put_unique_member(arena, value, out);
    case DIR_RULE_CASE_IGNORE:
    case DIR_RULE_CASE_EXACT:
    case DIR_RULE_CASE_IGNORE_IA5:
    case DIR_RULE_CASE_EXACT_IA5:
    case DIR_RULE_NUMERIC_STRING:
    case DIR_RULE_TELEPHONE_NUMBER:
        return put_string(rule, value, out);
    case DIR_RULE_CASE_IGNORE_LIST:
        return put_lines(arena, value, out);
    case DIR_RULE_INTEGER:
        return put_if(is_integer(value), value, out);
    case DIR_RULE_BOOLEAN:
        return put_if(is_boolean(value), value, out);
    case DIR_RULE_GENERALIZED_TIME:
        return put_time(value, out);
    case DIR_RULE_BIT_STRING:
        return put_if(is_bits(value), value, out);
    case DIR_RULE_OCTET_STRING:
        return put_if(true, value, out);
    case DIR_RULE_UUID:
        return put_uuid(value, out);
    case DIR_RULE_NONE:
    case DIR_RULE_CERTIFICATE_EXACT:
    case DIR_RULE_CERTIFICATE_PAIR_EXACT:
    case DIR_RULE_CERTIFICATE_LIST_EXACT:
    case DIR_RULE_ALGORITHM_IDENTIFIER:
        break;
    }
    return SK_INPUT;
}
