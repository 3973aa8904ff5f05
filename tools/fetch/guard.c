/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/guard.h"

#include <string.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/name.h"

/* The head of a list, nothing else, is read here. */
#define GUARD_ARENA_BYTES (4u * 1024u * 1024u)

struct guard {
    const struct held *held;
    const struct list *list;
    struct sk_arena *arena;
    int64_t now;
    bool is_same_source; /* while the held lists of the same URL are visited */
    bool is_refused;
    struct sk_err *err;
};

static enum sk_status refuse_time(const struct guard *guard, const struct sk_crl *held)
{
    char ours[CLOCK_TEXT], theirs[CLOCK_TEXT];

    clock_format_rfc3339(held->this_update, ours);
    clock_format_rfc3339(guard->list->crl.this_update, theirs);
    return err_set(guard->err, SK_INPUT, "list of %s, held is one of %s", theirs, ours);
}

/* A cRLNumber for people: RFC 5280 5.2.3 caps it at 20 octets, but who knows. */
static void number_text(struct sk_bytes number, char *out, size_t size)
{
    char hex[2 * 20 + 1];

    if (number.len > 20)
        number.len = 20;
    hex_encode(number, hex);
    (void)snprintf(out, size, "0x%s", hex);
}

static enum sk_status refuse_number(const struct guard *guard, const struct sk_crl *held)
{
    char ours[48], theirs[48];

    number_text(held->number, ours, sizeof(ours));
    number_text(guard->list->crl.number, theirs, sizeof(theirs));
    return err_set(guard->err, SK_INPUT, "list with cRLNumber %s, held is %s", theirs, ours);
}

static bool is_same_scope(const struct sk_crl *a, const struct sk_crl *b)
{
    return name_equal(a->issuer_canon, b->issuer_canon) && a->is_delta == b->is_delta &&
           bytes_equal(a->idp.der, b->idp.der);
}

static enum sk_status compare(const struct guard *guard, const struct sk_crl *held,
                              bool is_same_key)
{
    const struct sk_crl *crl = &guard->list->crl;
    const bool is_same = is_same_key && is_same_scope(crl, held);

    if (!guard->is_same_source && !is_same)
        return SK_OK;
    if (crl->this_update < held->this_update)
        return refuse_time(guard, held);
    if (is_same && crl->has_number && held->has_number &&
        crl_number_compare(crl->number, held->number) < 0)
        return refuse_number(guard, held);
    return SK_OK;
}

static enum sk_status visit_der(void *arg, const uint8_t sha256[SK_SHA256], struct sk_bytes der)
{
    struct guard *guard = arg;
    const struct sk_source *source = reader_source(guard->held->reader);
    enum sk_status status;
    struct sk_crl crl;

    if (memcmp(sha256, guard->list->sha256, SK_SHA256) == 0)
        return SK_OK;
    arena_reset(guard->arena);
    /* Not a list, or damaged: nothing to compare with. */
    if (crl_parse(guard->arena, der, &crl, NULL) != SK_OK || crl.this_update > guard->now)
        return SK_OK;
    status = compare(guard, &crl,
                     source->ops->is_checked(source, sha256, guard->list->signer->spki_sha256));
    guard->is_refused = status != SK_OK;
    return status;
}

static enum sk_status visit_info(void *arg, const struct reader_crl_info *info)
{
    const struct guard *guard = arg;
    struct sk_bytes der;

    if (strcmp(info->ca, guard->list->source->ca->name) != 0 ||
        info->is_arl != list_is_arl(guard->list) ||
        reader_blob(guard->held->reader, info->sha256, &der) != SK_OK)
        return SK_OK;
    return visit_der(arg, info->sha256, der);
}

enum sk_status guard_check(const struct held *held, const struct list *list, int64_t now,
                           struct sk_err *err)
{
    struct guard guard = {
        .held = held, .list = list, .now = now, .is_same_source = true, .err = err};
    enum sk_status status;

    if (held->reader == NULL)
        return SK_OK;
    guard.arena = arena_new(GUARD_ARENA_BYTES);
    if (guard.arena == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    status = held_each(held, list->source->url, visit_der, &guard);
    guard.is_same_source = false;
    if (!guard.is_refused)
        status = reader_crls(held->reader, visit_info, &guard);
    arena_free(guard.arena);
    if (!guard.is_refused && (status == SK_INPUT || status == SK_NOTFOUND))
        return SK_OK;
    return status;
}
