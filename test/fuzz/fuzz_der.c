/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * The DER cursor under a program: the first octets of the input say which functions are called, the
 * rest is what they read. What a function hands out must lie inside the input; on failure the
 * cursor must stay where it was.
 */
#include <stdlib.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void must_hold(const struct der *d, struct sk_bytes part)
{
    must(part.len == 0 || (part.p >= d->p && part.p + part.len <= d->end));
}

/* Calls one reader of the cursor with this tag. */
static enum sk_status call(struct der *d, unsigned op, uint8_t tag, struct sk_bytes *out)
{
    struct der_tlv tlv = {.body = {NULL, 0}};
    bool flag = false;
    uint64_t number;
    int64_t when;
    unsigned unused = 0;
    enum sk_status status = SK_OK;

    switch (op) {
    case 0:
        status = der_any(d, &tlv);
        *out = tlv.whole;
        return status;
    case 1:
        return der_take(d, tag, out);
    case 2:
        return der_take_whole(d, tag, out);
    case 3:
        return der_take_optional(d, tag, &flag, out);
    case 4:
        return der_bool(d, tag, &flag);
    case 5:
        return der_integer(d, tag, out);
    case 6:
        return der_uint(d, tag, UINT64_MAX, &number);
    case 7:
        return der_oid(d, tag, out);
    case 8:
        status = der_bits(d, tag, out, &unused);
        must(unused < 8);
        return status;
    case 9:
        return der_time(d, &when);
    default:
        return der_generalized_time(d, tag, &when);
    }
}

/* Every TLV of the input down to the depth limit, each tried with every reader, written again. */
static void walk(struct der d, struct sk_buf *copy)
{
    while (!der_at_end(&d)) {
        struct der before = d, child;
        struct der_tlv tlv;
        struct sk_bytes body;
        unsigned op;

        for (op = 0; op <= 10; op++) {
            struct der at = d;
            struct sk_bytes out = bytes_of(NULL, 0);

            if (call(&at, op, *d.p, &out) != SK_OK)
                must(at.p == d.p && at.end == d.end);
            must_hold(&d, out);
        }
        if (der_any(&d, &tlv) != SK_OK) {
            must(d.p == before.p);
            return;
        }
        must(d.p == tlv.whole.p + tlv.whole.len && d.p > before.p);
        must(der_take(&before, tlv.tag, &body) == SK_OK && bytes_equal(body, tlv.body));
        derout_tlv(copy, tlv.tag, tlv.body);
        before = d;
        der_init(&before, tlv.whole);
        before.depth = d.depth;
        if ((tlv.tag & 0x20u) != 0 && der_enter(&before, tlv.tag, &child) == SK_OK)
            walk(child, copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct der d, at;
    struct der_tlv tlv;
    struct sk_buf copy;
    struct sk_bytes out;
    size_t num_ops = size > 0 ? data[0] % 16u : 0, i;

    if (size < 1 + 2 * num_ops)
        return 0;
    der_init(&d, bytes_of(data + 1 + 2 * num_ops, size - 1 - 2 * num_ops));
    at = d;
    for (i = 0; i < num_ops; i++) {
        const uint8_t *op = data + 1 + 2 * i;
        struct der child;

        out = bytes_of(NULL, 0);
        if (op[0] >= 128) {
            if (der_enter(&at, op[1], &child) == SK_OK)
                at = child;
        } else if (call(&at, op[0] % 11u, op[1], &out) == SK_OK) {
            must_hold(&d, out);
        }
        must(at.p >= d.p && at.p <= d.end && at.end <= d.end && at.depth <= LIMIT_DER_DEPTH);
    }
    buf_init(&copy, 64u << 20);
    walk(d, &copy);
    /* Minimal lengths have one spelling: what was read strictly is written the same. */
    buf_reset(&copy);
    at = d;
    while (der_any(&at, &tlv) == SK_OK)
        derout_tlv(&copy, tlv.tag, tlv.body);
    must(buf_status(&copy) == SK_OK);
    must(bytes_equal(buf_bytes(&copy), bytes_of(d.p, (size_t)(at.p - d.p))));
    buf_done(&copy);
    return 0;
}
