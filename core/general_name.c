/* SPDX-License-Identifier: Apache-2.0 */
#include "core/general_name.h"

#include <stdlib.h>

#include "core/ascii.h"
#include "core/limits.h"
#include "core/name.h"
#include "core/oid.h"

/*
 * GeneralName ::= CHOICE {
 *   otherName [0] SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY },
 *   rfc822Name [1] IA5String, dNSName [2] IA5String, x400Address [3] ORAddress,
 *   directoryName [4] EXPLICIT Name, ediPartyName [5] EDIPartyName,
 *   uniformResourceIdentifier [6] IA5String, iPAddress [7] OCTET STRING,
 *   registeredID [8] OBJECT IDENTIFIER }
 */

static bool is_ia5(struct sk_bytes b)
{
    size_t i;

    for (i = 0; i < b.len; i++) {
        if (b.p[i] == 0 || b.p[i] >= 0x80)
            return false;
    }
    return true;
}

static bool is_other_name(struct sk_bytes body)
{
    struct der d, value;
    struct sk_bytes type;
    struct der_tlv tlv;

    der_init(&d, body);
    return der_oid(&d, DER_OID, &type) == SK_OK &&
           der_enter(&d, DER_CONTEXT_CONSTRUCTED(0), &value) == SK_OK && der_finish(&d) == SK_OK &&
           der_any(&value, &tlv) == SK_OK && der_finish(&value) == SK_OK;
}

/* Contents are whole TLVs: all we ask of the forms that we keep opaque. */
static bool is_tlv_run(struct sk_bytes body)
{
    struct der d;
    struct der_tlv tlv;

    der_init(&d, body);
    while (!der_at_end(&d)) {
        if (der_any(&d, &tlv) != SK_OK)
            return false;
    }
    return true;
}

/* body: contents of [4], which is EXPLICIT because Name is a CHOICE. */
static bool is_name(struct sk_bytes body)
{
    struct name_walk w;
    struct name_attribute attribute;
    enum sk_status status = name_walk_init(&w, body);

    while (status == SK_OK)
        status = name_walk_next(&w, &attribute);
    return status == SK_NOTFOUND;
}

/* The form behind a tag; false when there is none. */
static bool kind_of_tag(uint8_t tag, enum general_name_kind *out)
{
    static const uint8_t tags[] = {
        [GENERAL_NAME_OTHER] = DER_CONTEXT_CONSTRUCTED(0),
        [GENERAL_NAME_EMAIL] = DER_CONTEXT(1),
        [GENERAL_NAME_DNS] = DER_CONTEXT(2),
        [GENERAL_NAME_X400] = DER_CONTEXT_CONSTRUCTED(3),
        [GENERAL_NAME_DIRECTORY] = DER_CONTEXT_CONSTRUCTED(4),
        [GENERAL_NAME_EDI_PARTY] = DER_CONTEXT_CONSTRUCTED(5),
        [GENERAL_NAME_URI] = DER_CONTEXT(6),
        [GENERAL_NAME_IP] = DER_CONTEXT(7),
        [GENERAL_NAME_REGISTERED_ID] = DER_CONTEXT(8),
    };
    size_t kind = tag & 0x1fu;

    if (kind >= sizeof(tags) || tags[kind] != tag)
        return false;
    *out = (enum general_name_kind)kind;
    return true;
}

static bool is_well_formed(enum general_name_kind kind, struct sk_bytes body, bool is_constraint)
{
    size_t unit = is_constraint ? 2 : 1; /* a constraint is an address and a mask */

    switch (kind) {
    case GENERAL_NAME_OTHER:
        return is_other_name(body);
    case GENERAL_NAME_EMAIL:
    case GENERAL_NAME_DNS:
    case GENERAL_NAME_URI:
        return is_ia5(body);
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
        return is_tlv_run(body);
    case GENERAL_NAME_DIRECTORY:
        return is_name(body);
    case GENERAL_NAME_IP:
        return body.len == 4 * unit || body.len == 16 * unit;
    case GENERAL_NAME_REGISTERED_ID:
        return oid_check(body);
    }
    return false;
}

enum sk_status general_name_next(struct der *d, bool is_constraint, struct general_name *out)
{
    struct der at = *d;
    struct der_tlv tlv;
    enum general_name_kind kind;

    if (der_any(&at, &tlv) != SK_OK || !kind_of_tag(tlv.tag, &kind) ||
        !is_well_formed(kind, tlv.body, is_constraint))
        return SK_INPUT;
    out->kind = kind;
    out->value = tlv.body;
    out->whole = tlv.whole;
    *d = at;
    return SK_OK;
}

