/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: net cache policy core */
/*
 * The HTTP reader: what it makes of a stream of requests must not depend on how the stream was cut.
 * The first octets of the input choose the cuts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_REQUESTS = 16 };

struct seen {
    unsigned requests, fault;
    size_t used[MAX_REQUESTS]; /* octets up to the end of each request */
    uint32_t sum;              /* of everything that was read out */
};

static void add(struct seen *seen, struct sk_bytes bytes)
{
    size_t i;

    for (i = 0; i < bytes.len; i++)
        seen->sum = seen->sum * 31 + bytes.p[i];
    seen->sum = seen->sum * 31 + (uint32_t)bytes.len;
}

static void look(struct seen *seen, const struct http_reader *reader, size_t at)
{
    struct http_request request;
    struct sk_bytes value;

    http_request_get0(reader, &request);
    add(seen, request.path);
    add(seen, request.query);
    add(seen, request.body);
    if (http_request_field(&request, "content-type", &value) == SK_OK)
        add(seen, value);
    if (http_request_field(&request, "if-none-match", &value) == SK_OK)
        seen->sum += http_etag_listed(value, "abc");
    seen->sum =
        seen->sum * 31 + (uint32_t)request.method * 4 + request.minor * 2 + request.keep_alive;
    seen->used[seen->requests++] = at;
}

/* Every piece is a copy of exactly its size, so that a step outside is seen. */
static enum sk_status read_piece(struct http_reader *reader, const uint8_t *p, size_t len,
                                 size_t *used)
{
    uint8_t *copy = malloc(len);
    enum sk_status status;

    if (copy == NULL)
        abort();
    memcpy(copy, p, len);
    status = http_read(reader, bytes_of(copy, len), used);
    free(copy);
    return status;
}

static void run(const uint8_t *data, size_t size, uint32_t seed, struct seen *out)
{
    static const struct http_limits limits = {.head_bytes = 2048, .body_bytes = 4096};
    struct http_reader reader;
    size_t at = 0, used;
    const char *text;

    memset(out, 0, sizeof(*out));
    http_reader_init(&reader, &limits);
    while (at < size && out->requests < MAX_REQUESTS) {
        size_t piece = size - at;
        enum sk_status status;

        seed = seed * 1664525u + 1013904223u;
        if (seed != 0 && out->requests < MAX_REQUESTS && (seed >> 28) != 0 && piece > (seed >> 28))
            piece = seed >> 28;
        status = read_piece(&reader, data + at, piece, &used);
        if (status == SK_INPUT) {
            out->fault = http_reader_fault(&reader, &text);
            if (out->fault < 400 || out->fault > 599 || text[0] == '\0')
                abort();
            break;
        }
        at += used;
        if (status == SK_OK) {
            look(out, &reader, at);
            http_reader_next(&reader);
        } else if (status != SK_AGAIN || used != piece) {
            abort();
        }
    }
    http_reader_done(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_limits limits = {.head_bytes = 2048, .body_bytes = 4096};
    struct seen cut, other;
    struct http_reader whole;
    size_t used;
    uint32_t seed;

    if (size < 4)
        return 0;
    memcpy(&seed, data, sizeof(seed));
    run(data + 4, size - 4, seed, &cut);
    run(data + 4, size - 4, ~seed, &other);
    if (memcmp(&cut, &other, sizeof(cut)) != 0)
        abort();
    /* and in one piece, the first request */
    http_reader_init(&whole, &limits);
    if (size > 4 && http_read(&whole, bytes_of(data + 4, size - 4), &used) == SK_OK &&
        (cut.requests == 0 || cut.used[0] != used))
        abort();
    http_reader_done(&whole);
    return 0;
}
