/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to the judge: trust anchors, a pool of certificates, CRLs and OCSP responses,
 * settings, a target.
 *
 * Filled from the command line (options.h) or from one batch line (batch.h), then asked with
 * case_judge(), as often as there are targets. Texts of settings are checked here, so that both
 * ways in refuse the same things with the same words.
 */
#ifndef SEKISHO_TOOLS_VERIFY_CASE_H
#define SEKISHO_TOOLS_VERIFY_CASE_H

#include "core/judge.h"
#include "core/memstore.h"

struct verify_case; /* owns everything that was added */

/* base: parameters of a policy, which must outlive the case, or NULL for RFC 5280's defaults with
 * revocation off. keys: borrowed. NULL: no memory. */
struct verify_case *case_new(const struct sk_params *base, struct sk_keyring *keys);
void case_free(struct verify_case *c); /* accepts NULL */

/* SK_INPUT with text: malformed. The first anchor replaces those of the policy. */
enum sk_status case_add_anchor(struct verify_case *c, struct sk_bytes der,
                               struct sk_err *err) SK_MUST_CHECK;
/* Without any: the policy's anchors go as well. */
void case_clear_anchors(struct verify_case *c);
size_t case_num_anchors(const struct verify_case *c);
enum sk_status case_add_cert(struct verify_case *c, struct sk_bytes der,
                             struct sk_err *err) SK_MUST_CHECK;
enum sk_status case_add_crl(struct verify_case *c, struct sk_bytes der,
                            struct sk_err *err) SK_MUST_CHECK;
enum sk_status case_add_ocsp(struct verify_case *c, struct sk_bytes der,
                             struct sk_err *err) SK_MUST_CHECK;
/* A responder trusted for every CA; the first replaces those of the policy. */
enum sk_status case_add_ocsp_responder(struct verify_case *c, struct sk_bytes der,
                                       struct sk_err *err) SK_MUST_CHECK;

/* Dotted OIDs; the first of a kind replaces the policy's. */
enum sk_status case_add_policy(struct verify_case *c, const char *oid,
                               struct sk_err *err) SK_MUST_CHECK;
/* The empty user-initial-policy-set, in place of the policy's. */
void case_accept_no_policy(struct verify_case *c);
enum sk_status case_add_eku(struct verify_case *c, const char *oid,
                            struct sk_err *err) SK_MUST_CHECK;
/* A name the target must be for: dns:HOST, email:MAILBOX, uri:URI, ip:ADDRESS. */
enum sk_status case_add_name(struct verify_case *c, const char *name,
                             struct sk_err *err) SK_MUST_CHECK;
/* required, if-available or off */
enum sk_status case_set_revocation(struct verify_case *c, const char *mode,
                                   struct sk_err *err) SK_MUST_CHECK;
/* no, yes or prefer */
enum sk_status case_set_ocsp_evidence(struct verify_case *c, const char *mode,
                                      struct sk_err *err) SK_MUST_CHECK;
/* RFC 3339 */
enum sk_status case_set_time(struct verify_case *c, const char *time,
                             struct sk_err *err) SK_MUST_CHECK;
/* The flags may only be switched on: a policy that asks for more cannot be talked down. */
void case_require_explicit_policy(struct verify_case *c);
void case_inhibit_policy_mapping(struct verify_case *c);
void case_inhibit_any_policy(struct verify_case *c);
void case_honour_anchor_constraints(struct verify_case *c);
void case_nest_ekus(struct verify_case *c);

/* Judges one target. A target that is no certificate is `invalid` with `malformed`. The verdict
 * lives until the next call or case_free(). SK_NOMEM, SK_INTERNAL. */
enum sk_status case_judge(struct verify_case *c, struct sk_bytes target_der,
                          const struct sk_verdict **out) SK_MUST_CHECK;

#endif
