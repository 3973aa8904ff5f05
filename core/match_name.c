/* SPDX-License-Identifier: Apache-2.0 */
#include "core/match_name.h"

#include "core/host.h"
#include "core/name.h"

/* What the asked name is compared by. */
struct asked {
    const struct general_name *name;
    struct sk_bytes local, host, scheme; /* of a mailbox or URI; host: empty when it has none */
    bool is_service;                     /* a URI that is scheme and host alone */
    struct sk_bytes canon;               /* of a directoryName */
};

/* The host of a URI, or an empty one. */
static struct sk_bytes uri_host(struct sk_bytes uri)
{
    struct sk_bytes scheme, host;

    return host_of_uri(uri, &scheme, &host) ? host : bytes_of(NULL, 0);
}

/* "scheme://host" or "scheme://host/": names a service and nothing of it. */
static bool is_service(const struct asked *asked)
{
    struct sk_bytes uri = asked->name->value;
    size_t len = asked->scheme.len + 3 + asked->host.len;

    return asked->host.len > 0 && asked->host.p == uri.p + asked->scheme.len + 3 &&
           (uri.len == len || (uri.len == len + 1 && uri.p[len] == '/'));
}

static enum sk_status asked_read(struct sk_job *job, const struct general_name *name,
                                 struct asked *out, struct sk_err *err)
{
    bool is_good = true;

    out->name = name;
    switch (name->kind) {
    case GENERAL_NAME_DNS:
        is_good = host_is_valid(name->value);
        break;
    case GENERAL_NAME_EMAIL:
        is_good = host_of_mailbox(name->value, &out->local, &out->host);
        break;
    case GENERAL_NAME_URI:
        is_good = host_scheme_of_uri(name->value, &out->scheme);
        out->host = uri_host(name->value);
        out->is_service = is_service(out);
        break;
    case GENERAL_NAME_DIRECTORY: {
        enum sk_status status = name_canon(job->arena, name->value, &out->canon, err);

        if (status != SK_OK)
            return status;
        is_good = out->canon.len > 0;
        break;
    }
    case GENERAL_NAME_IP:
        is_good = name->value.len == 4 || name->value.len == 16;
        break;
    case GENERAL_NAME_OTHER:
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
    case GENERAL_NAME_REGISTERED_ID:
        break;
    }
    return is_good ? SK_OK
                   : err_set(err, SK_INPUT, "the name asked is not a usable %s",
                             general_name_kind_text(name->kind));
}

static bool host_matches(struct sk_bytes asked, struct sk_bytes found)
{
    struct sk_bytes rest;

    if (found.len < 2 || found.p[0] != '*' || found.p[1] != '.')
        return host_equal(asked, found);
    rest = host_parent(found);
    return host_is_valid(rest) && host_parent(rest).len > 0 && host_equal(host_parent(asked), rest);
}

static bool mailbox_matches(const struct asked *asked, struct sk_bytes found)
{
    struct sk_bytes local, host;

    return host_of_mailbox(found, &local, &host) && bytes_equal(asked->local, local) &&
           host_equal(asked->host, host);
}

/* The same octets at the same place, but for the case of letters. */
static bool is_same_part(struct sk_bytes a, struct sk_bytes part_a, struct sk_bytes b,
                         struct sk_bytes part_b)
{
    if (part_a.len == 0 || part_b.len == 0)
        return part_a.len == part_b.len;
    return part_a.p - a.p == part_b.p - b.p && host_equal(part_a, part_b);
}

/* RFC 5280 7.4: scheme and host without case, everything else by octets. */
static bool uri_equal(const struct asked *asked, struct sk_bytes found, struct sk_bytes scheme,
                      struct sk_bytes host)
{
    struct sk_bytes a = asked->name->value;
    size_t begin = host.len > 0 ? (size_t)(host.p - found.p) : scheme.len;
    size_t end = begin + host.len;

    return a.len == found.len && is_same_part(a, asked->scheme, found, scheme) &&
           is_same_part(a, asked->host, found, host) &&
           memcmp(a.p + scheme.len, found.p + scheme.len, begin - scheme.len) == 0 &&
           memcmp(a.p + end, found.p + end, a.len - end) == 0;
}

