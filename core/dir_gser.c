/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ascii.h"
#include "core/clock.h"
#include "core/der.h"
#include "core/derout.h"
#include "core/dir_value_int.h"
#include "core/hex.h"
#include "core/name.h"
#include "core/oid.h"

/*
 * Assertions of RFC 4523 in the generic string encoding (RFC 3641, 3642), as its appendix A writes
 * them out. Beyond it, what clients of older servers send: components in any order, names in any
 * letter case, blanks anywhere between tokens, the word in front of a CHOICE's ':' left out, a
 * serial number as 'hex'H or 0x..., and for certificates "serial$issuer".
 */

struct reader {
    const uint8_t *p, *end;
    struct sk_arena *arena;
};

/* ---- tokens ---------------------------------------------------------------------------------- */

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->p == r->end || *r->p != (uint8_t)c)
        return false;
    r->p++;
    return true;
}

/* An identifier: taken when it is this one. */
static bool take_word(struct reader *r, const char *word)
{
    const uint8_t *p;

    skip_blanks(r);
    for (p = r->p; *word != '\0'; word++, p++) {
        if (p == r->end || ascii_lower(*p) != ascii_lower((uint8_t)*word))
            return false;
    }
    if (p < r->end && (ascii_is_alnum(*p) || *p == '-'))
        return false;
    r->p = p;
    return true;
}

/* The word of a CHOICE with its ':'. */
static bool take_choice(struct reader *r, const char *word)
{
    struct reader at = *r;

    if (!take_word(&at, word) || !take(&at, ':'))
        return false;
    *r = at;
    return true;
}

/* RFC 3641 3.2 StringValue: a quote inside is doubled. */
static enum sk_status take_string(struct reader *r, struct sk_bytes *out)
{
    uint8_t *text;
    size_t len = 0;

    if (!take(r, '"'))
        return SK_INPUT;
    text = arena_alloc(r->arena, (size_t)(r->end - r->p));
    if (text == NULL)
        return SK_NOMEM;
    for (; r->p < r->end; r->p++) {
        if (*r->p == '"') {
            r->p++;
            if (r->p == r->end || *r->p != '"') {
                *out = bytes_of(text, len);
                return SK_OK;
            }
        }
        text[len++] = *r->p;
    }
    return SK_INPUT;
}

/* Pairs of hexadecimal digits as far as there are any; an odd one is not taken. */
static enum sk_status take_digit_pairs(struct reader *r, struct sk_bytes *out)
{
    uint8_t *octets = arena_alloc(r->arena, (size_t)(r->end - r->p) / 2);
    size_t len = 0;

    if (octets == NULL)
        return SK_NOMEM;
    for (; r->end - r->p >= 2; r->p += 2) {
        int high = hex_digit((char)r->p[0]), low = hex_digit((char)r->p[1]);

        if (high < 0 || low < 0)
            break;
        octets[len++] = (uint8_t)(high << 4 | low);
    }
    *out = bytes_of(octets, len);
    return SK_OK;
}

/* RFC 3641 3.5: 'hex'H */
static enum sk_status take_hstring(struct reader *r, struct sk_bytes *out)
{
    enum sk_status status;

    if (!take(r, '\''))
        return SK_INPUT;
    status = take_digit_pairs(r, out);
    if (status == SK_OK && (r->end - r->p < 2 || r->p[0] != '\'' || ascii_lower(r->p[1]) != 'h'))
        return SK_INPUT;
    r->p += status == SK_OK ? 2 : 0;
    return status;
}

/* ---- serial numbers -------------------------------------------------------------------------- */

/* Two's complement without octets that say nothing. */
static struct sk_bytes minimal(struct sk_bytes number)
{
    while (number.len > 1 && ((number.p[0] == 0x00 && number.p[1] < 0x80) ||
                              (number.p[0] == 0xff && number.p[1] >= 0x80)))
        number = bytes_of(number.p + 1, number.len - 1);
    return number;
}

/* octets = octets * 10 + digit; false: it does not fit. */
static bool push_digit(uint8_t octets[LIMIT_SERIAL_BYTES], unsigned digit)
{
    size_t i;

    for (i = LIMIT_SERIAL_BYTES; i-- > 0;) {
        digit += octets[i] * 10u;
        octets[i] = (uint8_t)digit;
        digit >>= 8;
    }
    return digit == 0 && octets[0] < 0x80;
}

