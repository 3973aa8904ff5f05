/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "core/key.h"
#include "core/limits.h"
#include "core/name.h"

struct sk_tls {
    SSL_CTX *context;
};

/* What a connection's application data points to. */
static char is_not_http, was_refused;

/* Of TLS 1.2; those of TLS 1.3 are all of this kind. */
static const char SUITES[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

void tls_free(struct sk_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

/* ---- files ---- */

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *out, int size, int is_writing, void *arg)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)arg;
    return -1;
}

static enum sk_status open_key(const char *file, int *out, struct sk_err *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum sk_status status = SK_OK;
    struct stat st;

    if (fd < 0)
        return err_errno(err, SK_IO, "[tls] key %s: cannot open", file);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        status = err_set(err, SK_IO, "[tls] key %s: not a regular file", file);
    else if ((st.st_mode & (S_IWGRP | S_IRWXO)) != 0)
        status = err_set(err, SK_IO, "[tls] key %s: mode %03o lets others in, want 640 or less",
                         file, (unsigned)st.st_mode & 0777u);
    if (status == SK_OK)
        *out = fd;
    else
        (void)close(fd);
    return status;
}

static enum sk_status load_key(SSL_CTX *context, const char *file, struct sk_err *err)
{
    enum sk_status status;
    EVP_PKEY *key = NULL;
    BIO *text;
    int fd = -1;

    status = open_key(file, &fd, err);
    if (status != SK_OK)
        return status;
    text = BIO_new_fd(fd, BIO_CLOSE);
    if (text == NULL)
        (void)close(fd);
    else
        key = PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL);
    if (key == NULL)
        status = err_openssl(err, SK_INPUT, "[tls] key %s: no private key in PEM", file);
    else if (SSL_CTX_use_PrivateKey(context, key) != 1)
        status = err_openssl(err, SK_INPUT, "[tls] key %s", file);
    EVP_PKEY_free(key);
    BIO_free(text);
    return status;
}

static enum sk_status load_crls(SSL_CTX *context, const char *file, struct sk_err *err)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

    if (lookup == NULL || X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) < 1)
        return err_openssl(err, SK_INPUT, "[tls] client-crl %s", file);
    (void)X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return SK_OK;
}

static enum sk_status load_clients(SSL_CTX *context, const struct config_tls *config,
                                   struct sk_err *err)
{
    int mode = SSL_VERIFY_PEER;
    STACK_OF(X509_NAME) * names;

    if (config->client_ca == NULL)
        return SK_OK;
    names = SSL_load_client_CA_file(config->client_ca);
    if (names == NULL || SSL_CTX_load_verify_file(context, config->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return err_openssl(err, SK_INPUT, "[tls] client-ca %s", config->client_ca);
    }
    SSL_CTX_set_client_CA_list(context, names);
    if (config->client_certificate == CONFIG_CLIENT_REQUIRED)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context, mode, NULL);
    SSL_CTX_set_verify_depth(context, (int)LIMIT_PATH_CERTS);
    return config->client_crl != NULL ? load_crls(context, config->client_crl, err) : SK_OK;
}

static enum sk_status load_files(SSL_CTX *context, const struct config_tls *config,
                                 struct sk_err *err)
{
    enum sk_status status;

    if (SSL_CTX_use_certificate_chain_file(context, config->certificate) != 1)
        return err_openssl(err, SK_INPUT, "[tls] certificate %s", config->certificate);
    status = load_key(context, config->key, err);
    if (status != SK_OK)
        return status;
    if (SSL_CTX_check_private_key(context) != 1)
        return err_openssl(err, SK_INPUT, "[tls] key %s: not the key of %s", config->key,
                           config->certificate);
    return load_clients(context, config, err);
}

/* ---- how TLS is spoken ---- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)arg;
    /* LDAP has no name there: whoever names protocols wants another service, or was led here by
     * somebody who wants what one server says to be taken for another's words. */
    if (SSL_get_app_data(ssl) == &is_not_http ||
        SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) !=
            OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; /* RFC 7301 3.2 */
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* OpenSSL answers a request to renegotiate with no_renegotiation and goes on reading, inside one
 * call and for as long as there are more: a flood of them would keep the worker to itself. Whoever
 * sends a second handshake record after the handshake is taken to have ended; what was asked before
 * is still answered. Records of TLS 1.3 are not seen here, and OpenSSL limits those itself. */
