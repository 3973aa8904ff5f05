/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * Any octets as a Name, as GeneralNames and as a string of each type. A Name that has a canonical
 * form has it every time and as an RDN-by-RDN sum; prepared text prepared again does not change.
 */
#include <stdlib.h>

#include "core/general_name.h"
#include "core/limits.h"
#include "core/name.h"
#include "core/name_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sk_arena *arena;

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* Canonical forms of the RDNs one by one; each initial run holds the whole. */
static void check_runs(struct sk_bytes name, struct sk_bytes canon)
{
    struct der d, rdns;
    struct sk_bytes whole, part;
    size_t len = 0;

    der_init(&d, name);
    must(der_enter(&d, DER_SEQUENCE, &rdns) == SK_OK);
    while (!der_at_end(&rdns)) {
        must(der_take_whole(&rdns, DER_SET, &whole) == SK_OK);
        must(name_canon_rdn(arena, whole, false, &part, NULL) == SK_OK);
        must(len + part.len <= canon.len);
        must(bytes_equal(part, bytes_of(canon.p + len, part.len)));
        len += part.len;
        must(name_within(canon, bytes_of(canon.p, len)));
    }
    must(len == canon.len);
}

static void check_walk(struct sk_bytes name)
{
    struct name_walk w;
    struct name_attribute attribute;
    struct sk_buf text;
    enum sk_status status;
    unsigned last = 0;

    must(name_walk_init(&w, name) == SK_OK);
    while ((status = name_walk_next(&w, &attribute)) == SK_OK) {
        must(attribute.rdn == last || attribute.rdn == last + 1);
        last = attribute.rdn;
    }
    must(status == SK_NOTFOUND);
    buf_init(&text, 16u << 20);
    must(name_to_text(name, &text) == SK_OK);
    buf_done(&text);
}

static void as_name(struct sk_bytes name)
{
    struct sk_bytes canon, again;

    if (name_canon(arena, name, &canon, NULL) != SK_OK)
        return;
    must(name_canon(arena, name, &again, NULL) == SK_OK);
    must(name_equal(canon, again) && name_within(canon, again));
    check_runs(name, canon);
    check_walk(name);
}

static void as_general_names(struct sk_bytes list)
{
    struct der d;
    struct general_name name;
    bool has_match = false, is_list = true;
    size_t n = 0;

    der_init(&d, list);
    while (!der_at_end(&d) && is_list && n++ < LIMIT_GENERAL_NAMES) {
        is_list = general_name_next(&d, false, &name) == SK_OK;
        has_match = has_match || (is_list && general_name_equal(arena, &name, &name));
    }
    if (is_list && n < LIMIT_GENERAL_NAMES)
        must(general_names_intersect(arena, list, list) == has_match);
    der_init(&d, list);
    while (general_name_next(&d, true, &name) == SK_OK)
        must(general_name_kind_text(name.kind) != NULL);
}

static void as_string(uint8_t tag, struct sk_bytes value)
{
    struct sk_buf once, twice;

    if (value.len > LIMIT_NAME_VALUE_BYTES)
        return;
    buf_init(&once, LIMIT_NAME_CANON_BYTES);
    buf_init(&twice, LIMIT_NAME_CANON_BYTES);
    if (name_prepare(tag, value, &once) == SK_OK) {
        must(name_prepare(0x0c, buf_bytes(&once), &twice) == SK_OK);
        must(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    } else {
        must(once.len == 0);
    }
    buf_done(&once);
    buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t tags[] = {0x0c, 0x12, 0x13, 0x14, 0x16, 0x1c, 0x1e, 0x04};
    size_t i;

    if (arena == NULL)
        arena = arena_new(64u << 20);
    arena_reset(arena);
    as_name(bytes_of(data, size));
    as_general_names(bytes_of(data, size));
    for (i = 0; i < sizeof(tags); i++)
        as_string(tags[i], bytes_of(data, size));
    return 0;
}
