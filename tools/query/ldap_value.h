/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a value of a PKI directory attribute is worth: read by OpenSSL, told in a line.
 */
#ifndef SEKISHO_TOOLS_QUERY_LDAP_VALUE_H
#define SEKISHO_TOOLS_QUERY_LDAP_VALUE_H

#include <jansson.h>

#include "tools/query/query.h"

enum ldap_value_kind {
    LDAP_VALUE_OTHER = 0, /* not one of the attributes of RFC 4523 */
    LDAP_VALUE_CERTIFICATE,
    LDAP_VALUE_CRL,
    LDAP_VALUE_PAIR,
};

/* By the name of the attribute, with or without ";binary". */
enum ldap_value_kind ldap_value_kind(const char *attribute);

struct x509_st;
struct ldap_signers {
    struct x509_st *certs[LIMIT_QUERY_SIGNERS];
    size_t num;
};
/* The certificates of a file, PEM or DER. */
enum query_exit ldap_signers_load(const char *file, struct ldap_signers *out);
void ldap_signers_done(struct ldap_signers *signers);

/* QUERY_GOOD: well-formed, of this time, and, with signers, signed by one of them. Else
 * QUERY_UNDETERMINED (its time is over or has not come) or QUERY_NO_ANSWER (malformed, or not
 * signed by them). out gets members that describe it, "state" in words among them. */
enum query_exit ldap_value_judge(enum ldap_value_kind kind, struct sk_bytes value,
                                 const struct ldap_signers *signers, json_t *out);

#endif
