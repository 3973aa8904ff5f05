/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use which service: the rules of [acl NAME], by address and by client certificate.
 *
 * An access list governs the services it names. Its rules are looked at in the order of the file;
 * the first that fits the client decides, and where none fits the client is refused. A service that
 * no list names is open to everybody, but ACL_PRIVATE ones to the machine itself only. Pure.
 */
#ifndef SEKISHO_POLICY_ACL_H
#define SEKISHO_POLICY_ACL_H

#include "core/cert.h"
#include "policy/address.h"

enum acl_service {
    ACL_OCSP = 1u << 0,
    ACL_VALIDATE = 1u << 1,
    ACL_REPOSITORY = 1u << 2,
    ACL_SNAPSHOT = 1u << 3,
    ACL_HEALTH = 1u << 4,
    ACL_METRICS = 1u << 5,
    ACL_STATUS = 1u << 6,
    ACL_CVS = 1u << 7,
    ACL_LDAP = 1u << 8,
};
#define ACL_PRIVATE ((unsigned)ACL_METRICS | (unsigned)ACL_STATUS)

struct acl_certificate {     /* that a client has shown, verified by TLS */
    struct sk_bytes subject; /* RFC 4514 text, as name_to_text() writes it */
    uint8_t spki[SK_SHA256]; /* SHA-256 of the SubjectPublicKeyInfo */
};

struct acl_client {
    struct sk_address address;
    const struct acl_certificate *certificate; /* NULL: none */
};

enum acl_where { ACL_ANYWHERE = 0, ACL_LOOPBACK, ACL_RANGE };

struct acl_rule { /* fits when all it says is so */
    bool allows;
    enum acl_where where;
    struct address_range range; /* ACL_RANGE */
    bool wants_certificate;
    struct sk_bytes subject; /* p NULL: any */
    const uint8_t *spki;     /* SK_SHA256 octets; NULL: any */
};

struct sk_acl {
    char *name;
    unsigned services; /* ACL_* bits */
    struct acl_rule *rules;
    size_t num_rules;
};

/* "allow|deny WHO...": all, loopback, an address or range, certificate, spki:sha256:HEX, and last
 * subject:TEXT to the end of the line. Texts go to the arena. SK_INPUT, SK_NOMEM. */
enum sk_status acl_rule_parse(struct sk_arena *arena, const char *text, struct acl_rule *out,
                              struct sk_err *err) SK_MUST_CHECK;

bool acl_allows(const struct sk_acl *acls, size_t num_acls, enum acl_service service,
                const struct acl_client *client);

#endif