static void look_at_record(int is_sent, int version, int kind, const void *octets, size_t len,
                           SSL *ssl, void *arg)
{
    (void)version;
    (void)arg;
    if (is_sent || kind != SSL3_RT_HEADER || len == 0 ||
        *(const unsigned char *)octets != SSL3_RT_HANDSHAKE || !SSL_is_init_finished(ssl))
        return;
    if (SSL_get_app_data(ssl) != &was_refused)
        SSL_set_app_data(ssl, &was_refused);
    else
        SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

static bool set_manner(SSL_CTX *context, const struct config_tls *config)
{
    int version = config->min_version == CONFIG_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;

    SSL_CTX_set_security_level(context, 2);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_msg_callback(context, look_at_record);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_num_tickets(context, 0) == 1 &&
           SSL_CTX_set_min_proto_version(context, version) == 1 &&
           SSL_CTX_set_max_proto_version(context, 0) == 1 &&
           SSL_CTX_set_cipher_list(context, SUITES) == 1;
}

enum sk_status tls_new(const struct config_tls *config, struct sk_tls **out, struct sk_err *err)
{
    struct sk_tls *tls = calloc(1, sizeof(*tls));
    enum sk_status status;

    if (tls == NULL)
        return err_set(err, SK_NOMEM, "[tls]: no memory");
    ERR_clear_error();
    tls->context = SSL_CTX_new(TLS_server_method());
    if (tls->context == NULL || !set_manner(tls->context, config))
        status = err_openssl(err, SK_INTERNAL, "[tls]");
    else
        status = load_files(tls->context, config, err);
    if (status != SK_OK) {
        tls_free(tls);
        return status;
    }
    *out = tls;
    return SK_OK;
}

/* ---- one connection ---- */

SSL *tls_accept(struct sk_tls *tls, int fd, bool is_http)
{
    SSL *ssl = SSL_new(tls->context);

    if (ssl != NULL && SSL_set_fd(ssl, fd) == 1) {
        SSL_set_app_data(ssl, is_http ? NULL : &is_not_http);
        SSL_set_accept_state(ssl);
        return ssl;
    }
    SSL_free(ssl);
    ERR_clear_error();
    return NULL;
}

/* Why a call did not succeed. */
static enum sk_status judge(const SSL *ssl, int result, short *out_for)
{
    enum sk_status status = SK_IO;

    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        *out_for = EV_READ;
        status = SK_AGAIN;
        break;
    case SSL_ERROR_WANT_WRITE:
        *out_for = EV_WRITE;
        status = SK_AGAIN;
        break;
    default: /* OpenSSL's numbers, not an enum of ours */
        break;
    }
    ERR_clear_error();
    return status;
}

enum sk_status tls_handshake(SSL *ssl, short *out_for)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(ssl);
    return result == 1 ? SK_OK : judge(ssl, result, out_for);
}

enum sk_status tls_read(SSL *ssl, uint8_t *to, size_t room, size_t *out_n, short *out_for)
{
    int result;

    ERR_clear_error();
    *out_n = 0;
    result = SSL_read_ex(ssl, to, room, out_n);
    if (result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN)
        return SK_OK;
    return judge(ssl, result, out_for);
}

enum sk_status tls_write(SSL *ssl, struct sk_bytes bytes, size_t *out_n, short *out_for)
{
    int result;

    ERR_clear_error();
    *out_n = 0;
    result = SSL_write_ex(ssl, bytes.p, bytes.len, out_n);
    return result == 1 ? SK_OK : judge(ssl, result, out_for);
}

bool tls_has_more(const SSL *ssl)
{
    return SSL_has_pending(ssl) == 1;
}

/* One allocation: the text of the subject follows the struct. */
static struct acl_certificate *certificate_new(struct sk_bytes subject, struct sk_bytes spki)
{
    struct acl_certificate *out = malloc(sizeof(*out) + subject.len);

    if (out == NULL)
        return NULL;
    memcpy(out + 1, subject.p, subject.len);
    out->subject = bytes_of(out + 1, subject.len);
    key_sha256(spki, out->spki);
    return out;
}

enum sk_status tls_certificate(SSL *ssl, struct acl_certificate **out)
{
    X509 *shown = SSL_get0_peer_certificate(ssl);
    unsigned char *name = NULL, *spki = NULL;
    enum sk_status status = SK_NOMEM;
    struct sk_buf text;
    int name_len, spki_len;

    *out = NULL;
    if (shown == NULL)
        return SK_OK;
    buf_init(&text, LIMIT_NAME_CANON_BYTES);
    name_len = i2d_X509_NAME(X509_get_subject_name(shown), &name);
    spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(shown), &spki);
    if (name_len > 0 && spki_len > 0)
        status = name_to_text(bytes_of(name, (size_t)name_len), &text);
    if (status == SK_OK) {
        *out = certificate_new(buf_bytes(&text), bytes_of(spki, (size_t)spki_len));
        status = *out != NULL ? SK_OK : SK_NOMEM;
    }
    buf_done(&text);
    OPENSSL_free(name);
    OPENSSL_free(spki);
    ERR_clear_error();
    return status;
}

const char *tls_version(const SSL *ssl)
{
    return SSL_get_version(ssl);
}

void tls_end(SSL *ssl)
{
    if (SSL_is_init_finished(ssl) && (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) == 0)
        (void)SSL_shutdown(ssl);
    SSL_free(ssl);
    ERR_clear_error();
}
