/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verify_text.h"

#include <stdio.h>

enum { OIDS_SHOWN = 3, NAME_OCTETS = 120 };

void verify_text_oids(const struct sk_bytes *oids, size_t num, char *out, size_t size)
{
    char oid[LIMIT_OID_TEXT];
    size_t i, used;

    (void)snprintf(out, size, "%s", num == 0 ? "none" : "");
    for (i = 0; i < num && i < OIDS_SHOWN; i++) {
        if (oid_to_text(oids[i], oid, sizeof(oid)) != SK_OK)
            continue;
        used = strlen(out);
        (void)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", oid);
    }
    used = strlen(out);
    if (num > OIDS_SHOWN)
        (void)snprintf(out + used, size - used, " ...");
}

void verify_text_purposes(const struct sk_cert *cert, char *out, size_t size)
{
    struct sk_bytes oids[OIDS_SHOWN + 1]; /* one more, to see that there are more */
    struct cert_walk walk;
    size_t num = 0;
    enum sk_status status = cert_walk_init(&walk, &cert->eku);

    while (status == SK_OK && num <= OIDS_SHOWN) {
        status = cert_eku_next(&walk, &oids[num]);
        num += status == SK_OK;
    }
    verify_text_oids(oids, num, out, size);
}

void verify_text_name(const struct general_name *asked, char *out, size_t size)
{
    const char *kind = general_name_kind_text(asked->kind);
    size_t len = asked->value.len < NAME_OCTETS ? asked->value.len : (size_t)NAME_OCTETS;

    if (asked->kind == GENERAL_NAME_DNS)
        (void)snprintf(out, size, "%s %.*s", kind, (int)len, (const char *)asked->value.p);
    else
        (void)snprintf(out, size, "the %s asked", kind);
}

size_t verify_text_count_names(const struct sk_cert *cert, enum general_name_kind kind)
{
    struct general_name name;
    struct cert_walk walk;
    struct der names;
    size_t num = 0;

    if (cert_walk_init(&walk, &cert->san) != SK_OK)
        return 0;
    der_init(&names, bytes_of(walk.p, (size_t)(walk.end - walk.p)));
    while (!der_at_end(&names) && general_name_next(&names, false, &name) == SK_OK)
        num += name.kind == kind;
    return num;
}

const struct sk_cert *verify_text_length_from(const struct verify_path *path, size_t index)
{
    uint64_t between = 0;

    while (index-- > 0) {
        const struct sk_cert *cert = path->certs[index];

        if (cert->has_path_len && cert->path_len == between)
            return cert;
        between += !cert->is_self_issued;
    }
    return path->anchor->cert; /* RFC 5937 */
}
