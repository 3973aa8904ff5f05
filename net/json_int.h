/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between net/json_ask.c (what a validation request asks) and net/json.c (what it is answered).
 *
 *   {"policy": "name", "certificates": ["base64 DER, or PEM", ...], "time": "RFC 3339",
 *    "intermediates": ["base64 DER, or PEM", ...], "want": ["path", "evidence", "explanation"]}
 *
 * Only certificates is required; a member that is null is not there. Members and wishes we do not
 * know are errors: a client that misspells one must not get an answer to another question.
 */
#ifndef SEKISHO_NET_JSON_INT_H
#define SEKISHO_NET_JSON_INT_H

#include "core/arena.h"
#include "net/answer.h"
#include "policy/config.h"

struct sk_memstore;

struct json_ask {
    const struct sk_policy *policy;
    struct sk_bytes certs[LIMIT_JSON_CERTS]; /* DER, in the arena; each has its result */
    size_t num_certs;
    struct sk_memstore *hints; /* intermediates; owned */
    int64_t time;
    bool want_evidence, want_explanation; /* the path is always given */
};

/* SK_OK: out is filled, json_ask_done() it. Else *out_error is the whole answer. */
enum sk_status json_ask_read(const struct sk_config *config, struct sk_arena *arena,
                             struct sk_bytes body, struct json_ask *out,
                             struct http_answer *out_error) SK_MUST_CHECK;
void json_ask_done(struct json_ask *ask);

#endif
