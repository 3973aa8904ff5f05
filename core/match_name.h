/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a certificate for the name asked (RFC 9525, formerly 6125; RFC 5280 4.2.1.6)?
 *
 * dNSName: an alternative name of that kind, without case; a wildcard is a whole left-most label,
 * stands for exactly one label and needs two labels after it. rfc822Name: local part by octets,
 * host without case; when no alternative name is a mailbox, the subject's emailAddress counts.
 * uniformResourceIdentifier: equal by RFC 5280 7.4; when scheme and host are all that is asked, an
 * alternative name with the same scheme and host. iPAddress: octets.
 * directoryName: the subject, or an alternative name, by RFC 5280 7.1. Others by octets. The
 * subject's commonName never counts as a host: name constraints do not bind it. Internal to core/
 * and its tests.
 */
#ifndef SEKISHO_CORE_MATCH_NAME_H
#define SEKISHO_CORE_MATCH_NAME_H

#include "core/job.h"

/* Each alternative name pays job_spend_name_check(). SK_OK: out says. SK_INPUT: the name asked is
 * not a name (a wildcard, an address as a host), or the certificate's names are malformed.
 * SK_LIMIT, SK_NOMEM. */
enum sk_status match_name(struct sk_job *job, const struct sk_cert *cert,
                          const struct general_name *asked, bool *out_matches,
                          struct sk_err *err) SK_MUST_CHECK;

#endif
