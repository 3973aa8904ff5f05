/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file (INI, read by libinih): one schema table (config_schema.c) feeds the
 * parser, the checker, the sample file and the man page.
 *
 * config_load() reads and checks everything and reports all faults of one run, each as "FILE:LINE:
 * [section] key: what and why". Unknown sections and keys are faults. The result is immutable; a
 * reload builds a new one. Every relative path, `file:` addresses included, is relative to the
 * directory of the configuration file and is kept here already joined to it.
 */
#ifndef SEKISHO_POLICY_CONFIG_H
#define SEKISHO_POLICY_CONFIG_H

#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"
#include "core/params.h"
#include "core/sign.h"
#include "policy/acl.h"

struct config_list { /* the values of a key that may stand several times, in file order */
    char **values;
    size_t num_values;
};

struct config_server {         /* [server] */
    struct config_list listen; /* listen = ADDRESS:PORT, IPv6 in brackets; port 0 is refused */
    unsigned workers;          /* worker threads */
    char *cache;               /* directory of the generations; never NULL */
    char *control_socket;      /* of sekisho-ctl; NULL: none */
    char *control_group;       /* whose members may use it beside the owner; NULL: nobody */
    bool accept_request_id;    /* X-Request-Id of the client is taken over */
    unsigned drain_ms;         /* how long a stopping process finishes requests */
};

enum config_client { CONFIG_CLIENT_OPTIONAL = 1, CONFIG_CLIENT_REQUIRED };
enum config_tls_version { CONFIG_TLS_1_2 = 2, CONFIG_TLS_1_3 };
struct config_tls {            /* [tls]; section absent: no listener */
    struct config_list listen; /* as in [server] */
    char *certificate, *key;   /* PEM files: chain, key */
    enum config_tls_version min_version;
    char *client_ca; /* PEM file; NULL: clients are not asked for certificates */
    enum config_client client_certificate;
    char *client_crl; /* PEM file; NULL: none */
    unsigned handshake_ms;
};

enum config_access_to {
    CONFIG_ACCESS_NONE = 0,
    CONFIG_ACCESS_STDERR,
    CONFIG_ACCESS_SYSLOG,
    CONFIG_ACCESS_FILE
};
enum config_access_client {
    CONFIG_ACCESS_CLIENT_FULL = 1,
    CONFIG_ACCESS_CLIENT_NETWORK,
    CONFIG_ACCESS_CLIENT_NONE
};
struct config_access { /* [log] access... */
    enum config_access_to to;
    char *file;                       /* CONFIG_ACCESS_FILE */
    unsigned sample;                  /* one line of so many; failures always */
    enum config_access_client client; /* how much of its address is written */
    unsigned buffer_bytes;            /* of each worker */
};

enum config_pin_kind {
    CONFIG_PIN_NONE = 0,
    CONFIG_PIN_FILE,       /* value: a path */
    CONFIG_PIN_CREDENTIAL, /* value: a name below $CREDENTIALS_DIRECTORY */
    CONFIG_PIN_PROMPT,     /* asked for on the terminal when the daemon starts */
};
struct config_pin {
    enum config_pin_kind kind;
    char *value;
};

struct config_responder {    /* a key that signs answers: of [signer] itself, or [responder NAME] */
    char *name;              /* "signer" for that of [signer] */
    struct config_list keys; /* pkcs11: labels or RFC 7512 URIs, the first that is well signs;
                                software: PEM files */
    char *certificate;       /* PEM file: responder certificate, then its chain */
    enum sign_model model;
};

enum config_signer_backend { CONFIG_SIGNER_NONE = 0, CONFIG_SIGNER_PKCS11, CONFIG_SIGNER_SOFTWARE };
struct config_signer { /* [signer] */
    enum config_signer_backend
        backend;  /* backend = pkcs11 | software; section absent: none, answers cannot be signed */
    char *module; /* PKCS#11 module file */
    char *token;  /* token label */
    struct config_pin pin;
    unsigned threads;                    /* signing threads for each token */
    unsigned queue;                      /* requests of one class that wait */
    unsigned warn_s;                     /* before a responder certificate ends */
    struct config_responder own;         /* keys and certificate of the section itself, or empty */
    struct config_responder *responders; /* all: own first when it is there, then the others */
    size_t num_responders;
};

struct config_limits { /* [limits]; defaults in core/limits.h */
    unsigned http_head_bytes, http_body_bytes, http_head_ms, http_body_ms, http_idle_ms,
        http_write_ms, http_connections, http_client_connections, http_client_prefix6, http_queue,
        ocsp_certids, nonce_queue, memo_max_age_s, json_certs;
    uint64_t memo_bytes;
    struct sk_budget budget; /* path-certs, paths, steps, signatures, cpu-time */
};

struct config_fetch {      /* [fetch] */
    unsigned timeout_ms;   /* one object, whole */
    uint64_t max_bytes;    /* one object */
    unsigned stale_warn_s; /* exit 2 when something served ends within this time */
    unsigned keep;         /* generations kept beside the current one */
};

/* What OCSP answers for a serial that nothing in the snapshot shows to be issued. */
enum config_unissued { CONFIG_UNISSUED_GOOD = 0, CONFIG_UNISSUED_UNKNOWN, CONFIG_UNISSUED_REVOKED };

enum config_produce { CONFIG_PRODUCE_NO = 0, CONFIG_PRODUCE_ASKED, CONFIG_PRODUCE_ALL };

