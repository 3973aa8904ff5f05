/* SPDX-License-Identifier: Apache-2.0 */
#include "core/name.h"

#include <stdio.h>

#include "core/der.h"
#include "core/key.h"
#include "core/limits.h"
#include "core/name_int.h"
#include "core/oid.h"

/*
 * Name ::= CHOICE { RDNSequence },  RDNSequence ::= SEQUENCE OF RelativeDistinguishedName
 * RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
 * AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
 *
 * Canonical form:
 *   name ::= rdn*                  rdn ::= length u32, ava*      (sorted by octets)
 *   ava  ::= length u8, type, form u8, length u32, value         (form: FORM_*)
 * Lengths are big-endian. Each rdn says where it ends, so a run of whole RDNs is never a prefix of
 * anything but the same run.
 */
enum { FORM_PREPARED = 1, FORM_DER = 2 };

struct ava {
    struct sk_bytes type;
    struct der_tlv value;
};

static enum sk_status take_ava(struct der *rdn, struct ava *out)
{
    struct der seq, at = *rdn;
    struct ava ava;

    if (der_enter(&at, DER_SEQUENCE, &seq) != SK_OK || der_oid(&seq, DER_OID, &ava.type) != SK_OK ||
        der_any(&seq, &ava.value) != SK_OK || der_finish(&seq) != SK_OK)
        return SK_INPUT;
    *out = ava;
    *rdn = at;
    return SK_OK;
}

/* ---- canonical form
 * -------------------------------------------------------------------------------- */

static void put_u32(struct sk_buf *out, size_t value)
{
    const uint8_t octets[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                               (uint8_t)(value >> 8), (uint8_t)value};

    buf_put(out, octets, sizeof(octets));
}

static void set_u32(struct sk_buf *out, size_t at, size_t value)
{
    if (buf_status(out) != SK_OK)
        return;
    out->data[at] = (uint8_t)(value >> 24);
    out->data[at + 1] = (uint8_t)(value >> 16);
    out->data[at + 2] = (uint8_t)(value >> 8);
    out->data[at + 3] = (uint8_t)value;
}

static enum sk_status put_ava(struct sk_buf *out, const struct ava *ava)
{
    size_t form_at, start;
    enum sk_status status;

    if (ava->value.body.len > LIMIT_NAME_VALUE_BYTES)
        return SK_LIMIT;
    buf_put_byte(out, (uint8_t)ava->type.len);
    buf_put(out, ava->type.p, ava->type.len);
    form_at = out->len;
    buf_put_byte(out, FORM_PREPARED);
    put_u32(out, 0);
    if (buf_status(out) != SK_OK)
        return buf_status(out);
    start = out->len;
    status = name_prepare(ava->value.tag, ava->value.body, out);
    if (status == SK_NOTFOUND) {
        out->data[form_at] = FORM_DER;
        buf_put(out, ava->value.whole.p, ava->value.whole.len);
        status = buf_status(out);
    }
    set_u32(out, form_at + 1, out->len - start);
    return status;
}

/* Sorts the AVAs of an RDN: slices of scratch that end at ends[]. */
static void put_sorted(struct sk_buf *out, struct sk_bytes scratch, const size_t *ends, size_t n)
{
    struct sk_bytes avas[LIMIT_NAME_AVAS];
    size_t i, j, from = 0;

    for (i = 0; i < n; i++) {
        struct sk_bytes one = bytes_of(scratch.p + from, ends[i] - from);

        for (j = i; j > 0 && bytes_compare(one, avas[j - 1]) < 0; j--)
            avas[j] = avas[j - 1];
        avas[j] = one;
        from = ends[i];
    }
    for (i = 0; i < n; i++)
        buf_put(out, avas[i].p, avas[i].len);
}

/* Several AVAs: prepared aside, because their order is that of their canonical octets. */
static enum sk_status put_avas_sorted(struct sk_buf *out, const struct ava *first, struct der *rest)
{
    struct sk_buf scratch;
    struct ava ava = *first;
    size_t ends[LIMIT_NAME_AVAS], n = 0;
    enum sk_status status;

    buf_init(&scratch, LIMIT_NAME_CANON_BYTES);
    for (;;) {
        status = n < LIMIT_NAME_AVAS ? put_ava(&scratch, &ava) : SK_LIMIT;
        if (status != SK_OK)
            goto out;
        ends[n++] = scratch.len;
        if (der_at_end(rest))
            break;
        status = take_ava(rest, &ava);
        if (status != SK_OK)
            goto out;
    }
    put_sorted(out, buf_bytes(&scratch), ends, n);
    status = buf_status(out);
out:
    buf_done(&scratch);
    return status;
}

/* Appends one RDN; avas is a cursor on the contents of its SET. */
static enum sk_status put_rdn(struct sk_buf *out, struct der *avas)
{
    size_t start = out->len;
    struct ava ava;
    enum sk_status status = take_ava(avas, &ava);

    if (status != SK_OK)
        return status;
    put_u32(out, 0);
    status = der_at_end(avas) ? put_ava(out, &ava) : put_avas_sorted(out, &ava, avas);
    set_u32(out, start, out->len - start - 4);
    return status;
}

