/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_dn.h"

#include <unistr.h>

#include "core/ascii.h"
#include "core/der.h"
#include "core/derout.h"
#include "core/dir_schema.h"
#include "core/hex.h"
#include "core/name.h"
#include "core/name_int.h"
#include "core/oid.h"

/* ---- reading: one attribute of one RDN at a time --------------------------------------------- */

enum form { FORM_PLAIN, FORM_QUOTED, FORM_HEX };
enum after { AFTER_END, AFTER_PLUS, AFTER_COMMA };

struct ava {
    struct sk_bytes type; /* as written */
    enum form form;
    struct sk_bytes raw; /* of the value: escapes still in it, quotes and '#' not */
    enum after after;    /* what stands behind it */
};

struct reader {
    const uint8_t *start, *p, *end;
    struct sk_err *err;
};

static enum sk_status fault(struct reader *r, const char *what)
{
    return err_set(r->err, SK_INPUT, "DN: octet %zu: %s", (size_t)(r->p - r->start), what);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end && is_blank(*r->p))
        r->p++;
}

/* Length of the escape at p (RFC 4514 3: pair); 0: none. */
static size_t escape_len(const uint8_t *p, const uint8_t *end)
{
    if (end - p >= 3 && hex_digit((char)p[1]) >= 0 && hex_digit((char)p[2]) >= 0)
        return 3;
    if (end - p >= 2 && p[1] != '\0' && strchr("\\\"+,;<> #=", p[1]) != NULL)
        return 2;
    return 0;
}

static enum sk_status take_type(struct reader *r, struct sk_bytes *out)
{
    const uint8_t *start = r->p;

    while (r->p < r->end && *r->p != '=' && !is_blank(*r->p))
        r->p++;
    *out = bytes_of(start, (size_t)(r->p - start));
    /* RFC 2253 4 */
    if (out->len > 4 && start[4] <= '9' &&
        (memcmp(start, "OID.", 4) == 0 || memcmp(start, "oid.", 4) == 0))
        *out = bytes_of(start + 4, out->len - 4);
    skip_blanks(r);
    if (r->p == r->end || *r->p != '=')
        return fault(r, "an attribute type and '=' were expected");
    r->p++;
    skip_blanks(r);
    return SK_OK;
}

static enum sk_status take_hex(struct reader *r, struct sk_bytes *out)
{
    const uint8_t *start = ++r->p;

    while (r->end - r->p >= 2 && hex_digit((char)r->p[0]) >= 0 && hex_digit((char)r->p[1]) >= 0)
        r->p += 2;
    *out = bytes_of(start, (size_t)(r->p - start));
    return out->len > 0 ? SK_OK : fault(r, "hexadecimal digits were expected");
}

static enum sk_status take_quoted(struct reader *r, struct sk_bytes *out)
{
    const uint8_t *start = ++r->p;

    while (r->p < r->end && *r->p != '"') {
        size_t len = *r->p == '\\' ? escape_len(r->p, r->end) : 1;

        if (len == 0 || *r->p == '\0')
            return fault(r, "an escape was expected");
        r->p += len;
    }
    if (r->p == r->end)
        return fault(r, "the closing quote is missing");
    *out = bytes_of(start, (size_t)(r->p++ - start));
    return SK_OK;
}

static enum sk_status take_plain(struct reader *r, struct sk_bytes *out)
{
    const uint8_t *start = r->p, *kept = r->p; /* kept: where the value ends without blanks */

    while (r->p < r->end && *r->p != ',' && *r->p != ';' && *r->p != '+') {
        size_t len = *r->p == '\\' ? escape_len(r->p, r->end) : 1;

        if (len == 0 || *r->p == '\0' || *r->p == '"' || *r->p == '<' || *r->p == '>')
            return fault(r, "a character that must be escaped, or a wrong escape");
        if (len > 1 || !is_blank(*r->p))
            kept = r->p + len;
        r->p += len;
    }
    *out = bytes_of(start, (size_t)(kept - start));
    return SK_OK;
}

/* r stands at the beginning of an attribute, or in front of blanks that stand before it. */
static enum sk_status take_ava(struct reader *r, struct ava *out)
{
    struct ava ava = {.form = FORM_PLAIN, .after = AFTER_END};
    enum sk_status status;

