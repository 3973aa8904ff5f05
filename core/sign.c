/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sign.h"

#include "core/der.h"
#include "core/derout.h"
#include "core/limits.h"

enum {
    LENGTH_OCTETS = 4,
    REPLY_HEAD = 8,    /* version, result, key, id */
    REQUEST_HEAD = 14, /* version, op, key, id, wait_ms, class, algorithm */
};

static uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static void put_u32(uint8_t *p, uint32_t value)
{
    put_u16(p, (uint16_t)(value >> 16));
    put_u16(p + 2, (uint16_t)value);
}

/* Appends length, head and payload as one frame. */
static enum sk_status put_frame(struct sk_buf *out, const uint8_t *head, size_t head_len,
                                struct sk_bytes payload)
{
    uint8_t length[LENGTH_OCTETS];

    if (payload.len > LIMIT_SIGN_REQUEST_BYTES - LENGTH_OCTETS - head_len)
        return SK_LIMIT;
    put_u32(length, (uint32_t)(head_len + payload.len));
    buf_put(out, length, sizeof(length));
    buf_put(out, head, head_len);
    buf_put(out, payload.p, payload.len);
    return buf_status(out);
}

/* Finds the first frame's body, which has at least head_len octets. The version is judged as soon
 * as it is there: another one may have frames of other lengths. */
static enum sk_status get_frame(struct sk_bytes bytes, size_t head_len, struct sk_bytes *out_body,
                                struct sk_err *err)
{
    size_t len;

    if (bytes.len < LENGTH_OCTETS)
        return SK_AGAIN;
    len = get_u32(bytes.p);
    if (len == 0 || len > LIMIT_SIGN_REQUEST_BYTES - LENGTH_OCTETS)
        return err_set(err, SK_INPUT, "a frame of %zu octets", len);
    if (bytes.len > LENGTH_OCTETS && bytes.p[LENGTH_OCTETS] != SIGN_VERSION)
        return err_set(err, SK_INPUT, "version %u of the signing protocol, this program speaks %u",
                       (unsigned)bytes.p[LENGTH_OCTETS], (unsigned)SIGN_VERSION);
    if (len < head_len)
        return err_set(err, SK_INPUT, "a frame of %zu octets", len);
    if (bytes.len - LENGTH_OCTETS < len)
        return SK_AGAIN;
    *out_body = bytes_of(bytes.p + LENGTH_OCTETS, len);
    return SK_OK;
}

static bool is_request(const struct sign_request *r)
{
    switch (r->op) {
    case SIGN_OP_HELLO:
        return r->tbs.len == 0 && r->class == SIGN_CLASS_NORMAL && r->algorithm == 0;
    case SIGN_OP_STATUS:
        return r->tbs.len == 0 && r->class == SIGN_CLASS_NORMAL && r->algorithm == 0 && r->key == 0;
    case SIGN_OP_SIGN:
        return (unsigned)r->class < SIGN_CLASSES;
    case SIGN_OP_NONE:
        break;
    }
    return false;
}

static bool is_reply(const struct sign_reply *r)
{
    switch (r->result) {
    case SIGN_RESULT_OK:
        return true;
    case SIGN_RESULT_BUSY:
    case SIGN_RESULT_FAILED:
    case SIGN_RESULT_NO_KEY:
    case SIGN_RESULT_LATE:
        return r->payload.len == 0;
    case SIGN_RESULT_NONE:
        break;
    }
    return false;
}

enum sk_status sign_request_encode(const struct sign_request *request, struct sk_buf *out)
{
    uint8_t head[REQUEST_HEAD];

    if (!is_request(request))
        return SK_INTERNAL;
    head[0] = SIGN_VERSION;
    head[1] = (uint8_t)request->op;
    put_u16(head + 2, request->key);
    put_u32(head + 4, request->id);
    put_u32(head + 8, request->wait_ms);
    head[12] = (uint8_t)request->class;
    head[13] = request->algorithm;
    return put_frame(out, head, sizeof(head), request->tbs);
}

