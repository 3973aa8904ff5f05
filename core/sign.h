/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol between whoever wants a signature (net/signer.c) and the key process (tools/signer).
 *
 * Frames over a local stream socket; each side may have several requests in flight, replies come in
 * any order and carry the request's id. A frame that does not decode, another version's above all,
 * ends the connection: the peers are of one program.
 *
 *   frame   ::= length u32 (octets after this field), body
 *   request ::= version u8 = 2, op u8, key u16, id u32, wait_ms u32, class u8, algorithm u8, tbs
 *   reply   ::= version u8 = 2, result u8, key u16, id u32, payload
 *
 * Integers are big-endian. Frames are capped by LIMIT_SIGN_REQUEST_BYTES. Pure functions.
 */
#ifndef SEKISHO_CORE_SIGN_H
#define SEKISHO_CORE_SIGN_H

#include "core/buf.h"
#include "core/err.h"

enum {
    SIGN_VERSION = 2,
    SIGN_REPLY_OVERHEAD = 12, /* octets of a reply's frame that are not payload */
};

enum sign_op {
    SIGN_OP_NONE = 0,
    SIGN_OP_HELLO = 1,  /* reply payload: struct sign_hello of this key */
    SIGN_OP_SIGN = 2,   /* tbs: the octets to be signed; reply payload: the signature's octets */
    SIGN_OP_STATUS = 3, /* reply payload: an octet (enum sign_state) for each key; its key is 0 */
};

enum sign_result {
    SIGN_RESULT_NONE = 0,
    SIGN_RESULT_OK = 1,
    SIGN_RESULT_BUSY = 2,   /* the queue of this class is full: tryLater */
    SIGN_RESULT_FAILED = 3, /* the token refused or is gone: tryLater */
    SIGN_RESULT_NO_KEY = 4, /* no key of this index, or it has no such algorithm */
    SIGN_RESULT_LATE = 5,   /* wait_ms passed: tryLater */
};

/* Each class has a queue and a bound of its own, so that neither can starve the other. */
enum sign_class {
    SIGN_CLASS_NORMAL = 0, /* an answer that may be kept and given to many */
    SIGN_CLASS_NONCE = 1,  /* an answer for one request */
};
enum { SIGN_CLASSES = 2 };

enum sign_state {
    SIGN_STATE_DOWN = 0,     /* cannot sign now */
    SIGN_STATE_READY = 1,    /* its last signature was good */
    SIGN_STATE_FALLBACK = 2, /* signs, but not in the place that is configured first */
};

/* On whose behalf a responder key answers (RFC 6960 2.6, O-08). */
enum sign_model {
    SIGN_MODEL_AUTO = 0,  /* as its certificate says */
    SIGN_MODEL_CA,        /* the CA's own key: for that CA */
    SIGN_MODEL_DELEGATED, /* certificate with id-kp-OCSPSigning: for the CA that issued it */
    SIGN_MODEL_TRUSTED,   /* relying parties trust it locally: for every CA */
};

struct sign_request {
    enum sign_op op;
    uint16_t key;     /* index of the key, 0 first */
    uint32_t id;      /* chosen by the asker, unique among its requests in flight */
    uint32_t wait_ms; /* how long the asker waits */
    enum sign_class class;
    uint8_t algorithm;   /* index in the key's algorithms, 0 is its ordinary one */
    struct sk_bytes tbs; /* points into the frame */
};

struct sign_reply {
    enum sign_result result;
    uint16_t key;
    uint32_t id;
    struct sk_bytes payload; /* points into the frame; empty unless SIGN_RESULT_OK */
};

/*
 *   Hello ::= SEQUENCE { keys INTEGER, name UTF8String, model ENUMERATED,
 *                        algorithms SEQUENCE OF AlgorithmIdentifier,
 *                        certificates SEQUENCE OF Certificate }
 */
struct sign_hello {
    unsigned num_keys;          /* that the key process has */
    struct sk_bytes name;       /* of this key in the configuration */
    enum sign_model model;      /* as configured */
    struct sk_bytes algorithms; /* contents of the SEQUENCE OF: what it can sign with */
    struct sk_bytes certs;      /* contents of the SEQUENCE OF: the responder's certificate first */
};

/* Appends one frame. SK_LIMIT when it is over the cap. */
enum sk_status sign_request_encode(const struct sign_request *request,
                                   struct sk_buf *out) SK_MUST_CHECK;
enum sk_status sign_reply_encode(const struct sign_reply *reply, struct sk_buf *out) SK_MUST_CHECK;

/* Reads the frame at the start of bytes. SK_AGAIN: not whole yet. SK_INPUT: not ours, err says
 * whether it is another version. *out_used: octets of the frame. */
enum sk_status sign_request_decode(struct sk_bytes bytes, struct sign_request *out,
                                   size_t *out_used, struct sk_err *err) SK_MUST_CHECK;
enum sk_status sign_reply_decode(struct sk_bytes bytes, struct sign_reply *out, size_t *out_used,
                                 struct sk_err *err) SK_MUST_CHECK;

/* Payload of a reply to HELLO. */
enum sk_status sign_hello_encode(const struct sign_hello *hello, struct sk_buf *out) SK_MUST_CHECK;
/* SK_INPUT: malformed; the lists are not looked into. Points into payload. */
enum sk_status sign_hello_decode(struct sk_bytes payload, struct sign_hello *out,
                                 struct sk_err *err) SK_MUST_CHECK;

#endif