/* ---- equality
 * --------------------------------------------------------------------------------------- */

/* A copy with ASCII letters from index `from` on in lower case. */
static bool fold_from(struct sk_arena *arena, struct sk_bytes value, size_t from,
                      struct sk_bytes *out)
{
    uint8_t *copy = arena_copy(arena, value.p, value.len);
    size_t i;

    if (copy == NULL)
        return false;
    for (i = from; i < value.len; i++)
        copy[i] = ascii_lower(copy[i]);
    *out = bytes_of(copy, value.len);
    return true;
}

/* Where the host part of a mailbox starts: after the last '@'; 0 when there is none. */
static size_t host_of_mailbox(struct sk_bytes mailbox)
{
    size_t i = mailbox.len;

    while (i > 0 && mailbox.p[i - 1] != '@')
        i--;
    return i;
}

/* Octets that are equal exactly when two names of the same kind match. */
static bool match_key(struct sk_arena *arena, const struct general_name *name, struct sk_bytes *out)
{
    switch (name->kind) {
    case GENERAL_NAME_DIRECTORY:
        return name_canon(arena, name->value, out, NULL) == SK_OK;
    case GENERAL_NAME_DNS:
        return fold_from(arena, name->value, 0, out);
    case GENERAL_NAME_EMAIL:
        return fold_from(arena, name->value, host_of_mailbox(name->value), out);
    case GENERAL_NAME_OTHER:
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
    case GENERAL_NAME_URI:
    case GENERAL_NAME_IP:
    case GENERAL_NAME_REGISTERED_ID:
        *out = name->value;
        return true;
    }
    return false;
}

bool general_name_equal(struct sk_arena *arena, const struct general_name *a,
                        const struct general_name *b)
{
    struct sk_bytes key_a, key_b;

    return a->kind == b->kind && match_key(arena, a, &key_a) && match_key(arena, b, &key_b) &&
           bytes_equal(key_a, key_b);
}

struct keyed_name {
    enum general_name_kind kind;
    struct sk_bytes key;
};

/* Prepares each name of a list once. A name that cannot be prepared is left out; a malformed list
 * is empty. */
static size_t prepare_list(struct sk_arena *arena, struct sk_bytes list, struct keyed_name **out)
{
    struct general_name name;
    struct keyed_name *names;
    struct der d;
    size_t n = 0, used = 0;

    der_init(&d, list);
    while (!der_at_end(&d)) {
        if (n++ >= LIMIT_GENERAL_NAMES || general_name_next(&d, false, &name) != SK_OK)
            return 0;
    }
    names = arena_array(arena, n, sizeof(*names));
    if (names == NULL)
        return 0;
    der_init(&d, list);
    while (used < n && general_name_next(&d, false, &name) == SK_OK) {
        if (!match_key(arena, &name, &names[used].key)) {
            n--;
            continue;
        }
        names[used++].kind = name.kind;
    }
    *out = names;
    return used;
}

static int keyed_order(const void *a, const void *b)
{
    const struct keyed_name *x = a, *y = b;

    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : bytes_compare(x->key, y->key);
}

bool general_names_intersect(struct sk_arena *arena, struct sk_bytes a, struct sk_bytes b)
{
    struct keyed_name *names_a = NULL, *names_b = NULL;
    size_t num_a = prepare_list(arena, a, &names_a), num_b, i = 0, j = 0;

    num_b = num_a > 0 ? prepare_list(arena, b, &names_b) : 0;
    if (num_b == 0)
        return false;
    qsort(names_a, num_a, sizeof(names_a[0]), keyed_order);
    qsort(names_b, num_b, sizeof(names_b[0]), keyed_order);
    while (i < num_a && j < num_b) {
        int order = keyed_order(&names_a[i], &names_b[j]);

        if (order == 0)
            return true;
        i += order < 0;
        j += order > 0;
    }
    return false;
}

const char *general_name_kind_text(enum general_name_kind kind)
{
    switch (kind) {
    case GENERAL_NAME_OTHER:
        return "otherName";
    case GENERAL_NAME_EMAIL:
        return "rfc822Name";
    case GENERAL_NAME_DNS:
        return "dNSName";
    case GENERAL_NAME_X400:
        return "x400Address";
    case GENERAL_NAME_DIRECTORY:
        return "directoryName";
    case GENERAL_NAME_EDI_PARTY:
        return "ediPartyName";
    case GENERAL_NAME_URI:
        return "uniformResourceIdentifier";
    case GENERAL_NAME_IP:
        return "iPAddress";
    case GENERAL_NAME_REGISTERED_ID:
        return "registeredID";
    }
    return "unknown";
}