    skip_blanks(r);
    status = take_type(r, &ava.type);
    if (status != SK_OK)
        return status;
    if (r->p < r->end && *r->p == '#')
        ava.form = FORM_HEX;
    else if (r->p < r->end && *r->p == '"')
        ava.form = FORM_QUOTED;
    if (ava.form == FORM_HEX)
        status = take_hex(r, &ava.raw);
    else
        status = ava.form == FORM_QUOTED ? take_quoted(r, &ava.raw) : take_plain(r, &ava.raw);
    if (status != SK_OK)
        return status;
    skip_blanks(r);
    if (r->p < r->end) {
        if (*r->p != '+' && *r->p != ',' && *r->p != ';')
            return fault(r, "',' or '+' was expected");
        ava.after = *r->p++ == '+' ? AFTER_PLUS : AFTER_COMMA;
    }
    *out = ava;
    return SK_OK;
}

static enum sk_status reader_init(struct reader *r, struct sk_bytes text, struct sk_err *err)
{
    r->start = r->p = text.p;
    r->end = text.len > 0 ? text.p + text.len : text.p;
    r->err = err;
    if (text.len > LIMIT_DIR_DN_BYTES)
        return err_set(err, SK_LIMIT, "DN: more than %u octets", LIMIT_DIR_DN_BYTES);
    return SK_OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

static uint8_t hex_octet(const uint8_t *p)
{
    return (uint8_t)(hex_digit((char)p[0]) << 4 | hex_digit((char)p[1]));
}

/* The value without its escapes, in the arena; the octets of a hexadecimal one. */
static enum sk_status decode(struct sk_arena *arena, const struct ava *ava, struct sk_bytes *out)
{
    uint8_t *octets = arena_alloc(arena, ava->raw.len + 1);
    const uint8_t *p = ava->raw.p, *end = p + ava->raw.len;
    size_t len = 0;

    if (octets == NULL)
        return SK_NOMEM;
    while (p < end) {
        if (ava->form == FORM_HEX) {
            octets[len++] = hex_octet(p);
            p += 2;
        } else if (*p != '\\') {
            octets[len++] = *p++;
        } else if (escape_len(p, end) == 3) {
            octets[len++] = hex_octet(p + 1);
            p += 3;
        } else {
            octets[len++] = p[1];
            p += 2;
        }
    }
    *out = bytes_of(octets, len);
    return SK_OK;
}

static bool is_ascii(struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* The string type that certificates have for the attribute (RFC 5280 appendix A.1). */
static uint8_t string_tag(const struct dir_attribute *attribute, struct sk_bytes value)
{
    static const char country[] = "1.3.6.1.4.1.1466.115.121.1.11";
    static const char printable[] = "1.3.6.1.4.1.1466.115.121.1.44";
    static const char ia5[] = "1.3.6.1.4.1.1466.115.121.1.26";

    if (attribute == NULL)
        return DER_UTF8_STRING;
    if (strcmp(attribute->syntax, country) == 0 || strcmp(attribute->syntax, printable) == 0)
        return ascii_is_printable(value) ? DER_PRINTABLE_STRING : DER_UTF8_STRING;
    if (strcmp(attribute->syntax, ia5) == 0)
        return is_ascii(value) ? DER_IA5_STRING : DER_UTF8_STRING;
    return DER_UTF8_STRING;
}

/* Appends the type's OID. */
static enum sk_status put_type(struct reader *r, struct sk_bytes type,
                               const struct dir_attribute *attribute, struct sk_buf *out)
{
    char text[LIMIT_OID_TEXT];
    struct sk_buf oid;
    enum sk_status status;

    if (attribute == NULL && (!dir_schema_is_oid(type) || type.len >= sizeof(text)))
        return fault(r, "unknown attribute type in front of here");
    if (attribute == NULL) {
        memcpy(text, type.p, type.len);
        text[type.len] = '\0';
    }
    buf_init(&oid, LIMIT_OID_TEXT);
    status = oid_from_text(attribute != NULL ? attribute->oid : text, &oid);
    if (status == SK_OK)
        derout_tlv(out, DER_OID, buf_bytes(&oid));
    buf_done(&oid);
    if (status == SK_INPUT || status == SK_LIMIT)
        return fault(r, "no OID that we can encode in front of here");
    return status;
}

/* Appends AttributeTypeAndValue. */
static enum sk_status put_ava(struct reader *r, struct sk_arena *arena, const struct ava *ava,
                              struct sk_buf *out)
{
    const struct dir_attribute *attribute = dir_schema_attribute(ava->type);
    size_t mark = derout_open(out, DER_SEQUENCE);
    struct sk_bytes value;
    enum sk_status status = put_type(r, ava->type, attribute, out);

    if (status == SK_OK)
        status = decode(arena, ava, &value);
    if (status != SK_OK)
        return status;
    if (ava->form == FORM_HEX) {
        struct der d;
        struct der_tlv tlv;

        der_init(&d, value);
        if (der_any(&d, &tlv) != SK_OK || der_finish(&d) != SK_OK)
            return fault(r, "the octets in front of here are not one DER value");
        derout_raw(out, value);
    } else {
        if (value.len > 0 && u8_check(value.p, value.len) != NULL)
            return fault(r, "the value in front of here is not UTF-8");
        derout_tlv(out, string_tag(attribute, value), value);
    }
    derout_close(out, mark);
    return buf_status(out);
}

/* ---- RDNs ------------------------------------------------------------------------------------ */

/* RFC 4512 2.3.1: no type twice. avas: AttributeTypeAndValue, whole. */
static bool is_type_taken(const struct sk_bytes *avas, size_t n, struct sk_bytes ava)
{
    struct der d, seq;
    struct sk_bytes type, other;
    size_t i;

    der_init(&d, ava);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_take(&seq, DER_OID, &type) != SK_OK)
        return true;
    for (i = 0; i < n; i++) {
        der_init(&d, avas[i]);
        if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK ||
            der_take(&seq, DER_OID, &other) != SK_OK || bytes_equal(type, other))
            return true;
    }
    return false;
}

