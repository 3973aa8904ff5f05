/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol between whoever wants a signature (net/signer.c) and the key process (tools/signer).
 *
 * Frames over a local stream socket; each side may have several requests in flight, replies come in
 * any order and carry the request's id. A frame that does not decode ends the connection: the peers
 * are of one program.
 *
 *   frame   ::= length u32 (octets after this field), body
 *   request ::= version u8 = 1, op u8, key u16, id u32, wait_ms u32, tbs
 *   reply   ::= version u8 = 1, result u8, key u16, id u32, payload
 *
 * Integers are big-endian. Frames are capped by LIMIT_SIGN_REQUEST_BYTES. Pure functions.
 */
#ifndef SEKISHO_CORE_SIGN_H
#define SEKISHO_CORE_SIGN_H

#include "core/buf.h"

enum {
    SIGN_VERSION = 1,
    SIGN_REPLY_OVERHEAD = 12, /* octets of a reply's frame that are not payload */
};

enum sign_op {
    SIGN_OP_NONE = 0,
    SIGN_OP_HELLO = 1, /* reply payload: DER SEQUENCE { AlgorithmIdentifier of signatures, SEQUENCE
                          OF Certificate (responder certificate first) } of this key */
    SIGN_OP_SIGN = 2,  /* tbs: the octets to be signed; reply payload: the signature's octets */
};

enum sign_result {
    SIGN_RESULT_NONE = 0,
    SIGN_RESULT_OK = 1,
    SIGN_RESULT_BUSY = 2,   /* queue full, or wait_ms passed: tryLater */
    SIGN_RESULT_FAILED = 3, /* the token refused or is gone: tryLater */
    SIGN_RESULT_NO_KEY = 4, /* no key of this index */
};

struct sign_request {
    enum sign_op op;
    uint16_t key;        /* index of the key, 0 first */
    uint32_t id;         /* chosen by the asker, unique among its requests in flight */
    uint32_t wait_ms;    /* how long the asker waits */
    struct sk_bytes tbs; /* points into the frame */
};

struct sign_reply {
    enum sign_result result;
    uint16_t key;
    uint32_t id;
    struct sk_bytes payload; /* points into the frame; empty unless SIGN_RESULT_OK */
};

/* Appends one frame. SK_LIMIT when it is over the cap. */
enum sk_status sign_request_encode(const struct sign_request *request,
                                   struct sk_buf *out) SK_MUST_CHECK;
enum sk_status sign_reply_encode(const struct sign_reply *reply, struct sk_buf *out) SK_MUST_CHECK;

/* Reads the frame at the start of bytes. SK_AGAIN: not whole yet. SK_INPUT: not ours. *out_used:
 * octets of the frame. */
enum sk_status sign_request_decode(struct sk_bytes bytes, struct sign_request *out,
                                   size_t *out_used) SK_MUST_CHECK;
enum sk_status sign_reply_decode(struct sk_bytes bytes, struct sign_reply *out,
                                 size_t *out_used) SK_MUST_CHECK;

#endif
