/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/ldap_lber.h"

#include <lber.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hex.h"

enum {
    TAG_SEARCH = 0x63,
    TAG_BIND = 0x60,
    TAG_ENTRY = 0x64,
    TAG_REFERENCE = 0x73,
    TAG_EXTENDED = 0x78,
    TAG_CONTROLS = 0xa0,
    TAG_REFERRAL = 0xa3,
    TAG_NAME = 0x8a,
    TAG_VALUE = 0x8b,
    TAG_PRESENT = 0x87,
    TEXT_BYTES = 1024 * 1024,
};

/* liblber writes into what it reads. */
static BerElement *open_copy(struct sk_bytes octets)
{
    struct berval bv = {octets.len, (char *)(uintptr_t)octets.p};

    return octets.len > 0 ? ber_init(&bv) : NULL;
}

/* ---- requests ---- */

void lber_search_init(struct lber_search *search)
{
    memset(search, 0, sizeof(*search));
    buf_init(&search->base, TEXT_BYTES);
    buf_init(&search->attributes, TEXT_BYTES);
    buf_init(&search->filter, TEXT_BYTES);
}

void lber_search_done(struct lber_search *search)
{
    buf_done(&search->base);
    buf_done(&search->attributes);
    buf_done(&search->filter);
}

static bool read_attributes(BerElement *ber, struct lber_search *out)
{
    char *last;
    ber_len_t len;
    ber_tag_t tag;
    struct berval bv;

    for (tag = ber_first_element(ber, &len, &last); tag != LBER_DEFAULT;
         tag = ber_next_element(ber, &len, last)) {
        if (tag != LBER_OCTETSTRING || ber_scanf(ber, "m", &bv) == LBER_ERROR)
            return false;
        buf_put(&out->attributes, bv.bv_val, bv.bv_len);
        buf_put_byte(&out->attributes, 0);
        out->num_attributes++;
    }
    return true;
}

bool lber_search_read(struct sk_bytes message, struct lber_search *out)
{
    BerElement *ber = open_copy(message);
    struct berval base, filter;
    ber_tag_t op = 0;
    bool is_good;

    if (ber == NULL)
        return false;
    is_good = ber_scanf(ber, "{it{meeiib", &out->id, &op, &base, &out->scope, &out->deref,
                        &out->size_limit, &out->time_limit, &out->types_only) != LBER_ERROR &&
              op == TAG_SEARCH;
    if (is_good) {
        buf_put(&out->base, base.bv_val, base.bv_len);
        is_good = ber_skip_element(ber, &filter) != LBER_DEFAULT;
    }
    if (is_good) {
        buf_put(&out->filter, filter.bv_val, filter.bv_len);
        is_good = read_attributes(ber, out);
    }
    ber_free(ber, 1);
    return is_good;
}

static bool take_out(struct sk_buf *out, BerElement *ber, bool is_good)
{
    struct berval bv;

    if (is_good && ber_flatten2(ber, &bv, 0) == 0)
        buf_put(out, bv.bv_val, bv.bv_len);
    else
        is_good = false;
    ber_free(ber, 1);
    return is_good;
}

bool lber_search_write(struct sk_buf *out, int id, const char *base, int scope, int size_limit,
                       int time_limit, const char *const *attributes)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    bool is_good =
        ber_printf(ber, "{it{seeiibts{", id, (ber_tag_t)TAG_SEARCH, base, scope, 0, size_limit,
                   time_limit, 0, (ber_tag_t)TAG_PRESENT, "objectClass") != -1;

    for (; is_good && attributes != NULL && *attributes != NULL; attributes++)
        is_good = ber_printf(ber, "s", *attributes) != -1;
    return take_out(out, ber, is_good && ber_printf(ber, "}}}") != -1);
}

bool lber_bind_write(struct sk_buf *out, int id, int version, const char *name,
                     const char *password)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    bool is_good = ber_printf(ber, "{it{ists}}", id, (ber_tag_t)TAG_BIND, version, name,
                              (ber_tag_t)0x80, password) != -1;

    return take_out(out, ber, is_good);
}

/* ---- responses ---- */

static void set_text(char *to, const struct berval *bv)
{
    (void)snprintf(to, LBER_TEXT, "%.*s", (int)bv->bv_len, bv->bv_val);
}

static void add_text(char *to, const char *text)
{
    size_t len = strlen(to);

    (void)snprintf(to + len, LBER_TEXT - len, "%s", text);
}

