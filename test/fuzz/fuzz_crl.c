/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * Any octets as a CRL; the entries of what parses are walked to the end or the first malformed one.
 */
#include <stdlib.h>

#include "core/crl.h"
#include "core/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sk_arena *arena;

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void must_hold(struct sk_bytes whole, struct sk_bytes part)
{
    must(part.len == 0 || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len));
}

static void walk_entries(const struct sk_crl *crl)
{
    struct crl_walk w;
    struct crl_entry entry;
    struct sk_err err = {.status = SK_OK};
    enum sk_status status;
    const uint8_t *before;

    crl_entries(crl, &w);
    for (before = w.p; (status = crl_entry_next(&w, &entry, &err)) == SK_OK; before = w.p) {
        must(w.p > before && w.p <= w.end);
        must(entry.serial.len >= 1 && entry.serial.len <= LIMIT_SERIAL_BYTES);
        must_hold(crl->entries, entry.serial);
        must_hold(crl->entries, entry.issuer_names);
        must(entry.issuer_names.len == 0 || crl->idp.is_indirect);
        must(entry.reason <= CRL_REASON_AA_COMPROMISE && entry.reason != 7);
    }
    must(status == SK_NOTFOUND || (err.status == status && w.p == before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sk_crl crl;
    struct sk_err err = {.status = SK_OK};
    enum sk_status status;
    size_t used;

    if (arena == NULL)
        arena = arena_new(64u << 20);
    arena_reset(arena);
    status = crl_parse(arena, bytes_of(data, size), &crl, &err);
    if (status != SK_OK) {
        must(err.status == status && err.text[0] != '\0');
        return 0;
    }
    must(crl.version == 1 || crl.version == 2);
    must_hold(crl.der, crl.tbs);
    must_hold(crl.tbs, crl.entries);
    must_hold(crl.tbs, crl.number);
    must_hold(crl.tbs, crl.idp.der);
    must_hold(crl.tbs, crl.idp.full_name);
    must(crl.idp.only_user_certs + crl.idp.only_ca_certs + crl.idp.only_attribute_certs <= 1);
    must(crl_number_compare(crl.number, crl.number) == 0);
    must((crl_number_compare(crl.number, crl.base_number) > 0) ==
         (crl_number_compare(crl.base_number, crl.number) < 0));
    used = arena_used(arena);
    walk_entries(&crl);
    must(arena_used(arena) == used);
    return 0;
}