enum sk_status sign_reply_encode(const struct sign_reply *reply, struct sk_buf *out)
{
    uint8_t head[REPLY_HEAD];

    if (!is_reply(reply))
        return SK_INTERNAL;
    head[0] = SIGN_VERSION;
    head[1] = (uint8_t)reply->result;
    put_u16(head + 2, reply->key);
    put_u32(head + 4, reply->id);
    return put_frame(out, head, sizeof(head), reply->payload);
}

enum sk_status sign_request_decode(struct sk_bytes bytes, struct sign_request *out,
                                   size_t *out_used, struct sk_err *err)
{
    struct sk_bytes body;
    struct sign_request r;
    enum sk_status status = get_frame(bytes, REQUEST_HEAD, &body, err);

    if (status != SK_OK)
        return status;
    r.op = (enum sign_op)body.p[1];
    r.key = get_u16(body.p + 2);
    r.id = get_u32(body.p + 4);
    r.wait_ms = get_u32(body.p + 8);
    r.class = (enum sign_class)body.p[12];
    r.algorithm = body.p[13];
    r.tbs = bytes_of(body.p + REQUEST_HEAD, body.len - REQUEST_HEAD);
    if (!is_request(&r))
        return err_set(err, SK_INPUT, "no request of ours");
    *out = r;
    *out_used = LENGTH_OCTETS + body.len;
    return SK_OK;
}

enum sk_status sign_reply_decode(struct sk_bytes bytes, struct sign_reply *out, size_t *out_used,
                                 struct sk_err *err)
{
    struct sk_bytes body;
    struct sign_reply r;
    enum sk_status status = get_frame(bytes, REPLY_HEAD, &body, err);

    if (status != SK_OK)
        return status;
    r.result = (enum sign_result)body.p[1];
    r.key = get_u16(body.p + 2);
    r.id = get_u32(body.p + 4);
    r.payload = bytes_of(body.p + REPLY_HEAD, body.len - REPLY_HEAD);
    if (!is_reply(&r))
        return err_set(err, SK_INPUT, "no reply of ours");
    *out = r;
    *out_used = LENGTH_OCTETS + body.len;
    return SK_OK;
}

enum sk_status sign_hello_encode(const struct sign_hello *hello, struct sk_buf *out)
{
    size_t whole = derout_open(out, DER_SEQUENCE);

    derout_uint(out, DER_INTEGER, hello->num_keys);
    derout_tlv(out, DER_UTF8_STRING, hello->name);
    derout_uint(out, DER_ENUMERATED, hello->model);
    derout_tlv(out, DER_SEQUENCE, hello->algorithms);
    derout_tlv(out, DER_SEQUENCE, hello->certs);
    derout_close(out, whole);
    return buf_status(out);
}

enum sk_status sign_hello_decode(struct sk_bytes payload, struct sign_hello *out,
                                 struct sk_err *err)
{
    struct sign_hello hello;
    struct der top, d;
    uint64_t num_keys, model;

    der_init(&top, payload);
    if (der_enter(&top, DER_SEQUENCE, &d) != SK_OK || der_finish(&top) != SK_OK ||
        der_uint(&d, DER_INTEGER, LIMIT_SIGNER_KEYS, &num_keys) != SK_OK || num_keys == 0 ||
        der_take(&d, DER_UTF8_STRING, &hello.name) != SK_OK ||
        der_uint(&d, DER_ENUMERATED, SIGN_MODEL_TRUSTED, &model) != SK_OK ||
        der_take(&d, DER_SEQUENCE, &hello.algorithms) != SK_OK ||
        der_take(&d, DER_SEQUENCE, &hello.certs) != SK_OK || der_finish(&d) != SK_OK)
        return err_set(err, SK_INPUT, "key process: malformed HELLO");
    hello.num_keys = (unsigned)num_keys;
    hello.model = (enum sign_model)model;
    *out = hello;
    return SK_OK;
}
