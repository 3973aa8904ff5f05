/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_own.h"

#include "core/clock.h"
#include "core/judge.h"
#include "core/log.h"

enum { AGAIN_S = 3600 };

/* One certificate being looked at. */
struct looking {
    const struct ocsp_ask *ask;
    const struct signer_key *key;
    const struct sk_cert *asked; /* the issuer's certificate that was asked with last */
    int64_t until;
    bool is_revoked;
    char text[LIMIT_FINDING_TEXT]; /* when revoked */
};

/* cert NULL: by every list of the issuer, not only by those that the certificate names. */
static enum sk_status ask(struct looking *looking, const struct sk_cert *issuer,
                          const struct sk_cert *cert)
{
    const struct ocsp_ask *ask = looking->ask;
    const struct sk_query query = {.params = &ask->policy->params,
                                   .source = reader_source(ask->reader),
                                   .time = ask->now,
                                   .keys = ask->keys,
                                   .arena = ask->arena,
                                   .cpu_now = clock_cpu_us};
    const struct sk_cert *own = looking->key->cert;
    struct revocation_status said;
    enum sk_status status = judge_serial(&query, issuer, own->serial, own->is_ca, cert, &said);

    if (status != SK_OK)
        return status;
    switch (said.kind) {
    case REVOCATION_REVOKED:
        looking->is_revoked = true;
        memcpy(looking->text, said.text, sizeof(looking->text));
        return SK_OK;
    case REVOCATION_UNDETERMINED:
        if (said.why == FINDING_BUDGET_EXHAUSTED)
            return SK_LIMIT;
        break;
    case REVOCATION_GOOD:
        break;
    }
    if (said.holds_until < looking->until)
        looking->until = said.holds_until;
    return SK_OK;
}

/* Every key that bears the issuer's name and signed the certificate. */
static enum sk_status ask_issuer(void *arg, const struct sk_cert *issuer)
{
    struct looking *looking = arg;
    enum sk_status status;

    if (looking->is_revoked ||
        (looking->asked != NULL &&
         memcmp(looking->asked->spki_sha256, issuer->spki_sha256, SK_SHA256) == 0) ||
        !signer_key_is_issued_by(looking->key, issuer, looking->ask->keys))
        return SK_OK;
    looking->asked = issuer;
    status = ask(looking, issuer, looking->key->cert);
    if (status == SK_OK && !looking->is_revoked)
        status = ask(looking, issuer, NULL);
    return status;
}

static enum sk_status look_at_key(struct ocsp_own *own, const struct ocsp_ask *ask,
                                  const struct signer_key *key)
{
    const struct sk_source *source = reader_source(ask->reader);
    struct looking looking = {.ask = ask, .key = key, .until = own->until};
    enum sk_status status = source->ops->certs_by_subject(
        source, ask->arena, key->cert->issuer_hash, ask_issuer, &looking);

    if (status != SK_OK)
        return status;
    if (looking.is_revoked && !own->is_revoked[key->index])
        log_error("signer", "key %s signs nothing: its certificate is revoked: %s", key->name,
                  looking.text);
    else if (!looking.is_revoked && own->is_revoked[key->index])
        log_info("signer", "key %s: its certificate is not revoked any more", key->name);
    own->is_revoked[key->index] = looking.is_revoked;
    own->until = looking.until;
    return SK_OK;
}

enum sk_status ocsp_own_look(struct ocsp_own *own, const struct ocsp_ask *ask,
                             const struct sk_signer *signer)
{
    const uint8_t *id = signer_keys_id_get0(signer);
    enum sk_status status = SK_OK;
    size_t i;

    if (id == NULL)
        return SK_OK; /* there is no key to be used */
    if (memcmp(own->keys_id, id, SK_SHA256) != 0)
        memset(own, 0, sizeof(*own));
    if (own->is_known && ask->now <= own->until)
        return SK_OK;
    own->is_known = false;
    own->until = ask->now + AGAIN_S;
    for (i = 0; status == SK_OK && i < signer_count(signer) && i < LIMIT_SIGNER_KEYS; i++)
        status = look_at_key(own, ask, signer_key_get0(signer, i));
    if (status != SK_OK)
        return status;
    memcpy(own->keys_id, id, SK_SHA256);
    if (own->until < ask->now)
        own->until = ask->now;
    own->is_known = true;
    return SK_OK;
}

bool ocsp_own_is_revoked(const struct ocsp_own *own, size_t key)
{
    return !own->is_known || key >= LIMIT_SIGNER_KEYS || own->is_revoked[key];
}

void ocsp_own_note(const struct ocsp_own *own, struct signer_counters *out)
{
    size_t i;

    for (i = 0; i < LIMIT_SIGNER_KEYS; i++)
        counter_set(&out->keys[i].is_revoked, ocsp_own_is_revoked(own, i));
}
