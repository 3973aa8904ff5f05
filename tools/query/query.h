/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-query: asks a server over one of its protocols and verifies the answer.
 *
 * This is a client of its own: OCSP goes through OpenSSL's OCSP functions, HTTP through libcurl and
 * LDAP through libldap, so it shares no encoder or decoder with the server. query_main() is the
 * whole program.
 */
#ifndef SEKISHO_TOOLS_QUERY_QUERY_H
#define SEKISHO_TOOLS_QUERY_QUERY_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/limits.h"

/* Exit statuses, those of sekisho-verify and one more. */
enum query_exit {
    QUERY_GOOD = 0,         /* every certificate is good or valid */
    QUERY_BAD = 1,          /* one is revoked or invalid */
    QUERY_UNDETERMINED = 2, /* unknown, undetermined, or the server said to try later */
    QUERY_USAGE = 64,
    QUERY_UNREADABLE = 65, /* a file of the command line cannot be used */
    QUERY_NO_ANSWER = 66,  /* no answer, or one that does not verify */
};

struct query_options {
    const char *url;
    unsigned timeout_ms;
    bool has_timing; /* tell how long each exchange took */
    bool is_json;    /* one JSON object a line instead of text */
    const char *certs[LIMIT_QUERY_CERTS];
    size_t num_certs;

    /* ocsp */
    const char *issuer;    /* the certificates' issuer */
    const char *responder; /* the one certificate whose signature counts; or NULL */
    const char *ca_file;   /* CAs that may have issued the responder certificate; or NULL */
    bool is_sha256;        /* CertIDs by SHA-256 instead of SHA-1 */
    bool has_nonce;
    bool is_get;

    /* json */
    const char *policy; /* or NULL */
    const char *time;   /* RFC 3339, or NULL */
    const char *want;   /* words with commas between, or NULL */

    /* ldap */
    bool is_start_tls;
    const char *tls_ca_file; /* PEM; or NULL */
};

int query_main(int argc, char **argv);

/* They print the verdicts on standard output and faults on standard error. */
enum query_exit query_ocsp(const struct query_options *options);
enum query_exit query_json(const struct query_options *options);
enum query_exit query_ldap(const struct query_options *options);

/* The status of several certificates together: no answer before bad before undetermined before
 * good. */
enum query_exit query_worse(enum query_exit a, enum query_exit b);
/* "sekisho-query: OBJECT: text" on standard error. */
void query_complain(const char *object, const char *fmt, ...) SK_PRINTF(2, 3);
/* "sekisho-query: " and err's text, which names its object. */
void query_complain_err(const struct sk_err *err);
/* The DER of the one certificate of a file, in the arena. */
enum sk_status query_read_cert(struct sk_arena *arena, const char *file, struct sk_bytes *out,
                               struct sk_err *err) SK_MUST_CHECK;

/* ---- one HTTP exchange (http.c) ---- */

struct query_exchange {
    const char *url;
    const char *content_type; /* of body; NULL: GET without a body */
    const char *accept;       /* media type that is asked for */
    struct sk_bytes body;
    unsigned timeout_ms;
    bool has_timing; /* print a line about it on standard error */
};
struct query_answer {
    long status;         /* HTTP status code */
    char media_type[96]; /* lower case, without parameters; "" when absent */
    struct sk_buf *body;
};
/* body: initialised with its maximum. SK_IO: no whole answer; SK_LIMIT: larger than body may take.
 */
enum sk_status query_http(const struct query_exchange *exchange, struct sk_buf *body,
                          struct query_answer *out, struct sk_err *err) SK_MUST_CHECK;

#endif