/* What one DN needs while it is read. */
struct rdn {
    struct sk_arena *arena;
    struct sk_buf buf;                     /* scratch */
    struct sk_bytes avas[LIMIT_NAME_AVAS]; /* of the RDN at hand, whole, in order of DER */
    size_t n;
};

static enum sk_status add_ava(struct reader *r, struct rdn *rdn, const struct ava *ava)
{
    enum sk_status status;
    struct sk_bytes whole;
    size_t i;

    if (rdn->n == LIMIT_NAME_AVAS)
        return err_set(r->err, SK_LIMIT, "DN: more than %u attributes in an RDN", LIMIT_NAME_AVAS);
    buf_reset(&rdn->buf);
    status = put_ava(r, rdn->arena, ava, &rdn->buf);
    if (status != SK_OK)
        return status;
    whole = bytes_of(arena_copy(rdn->arena, rdn->buf.data, rdn->buf.len), rdn->buf.len);
    if (whole.p == NULL)
        return SK_NOMEM;
    if (is_type_taken(rdn->avas, rdn->n, whole))
        return fault(r, "a type stands twice in the RDN in front of here");
    for (i = rdn->n++; i > 0 && bytes_compare(whole, rdn->avas[i - 1]) < 0; i--)
        rdn->avas[i] = rdn->avas[i - 1];
    rdn->avas[i] = whole;
    return SK_OK;
}

/* Reads one RDN and gives the contents of its SET (X.690 11.6: sorted), in the scratch buffer. */
static enum sk_status take_rdn(struct reader *r, struct rdn *rdn, struct sk_bytes *out_avas,
                               bool *out_is_last)
{
    struct ava ava;
    size_t i;

    rdn->n = 0;
    do {
        enum sk_status status = take_ava(r, &ava);

        if (status == SK_OK)
            status = add_ava(r, rdn, &ava);
        if (status != SK_OK)
            return status;
    } while (ava.after == AFTER_PLUS);
    buf_reset(&rdn->buf);
    for (i = 0; i < rdn->n; i++)
        buf_put(&rdn->buf, rdn->avas[i].p, rdn->avas[i].len);
    *out_avas = buf_bytes(&rdn->buf);
    *out_is_last = ava.after == AFTER_END;
    return buf_status(&rdn->buf);
}

/* ---- whole DNs ------------------------------------------------------------------------------- */

static enum sk_status hash_rdn(struct sk_arena *arena, struct sk_bytes rdn, bool is_contents,
                               uint8_t out[DIR_RDN_HASH], struct sk_err *err)
{
    uint8_t hash[NAME_HASH];
    struct sk_bytes canon;
    enum sk_status status = name_canon_rdn(arena, rdn, is_contents, &canon, err);

    if (status != SK_OK)
        return status;
    name_hash(canon, hash);
    memcpy(out, hash, DIR_RDN_HASH);
    return SK_OK;
}