static bool read_values(BerElement *ber, const struct berval *name, struct lber_response *out)
{
    char *last, text[LBER_TEXT];
    unsigned count = 0;
    ber_len_t len;
    ber_tag_t tag;
    struct berval bv;

    for (tag = ber_first_element(ber, &len, &last); tag != LBER_DEFAULT;
         tag = ber_next_element(ber, &len, last)) {
        if (ber_scanf(ber, "m", &bv) == LBER_ERROR)
            return false;
        count++;
        out->octets += bv.bv_len;
    }
    out->num_values += count;
    (void)snprintf(text, sizeof(text), "%.*s=%u;", (int)name->bv_len, name->bv_val, count);
    add_text(out->attributes, text);
    return true;
}

static bool read_entry(BerElement *ber, struct lber_response *out)
{
    char *last;
    ber_len_t len;
    ber_tag_t tag;
    struct berval bv;

    if (ber_scanf(ber, "{m", &bv) == LBER_ERROR)
        return false;
    set_text(out->dn, &bv);
    for (tag = ber_first_element(ber, &len, &last); tag != LBER_DEFAULT;
         tag = ber_next_element(ber, &len, last)) {
        if (ber_scanf(ber, "{m", &bv) == LBER_ERROR || !read_values(ber, &bv, out))
            return false;
        out->num_attributes++;
    }
    return ber_scanf(ber, "}") != LBER_ERROR;
}

static bool read_urls(BerElement *ber, struct lber_response *out)
{
    char *last, text[LBER_TEXT];
    ber_len_t len;
    ber_tag_t tag;
    struct berval bv;

    for (tag = ber_first_element(ber, &len, &last); tag != LBER_DEFAULT;
         tag = ber_next_element(ber, &len, last)) {
        if (ber_scanf(ber, "m", &bv) == LBER_ERROR)
            return false;
        (void)snprintf(text, sizeof(text), "%.*s ", (int)bv.bv_len, bv.bv_val);
        add_text(out->urls, text);
        out->num_urls++;
    }
    return true;
}

static bool read_result(BerElement *ber, struct lber_response *out)
{
    struct berval matched, text, name;
    ber_len_t len;

    if (ber_scanf(ber, "{emm", &out->code, &matched, &text) == LBER_ERROR)
        return false;
    set_text(out->matched, &matched);
    set_text(out->text, &text);
    if (ber_peek_tag(ber, &len) == TAG_REFERRAL && !read_urls(ber, out))
        return false;
    if (ber_peek_tag(ber, &len) == TAG_NAME) {
        if (ber_scanf(ber, "m", &name) == LBER_ERROR)
            return false;
        set_text(out->name, &name);
    }
    out->has_value = ber_peek_tag(ber, &len) == TAG_VALUE;
    return !out->has_value || ber_scanf(ber, "x") != LBER_ERROR;
}

static bool read_page(BerElement *ber, struct lber_response *out)
{
    struct berval type, value, cookie;
    BerElement *page;
    ber_len_t len;
    bool is_good;
    int size;

    if (ber_peek_tag(ber, &len) != TAG_CONTROLS)
        return true;
    if (ber_scanf(ber, "{{mm}}", &type, &value) == LBER_ERROR)
        return false;
    page = ber_init(&value);
    is_good = page != NULL && ber_scanf(page, "{im}", &size, &cookie) != LBER_ERROR &&
              cookie.bv_len < LBER_TEXT / 2;
    if (is_good) {
        out->has_page = true;
        hex_encode(bytes_of(cookie.bv_val, cookie.bv_len), out->cookie);
    }
    ber_free(page, 1);
    return is_good;
}

size_t lber_response_read(struct sk_bytes octets, struct lber_response *out)
{
    BerElement *ber;
    ber_tag_t op = 0;
    ber_len_t op_len;
    size_t len;
    bool is_good;

    memset(out, 0, sizeof(*out));
    if (ldap_message_frame(octets, SIZE_MAX, &len) != SK_OK || len > octets.len)
        return 0;
    ber = open_copy(bytes_of(octets.p, len));
    is_good = ber != NULL && ber_scanf(ber, "{i", &out->id) != LBER_ERROR;
    if (is_good)
        op = ber_peek_tag(ber, &op_len);
    out->op = (unsigned)op;
    if (is_good && op == TAG_ENTRY)
        is_good = read_entry(ber, out);
    else if (is_good && op == TAG_REFERENCE)
        is_good = read_urls(ber, out);
    else if (is_good)
        is_good = read_result(ber, out) && read_page(ber, out);
    if (ber != NULL)
        ber_free(ber, 1);
    return is_good ? len : 0;
}
