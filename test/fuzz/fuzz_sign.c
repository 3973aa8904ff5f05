/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames between network process and key process, read as requests and as replies, and HELLO.
 *
 * rooms: core
 */
#include <stdlib.h>

#include "core/limits.h"
#include "core/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* What was read is written again as the same octets. */
static void same_again(enum sk_status status, const struct sk_buf *out, const uint8_t *frame,
                       size_t used)
{
    must(status == SK_OK);
    must(bytes_equal(buf_bytes(out), bytes_of(frame, used)));
}

static void read_requests(const uint8_t *data, size_t size)
{
    struct sign_request request;
    struct sk_buf out;
    size_t used;

    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    while (sign_request_decode(bytes_of(data, size), &request, &used, NULL) == SK_OK) {
        must(used > 0 && used <= size && used <= LIMIT_SIGN_REQUEST_BYTES);
        must(request.tbs.len <= used);
        must(request.op != SIGN_OP_NONE && (unsigned)request.class < SIGN_CLASSES);
        buf_reset(&out);
        same_again(sign_request_encode(&request, &out), &out, data, used);
        data += used;
        size -= used;
    }
    buf_done(&out);
}

/* DER: what was read is written again as the same octets. */
static void read_hello(struct sk_bytes payload)
{
    struct sign_hello hello;
    struct sk_buf out;

    if (sign_hello_decode(payload, &hello, NULL) != SK_OK)
        return;
    must(hello.num_keys > 0 && hello.num_keys <= LIMIT_SIGNER_KEYS);
    buf_init(&out, payload.len);
    same_again(sign_hello_encode(&hello, &out), &out, payload.p, payload.len);
    buf_done(&out);
}

static void read_replies(const uint8_t *data, size_t size)
{
    struct sign_reply reply;
    struct sk_buf out;
    size_t used;

    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    while (sign_reply_decode(bytes_of(data, size), &reply, &used, NULL) == SK_OK) {
        must(used > 0 && used <= size && used <= LIMIT_SIGN_REQUEST_BYTES);
        must(reply.payload.len <= used);
        must(reply.result != SIGN_RESULT_NONE);
        read_hello(reply.payload);
        buf_reset(&out);
        same_again(sign_reply_encode(&reply, &out), &out, data, used);
        data += used;
        size -= used;
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_requests(data, size);
    read_replies(data, size);
    read_hello(bytes_of(data, size));
    return 0;
}
