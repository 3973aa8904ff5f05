/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named validation policies: trust anchors read from their files, parameters made whole.
 */
#include "core/hex.h"
#include "core/limits.h"
#include "policy/certfile.h"
#include "policy/config_int.h"

static enum sk_status read_one(struct sk_arena *arena, const char *file, struct sk_bytes *out,
                               struct sk_err *err)
{
    struct certfile found;
    enum sk_status status = certfile_read(arena, file, &found, err);

    if (status != SK_OK)
        return status;
    if (found.num_certs != 1 || found.num_others != 0)
        return err_set(err, SK_INPUT,
                       "%s: holds %zu certificates and %zu other objects, not exactly one "
                       "certificate",
                       file, found.num_certs, found.num_others);
    *out = found.certs[0];
    return SK_OK;
}

static enum sk_status check_fingerprint(const struct sk_cert *cert, const char *file,
                                        const uint8_t wanted[SK_SHA256], struct sk_err *err)
{
    char found[2 * SK_SHA256 + 1];

    if (memcmp(cert->sha256, wanted, SK_SHA256) == 0)
        return SK_OK;
    hex_encode(bytes_of(cert->sha256, SK_SHA256), found);
    return err_set(err, SK_INPUT, "%s: the fingerprint is sha256:%s, not the one given", file,
                   found);
}

/* The key is decoded once here, so that an anchor nobody can use is a fault and no surprise. */
static enum sk_status check_key(const struct sk_cert *cert, const char *file, struct sk_err *err)
{
    struct sk_key *key = NULL;
    enum sk_status status = key_new(cert->spki, NULL, &key, err);

    key_free(key);
    return status == SK_OK ? SK_OK : err_context(err, "%s: unusable key", file);
}

/* "FILE sha256:HEX": the file's name may hold blanks, the fingerprint is the last word. */
static enum sk_status split(struct config_run *run, const char *text, char **out_file,
                            uint8_t out_sha256[SK_SHA256], struct sk_err *err)
{
    const char *hash = text + strlen(text), *end;
    char *name;

    while (hash > text && hash[-1] != ' ' && hash[-1] != '\t')
        hash--;
    for (end = hash; end > text && (end[-1] == ' ' || end[-1] == '\t'); end--)
        continue;
    if (end == text || strncmp(hash, "sha256:", 7) != 0 ||
        hex_decode(hash + 7, out_sha256, SK_SHA256) != SK_OK)
        return err_set(err, SK_INPUT, "not FILE sha256:HEX with 64 hexadecimal digits");
    name = arena_copy(run->arena, text, (size_t)(end - text));
    name = name != NULL ? config_path(run, name) : NULL;
    if (name == NULL)
        return err_set(err, config_stop(run, SK_NOMEM), "out of memory");
    *out_file = name;
    return SK_OK;
}

enum sk_status policy_anchor_load(struct config_run *run, const char *text,
                                  const struct sk_cert **out, struct sk_err *err)
{
    uint8_t sha256[SK_SHA256];
    enum sk_status status;
    struct sk_bytes der;
    struct sk_cert *cert;
    char *file = NULL;

    status = split(run, text, &file, sha256, err);
    if (status == SK_OK)
        status = read_one(run->arena, file, &der, err);
    if (status != SK_OK)
        return status;
    cert = arena_alloc(run->arena, sizeof(*cert));
    if (cert == NULL)
        return err_set(err, SK_NOMEM, "out of memory");
    status = cert_parse(run->arena, der, cert, err);
    if (status != SK_OK)
        return status == SK_NOMEM ? status : err_context(err, "%s", file);
    status = check_fingerprint(cert, file, sha256, err);
    if (status == SK_OK)
        status = check_key(cert, file, err);
    if (status == SK_OK)
        *out = cert;
    return status;
}

void policy_finish(struct policy_draft *draft, const struct sk_budget *budget)
{
    struct sk_params *params = &draft->policy.params;

    params->anchors = draft->anchors.items;
    params->num_anchors = draft->anchors.count;
    params->ocsp_responders = draft->ocsp_responders.items;
    params->num_ocsp_responders = draft->ocsp_responders.count;
    draft->policy.ocsp.requestors = draft->ocsp_requestors.items;
    draft->policy.ocsp.num_requestors = draft->ocsp_requestors.count;
    params->policies = draft->policies.items;
    params->num_policies = draft->policies.count;
    params->ekus = draft->ekus.items;
    params->num_ekus = draft->ekus.count;
    params->budget = *budget;
}
