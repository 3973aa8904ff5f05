/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certfile.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "core/limits.h"
#include "policy/file.h"

static enum sk_status out_of_memory(const char *file, struct sk_err *err)
{
    return err_set(err, SK_NOMEM, "%s: out of memory", file);
}

static enum sk_status add(struct sk_arena *arena, struct certfile *found, const void *der,
                          size_t len)
{
    struct sk_bytes copy = bytes_of(arena_copy(arena, der, len), len), *certs = found->certs;

    if ((found->num_certs & (found->num_certs - 1)) == 0) { /* full at powers of two */
        certs = arena_array(arena, found->num_certs > 0 ? found->num_certs * 2 : 1, sizeof(*certs));
        if (certs != NULL && found->num_certs > 0)
            memcpy(certs, found->certs, found->num_certs * sizeof(*certs));
    }
    if (certs == NULL || copy.p == NULL)
        return SK_NOMEM;
    certs[found->num_certs++] = copy;
    found->certs = certs;
    return SK_OK;
}

/* SK_NOTFOUND after the last object */
static enum sk_status next_object(BIO *bio, struct sk_arena *arena, struct certfile *found)
{
    enum sk_status status = SK_OK;
    unsigned char *data = NULL;
    char *label = NULL, *header = NULL;
    long len = 0;

    if (PEM_read_bio(bio, &label, &header, &data, &len) != 1)
        return SK_NOTFOUND;
    if (strcmp(label, PEM_STRING_X509) == 0 && *header == '\0')
        status = add(arena, found, data, (size_t)len);
    else
        found->num_others++;
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, (size_t)len); /* may be a private key */
    return status;
}

static enum sk_status read_pem(struct sk_arena *arena, struct sk_bytes text, const char *file,
                               struct certfile *found, struct sk_err *err)
{
    BIO *bio = BIO_new_mem_buf(text.len > 0 ? (const void *)text.p : "", (int)text.len);
    enum sk_status status;

    if (bio == NULL)
        return out_of_memory(file, err);
    ERR_clear_error();
    do
        status = next_object(bio, arena, found);
    while (status == SK_OK);
    BIO_free(bio);
    if (status == SK_NOMEM)
        return out_of_memory(file, err);
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return err_openssl(err, SK_INPUT, "%s: broken PEM", file);
    ERR_clear_error(); /* that there is no further object is how a file ends */
    return SK_OK;
}

enum sk_status certfile_read(struct sk_arena *arena, const char *file, struct certfile *out,
                             struct sk_err *err)
{
    struct certfile found = {NULL, 0, 0};
    enum sk_status status;
    struct sk_buf text;

    buf_init(&text, LIMIT_CERT_FILE_BYTES);
    status = file_read(file, &text, err);
    /* A SEQUENCE with a length of more than one octet: no certificate is shorter, and no text
     * begins so. */
    if (status == SK_OK && text.len > 1 && text.data[0] == 0x30 && text.data[1] >= 0x80) {
        if (add(arena, &found, text.data, text.len) != SK_OK)
            status = out_of_memory(file, err);
    } else if (status == SK_OK) {
        status = read_pem(arena, buf_bytes(&text), file, &found, err);
    }
    buf_done(&text);
    if (status == SK_OK)
        *out = found;
    return status;
}