/* Everything but a lack of memory has its text already. */
static enum sk_status told(enum sk_status status, struct sk_err *err)
{
    if (status == SK_NOMEM)
        return err_set(err, status, "DN: out of memory or over its budget");
    return status;
}

static enum sk_status too_deep(struct sk_err *err)
{
    return err_set(err, SK_LIMIT, "DN: more than %u RDNs", LIMIT_DIR_DEPTH);
}

/* Text has the root's RDN last, a key has it first. */
static void turn(struct dir_key *key)
{
    uint8_t hash[DIR_RDN_HASH];
    unsigned i;

    for (i = 0; i < key->depth / 2; i++) {
        uint8_t *a = key->hash + (size_t)i * DIR_RDN_HASH;
        uint8_t *b = key->hash + (size_t)(key->depth - 1 - i) * DIR_RDN_HASH;

        memcpy(hash, a, DIR_RDN_HASH);
        memcpy(a, b, DIR_RDN_HASH);
        memcpy(b, hash, DIR_RDN_HASH);
    }
}

enum sk_status dir_dn_key(struct sk_arena *arena, struct sk_bytes text, struct dir_key *out,
                          struct sk_err *err)
{
    struct rdn rdn = {.arena = arena};
    struct dir_key key = {0};
    struct reader r;
    bool is_last = text.len == 0;
    enum sk_status status = reader_init(&r, text, err);

    buf_init(&rdn.buf, LIMIT_NAME_CANON_BYTES);
    while (status == SK_OK && !is_last) {
        struct sk_bytes avas;

        if (key.depth == LIMIT_DIR_DEPTH) {
            status = too_deep(err);
            break;
        }
        status = take_rdn(&r, &rdn, &avas, &is_last);
        if (status == SK_OK)
            status = hash_rdn(arena, avas, true, key.hash + (size_t)key.depth * DIR_RDN_HASH, err);
        key.depth++;
    }
    buf_done(&rdn.buf);
    if (status != SK_OK)
        return told(status, err);
    turn(&key);
    *out = key;
    return SK_OK;
}

enum sk_status dir_dn_key_of_name(struct sk_arena *arena, struct sk_bytes name_der,
                                  struct dir_key *out, struct sk_err *err)
{
    struct dir_key key = {0};
    struct der d, rdns;

    der_init(&d, name_der);
    if (der_enter(&d, DER_SEQUENCE, &rdns) != SK_OK || der_finish(&d) != SK_OK)
        return err_set(err, SK_INPUT, "name: not one SEQUENCE");
    while (!der_at_end(&rdns)) {
        struct sk_bytes set;
        enum sk_status status;

        if (key.depth == LIMIT_DIR_DEPTH)
            return too_deep(err);
        if (der_take_whole(&rdns, DER_SET, &set) != SK_OK)
            return err_set(err, SK_INPUT, "name: RDN %u is not a SET", key.depth);
        status = hash_rdn(arena, set, false, key.hash + (size_t)key.depth * DIR_RDN_HASH, err);
        if (status != SK_OK)
            return status;
        key.depth++;
    }
    *out = key;
    return SK_OK;
}

/* The SETs of all RDNs, whole, in order of the text. */
static enum sk_status take_rdns(struct reader *r, struct rdn *rdn,
                                struct sk_bytes sets[LIMIT_NAME_RDNS], size_t *out_n)
{
    bool is_last = r->p == r->end;
    size_t n = 0;

    while (!is_last) {
        struct sk_bytes avas;
        struct sk_buf set;
        enum sk_status status;

        if (n == LIMIT_NAME_RDNS)
            return err_set(r->err, SK_LIMIT, "DN: more than %u RDNs", LIMIT_NAME_RDNS);
        status = take_rdn(r, rdn, &avas, &is_last);
        if (status != SK_OK)
            return status;
        buf_init(&set, LIMIT_NAME_CANON_BYTES);
        derout_tlv(&set, DER_SET, avas);
        sets[n] = bytes_of(arena_copy(rdn->arena, set.data, set.len), set.len);
        status = buf_status(&set);
        buf_done(&set);
        if (status != SK_OK || sets[n++].p == NULL)
            return status != SK_OK ? status : SK_NOMEM;
    }
    *out_n = n;
    return SK_OK;
}

