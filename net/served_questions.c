/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP questions that can be known before anybody asks: of the serials on a CA's lists, and of
 * those of its certificates that the snapshot has. A CA that works with lists does not tell which
 * other serials it has given out.
 */
#include "core/derout.h"
#include "net/ocsp.h"
#include "net/served_int.h"

enum { KEYS_OF_A_NAME = 8, QUESTION_BYTES = 1024, SLOT_BYTES = 2048 };

/* The CertID hashes that clients use, with NULL parameters, as they write them. */
static const struct {
    enum key_hash hash;
    unsigned flag;
    enum oid_id oid;
} HASHES[] = {{KEY_SHA256, POLICY_CERTID_SHA256, OID_SHA256},
              {KEY_SHA1, POLICY_CERTID_SHA1, OID_SHA1}};
enum { NUM_HASHES = sizeof(HASHES) / sizeof(HASHES[0]) };

struct asking {
    struct served_making *make;
    const struct config_ca *ca;
    unsigned hashes; /* POLICY_CERTID_* */
    size_t max;
    const struct sk_cert *cert; /* while a certificate is looked at */
    const struct sk_cert *issuers[KEYS_OF_A_NAME];
    size_t num_issuers;
};

/* ---- one question ---- */

static enum sk_status put_certid(size_t hash, const struct sk_cert *issuer, struct sk_bytes serial,
                                 struct sk_buf *out)
{
    uint8_t name[64], key[64];
    size_t name_len, key_len, id, algorithm;
    enum sk_status status = key_digest(HASHES[hash].hash, issuer->subject, name, &name_len);

    if (status == SK_OK)
        status = key_digest(HASHES[hash].hash, issuer->key_bits, key, &key_len);
    if (status != SK_OK)
        return status;
    id = derout_open(out, DER_SEQUENCE);
    algorithm = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_OID, oid_bytes(HASHES[hash].oid));
    derout_null(out, DER_NULL);
    derout_close(out, algorithm);
    derout_tlv(out, DER_OCTET_STRING, bytes_of(name, name_len));
    derout_tlv(out, DER_OCTET_STRING, bytes_of(key, key_len));
    derout_tlv(out, DER_INTEGER, serial);
    derout_close(out, id);
    return buf_status(out);
}

static enum sk_status add_question(struct asking *asking, struct sk_bytes question)
{
    struct sk_served *served = asking->make->served;
    void *copy = arena_copy(served->arena, question.p, question.len);

    if (copy == NULL)
        return SK_LIMIT;
    served->questions[served->num_questions++] = bytes_of(copy, question.len);
    return SK_OK;
}

/* SK_NOTFOUND: there are as many as there may be. */
static enum sk_status ask_by(struct asking *asking, size_t hash, const struct sk_cert *issuer,
                             struct sk_bytes serial)
{
    struct ocsp_request request = {.num_ids = 1};
    const struct ocsp_rules rules = {0};
    struct sk_buf id, question;
    enum sk_status status;

    if (asking->make->served->num_questions >= asking->max)
        return SK_NOTFOUND;
    buf_init(&id, QUESTION_BYTES);
    buf_init(&question, QUESTION_BYTES);
    status = put_certid(hash, issuer, serial, &id);
    request.ids[0].whole = buf_bytes(&id);
    if (status == SK_OK)
        status = ocsp_write_request(&request, &rules, &question);
    if (status == SK_OK)
        status = add_question(asking, buf_bytes(&question));
    buf_done(&question);
    buf_done(&id);
    return status;
}

static enum sk_status ask(struct asking *asking, const struct sk_cert *issuer,
                          struct sk_bytes serial)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < NUM_HASHES; i++)
        if ((asking->hashes & HASHES[i].flag) != 0)
            status = ask_by(asking, i, issuer, serial);
    return status;
}

/* ---- of certificates ---- */

static enum sk_status ask_of_issuer(void *arg, const struct sk_cert *issuer)
{
    struct asking *asking = arg;
    const struct sk_source *source = reader_source(asking->make->reader);

    if (asking->num_issuers > 0 ||
        !source->ops->is_checked(source, asking->cert->sha256, issuer->spki_sha256))
        return SK_OK;
    asking->num_issuers++; /* a key may have several certificates */
    return ask(asking, issuer, asking->cert->serial);
}

/* Of those that the CA certified, not of its own. */
static enum sk_status ask_of_cert(void *arg, const uint8_t sha256[SK_SHA256])
{
    struct asking *asking = arg;
    struct served_making *make = asking->make;
    const struct sk_source *source = reader_source(make->reader);
    const char *name;
    enum sk_status status;