static enum sk_status put_name(struct sk_buf *out, struct der *rdns, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    unsigned index;

    for (index = 0; status == SK_OK && !der_at_end(rdns); index++) {
        struct der avas;

        if (index >= LIMIT_NAME_RDNS)
            return err_set(err, SK_LIMIT, "name: more than %u RDNs", LIMIT_NAME_RDNS);
        status = der_enter(rdns, DER_SET, &avas);
        if (status == SK_OK)
            status = put_rdn(out, &avas);
    }
    switch (status) {
    case SK_OK:
        return SK_OK;
    case SK_LIMIT:
        return err_set(err, status, "name: RDN %u is too large", index - 1);
    case SK_NOMEM:
        return err_set(err, status, "name: out of memory");
    case SK_AGAIN:
    case SK_INPUT:
    case SK_NOTFOUND:
    case SK_IO:
    case SK_CRYPTO:
    case SK_INTERNAL:
        break;
    }
    return err_set(err, status, "name: RDN %u is malformed (RFC 5280 4.1.2.4)", index - 1);
}

/* Moves what was written into the arena. */
static enum sk_status to_arena(struct sk_arena *arena, const struct sk_buf *buf,
                               struct sk_bytes *out, struct sk_err *err)
{
    const void *copy = arena_copy(arena, buf->data, buf->len);

    if (copy == NULL)
        return err_set(err, SK_NOMEM, "name: out of memory or over the job's budget of it");
    *out = bytes_of(copy, buf->len);
    return SK_OK;
}

enum sk_status name_canon(struct sk_arena *arena, struct sk_bytes name, struct sk_bytes *out_canon,
                          struct sk_err *err)
{
    struct der d, rdns;
    struct sk_buf buf;
    enum sk_status status;

    der_init(&d, name);
    if (der_enter(&d, DER_SEQUENCE, &rdns) != SK_OK || der_finish(&d) != SK_OK)
        return err_set(err, SK_INPUT, "name: not one SEQUENCE");
    buf_init(&buf, LIMIT_NAME_CANON_BYTES);
    status = put_name(&buf, &rdns, err);
    if (status == SK_OK)
        status = to_arena(arena, &buf, out_canon, err);
    buf_done(&buf);
    return status;
}

enum sk_status name_canon_rdn(struct sk_arena *arena, struct sk_bytes rdn, bool is_contents,
                              struct sk_bytes *out_canon, struct sk_err *err)
{
    struct der avas;
    struct sk_buf buf;
    enum sk_status status;

    der_init(&avas, rdn);
    if (!is_contents) {
        struct der d = avas;

        if (der_enter(&d, DER_SET, &avas) != SK_OK || der_finish(&d) != SK_OK)
            return err_set(err, SK_INPUT, "name: the RDN is not one SET");
    }
    buf_init(&buf, LIMIT_NAME_CANON_BYTES);
    status = put_rdn(&buf, &avas);
    if (status == SK_OK)
        status = to_arena(arena, &buf, out_canon, err);
    else
        (void)err_set(err, status, "name: the RDN is malformed or too large");
    buf_done(&buf);
    return status;
}

/* Folding and normalising take up to 0.8 us an octet (U+FDFA). */
size_t name_work(struct sk_bytes names)
{
    enum { ASCII_OCTETS = 32 };
    size_t i, high = 0;

    for (i = 0; i < names.len; i++)
        high += names.p[i] >= 0x80;
    return names.len / ASCII_OCTETS + high + high / 2;
}

bool name_equal(struct sk_bytes canon_a, struct sk_bytes canon_b)
{
    return bytes_equal(canon_a, canon_b);
}

bool name_within(struct sk_bytes canon_name, struct sk_bytes canon_base)
{
    return canon_base.len <= canon_name.len &&
           bytes_equal(bytes_of(canon_name.p, canon_base.len), canon_base);
}

void name_hash(struct sk_bytes canon, uint8_t out[NAME_HASH])
{
    key_sha256(canon, out);
}

/* ---- attributes one by one
 * ---------------------------------------------------------------------------- */

static struct der cursor(const uint8_t *p, const uint8_t *end)
{
    struct der d;

    der_init(&d, bytes_of(p, (size_t)(end - p)));
    return d;
}

enum sk_status name_walk_init(struct name_walk *w, struct sk_bytes name)
{
    struct der d, rdns;

    der_init(&d, name);
    if (der_enter(&d, DER_SEQUENCE, &rdns) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    w->p = rdns.p;
    w->end = rdns.end;
    w->rdn_p = w->rdn_end = NULL; /* no RDN entered yet */
    w->rdn = 0;
    return SK_OK;
}

enum sk_status name_walk_next(struct name_walk *w, struct name_attribute *out)
{
    struct der rdns = cursor(w->p, w->end), avas = cursor(w->rdn_p, w->rdn_end);
    unsigned rdn = w->rdn;
    struct ava ava;