enum sk_status dir_dn_name(struct sk_arena *arena, struct sk_bytes text, struct sk_bytes *out_der,
                           struct sk_err *err)
{
    struct sk_bytes sets[LIMIT_NAME_RDNS];
    struct rdn rdn = {.arena = arena};
    struct reader r;
    const void *copy = NULL;
    size_t n = 0, mark, len;
    enum sk_status status = reader_init(&r, text, err);

    buf_init(&rdn.buf, LIMIT_NAME_CANON_BYTES);
    if (status == SK_OK)
        status = take_rdns(&r, &rdn, sets, &n);
    if (status == SK_OK) {
        buf_reset(&rdn.buf);
        mark = derout_open(&rdn.buf, DER_SEQUENCE);
        while (n > 0)
            derout_raw(&rdn.buf, sets[--n]);
        derout_close(&rdn.buf, mark);
        status = buf_status(&rdn.buf);
    }
    len = rdn.buf.len;
    if (status == SK_OK)
        copy = arena_copy(arena, rdn.buf.data, len);
    buf_done(&rdn.buf);
    if (status != SK_OK || copy == NULL)
        return told(status != SK_OK ? status : SK_NOMEM, err);
    *out_der = bytes_of(copy, len);
    return SK_OK;
}

enum sk_status dir_dn_parent(struct sk_bytes text, struct sk_bytes *out)
{
    struct reader r;
    struct ava ava;
    enum sk_status status = reader_init(&r, text, NULL);

    if (status != SK_OK || text.len == 0)
        return status != SK_OK ? status : SK_NOTFOUND;
    do {
        status = take_ava(&r, &ava);
    } while (status == SK_OK && ava.after == AFTER_PLUS);
    if (status != SK_OK)
        return status;
    skip_blanks(&r);
    if (ava.after == AFTER_COMMA && r.p == r.end)
        return SK_INPUT;
    *out = bytes_of(r.p, (size_t)(r.end - r.p));
    return SK_OK;
}

/* What an attribute with a "#hex" value holds. */
static enum sk_status decode_der(struct sk_arena *arena, struct sk_bytes *io_value)
{
    struct der d;
    struct der_tlv tlv;
    struct sk_buf text;
    enum sk_status status;

    der_init(&d, *io_value);
    if (der_any(&d, &tlv) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    buf_init(&text, 2 * tlv.body.len + 1); /* no string type grows more than twofold */
    status = name_decode(tlv.tag, tlv.body, &text);
    if (status == SK_OK)
        *io_value = bytes_of(arena_copy(arena, text.data, text.len), text.len);
    buf_done(&text);
    if (status == SK_NOTFOUND)
        return SK_OK;
    return status == SK_OK && io_value->p == NULL ? SK_NOMEM : status;
}

enum sk_status dir_dn_rdn_values(struct sk_arena *arena, struct sk_bytes text, dir_dn_ava_fn visit,
                                 void *arg)
{
    struct reader r;
    struct ava ava = {.after = text.len > 0 ? AFTER_PLUS : AFTER_END};
    enum sk_status status = reader_init(&r, text, NULL);

    while (status == SK_OK && ava.after == AFTER_PLUS) {
        struct sk_bytes value;

        status = take_ava(&r, &ava);
        if (status == SK_OK)
            status = decode(arena, &ava, &value);
        if (status == SK_OK && ava.form == FORM_HEX)
            status = decode_der(arena, &value);
        if (status == SK_OK)
            status = visit(arg, ava.type, value);
    }
    return status;
}

/* ---- keys ------------------------------------------------------------------------------------ */

struct sk_bytes dir_key_bytes(const struct dir_key *key)
{
    return bytes_of(key->hash, (size_t)key->depth * DIR_RDN_HASH);
}

bool dir_key_equal(const struct dir_key *a, const struct dir_key *b)
{
    return bytes_equal(dir_key_bytes(a), dir_key_bytes(b));
}

bool dir_key_within(const struct dir_key *key, const struct dir_key *base)
{
    return base->depth <= key->depth &&
           bytes_equal(bytes_of(key->hash, (size_t)base->depth * DIR_RDN_HASH),
                       dir_key_bytes(base));
}
