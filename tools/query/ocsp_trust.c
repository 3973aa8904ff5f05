/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certfile.h"
#include "tools/query/ocsp.h"

X509 *ocsp_cert(struct sk_bytes der, const char *file, struct sk_err *err)
{
    const unsigned char *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.len);

    if (cert == NULL) {
        (void)err_openssl(err, SK_INPUT, "%s: not a certificate", file);
        return NULL;
    }
    if (p != der.p + der.len) {
        X509_free(cert);
        (void)err_set(err, SK_INPUT, "%s: octets after the certificate", file);
        return NULL;
    }
    return cert;
}

static enum sk_status load_one(struct sk_arena *arena, const char *file, X509 **out,
                               struct sk_err *err)
{
    struct sk_bytes der;
    enum sk_status status = query_read_cert(arena, file, &der, err);

    if (status != SK_OK)
        return status;
    *out = ocsp_cert(der, file, err);
    return *out != NULL ? SK_OK : err->status;
}

/* The CAs: those of the file, or else the issuer alone. */
static enum sk_status load_cas(struct sk_arena *arena, const char *file, struct ocsp_trust *trust,
                               struct sk_err *err)
{
    struct certfile found;
    enum sk_status status;
    size_t i;

    if (file == NULL) {
        if (!X509_up_ref(trust->issuer))
            return err_openssl(err, SK_NOMEM, "issuer");
        return sk_X509_push(trust->cas, trust->issuer) > 0 ? SK_OK
                                                           : err_openssl(err, SK_NOMEM, "issuer");
    }
    status = certfile_read(arena, file, &found, err);
    if (status != SK_OK)
        return status;
    if (found.num_certs == 0)
        return err_set(err, SK_INPUT, "%s: holds no certificate", file);
    for (i = 0; i < found.num_certs; i++) {
        X509 *ca = ocsp_cert(found.certs[i], file, err);

        if (ca == NULL)
            return err->status;
        if (sk_X509_push(trust->cas, ca) <= 0) {
            X509_free(ca);
            return err_openssl(err, SK_NOMEM, "%s", file);
        }
    }
    return SK_OK;
}

/* A CA of the store is trusted as it stands, self-signed or not. */
static enum sk_status fill_store(struct ocsp_trust *trust, struct sk_err *err)
{
    int i;

    if (X509_STORE_set_flags(trust->store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
        return err_openssl(err, SK_NOMEM, "certificate store");
    for (i = 0; i < sk_X509_num(trust->cas); i++) {
        if (X509_STORE_add_cert(trust->store, sk_X509_value(trust->cas, i)) != 1)
            return err_openssl(err, SK_NOMEM, "certificate store");
    }
    return SK_OK;
}

enum sk_status ocsp_trust_load(struct sk_arena *arena, const struct query_options *options,
                               struct ocsp_trust *out, struct sk_err *err)
{
    struct ocsp_trust trust = {NULL, NULL, NULL, NULL};
    enum sk_status status = load_one(arena, options->issuer, &trust.issuer, err);

    if (status == SK_OK && options->responder != NULL) {
        status = load_one(arena, options->responder, &trust.responder, err);
    } else if (status == SK_OK) {
        trust.cas = sk_X509_new_null();
        trust.store = X509_STORE_new();
        if (trust.cas == NULL || trust.store == NULL)
            status = err_openssl(err, SK_NOMEM, "certificate store");
        else
            status = load_cas(arena, options->ca_file, &trust, err);
        if (status == SK_OK)
            status = fill_store(&trust, err);
    }
    if (status == SK_OK)
        *out = trust;
    else
        ocsp_trust_done(&trust);
    return status;
}

void ocsp_trust_done(struct ocsp_trust *trust)
{
    X509_free(trust->issuer);
    X509_free(trust->responder);
    sk_X509_pop_free(trust->cas, X509_free);
    X509_STORE_free(trust->store);
}
