/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source gave, as the DER of certificates or of one list: bare DER, PEM, or for certificates
 * a certs-only CMS (.p7c, RFC 5652), the last also in PEM.
 */
#ifndef SEKISHO_TOOLS_FETCH_DECODE_H
#define SEKISHO_TOOLS_FETCH_DECODE_H

#include "core/arena.h"
#include "core/bytes.h"
#include "tools/fetch/report.h"

/* Calls visit with the DER of each certificate; it points into body or into the arena. At least
 * one, else SK_INPUT. On SK_INPUT *out_reason is REASON_TRUNCATED or REASON_MALFORMED. visit's
 * failure ends it and is returned, *out_reason untouched. */
typedef enum sk_status (*decode_fn)(void *arg, struct sk_bytes der);
enum sk_status decode_certs(struct sk_arena *arena, struct sk_bytes body, decode_fn visit,
                            void *arg, enum fetch_reason *out_reason,
                            struct sk_err *err) SK_MUST_CHECK;
/* Exactly one list. */
enum sk_status decode_crl(struct sk_arena *arena, struct sk_bytes body, struct sk_bytes *out,
                          enum fetch_reason *out_reason, struct sk_err *err) SK_MUST_CHECK;

#endif
