/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LDAP messages by liblber: the other side of every test of net/ldap_message.h and
 * net/ldap_write.h.
 */
#ifndef SEKISHO_TEST_LDAP_LBER_H
#define SEKISHO_TEST_LDAP_LBER_H

#include "core/buf.h"
#include "net/ldap_message.h"

enum { LBER_ATTRIBUTES = 128, LBER_TEXT = 512 };

/* A search as liblber reads it. */
struct lber_search {
    int id, scope, deref, size_limit, time_limit, types_only;
    struct sk_buf base, attributes; /* attributes: each with a NUL behind it */
    struct sk_buf filter;           /* contents of the Filter */
    unsigned num_attributes;
};
void lber_search_init(struct lber_search *search);
void lber_search_done(struct lber_search *search);
/* False: liblber does not take it for a SearchRequest. */
bool lber_search_read(struct sk_bytes message, struct lber_search *out);

/* Appends a message made by ber_printf(); fmt is that of a whole LDAPMessage. False: it failed. */
struct berelement;
bool lber_search_write(struct sk_buf *out, int id, const char *base, int scope, int size_limit,
                       int time_limit, const char *const *attributes);
bool lber_bind_write(struct sk_buf *out, int id, int version, const char *name,
                     const char *password);

/* A response as liblber reads it. */
struct lber_response {
    int id;
    unsigned op; /* identifier octet */
    int code;
    char matched[LBER_TEXT], text[LBER_TEXT], dn[LBER_TEXT];
    unsigned num_attributes, num_values, num_urls;
    size_t octets;              /* of all values */
    char attributes[LBER_TEXT]; /* "name=NUMBER;" of each */
    char urls[LBER_TEXT];       /* each with a blank behind it */
    char name[LBER_TEXT];       /* responseName */
    char cookie[LBER_TEXT];     /* of paged results, in hexadecimal digits */
    bool has_page, has_value;
};
/* The length of the first message; 0: liblber reads none. */
size_t lber_response_read(struct sk_bytes octets, struct lber_response *out);

#endif
