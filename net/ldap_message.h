/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading LDAP requests (RFC 4511): from octets to struct ldap_request. Pure; nothing is copied.
 *
 * The subset of BER is that of RFC 4511 5.1: definite lengths, primitive OCTET STRINGs; a BOOLEAN
 * is one octet, and true whatever it holds but 0. What stands behind the fields we know of a
 * SEQUENCE that may be extended is passed over (RFC 4511 4).
 *
 * Two kinds of refusal: octets that are no message, or no request, end the session (Notice of
 * Disconnection, RFC 4511 4.1.1); a request of the right shape with a value that cannot be is
 * answered with its fault.
 */
#ifndef SEKISHO_NET_LDAP_MESSAGE_H
#define SEKISHO_NET_LDAP_MESSAGE_H

#include "core/bytes.h"
#include "core/limits.h"
#include "core/status.h"

/* Result codes that we give (RFC 4511 appendix A). */
enum ldap_code {
    LDAP_SUCCESS = 0,
    LDAP_OPERATIONS_ERROR = 1,
    LDAP_PROTOCOL_ERROR = 2,
    LDAP_TIME_LIMIT_EXCEEDED = 3,
    LDAP_SIZE_LIMIT_EXCEEDED = 4,
    LDAP_COMPARE_FALSE = 5,
    LDAP_COMPARE_TRUE = 6,
    LDAP_AUTH_METHOD_NOT_SUPPORTED = 7,
    LDAP_REFERRAL = 10,
    LDAP_ADMIN_LIMIT_EXCEEDED = 11,
    LDAP_UNAVAILABLE_CRITICAL_EXTENSION = 12,
    LDAP_NO_SUCH_ATTRIBUTE = 16,
    LDAP_UNDEFINED_ATTRIBUTE_TYPE = 17,
    LDAP_INAPPROPRIATE_MATCHING = 18,
    LDAP_INVALID_ATTRIBUTE_SYNTAX = 21,
    LDAP_NO_SUCH_OBJECT = 32,
    LDAP_INVALID_DN_SYNTAX = 34,
    LDAP_INVALID_CREDENTIALS = 49,
    LDAP_INSUFFICIENT_ACCESS_RIGHTS = 50,
    LDAP_BUSY = 51,
    LDAP_UNAVAILABLE = 52,
    LDAP_UNWILLING_TO_PERFORM = 53,
    LDAP_OTHER = 80,
};

enum ldap_kind {
    LDAP_BIND = 0,
    LDAP_UNBIND,
    LDAP_SEARCH,
    LDAP_MODIFY,
    LDAP_ADD,
    LDAP_DELETE,
    LDAP_MODIFY_DN,
    LDAP_COMPARE,
    LDAP_ABANDON,
    LDAP_EXTENDED,
    LDAP_KINDS,
};

enum ldap_auth { LDAP_AUTH_SIMPLE = 0, LDAP_AUTH_SASL, LDAP_AUTH_OTHER };
struct ldap_bind {
    unsigned version; /* 1..127 */
    struct sk_bytes name;
    enum ldap_auth auth;
    struct sk_bytes password; /* LDAP_AUTH_SIMPLE */
};

enum ldap_scope { LDAP_SCOPE_BASE = 0, LDAP_SCOPE_ONE, LDAP_SCOPE_SUB };
struct ldap_search_request {
    struct sk_bytes base;
    enum ldap_scope scope;
    uint32_t size_limit, time_limit; /* 0: none */
    bool types_only;
    struct sk_bytes filter; /* the Filter, identifier to end: dir_filter_read() */
    struct sk_bytes attributes[LIMIT_LDAP_ATTRIBUTES];
    size_t num_attributes;
};

struct ldap_compare_request {
    struct sk_bytes entry, attribute, value;
};

struct ldap_extended_request {
    struct sk_bytes name; /* dotted OID */
    bool has_value;
    struct sk_bytes value;
};

struct ldap_control {
    struct sk_bytes type; /* dotted OID */
    bool is_critical;
    bool has_value;
    struct sk_bytes value;
};

struct ldap_request {
    uint32_t id; /* 1..2147483647 */
    enum ldap_kind kind;
    union {
        struct ldap_bind bind;
        struct ldap_search_request search;
        struct ldap_compare_request compare;
        struct ldap_extended_request extended;
        uint32_t abandon; /* the id */
    } of;                 /* of a write nothing is read but its tag */
    struct ldap_control controls[LIMIT_LDAP_CONTROLS];
    size_t num_controls;
    enum ldap_code fault;   /* not LDAP_SUCCESS: to be answered with this, */
    const char *fault_text; /* and this, static; what else is in here may be missing */
};

/* How long the message is that begins with these octets, the first of a stream; at most
 * LIMIT_LDAP_HEAD of them are needed. SK_AGAIN: not to be told yet. SK_INPUT: no LDAPMessage.
 * SK_LIMIT: longer than max. */
enum sk_status ldap_message_frame(struct sk_bytes octets, size_t max,
                                  size_t *out_len) SK_MUST_CHECK;

/* Reads one whole message. SK_INPUT: no message, or no request. */
enum sk_status ldap_message_read(struct sk_bytes octets, struct ldap_request *out) SK_MUST_CHECK;

/* The control of this type; NULL: none. */
const struct ldap_control *ldap_message_control(const struct ldap_request *request,
                                                const char *type);

/* "search"; static. */
const char *ldap_kind_text(enum ldap_kind kind);

#endif
