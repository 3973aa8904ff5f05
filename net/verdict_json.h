/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict as JSON: the one form that the daemon and sekisho-verify give. Pure; knows
 * jansson and core/ only. Every function returns a new reference, or NULL without memory.
 */
#ifndef SEKISHO_NET_VERDICT_JSON_H
#define SEKISHO_NET_VERDICT_JSON_H

#include <jansson.h>

#include "core/verdict.h"

/* An object with verdict, findings, policies, and what the kind has besides: valid_until, or
 * revoked_at and reason. is_explained: each finding says which certificate it means. */
json_t *verdict_json_new(const struct sk_verdict *verdict, bool is_explained);
/* How it came to that: the certificates of the path, the other paths that were tried (tried,
 * more_paths) and the work. Bounded by core/limits.h. */
json_t *verdict_json_explanation(const struct sk_verdict *verdict);
/* SHA-256 of each certificate, target first. */
json_t *verdict_json_path(const struct sk_verdict *verdict);
/* The CRLs and OCSP responses it rests on. */
json_t *verdict_json_evidence(const struct sk_verdict *verdict);

/* A certificate by its SHA-256, subject, issuer, serial and dates. Never alternative names: they
 * may hold a citizen's name, birth date and address. */
json_t *verdict_json_cert(const struct sk_cert *cert);
/* What the job spent. */
json_t *verdict_json_work(const struct sk_verdict *verdict);
json_t *verdict_json_hash(const uint8_t sha256[SK_SHA256]);
/* RFC 3339; null for a time without end. */
json_t *verdict_json_time(int64_t when);
/* Text that may hold octets that are not UTF-8: then all but ASCII becomes "?". */
json_t *verdict_json_text(const char *text);

#endif
