/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: tools/bench core */
/*
 * The load generator's reader of answers: what it makes of an answer must not depend on how the
 * octets were cut. The first octet of the input says how long the pieces are.
 */
#include <stdlib.h>

#include "tools/bench/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BODY = 4096 };

struct seen {
    enum sk_status status, end;
    unsigned code;
    bool is_last;
    size_t used, body;
};

/* Every piece is a copy of exactly its size, so that a step outside is seen. */
static enum sk_status feed_piece(struct reply *reply, const uint8_t *p, size_t len, size_t *used)
{
    uint8_t *copy = malloc(len);
    enum sk_status status;

    if (copy == NULL)
        abort();
    memcpy(copy, p, len);
    status = reply_feed(reply, bytes_of(copy, len), used);
    free(copy);
    return status;
}

static struct seen feed(const uint8_t *data, size_t size, size_t piece)
{
    static struct reply reply;
    struct seen seen = {.status = SK_AGAIN};
    struct sk_buf body;
    size_t used = 0;

    buf_init(&body, MAX_BODY);
    reply_start(&reply, &body);
    while (seen.used < size && seen.status == SK_AGAIN) {
        size_t take = size - seen.used < piece ? size - seen.used : piece;

        seen.status = feed_piece(&reply, data + seen.used, take, &used);
        if (seen.status != SK_OK && seen.status != SK_AGAIN)
            break;
        if (used > take || (seen.status == SK_AGAIN && used != take))
            abort();
        seen.used += used;
    }
    seen.end = reply_end(&reply);
    if (seen.status == SK_OK || seen.status == SK_AGAIN) {
        seen.code = reply.status;
        seen.is_last = reply.is_last;
        seen.body = body.len;
    }
    buf_done(&body);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole, cut;

    if (size < 2)
        return 0;
    whole = feed(data + 1, size - 1, size);
    cut = feed(data + 1, size - 1, (size_t)data[0] + 1);
    if (whole.status != cut.status)
        abort();
    if (whole.status != SK_OK && whole.status != SK_AGAIN)
        return 0;
    if (whole.used != cut.used || whole.code != cut.code || whole.is_last != cut.is_last ||
        whole.body != cut.body || whole.end != cut.end)
        abort();
    return 0;
}
