/* SPDX-License-Identifier: Apache-2.0 */
#include "net/signer_key.h"

#include "core/der.h"

static enum sign_model model_of(const struct sk_cert *cert, enum sign_model wanted)
{
    if (wanted != SIGN_MODEL_AUTO)
        return wanted;
    if (cert->is_ca)
        return SIGN_MODEL_CA;
    return cert_names_eku(cert, OID_KP_OCSP_SIGNING) ? SIGN_MODEL_DELEGATED : SIGN_MODEL_TRUSTED;
}

static enum sk_status read_algorithms(struct sk_bytes list, struct signer_key *key,
                                      struct sk_err *err)
{
    struct der d;

    der_init(&d, list);
    while (!der_at_end(&d)) {
        if (key->num_algorithms == SIGNER_ALGORITHMS ||
            der_take_whole(&d, DER_SEQUENCE, &key->algorithms[key->num_algorithms]) != SK_OK)
            return err_set(err, SK_INPUT, "key process: malformed list of algorithms");
        key->num_algorithms++;
    }
    if (key->num_algorithms == 0)
        return err_set(err, SK_INPUT, "key process: a key without an algorithm");
    return SK_OK;
}

static enum sk_status read_responder(struct sk_arena *arena, struct sk_bytes certs,
                                     struct signer_key *key, struct sk_err *err)
{
    struct sk_cert *cert = arena_alloc(arena, sizeof(*cert));
    struct sk_bytes first;
    uint8_t hash[64];
    struct der d;
    enum sk_status status;
    size_t len;

    if (cert == NULL)
        return err_set(err, SK_NOMEM, "responder certificate: no memory");
    der_init(&d, certs);
    if (der_take_whole(&d, DER_SEQUENCE, &first) != SK_OK)
        return err_set(err, SK_INPUT, "key process: no responder certificate");
    status = cert_parse(arena, first, cert, err);
    if (status != SK_OK)
        return status;
    /* O-11 */
    if (cert->key_usage.is_present && (cert->key_usage_bits & KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        return err_set(err, SK_INPUT, "responder certificate: keyUsage lacks digitalSignature");
    status = key_digest(KEY_SHA1, cert->key_bits, hash, &len);
    if (status != SK_OK || len != SIGNER_KEY_HASH)
        return err_set(err, SK_CRYPTO, "responder certificate: SHA-1 of its key");
    memcpy(key->key_hash, hash, SIGNER_KEY_HASH);
    key->certs = certs;
    key->cert = cert;
    return SK_OK;
}

enum sk_status signer_key_parse(struct sk_arena *arena, unsigned index, struct sk_bytes payload,
                                unsigned *out_num_keys, struct signer_key *out, struct sk_err *err)
{
    struct signer_key key = {.index = index};
    struct sign_hello hello;
    enum sk_status status = sign_hello_decode(payload, &hello, err);

    if (status == SK_OK)
        status = read_algorithms(hello.algorithms, &key, err);
    if (status == SK_OK)
        status = read_responder(arena, hello.certs, &key, err);
    if (status != SK_OK)
        return status;
    key.name = arena_copy(arena, hello.name.p, hello.name.len);
    if (key.name == NULL)
        return err_set(err, SK_NOMEM, "key process: no memory for HELLO");
    key.model = model_of(key.cert, hello.model);
    *out_num_keys = hello.num_keys;
    *out = key;
    return SK_OK;
}

bool signer_key_is_issued_by(const struct signer_key *key, const struct sk_cert *issuer,
                             struct sk_keyring *ring)
{
    const struct sk_cert *cert = key->cert;
    const struct sk_key *by;

    return cert->is_sig_alg_equal &&
           memcmp(cert->issuer_hash, issuer->subject_hash, SK_SHA256) == 0 &&
           keyring_get0(ring, issuer, NULL, &by, NULL) == SK_OK &&
           key_verify(by, cert->sig_alg, cert->tbs, cert->signature, NULL) == SK_OK;
}

bool signer_key_serves(const struct signer_key *key, const struct sk_cert *issuer,
                       struct sk_keyring *ring)
{
    switch (key->model) {
    case SIGN_MODEL_CA:
        return memcmp(key->cert->spki_sha256, issuer->spki_sha256, SK_SHA256) == 0 &&
               memcmp(key->cert->subject_hash, issuer->subject_hash, SK_SHA256) == 0;
    case SIGN_MODEL_DELEGATED: /* O-08 (3): by the key that signed the certificate in question */
        return cert_names_eku(key->cert, OID_KP_OCSP_SIGNING) &&
               signer_key_is_issued_by(key, issuer, ring);
    case SIGN_MODEL_TRUSTED:
        return true;
    case SIGN_MODEL_AUTO:
        break;
    }
    return false;
}

bool signer_key_is_valid_at(const struct signer_key *key, int64_t now)
{
    return now >= key->cert->not_before && now <= key->cert->not_after;
}