    if (der_at_end(&avas)) {
        if (der_at_end(&rdns))
            return SK_NOTFOUND;
        rdn += w->rdn_p != NULL ? 1 : 0;
        if (der_enter(&rdns, DER_SET, &avas) != SK_OK)
            return SK_INPUT;
    }
    if (take_ava(&avas, &ava) != SK_OK)
        return SK_INPUT;
    w->p = rdns.p;
    w->rdn_p = avas.p;
    w->rdn_end = avas.end;
    w->rdn = rdn;
    out->type = ava.type;
    out->tag = ava.value.tag;
    out->value = ava.value.body;
    out->rdn = rdn;
    return SK_OK;
}

/* ---- text (RFC 4514)
 * ------------------------------------------------------------------------------- */

static void put_hex(struct sk_buf *out, struct sk_bytes octets)
{
    size_t i;

    buf_put_byte(out, '#');
    for (i = 0; i < octets.len; i++)
        buf_printf(out, "%02x", octets.p[i]);
}

/* RFC 4514 2.4; beyond it, control characters (C0, DEL, C1) are escaped so that the text is safe in
 * a log line or on a terminal. */
static void put_escaped(struct sk_buf *out, struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        bool is_c1 = (c == 0xc2 && i + 1 < text.len && text.p[i + 1] < 0xa0) ||
                     (c >= 0x80 && c < 0xa0 && i > 0 && text.p[i - 1] == 0xc2);
        bool is_edge_space = c == ' ' && (i == 0 || i + 1 == text.len);

        if (c < 0x20 || c == 0x7f || is_c1) {
            buf_printf(out, "\\%02x", c);
            continue;
        }
        if (strchr("\"+,;<>\\", c) != NULL || is_edge_space || (c == '#' && i == 0))
            buf_put_byte(out, '\\');
        buf_put_byte(out, c);
    }
}

static enum sk_status put_ava_text(struct sk_buf *out, const struct ava *ava)
{
    enum oid_id id = oid_known(ava->type);
    char dotted[LIMIT_OID_TEXT];
    struct sk_buf text;
    enum sk_status status;

    if (id != OID_UNKNOWN)
        buf_put_text(out, oid_name(id));
    else if (oid_to_text(ava->type, dotted, sizeof(dotted)) == SK_OK)
        buf_put_text(out, dotted);
    else /* an arc above 64 bits: no decimal form here, so its octets */
        put_hex(out, ava->type);
    buf_put_byte(out, '=');
    if (ava->value.body.len > LIMIT_NAME_VALUE_BYTES)
        return SK_LIMIT;
    buf_init(&text, 2 * ava->value.body.len + 1);
    status = name_decode(ava->value.tag, ava->value.body, &text);
    if (status == SK_OK) {
        put_escaped(out, buf_bytes(&text));
    } else if (status == SK_NOTFOUND) {
        put_hex(out, ava->value.whole);
        status = SK_OK;
    }
    buf_done(&text);
    return status;
}

static enum sk_status put_rdn_text(struct sk_buf *out, struct sk_bytes avas)
{
    struct der d;
    struct ava ava;
    enum sk_status status;
    bool is_first = true;

    der_init(&d, avas);
    do {
        if (!is_first)
            buf_put_byte(out, '+');
        is_first = false;
        status = take_ava(&d, &ava);
        if (status == SK_OK)
            status = put_ava_text(out, &ava);
    } while (status == SK_OK && !der_at_end(&d));
    return status;
}

enum sk_status name_to_text(struct sk_bytes name, struct sk_buf *out)
{
    struct sk_bytes rdns[LIMIT_NAME_RDNS];
    struct der d, seq;
    size_t n = 0;

    der_init(&d, name);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    while (!der_at_end(&seq)) {
        if (n == LIMIT_NAME_RDNS)
            return SK_LIMIT;
        if (der_take(&seq, DER_SET, &rdns[n++]) != SK_OK)
            return SK_INPUT;
    }
    /* RFC 4514 2.1: the last RDN comes first. */
    while (n > 0) {
        enum sk_status status = put_rdn_text(out, rdns[--n]);

        if (status != SK_OK)
            return status;
        if (buf_status(out) != SK_OK)
            break; /* the rest would not be kept */
        if (n > 0)
            buf_put_byte(out, ',');
    }
    return buf_status(out);
}

/* Where a text of at most max octets may end without cutting a character (RFC 3629 3). */
static size_t cut_before(const uint8_t *text, size_t max)
{
    while (max > 0 && (text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

void name_short_text(struct sk_bytes name, char *out, size_t size)
{
    static const char more[] = "...";
    const size_t max = size - sizeof(more);
    struct sk_buf text;
    enum sk_status status;
    bool is_whole;
    size_t len;

    buf_init(&text, size);
    status = name_to_text(name, &text);
    is_whole = status == SK_OK && text.len < size;
    len = is_whole || text.len <= max ? text.len : cut_before(text.data, max);
    if (len == 0)
        (void)snprintf(out, size, "%s", is_whole ? "an empty name" : "a name without text");
    else
        (void)snprintf(out, size, "%.*s%s", (int)len, (const char *)text.data,
                       is_whole ? "" : more);
    buf_done(&text);
}