static void negate(uint8_t octets[LIMIT_SERIAL_BYTES])
{
    unsigned carry = 1;
    size_t i;

    for (i = LIMIT_SERIAL_BYTES; i-- > 0;) {
        carry += (uint8_t)~octets[i];
        octets[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* RFC 3641 3.6: decimal digits, a '-' in front of a negative number */
static enum sk_status take_decimal(struct reader *r, struct sk_bytes *out)
{
    uint8_t *octets = arena_alloc(r->arena, LIMIT_SERIAL_BYTES);
    bool is_negative = take(r, '-');
    const uint8_t *start = r->p;

    if (octets == NULL)
        return SK_NOMEM;
    while (r->p < r->end && *r->p == '0')
        r->p++;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
        if (!push_digit(octets, *r->p - (unsigned)'0'))
            return SK_INPUT;
    }
    if (r->p == start || (r->p < r->end && ascii_is_alnum(*r->p)))
        return SK_INPUT;
    if (is_negative)
        negate(octets);
    *out = minimal(bytes_of(octets, LIMIT_SERIAL_BYTES));
    return SK_OK;
}

/* Digits of a number that is not negative, as certificates are shown by other programs. */
static enum sk_status take_hex_number(struct reader *r, bool is_hstring, struct sk_bytes *out)
{
    struct sk_bytes digits;
    uint8_t *octets;
    enum sk_status status = is_hstring ? take_hstring(r, &digits) : take_digit_pairs(r, &digits);

    if (status != SK_OK)
        return status;
    if (digits.len == 0 || (r->p < r->end && ascii_is_alnum(*r->p)))
        return SK_INPUT;
    octets = arena_alloc(r->arena, digits.len + 1);
    if (octets == NULL)
        return SK_NOMEM;
    memcpy(octets + 1, digits.p, digits.len);
    *out = minimal(bytes_of(octets, digits.len + 1));
    return out->len <= LIMIT_SERIAL_BYTES ? SK_OK : SK_INPUT;
}

static enum sk_status take_serial(struct reader *r, struct sk_bytes *out)
{
    skip_blanks(r);
    if (r->p < r->end && *r->p == '\'')
        return take_hex_number(r, true, out);
    if (r->end - r->p >= 2 && r->p[0] == '0' && ascii_lower(r->p[1]) == 'x') {
        r->p += 2;
        return take_hex_number(r, false, out);
    }
    return take_decimal(r, out);
}

/* ---- names ----------------------------------------------------------------------------------- */

static enum sk_status not_of_syntax(enum sk_status status)
{
    return status == SK_LIMIT ? SK_INPUT : status;
}

/* RFC 3642: rdnSequence:"RFC 4514 text"; whole DER. */
static enum sk_status take_name(struct reader *r, struct sk_bytes *out_der)
{
    struct sk_bytes text;
    enum sk_status status;

    (void)take_choice(r, "rdnSequence");
    status = take_string(r, &text);
    if (status != SK_OK)
        return status;
    return not_of_syntax(dir_dn_name(r->arena, text, out_der, NULL));
}

static enum sk_status take_issuer(struct reader *r, struct sk_bytes *out_canon)
{
    struct sk_bytes der;
    enum sk_status status = take_name(r, &der);

    if (status != SK_OK)
        return status;
    return not_of_syntax(name_canon(r->arena, der, out_canon, NULL));
}

/* Registered identifiers: a numericoid. */
static enum sk_status put_oid_name(struct reader *r, struct sk_buf *out)
{
    char text[LIMIT_OID_TEXT];
    struct sk_buf oid;
    enum sk_status status;
    size_t len = 0;

    skip_blanks(r);
    while (r->p < r->end && len + 1 < sizeof(text) && (ascii_is_alnum(*r->p) || *r->p == '.'))
        text[len++] = (char)*r->p++;
    text[len] = '\0';
    buf_init(&oid, LIMIT_OID_TEXT);
    status = oid_from_text(text, &oid);
    derout_tlv(out, DER_CONTEXT(8), buf_bytes(&oid));
    buf_done(&oid);
    return not_of_syntax(status);
}

/* Appends one GeneralName of the kinds that distribution points have. */
static enum sk_status put_general_name(struct reader *r, struct sk_buf *out)
{
    static const struct {
        const char *word;
        uint8_t tag;
    } strings[] = {{"rfc822Name", DER_CONTEXT(1)},
                   {"dNSName", DER_CONTEXT(2)},
                   {"uniformResourceIdentifier", DER_CONTEXT(6)}};
    enum sk_status status = SK_INPUT;
    struct sk_bytes value;
    size_t i;

    if (take_choice(r, "registeredID"))
        return put_oid_name(r, out);
    if (take_choice(r, "directoryName")) {
        status = take_name(r, &value);
        if (status == SK_OK)
            derout_tlv(out, DER_CONTEXT_CONSTRUCTED(4), value);
        return status;
    }
    if (take_choice(r, "iPAddress")) {
        status = take_hstring(r, &value);
        if (status == SK_OK)
            derout_tlv(out, DER_CONTEXT(7), value);
        return status;
    }
    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (!take_choice(r, strings[i].word))
            continue;
        status = take_string(r, &value);
        if (status == SK_OK)
            derout_tlv(out, strings[i].tag, value);
        break;
    }
    return status;
}

/* "{ name, name }"; contents of GeneralNames in the arena. */
static enum sk_status take_general_names(struct reader *r, struct sk_bytes *out)
{
    struct sk_buf names;
    enum sk_status status = take(r, '{') ? SK_OK : SK_INPUT;
    unsigned n = 0;

    buf_init(&names, LIMIT_DIR_ASSERTION_BYTES * 2);
    while (status == SK_OK) {
        status = n++ < LIMIT_DIR_POINT_NAMES ? put_general_name(r, &names) : SK_INPUT;
        if (status != SK_OK || !take(r, ','))
            break;
    }
    if (status == SK_OK && (!take(r, '}') || buf_status(&names) != SK_OK))
        status = SK_INPUT;
    if (status == SK_OK) {
        *out = bytes_of(arena_copy(r->arena, names.data, names.len), names.len);
        status = out->p != NULL ? SK_OK : SK_NOMEM;
    }
    buf_done(&names);
    return status;
}

/* nameRelativeToCRLIssuer:"RFC 4514 text of one RDN" */
static enum sk_status take_relative(struct reader *r, struct sk_bytes *out_canon)
{
    struct der d, rdns;
    struct sk_bytes der, rdn;
    enum sk_status status = take_name(r, &der);

    if (status != SK_OK)
        return status;
    der_init(&d, der);
    if (der_enter(&d, DER_SEQUENCE, &rdns) != SK_OK ||
        der_take_whole(&rdns, DER_SET, &rdn) != SK_OK || !der_at_end(&rdns))
        return SK_INPUT;
    return not_of_syntax(name_canon_rdn(r->arena, rdn, false, out_canon, NULL));
}

static enum sk_status take_point(struct reader *r, struct pki_list *list)
{
    if (take_choice(r, "fullName"))
        return take_general_names(r, &list->full_name);
    if (take_choice(r, "nameRelativeToCRLIssuer"))
        return take_relative(r, &list->relative);
    return SK_INPUT;
}

/* Time ::= CHOICE { utcTime, generalTime }; without the word, the length tells. */
static enum sk_status take_time(struct reader *r, int64_t *out)
{
    bool is_utc = take_choice(r, "utcTime"), is_general = !is_utc && take_choice(r, "generalTime");
    struct sk_bytes text;
    enum sk_status status = take_string(r, &text);

    if (status != SK_OK)
        return status;
    if (is_utc || (!is_general && text.len == 13))
        return clock_parse_utc_time(text, out);
    return clock_parse_generalized_time(text, out);
}

/* ---- assertions ------------------------------------------------------------------------------ */

/* One component of an assertion, after its name. */
typedef enum sk_status (*component_fn)(struct reader *r, void *out);
struct component {
    const char *name;
    component_fn read;
    bool is_optional;
};

/* "{ name value, name value }", each name at most once. */
static enum sk_status take_components(struct reader *r, const struct component *components,
                                      size_t n, void *out)
{
    unsigned seen = 0;
    size_t i;

    if (!take(r, '{'))
        return SK_INPUT;
    do {
        enum sk_status status;

        for (i = 0; i < n && !take_word(r, components[i].name); i++)
            ;
        if (i == n || (seen & 1u << i) != 0)
            return SK_INPUT;
        seen |= 1u << i;
        status = components[i].read(r, out);
        if (status != SK_OK)
            return status;
    } while (take(r, ','));
    for (i = 0; i < n; i++) {
        if ((seen & 1u << i) == 0 && !components[i].is_optional)
            return SK_INPUT;
    }
    return take(r, '}') ? SK_OK : SK_INPUT;
}

static enum sk_status read_certificate_serial(struct reader *r, void *out)
{
    struct pki_certificate *certificate = out;

    return take_serial(r, &certificate->serial);
}

static enum sk_status read_certificate_issuer(struct reader *r, void *out)
{
    struct pki_certificate *certificate = out;

    return take_issuer(r, &certificate->issuer);
}

static enum sk_status take_certificate(struct reader *r, void *out)
{
    static const struct component components[] = {
        {"serialNumber", read_certificate_serial, false},
        {"issuer", read_certificate_issuer, false},
    };

    return take_components(r, components, 2, out);
}

static enum sk_status read_to(struct reader *r, void *out)
{
    struct pki_pair *pair = out;

    return take_certificate(r, &pair->to);
}

static enum sk_status read_by(struct reader *r, void *out)
{
    struct pki_pair *pair = out;

    return take_certificate(r, &pair->by);
}

static enum sk_status read_list_issuer(struct reader *r, void *out)
{
    struct pki_list *list = out;

    return take_issuer(r, &list->issuer);
}

static enum sk_status read_list_time(struct reader *r, void *out)
{
    struct pki_list *list = out;

    return take_time(r, &list->this_update);
}

static enum sk_status read_list_point(struct reader *r, void *out)
{
    struct pki_list *list = out;

    list->has_point = true;
    return take_point(r, list);
}

static struct reader reader_of(struct sk_arena *arena, struct sk_bytes text)
{
    struct reader r = {text.p, text.len > 0 ? text.p + text.len : text.p, arena};

    skip_blanks(&r);
    return r;
}

static bool is_at_end(struct reader *r)
{
    skip_blanks(r);
    return r->p == r->end;
}

/* The form of RFC 2252's time: serial, '$', issuer without quotes. */
static enum sk_status take_old_form(struct reader *r, struct pki_certificate *out)
{
    struct sk_bytes der, issuer;
    enum sk_status status = take_serial(r, &out->serial);

    if (status != SK_OK || !take(r, '$'))
        return status != SK_OK ? status : SK_INPUT;
    skip_blanks(r);
    issuer = bytes_of(r->p, (size_t)(r->end - r->p));
    r->p = r->end;
    status = dir_dn_name(r->arena, issuer, &der, NULL);
    if (status == SK_OK)
        status = name_canon(r->arena, der, &out->issuer, NULL);
    return not_of_syntax(status);
}

enum sk_status dir_gser_certificate(struct sk_arena *arena, struct sk_bytes text,
                                    struct pki_certificate *out)
{
    struct reader r = reader_of(arena, text);
    struct pki_certificate found = {0};
    enum sk_status status;

    if (r.p < r.end && *r.p == '{')
        status = take_certificate(&r, &found);
    else
        status = take_old_form(&r, &found);
    if (status == SK_OK && !is_at_end(&r))
        status = SK_INPUT;
    if (status == SK_OK)
        *out = found;
    return status;
}

enum sk_status dir_gser_pair(struct sk_arena *arena, struct sk_bytes text, struct pki_pair *out)
{
    static const struct component components[] = {
        {"issuedToThisCAAssertion", read_to, true},
        {"issuedByThisCAAssertion", read_by, true},
    };
    struct reader r = reader_of(arena, text);
    struct pki_pair found = {0};
    enum sk_status status = take_components(&r, components, 2, &found);

    if (status == SK_OK && !is_at_end(&r))
        status = SK_INPUT;
    if (status == SK_OK)
        *out = found;
    return status;
}

enum sk_status dir_gser_list(struct sk_arena *arena, struct sk_bytes text, struct pki_list *out)
{
    static const struct component components[] = {
        {"issuer", read_list_issuer, false},
        {"thisUpdate", read_list_time, false},
        {"distributionPoint", read_list_point, true},
    };
    struct reader r = reader_of(arena, text);
    struct pki_list found = {0};
    enum sk_status status = take_components(&r, components, 3, &found);

    if (status == SK_OK && !is_at_end(&r))
        status = SK_INPUT;
    if (status == SK_OK)
        *out = found;
    return status;
}
