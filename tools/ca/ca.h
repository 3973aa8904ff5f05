/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One CA: its directory, register, key store, and the act being done.
 *
 * An act is one transaction of the register. It may queue files with ca_publish(); ca_finish()
 * commits the register and only then writes them, so that nothing is ever published that the
 * register does not know; what a crash kept from being written, `export` writes again.
 *
 *   DIR/ca.db         the register
 *   DIR/LABEL.pem     keys, when they are not in a token
 *   DIR/out/...       what is to be published, DER
 */
#ifndef SEKISHO_TOOLS_CA_CA_H
#define SEKISHO_TOOLS_CA_CA_H

#include <openssl/x509.h>

#include "tools/ca/register.h"
#include "tools/signer/keystore.h"

struct ca_file { /* queued by ca_publish() */
    char *file;
    uint8_t *data;
    size_t len;
    struct ca_file *next;
};

struct sk_ca {
    char *dir;
    struct sk_register *reg;
    struct sk_keystore *keys; /* opened by the first act that signs */
    bool is_token;            /* keys are in a token */
    const char *pin_file;     /* instead of the one in the register, or NULL; borrowed */
    int64_t now;              /* one "now" for the whole act */
    struct ca_file *files, **files_end;
};

struct ca_key { /* one generation of the CA's key */
    unsigned generation;
    EVP_PKEY *key; /* signs */
    X509 *cert;    /* self-signed; NULL while it is being made */
};

/* Settings in the register. */
#define CA_SETTING_MODULE     "module"
#define CA_SETTING_TOKEN      "token"
#define CA_SETTING_PIN_FILE   "pin-file"
#define CA_SETTING_SUBJECT    "subject"
#define CA_SETTING_DN_STRING  "dn-string"
#define CA_SETTING_SAN_DN     "san-dn"
#define CA_SETTING_CRL_DP     "crl-dp"
#define CA_SETTING_CRL_DP_DN  "crl-dp-dn"
#define CA_SETTING_ARL_DP     "arl-dp"
#define CA_SETTING_ARL_DP_DN  "arl-dp-dn"
#define CA_SETTING_LIST_HOURS "list-hours"

/* is_new: makes DIR and an empty register; else both must be there. Begins no transaction. */
enum sk_status ca_open(const char *dir, bool is_new, int64_t now, struct sk_ca *out,
                       struct sk_err *err) SK_MUST_CHECK;
/* Commits, then writes the queued files. */
enum sk_status ca_finish(struct sk_ca *ca, struct sk_err *err) SK_MUST_CHECK;
/* Forgets what was not finished. Harmless on a zeroed struct. */
void ca_close(struct sk_ca *ca);

/* Queues contents for the file out/NAME, or for PATH itself. */
enum sk_status ca_publish(struct sk_ca *ca, const char *name, struct sk_bytes contents,
                          struct sk_err *err) SK_MUST_CHECK;
enum sk_status ca_write(struct sk_ca *ca, const char *path, struct sk_bytes contents,
                        struct sk_err *err) SK_MUST_CHECK;

/* File name of a list below out/: crl.crl and arl.crl by the newest key, crl-gN.crl by another. */
void ca_list_name(const struct register_crl *list, char *out, size_t size);

/* Opens the key store as the register says. */
enum sk_status ca_open_keys(struct sk_ca *ca, struct sk_err *err) SK_MUST_CHECK;
/* Instead of that store, the one these say. */
enum sk_status ca_use_keys(struct sk_ca *ca, const struct keystore_options *options,
                           struct sk_err *err) SK_MUST_CHECK;
/* Makes a key in the open store, or takes the one that has this label. In PEM files the label
 * becomes DIR/LABEL.pem. */
enum sk_status ca_key_generate(struct sk_ca *ca, const char *label, const char *algorithm,
                               bool is_existing, EVP_PKEY **out, struct sk_err *err) SK_MUST_CHECK;
/* The self-signed certificate of a generation, without its key. SK_NOTFOUND. */
enum sk_status ca_key_cert(struct sk_ca *ca, unsigned generation, X509 **out,
                           struct sk_err *err) SK_MUST_CHECK;
/* generation 0: the newest. SK_NOTFOUND. */
enum sk_status ca_key_load(struct sk_ca *ca, unsigned generation, struct ca_key *out,
                           struct sk_err *err) SK_MUST_CHECK;
/* Makes a key, or takes the one that has this label, for a new generation. */
enum sk_status ca_key_make(struct sk_ca *ca, const char *label, const char *algorithm,
                           bool is_existing, struct ca_key *out, struct sk_err *err) SK_MUST_CHECK;
/* The public half of a key, in OpenSSL's default context. Free with EVP_PKEY_free(). */
enum sk_status ca_key_public(EVP_PKEY *key, EVP_PKEY **out, struct sk_err *err) SK_MUST_CHECK;
void ca_key_done(struct ca_key *key); /* harmless on a zeroed struct */

#endif