struct config_ldap {                        /* [ldap]; off when there is no address */
    struct config_list listen, tls_listen;  /* as in [server]; LDAP, LDAP over TLS */
    bool start_tls;                         /* when there is [tls] */
    bool bind_v2;                           /* anonymous binds of version 2 are taken */
    struct config_list referrals;           /* URLs for who wants to write; none: refused */
    unsigned size_limit;                    /* entries of one search; 0: any number */
    unsigned time_limit_s;                  /* one search; 0: any time */
    unsigned look_through;                  /* entries looked at by one search; 0: any number */
    unsigned message_bytes, stranger_bytes; /* one request, and before a bind */
    unsigned message_ms, idle_ms, write_ms;
    unsigned operations;  /* requests of one connection under way */
    unsigned connections; /* of the whole server */
};

struct config_ca { /* [ca NAME]: what is fetched about one CA and served below /pki/NAME/ */
    char *name;
    struct config_list certificates; /* self-signed, link: file:PATH or http://... addresses */
    struct config_list cross;        /* cross certificates, either direction */
    struct config_list crls;         /* lists for end entities, or for both kinds */
    struct config_list arls;         /* lists for CA certificates */
    struct config_list responders;   /* names of the keys that may sign; none: whichever fits */
    enum config_unissued unissued;
    enum config_produce pre_produce; /* which OCSP answers are signed before anybody asks */
    int64_t archive_s; /* its lists keep entries this long after notAfter; 0: nothing is promised */
    struct config_list dns; /* its names in the directory; none: the subjects of its certificates */
    bool end_entities;      /* the directory has the certificates it issued to end entities */
};

struct config_repository {       /* [repository] */
    struct config_list suffixes; /* naming contexts; none: whatever is topmost */
    struct config_list ldif;     /* files */
};

struct config_cvs { /* [cvs]; off when certificates_oid is empty */
    struct sk_bytes certificates_oid, policies_oid, detail_oid; /* contents */
    bool detail_critical;
    char *policy_name;
    const struct sk_policy *policy; /* of that name, else the default */
};

enum policy_nonce { POLICY_NONCE_IGNORE = 0, POLICY_NONCE_ACCEPT, POLICY_NONCE_REQUIRE };
enum policy_requests { /* what a signature on an OCSP request means */
                       POLICY_REQUESTS_IGNORE = 0,
                       POLICY_REQUESTS_VERIFY,
                       POLICY_REQUESTS_REQUIRE,
};
enum policy_certid { /* hash algorithms of CertIDs (O-02) */
                     POLICY_CERTID_SHA1 = 1u << 0,
                     POLICY_CERTID_SHA256 = 1u << 1,
                     POLICY_CERTID_SHA384 = 1u << 2,
                     POLICY_CERTID_SHA512 = 1u << 3,
};
struct policy_ocsp {        /* how OCSP answers under a policy */
    unsigned certid_hashes; /* POLICY_CERTID_*: those that are understood */
    enum policy_nonce nonce;
    enum policy_requests requests;
    const struct sk_anchor *requestors; /* who may sign requests, or certify who may */
    size_t num_requestors;
    bool refuse_unknown_issuer; /* unauthorized, not unknown (O-04) */
    bool expired_is_unknown;    /* unless [ca] keeps its entries long enough */
    bool tell_entry;            /* CrlID and invalidityDate of a revoked certificate */
};

struct sk_policy { /* [policy NAME] */
    char *name;
    struct sk_params
        params; /* complete: anchors loaded, OIDs decoded; owned by the configuration */
    struct policy_ocsp ocsp;
};

struct sk_config {
    struct config_server server;
    struct config_tls tls;
    struct config_signer signer;
    enum log_level log_level; /* [log] level */
    struct config_access access;
    struct config_limits limits;
    struct config_fetch fetch;
    struct config_repository repository;
    struct config_cvs cvs;
    struct config_ldap ldap;
    struct config_ca *cas;
    size_t num_cas;
    struct sk_policy *policies;
    size_t num_policies;
    struct sk_acl *acls;
    size_t num_acls;
    const struct sk_policy
        *default_policy;    /* the one named "default", else the first; NULL when none */
    struct sk_arena *arena; /* owns all of the above */
};

/* report: called once per fault with a complete line, no newline. *out is NULL on failure. SK_INPUT
 * when there were faults, SK_IO when the file cannot be read, SK_LIMIT when it is larger than
 * LIMIT_CONFIG_BYTES, SK_NOMEM. Anchors' certificate files are read
 * and their fingerprints compared. */
typedef void (*config_report_fn)(void *arg, const char *line);
enum sk_status config_load(const char *file, config_report_fn report, void *arg,
                           struct sk_config **out) SK_MUST_CHECK;
/* The same from memory (name is for messages, and its directory is the one of relative paths). */
enum sk_status config_parse(const char *name, struct sk_bytes text, config_report_fn report,
                            void *arg, struct sk_config **out) SK_MUST_CHECK;
void config_free(struct sk_config *config); /* accepts NULL */

/* NULL: no policy of this name. */
const struct sk_policy *config_policy(const struct sk_config *config, const char *name);
/* NULL: no CA of this name. */
const struct config_ca *config_ca(const struct sk_config *config, const char *name);

/* The sample configuration (etc/sekisho.conf) and the manual page (tools/sekisho.conf.5), written
 * from the schema table; buf_status() tells of a failure. */
void config_print_sample(struct sk_buf *out);
void config_print_man(struct sk_buf *out);

#endif
