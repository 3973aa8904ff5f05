/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name constraints of a path (RFC 5280 6.1.3(b)-(c), 6.1.4(g)).
 *
 * The permitted subtrees of a path are the intersection of those of its certificates, the excluded
 * ones the union. Neither is computed: the path keeps one set per certificate that constrains, and
 * a name must satisfy every set. Work is names x subtrees, each paid by job_spend_name_check().
 * Internal to core/ and its tests.
 */
#ifndef SEKISHO_CORE_NAME_CONSTRAINTS_H
#define SEKISHO_CORE_NAME_CONSTRAINTS_H

#include "core/job.h"

struct name_constraints { /* of a path; zeroed at its start */
    const struct constraint_set *sets[LIMIT_PATH_CERTS];
    size_t num;
};

/* 6.1.4(g): from here on the nameConstraints of this CA certificate count, if it has any. The
 * extension is read once in a job. SK_INPUT, with text: we cannot process it. SK_LIMIT, SK_NOMEM.
 */
enum sk_status name_constraints_add(struct name_constraints *constraints, struct sk_job *job,
                                    const struct sk_cert *ca, struct sk_err *err) SK_MUST_CHECK;

/* 6.1.3(b)-(c): the subject and every alternative name of cert against every set. A mailbox in the
 * subject counts when no alternative name is one (V-41). SK_INPUT, with text: a name is not
 * permitted, or is excluded. SK_LIMIT, SK_NOMEM. */
enum sk_status name_constraints_check(const struct name_constraints *constraints,
                                      struct sk_job *job, const struct sk_cert *cert,
                                      struct sk_err *err) SK_MUST_CHECK;

#endif