    arena_reset(make->job);
    asking->num_issuers = 0;
    status = reader_cert(make->reader, make->job, sha256, &asking->cert);
    if (status == SK_OK &&
        memcmp(asking->cert->subject_hash, asking->cert->issuer_hash, SK_SHA256) == 0)
        return SK_OK;
    if (status == SK_OK)
        status = reader_ca_of_issuer(make->reader, asking->cert->issuer_hash, &name);
    if (status != SK_OK)
        return status == SK_NOTFOUND ? SK_OK : status;
    if (strcmp(name, asking->ca->name) != 0)
        return SK_OK;
    return source->ops->certs_by_subject(source, make->job, asking->cert->issuer_hash,
                                         ask_of_issuer, asking);
}

static enum sk_status ask_of_sources(struct asking *asking, const struct config_list *urls)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < urls->num_values; i++)
        status = reader_origin(asking->make->reader, urls->values[i], ask_of_cert, asking);
    return status;
}

/* ---- of lists ---- */

/* A list of one key may hold what another key of the name has signed. */
static enum sk_status add_issuer(void *arg, const struct sk_cert *cert)
{
    struct asking *asking = arg;
    size_t i;

    for (i = 0; i < asking->num_issuers; i++)
        if (memcmp(asking->issuers[i]->spki_sha256, cert->spki_sha256, SK_SHA256) == 0)
            return SK_OK;
    if (cert->is_ca && asking->num_issuers < KEYS_OF_A_NAME)
        asking->issuers[asking->num_issuers++] = cert;
    return SK_OK;
}

static enum sk_status ask_of_entries(struct asking *asking, const struct sk_crl *crl)
{
    struct crl_walk walk;
    struct crl_entry entry;
    enum sk_status status = SK_OK;
    size_t i;

    crl_entries(crl, &walk);
    while (status == SK_OK && crl_entry_next(&walk, &entry, NULL) == SK_OK) {
        if (entry.issuer_names.len > 0)
            continue; /* of another CA */
        for (i = 0; status == SK_OK && i < asking->num_issuers; i++)
            status = ask(asking, asking->issuers[i], entry.serial);
    }
    return status;
}

static enum sk_status ask_of_lists(struct asking *asking)
{
    struct served_making *make = asking->make;
    const struct sk_source *source = reader_source(make->reader);
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < make->num_seen; i++) {
        const struct served_seen *seen = make->seen[i];

        if (seen->list.state != SERVED_USED || strcmp(seen->list.ca, asking->ca->name) != 0)
            continue;
        arena_reset(make->job);
        asking->num_issuers = 0;
        status = source->ops->certs_by_subject(source, make->job, seen->crl.issuer_hash, add_issuer,
                                               asking);
        if (status == SK_OK)
            status = ask_of_entries(asking, &seen->crl);
    }
    return status;
}

/* ---- all of them ---- */

/* Half of what may wait, for what was asked for goes before; and no more than find room among
 * answers that nobody has asked for yet (net/memo.h). */
static size_t room(const struct sk_config *config)
{
    uint64_t slots = config->limits.memo_bytes / 4 / SLOT_BYTES;

    return slots < LIMIT_PRODUCE / 2 ? (size_t)slots : LIMIT_PRODUCE / 2;
}

static bool wants_any(const struct sk_config *config)
{
    size_t i;

    for (i = 0; i < config->num_cas; i++)
        if (config->cas[i].pre_produce == CONFIG_PRODUCE_ALL)
            return true;
    return false;
}

enum sk_status served_collect_questions(struct served_making *make)
{
    struct sk_served *served = make->served;
    const struct sk_config *config = served->config;
    struct asking asking = {.make = make, .max = room(config)};
    enum sk_status status = SK_OK;
    size_t i;

    if (config->default_policy == NULL || config->signer.backend == CONFIG_SIGNER_NONE ||
        !wants_any(config))
        return SK_OK;
    asking.hashes = config->default_policy->ocsp.certid_hashes;
    served->questions = arena_array(served->arena, asking.max, sizeof(*served->questions));
    if (served->questions == NULL)
        return SK_LIMIT;
    for (i = 0; status == SK_OK && i < config->num_cas; i++) {
        asking.ca = &config->cas[i];
        if (asking.ca->pre_produce != CONFIG_PRODUCE_ALL)
            continue;
        status = ask_of_sources(&asking, &asking.ca->certificates);
        if (status == SK_OK)
            status = ask_of_sources(&asking, &asking.ca->cross);
        if (status == SK_OK)
            status = ask_of_lists(&asking);
    }
    return status == SK_NOTFOUND ? SK_OK : status;
}