static bool uri_matches(const struct asked *asked, struct sk_bytes found)
{
    struct sk_bytes scheme, host;

    if (!host_scheme_of_uri(found, &scheme))
        return false;
    host = uri_host(found);
    if (asked->is_service && host_equal(asked->scheme, scheme) && host_equal(asked->host, host))
        return true;
    return uri_equal(asked, found, scheme, host);
}

static enum sk_status directory_matches(struct sk_job *job, const struct asked *asked,
                                        struct sk_bytes found, bool *out, struct sk_err *err)
{
    struct sk_bytes canon;
    enum sk_status status = name_canon(job->arena, found, &canon, err);

    if (status == SK_OK)
        *out = name_equal(asked->canon, canon);
    return status;
}

/* found is of the kind asked. */
static enum sk_status matches(struct sk_job *job, const struct asked *asked,
                              const struct general_name *found, bool *out, struct sk_err *err)
{
    switch (found->kind) {
    case GENERAL_NAME_DNS:
        *out = host_matches(asked->name->value, found->value);
        return SK_OK;
    case GENERAL_NAME_EMAIL:
        *out = mailbox_matches(asked, found->value);
        return SK_OK;
    case GENERAL_NAME_URI:
        *out = uri_matches(asked, found->value);
        return SK_OK;
    case GENERAL_NAME_DIRECTORY:
        return directory_matches(job, asked, found->value, out, err);
    case GENERAL_NAME_IP:
    case GENERAL_NAME_OTHER:
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
    case GENERAL_NAME_REGISTERED_ID:
        *out = bytes_equal(asked->name->value, found->value);
        return SK_OK;
    }
    return SK_OK;
}

static enum sk_status match_alternatives(struct sk_job *job, const struct sk_cert *cert,
                                         const struct asked *asked, bool *out_has_kind,
                                         bool *out_matches, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct cert_walk walk;
    struct der names;

    if (cert_walk_init(&walk, &cert->san) != SK_OK)
        return err_set(err, SK_INPUT, "malformed subjectAltName");
    der_init(&names, bytes_of(walk.p, (size_t)(walk.end - walk.p)));
    while (status == SK_OK && !*out_matches && !der_at_end(&names)) {
        struct general_name found;

        if (!job_spend_name_check(job))
            return err_set(err, SK_LIMIT, "the name checks of this job are used up");
        if (general_name_next(&names, false, &found) != SK_OK)
            return err_set(err, SK_INPUT, "malformed subjectAltName");
        if (found.kind != asked->name->kind)
            continue;
        *out_has_kind = true;
        if (found.kind == GENERAL_NAME_DIRECTORY && !job_spend_names(job, found.value))
            return err_set(err, SK_LIMIT, "the name checks of this job are used up");
        status = matches(job, asked, &found, out_matches, err);
    }
    return status;
}

static enum sk_status match_subject_mailboxes(const struct sk_cert *cert, const struct asked *asked,
                                              bool *out_matches, struct sk_err *err)
{
    struct name_attribute attribute;
    struct name_walk walk;
    enum sk_status status = name_walk_init(&walk, cert->subject);

    while (status == SK_OK && !*out_matches) {
        status = name_walk_next(&walk, &attribute);
        if (status == SK_OK && oid_is(attribute.type, OID_AT_EMAIL_ADDRESS))
            *out_matches = mailbox_matches(asked, attribute.value);
    }
    return status == SK_OK || status == SK_NOTFOUND ? SK_OK
                                                    : err_set(err, SK_INPUT, "malformed subject");
}

enum sk_status match_name(struct sk_job *job, const struct sk_cert *cert,
                          const struct general_name *asked_name, bool *out_matches,
                          struct sk_err *err)
{
    struct asked asked = {0};
    bool has_kind = false, found = false;
    enum sk_status status = asked_read(job, asked_name, &asked, err);

    if (status != SK_OK)
        return status;
    if (asked_name->kind == GENERAL_NAME_DIRECTORY && cert->subject_canon.len > 0)
        found = name_equal(asked.canon, cert->subject_canon);
    if (!found)
        status = match_alternatives(job, cert, &asked, &has_kind, &found, err);
    if (status == SK_OK && asked_name->kind == GENERAL_NAME_EMAIL && !has_kind)
        status = match_subject_mailboxes(cert, &asked, &found, err);
    if (status == SK_OK)
        *out_matches = found;
    return status;
}
