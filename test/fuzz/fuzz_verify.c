/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * A path as it comes: two octets of inputs, then certificates one after the other, the anchor
 * first. With INPUT_CHECKED every signature counts as checked, so that changed certificates get
 * past them.
 */
#include <stdlib.h>

#include "core/name.h"
#include "core/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_CERTS = 10, TIME = 1302825600 /* 2011-04-15, within PKITS */ };
enum {
    INPUT_EXPLICIT = 1,
    INPUT_NO_MAPPING = 2,
    INPUT_NO_ANY = 4,
    INPUT_CRL = 8,
    INPUT_CHECKED = 16,
    INPUT_NAME = 32,
    INPUT_USAGE = 64,
    INPUT_FLOOR = 128,
    INPUT_HONOUR_ANCHOR = 16, /* of the octet of policies */
    INPUT_NESTED_EKU = 32,
};

static bool always(const struct sk_source *source, const uint8_t object[SK_SHA256],
                   const uint8_t spki[SK_SHA256])
{
    (void)source;
    (void)object;
    (void)spki;
    return true;
}
static const struct sk_source_ops checked_ops = {.is_checked = always};
static const struct sk_source checked = {.ops = &checked_ops};

static const uint8_t policy_octets[4][10] = {
    {0x60, 0x86, 0x48, 1, 0x65, 3, 2, 1, 0x30, 1}, /* NIST-test-policy-1 ... */
    {0x60, 0x86, 0x48, 1, 0x65, 3, 2, 1, 0x30, 2},
    {0x60, 0x86, 0x48, 1, 0x65, 3, 2, 1, 0x30, 3},
    {0x60, 0x86, 0x48, 1, 0x65, 3, 2, 1, 0x30, 4},
};
static const uint8_t eku_octets[] = {0x2b, 6, 1, 5, 5, 7, 3, 1};

struct inputs {
    struct sk_params params;
    struct sk_bytes policies[4], eku;
    struct general_name name;
};

static void inputs_read(struct inputs *in, unsigned flags, unsigned policies)
{
    size_t i;

    params_init(&in->params);
    in->params.budget.max_policy_nodes = 256;
    in->params.budget.max_name_checks = 256;
    in->params.require_explicit_policy = (flags & INPUT_EXPLICIT) != 0;
    in->params.inhibit_policy_mapping = (flags & INPUT_NO_MAPPING) != 0;
    in->params.inhibit_any_policy = (flags & INPUT_NO_ANY) != 0;
    in->params.honour_anchor_constraints = (policies & INPUT_HONOUR_ANCHOR) != 0;
    in->params.nested_ekus = (policies & INPUT_NESTED_EKU) != 0;
    in->params.policies = in->policies;
    for (i = 0; i < 4; i++) {
        if ((policies >> i & 1) != 0)
            in->policies[in->params.num_policies++] = bytes_of(policy_octets[i], 10);
    }
    in->eku = bytes_of(eku_octets, sizeof(eku_octets));
    in->params.ekus = &in->eku;
    in->params.num_ekus = (flags & INPUT_USAGE) != 0;
    in->params.key_usage = (flags & INPUT_USAGE) != 0 ? KEY_USAGE_DIGITAL_SIGNATURE : 0;
    in->name = (struct general_name){.kind = GENERAL_NAME_DNS, .value = bytes_of("a.example", 9)};
    in->params.names = &in->name;
    in->params.num_names = (flags & INPUT_NAME) != 0;
    in->params.min_rsa_bits = (flags & INPUT_FLOOR) != 0 ? 2048 : 0;
}

static size_t certs_read(struct sk_arena *arena, struct sk_bytes bytes,
                         const struct sk_cert *out[MAX_CERTS])
{
    struct der d;
    struct der_tlv tlv;
    size_t num = 0;

    der_init(&d, bytes);
    while (num < MAX_CERTS && !der_at_end(&d) && der_any(&d, &tlv) == SK_OK) {
        struct sk_cert *cert = arena_alloc(arena, sizeof(*cert));

        if (cert == NULL || cert_parse(arena, tlv.whole, cert, NULL) != SK_OK)
            return 0;
        out[num++] = cert;
    }
    return num;
}

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* What any good path must be, said once more. */
static void check_good(const struct sk_job *job, const struct verify_path *path,
                       const struct verify_result *result)
{
    const struct sk_cert *above = path->anchor->cert;
    size_t i, k;

    must(!job->is_exhausted && result->progress == path->num_certs);
    for (i = 0; i < path->num_certs; above = path->certs[i++]) {
        const struct sk_cert *c = path->certs[i];

        must(name_equal(c->issuer_canon, above->subject_canon) && c->is_sig_alg_equal);
        must(c->not_before <= job->time && job->time <= c->not_after && !c->has_unknown_critical);
        must(result->not_after <= c->not_after);
        must(i + 1 == path->num_certs || (c->is_ca && c->version == 3));
    }
    if (path->is_for_crl)
        return;
    must(!job->params->require_explicit_policy || result->num_policies > 0);
    for (i = 0; i < result->num_policies && job->params->num_policies > 0; i++) {
        for (k = 0; k < job->params->num_policies; k++) {
            if (bytes_equal(result->policies[i], job->params->policies[k]))
                break;
        }
        must(k < job->params->num_policies);
    }
}

static void check(const struct sk_job *job, const struct verify_path *path, enum sk_status status,
                  const struct verify_result *result)
{
    must(job->work.policy_nodes <= job->params->budget.max_policy_nodes);
    must(job->work.name_checks <= job->params->budget.max_name_checks);
    must(status == SK_OK || status == SK_LIMIT || status == SK_NOMEM);
    must(status != SK_LIMIT || job->is_exhausted);
    if (status != SK_OK)
        return;
    must(result->is_good == (result->finding.code == FINDING_NONE));
    if (result->is_good) {
        check_good(job, path, result);
        return;
    }
    must(result->finding.rule != NULL && result->finding.text[0] != '\0');
    must(result->finding.cert >= 0 && (size_t)result->finding.cert <= path->num_certs);
    must(result->progress < path->num_certs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sk_arena *arena;
    static struct sk_keyring *keys;
    const struct sk_cert *certs[MAX_CERTS];
    struct inputs in = {.policies = {{NULL, 0}}};
    struct verify_result result = {.is_good = false};
    struct sk_anchor anchor;
    struct verify_path path = {.anchor = &anchor, .certs = certs + 1};
    struct sk_job job = {.params = &in.params, .time = TIME};
    size_t num;

    if (size < 2)
        return 0;
    if (arena == NULL)
        arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    if (keys == NULL)
        keys = keyring_new(4);
    must(arena != NULL && keys != NULL);
    arena_reset(arena);
    inputs_read(&in, data[0], data[1]);
    num = certs_read(arena, bytes_of(data + 2, size - 2), certs);
    if (num < 2)
        return 0;
    anchor.cert = certs[0];
    path.num_certs = num - 1;
    path.is_for_crl = (data[0] & INPUT_CRL) != 0;
    job.arena = arena;
    job.keys = keys;
    job.source = (data[0] & INPUT_CHECKED) != 0 ? &checked : NULL;
    check(&job, &path, verify_path(&job, &path, &result), &result);
    return 0;
}
