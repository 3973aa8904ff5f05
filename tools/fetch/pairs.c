/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/limits.h"
#include "core/name.h"

/* ---- edges ---- */

static int compare_edges(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct edge));
}

enum sk_status pairs_edges_init(struct pairs_edges *sorted, const struct edges *edges,
                                struct sk_arena *arena)
{
    sorted->num = edges->num_edges;
    sorted->edges = arena_array(arena, sorted->num + 1, sizeof(*sorted->edges));
    if (sorted->edges == NULL)
        return SK_NOMEM;
    if (sorted->num > 0) {
        memcpy(sorted->edges, edges->edges, sorted->num * sizeof(*sorted->edges));
        qsort(sorted->edges, sorted->num, sizeof(*sorted->edges), compare_edges);
    }
    return SK_OK;
}

static bool has_signed(const struct pairs_edges *edges, const struct sk_cert *issuer,
                       const struct sk_cert *cert)
{
    struct edge edge;

    memcpy(edge.object, cert->sha256, SK_SHA256);
    memcpy(edge.spki, issuer->spki_sha256, SK_SHA256);
    return edges->num > 0 &&
           bsearch(&edge, edges->edges, edges->num, sizeof(edge), compare_edges) != NULL;
}

/* ---- pairs ---- */

static bool is_pair(const struct pairs_edges *edges, const struct sk_cert *to_this,
                    const struct sk_cert *by_this)
{
    return name_equal(to_this->issuer_canon, by_this->subject_canon) &&
           name_equal(to_this->subject_canon, by_this->issuer_canon) &&
           has_signed(edges, to_this, by_this) && has_signed(edges, by_this, to_this);
}

static int newest_first(const void *a, const void *b)
{
    const struct sk_cert *const *x = a, *const *y = b;

    if ((*x)->not_before != (*y)->not_before)
        return (*x)->not_before > (*y)->not_before ? -1 : 1;
    return memcmp((*x)->sha256, (*y)->sha256, SK_SHA256);
}

static enum sk_status put_pair(const struct sk_cert *to_this, const struct sk_cert *by_this,
                               struct sk_arena *arena, pairs_fn visit, void *arg)
{
    struct sk_bytes pair = {NULL, 0};
    struct sk_buf buf;
    enum sk_status status;
    size_t mark;

    buf_init(&buf, 2 * LIMIT_CERT_BYTES + 64);
    mark = derout_open(&buf, DER_SEQUENCE);
    if (to_this != NULL)
        derout_tlv(&buf, DER_CONTEXT_CONSTRUCTED(0), to_this->der);
    if (by_this != NULL)
        derout_tlv(&buf, DER_CONTEXT_CONSTRUCTED(1), by_this->der);
    derout_close(&buf, mark);
    status = buf_status(&buf);
    if (status == SK_OK) {
        pair = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
        status = pair.p != NULL ? SK_OK : SK_NOMEM;
    }
    buf_done(&buf);
    return status == SK_OK ? visit(arg, pair) : status;
}

enum sk_status pairs_each(const struct sk_cert **to_this, size_t num_to,
                          const struct sk_cert **by_this, size_t num_by,
                          const struct pairs_edges *edges, struct sk_arena *arena, pairs_fn visit,
                          void *arg)
{
    bool *is_used = arena_array(arena, num_by + 1, sizeof(*is_used));
    enum sk_status status = is_used != NULL ? SK_OK : SK_NOMEM;
    size_t i, j;

    if (num_to > 1)
        qsort(to_this, num_to, sizeof(const struct sk_cert *), newest_first);
    if (num_by > 1)
        qsort(by_this, num_by, sizeof(const struct sk_cert *), newest_first);
    for (i = 0; status == SK_OK && i < num_to; i++) {
        for (j = 0; j < num_by && (is_used[j] || !is_pair(edges, to_this[i], by_this[j])); j++)
            continue;
        if (j < num_by)
            is_used[j] = true;
        status = put_pair(to_this[i], j < num_by ? by_this[j] : NULL, arena, visit, arg);
    }
    for (j = 0; status == SK_OK && j < num_by; j++) {
        if (!is_used[j])
            status = put_pair(NULL, by_this[j], arena, visit, arg);
    }
    return status;
}
