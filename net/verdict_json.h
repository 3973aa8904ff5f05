/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict as JSON: the one form that the daemon and sekisho-verify give. Pure. Every
 * function adds members to an object that the caller opens and closes (net/json_out.h).
 */
#ifndef SEKISHO_NET_VERDICT_JSON_H
#define SEKISHO_NET_VERDICT_JSON_H

#include "core/verdict.h"
#include "net/json_out.h"

/* verdict, findings, policies, and what the kind has besides: valid_until, or revoked_at and
 * reason. is_explained: each finding says which certificate it means. */
void verdict_json_put(const struct sk_verdict *verdict, bool is_explained, struct sk_buf *out);
/* explanation: how it came to that: the certificates of the path, the other paths that were tried
 * (tried, more_paths) and the work. Bounded by core/limits.h. */
void verdict_json_explanation(const struct sk_verdict *verdict, struct sk_buf *out);
/* path: SHA-256 of each certificate, target first. */
void verdict_json_path(const struct sk_verdict *verdict, struct sk_buf *out);
/* evidence: the CRLs and OCSP responses it rests on. */
void verdict_json_evidence(const struct sk_verdict *verdict, struct sk_buf *out);
/* work: what the job spent. */
void verdict_json_work(const struct sk_verdict *verdict, struct sk_buf *out);

/* key NULL: an element of a list. */
void verdict_json_hash(const uint8_t sha256[SK_SHA256], const char *key, struct sk_buf *out);
/* RFC 3339; null for a time without end. */
void verdict_json_time(int64_t when, const char *key, struct sk_buf *out);

#endif
