/* SPDX-License-Identifier: Apache-2.0 */
/* One question put to lists: what revocation_gather.c collects and revocation.c weighs. */
#ifndef SEKISHO_CORE_REVOCATION_TASK_INT_H
#define SEKISHO_CORE_REVOCATION_TASK_INT_H

#include "core/revocation_int.h"

/* A list that may speak about the subject. */
struct crl_item {
    struct source_crl src;
    unsigned reasons;                /* of the subject, that it speaks about; 0: not in scope */
    bool is_authentic, is_unproven;  /* neither: not asked who signed it */
    bool is_cut;                     /* unproven for want of length or depth alone */
    struct revocation_signer signer; /* when authentic */
    bool has_cleared;                /* usable, and does not list the subject */
    struct crl_item *next;           /* authentic one; of a delta: delta of the same base */
};

/* One question being answered. */
struct revocation_task {
    struct sk_job *job;
    const struct revocation_subject *subject;
    struct crl_item *items; /* latest nextUpdate first, then by SHA-256 */
    size_t num_items, cap_items;
    struct crl_item *authentic;  /* those found so far */
    struct revocation_keys keys; /* of the name asked for last */
    struct sk_bytes *issuers;    /* canonical names whose lists have been gathered */
    size_t num_issuers, cap_issuers;
    bool has_arl;     /* a list known to be for CA certificates exists (C-21) */
    bool has_whole;   /* one that clears is of no one distribution point */
    bool is_barred;   /* one in its time that cannot be relied upon may list the subject (C-06) */
    unsigned covered; /* reasons for which the subject is known not to be revoked */
    int64_t changes;  /* first second at which a list or entry counts that does not count yet */
    struct revocation_status *out;
};

/* All lists of the certificate's issuer and of the CRL issuers its distribution points name, with
 * what each may speak about. */
enum sk_status revocation_gather(struct revocation_task *task) SK_MUST_CHECK;

/* Only a serial is known, and this is an indirect list of another CRL issuer
 * (revocation_indirect_issuers()): it revokes, but does not stand in for the issuer's own. */
bool revocation_is_of_another(const struct revocation_task *task, const struct crl_item *item);
/* A list of the same scope that does not list the subject, or NULL. */
const struct crl_item *revocation_cleared_by(const struct revocation_task *task,
                                             const struct crl_item *item);
/* Says that there is no list, or none about the subject. */
void revocation_fault_no_source(struct revocation_task *task);

#endif
