/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/softkey.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"

/* The file's octets in memory that is wiped when freed. */
static enum sk_status softkey_read(const char *file, BIO **out, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct stat st;
    BIO *text = NULL;
    char block[4096];
    size_t total = 0;
    ssize_t n;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? SK_NOTFOUND : SK_IO, "key file %s: cannot open",
                         file);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        status = err_set(err, SK_IO, "key file %s: not a regular file", file);
        goto out;
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        status = err_set(err, SK_IO, "key file %s: mode %03o lets others in, want 600 or 400", file,
                         (unsigned)st.st_mode & 0777u);
        goto out;
    }
    if (st.st_size > (off_t)LIMIT_KEY_FILE_BYTES) {
        status = err_set(err, SK_LIMIT, "key file %s: larger than %u octets", file,
                         LIMIT_KEY_FILE_BYTES);
        goto out;
    }
    text = BIO_new(BIO_s_secmem());
    if (text == NULL) {
        status = err_openssl(err, SK_NOMEM, "key file %s", file);
        goto out;
    }
    while ((n = read(fd, block, sizeof(block))) > 0 && BIO_write(text, block, (int)n) == (int)n) {
        total += (size_t)n;
        if (total > LIMIT_KEY_FILE_BYTES) /* it grew since fstat() */
            break;
    }
    if (n != 0) {
        status = err_set(err, SK_IO, "key file %s: cannot read", file);
        goto out;
    }
    *out = text;
    text = NULL;
out:
    OPENSSL_cleanse(block, sizeof(block));
    BIO_free(text);
    (void)close(fd);
    return status;
}

/* Instead of OpenSSL's question on the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    *(bool *)arg = true;
    return -1;
}

enum sk_status softkey_load(const char *file, EVP_PKEY **out, struct sk_err *err)
{
    enum sk_status status;
    BIO *text = NULL;
    EVP_PKEY *key = NULL;
    bool is_encrypted = false;

    status = softkey_read(file, &text, err);
    if (status != SK_OK)
        return status;
    key = PEM_read_bio_PrivateKey(text, NULL, no_passphrase, &is_encrypted);
    BIO_free(text);
    if (key == NULL && is_encrypted)
        return err_openssl(err, SK_INPUT, "key file %s: encrypted", file);
    if (key == NULL)
        return err_openssl(err, SK_INPUT, "key file %s: no PEM private key", file);
    if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "EC")) {
        EVP_PKEY_free(key);
        return err_set(err, SK_INPUT, "key file %s: neither RSA nor EC", file);
    }
    *out = key;
    return SK_OK;
}

static const struct algorithm {
    const char *name;
    size_t rsa_bits;   /* 0: EC */
    const char *group; /* EC */
} algorithms[] = {
    {"rsa:2048", 2048, NULL}, {"rsa:3072", 3072, NULL}, {"rsa:4096", 4096, NULL},
    {"ec:P-256", 0, "P-256"}, {"ec:P-384", 0, "P-384"},
};

static const struct algorithm *algorithm_by_name(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    }
    return NULL;
}

static EVP_PKEY *softkey_make(const struct algorithm *algorithm)
{
    if (algorithm->rsa_bits > 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", algorithm->rsa_bits);
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithm->group);
}

/* fd: a new, empty file. */
static enum sk_status softkey_write(const char *file, int fd, EVP_PKEY *key, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    BIO *text = BIO_new(BIO_s_secmem());
    char *p = NULL;
    long len, done;

    if (text == NULL || PEM_write_bio_PKCS8PrivateKey(text, key, NULL, NULL, 0, NULL, NULL) != 1) {
        status = err_openssl(err, SK_CRYPTO, "key file %s: cannot encode the key", file);
        goto out;
    }
    len = BIO_get_mem_data(text, &p);
    for (done = 0; done < len;) {
        ssize_t n = write(fd, p + done, (size_t)(len - done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += n;
    }
    if (done != len || fsync(fd) != 0)
        status = err_errno(err, SK_IO, "key file %s: cannot write", file);
out:
    BIO_free(text);
    return status;
}

enum sk_status softkey_generate(const char *file, const char *algorithm, EVP_PKEY **out,
                                struct sk_err *err)
{
    enum sk_status status;
    EVP_PKEY *key = NULL;
    const struct algorithm *row = algorithm_by_name(algorithm);
    int fd;

    if (row == NULL)
        return err_set(err, SK_INPUT, "key %s: unknown algorithm %s", file, algorithm);
    fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return err_set(err, SK_INPUT, "key file %s: there already", file);
    if (fd < 0)
        return err_errno(err, SK_IO, "key file %s: cannot create", file);
    key = softkey_make(row);
    status = key != NULL ? softkey_write(file, fd, key, err)
                         : err_openssl(err, SK_CRYPTO, "key file %s: no new key", file);
    if (close(fd) != 0 && status == SK_OK)
        status = err_errno(err, SK_IO, "key file %s: cannot write", file);
    if (status != SK_OK) { /* half a key file would block the name for ever */
        (void)unlink(file);
        EVP_PKEY_free(key);
        return status;
    }
    *out = key;
    return SK_OK;
}
