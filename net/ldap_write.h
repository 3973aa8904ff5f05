/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing LDAP responses (RFC 4511) in DER, which is a choice of BER that every client reads.
 *
 * Small messages are made in a struct sk_buf. An entry goes straight into the output queue of its
 * connection: its lengths are counted first, and a large value (a CRL) is never copied, the queue
 * refers to it in the generation's map and keeps the generation open until the client has taken it.
 */
#ifndef SEKISHO_NET_LDAP_WRITE_H
#define SEKISHO_NET_LDAP_WRITE_H

#include "core/buf.h"
#include "core/dir_entry.h"
#include "net/ldap_message.h"

struct evbuffer;
struct sk_generation;

#define LDAP_OID_START_TLS     "1.3.6.1.4.1.1466.20037"
#define LDAP_OID_DISCONNECTION "1.3.6.1.4.1.1466.20036"
#define LDAP_OID_WHO_AM_I      "1.3.6.1.4.1.4203.1.11.3"
#define LDAP_OID_PAGED         "1.2.840.113556.1.4.319"
#define LDAP_OID_MANAGE_DSA_IT "2.16.840.1.113730.3.4.2"

struct ldap_result {
    enum ldap_code code;
    struct sk_bytes matched;          /* matchedDN; p NULL: empty */
    const char *text;                 /* diagnosticMessage; NULL: empty */
    const struct sk_bytes *referrals; /* LDAP_REFERRAL: URLs */
    size_t num_referrals;
    const char *name;      /* extended: responseName; NULL: absent */
    bool has_value;        /* extended: responseValue */
    struct sk_bytes value; /* of it */
    bool has_page;         /* the control of paged results (RFC 2696) */
    struct sk_bytes cookie;
};

/* The response to a request of this kind, of which there is one (not unbind, not abandon). Failures
 * stick in the buffer. */
void ldap_write_result(struct sk_buf *out, uint32_t id, enum ldap_kind kind,
                       const struct ldap_result *result);
/* Notice of Disconnection (RFC 4511 4.4.1). */
void ldap_write_notice(struct sk_buf *out, enum ldap_code code, const char *text);
/* SearchResultReference: at least one URL. */
void ldap_write_reference(struct sk_buf *out, uint32_t id, const struct sk_bytes *urls,
                          size_t num_urls);

struct ldap_entry {
    struct sk_bytes dn;
    const struct dir_values *const *attributes; /* those that are given */
    size_t num_attributes;
    bool types_only;
};

/* Appends a SearchResultEntry. gen: where large values stay; NULL: they are copied. SK_LIMIT: more
 * than a length can tell; SK_NOMEM: what the queue holds then is no message any more. */
enum sk_status ldap_write_entry(struct evbuffer *out, uint32_t id, const struct ldap_entry *entry,
                                struct sk_generation *gen) SK_MUST_CHECK;

#endif
