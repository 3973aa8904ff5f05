/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/query/query.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "policy/certfile.h"

enum protocol { PROTOCOL_NONE = 0, PROTOCOL_OCSP, PROTOCOL_JSON, PROTOCOL_LDAP };

static const char USAGE[] =
    "usage: sekisho-query ocsp --url URL --issuer FILE [--responder FILE | --ca-file FILE]\n"
    "           [--sha256] [--nonce | --no-nonce] [--get] [--timeout SECONDS] [--timing] [--json] "
    "CERT...\n"
    "       sekisho-query json --url URL [--policy NAME] [--time TIME] [--want WORDS]\n"
    "           [--timeout SECONDS] [--timing] [--json] CERT...\n"
    "       sekisho-query ldap --url URL [--ca-file FILE] [--start-tls] [--tls-ca-file FILE]\n"
    "           [--timeout SECONDS] [--timing] [--json]\n"
    "       sekisho-query --help | --version\n"
    "\n"
    "Asks a server about certificates (PEM or DER files) and verifies the answer.\n"
    "  --url URL         the service, e.g. http://127.0.0.1:8080/ocsp or .../v1/validate; of ldap\n"
    "                    the search, ldap://HOST:PORT/DN?ATTRIBUTES?SCOPE?FILTER\n"
    "  --issuer FILE     certificate of the CA that issued the CERTs\n"
    "  --responder FILE  the answer must be signed by this certificate's key\n"
    "  --ca-file FILE    the signer's certificate must be issued by a CA in FILE (default: "
    "issuer)\n"
    "                    or, of ldap: each certificate and list must be signed by a CA in FILE\n"
    "  --start-tls       go over to TLS before asking\n"
    "  --tls-ca-file FILE  whom the server's TLS certificate must come from\n"
    "  --sha256          name certificates by SHA-256 hashes instead of SHA-1\n"
    "  --nonce           ask with a nonce, which the answer must repeat (default with POST)\n"
    "  --no-nonce        ask without a nonce (default with --get)\n"
    "  --get             ask by GET instead of POST\n"
    "  --policy NAME     validation policy of the server (default: its default)\n"
    "  --time TIME       judge at this time, e.g. 2024-04-01T00:00:00Z\n"
    "  --want WORDS      more in the answer: path,evidence,explanation\n"
    "  --timeout SECONDS time for one exchange (default 10)\n"
    "  --timing          say on standard error how long each exchange took\n"
    "  --json            print JSON\n"
    "Exit status: 0 good or valid, 1 revoked or invalid, 2 unknown, undetermined or not now,\n"
    "64 usage, 65 unreadable file, 66 no answer or one that does not verify.\n";

void query_complain(const char *object, const char *fmt, ...)
{
    struct sk_err err = {0};
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)err_set(&err, SK_INPUT, "%s: %s", object, text); /* escapes what a peer sent */
    (void)fprintf(stderr, "sekisho-query: %s\n", err.text);
}

void query_complain_err(const struct sk_err *err)
{
    (void)fprintf(stderr, "sekisho-query: %s\n", err->text);
}

enum query_exit query_worse(enum query_exit a, enum query_exit b)
{
    static const enum query_exit order[] = {QUERY_USAGE, QUERY_UNREADABLE, QUERY_NO_ANSWER,
                                            QUERY_BAD, QUERY_UNDETERMINED};
    size_t i;

    for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return QUERY_GOOD;
}

enum sk_status query_read_cert(struct sk_arena *arena, const char *file, struct sk_bytes *out,
                               struct sk_err *err)
{
    struct certfile found;
    enum sk_status status = certfile_read(arena, file, &found, err);

    if (status != SK_OK)
        return status;
    if (found.num_certs != 1)
        return err_set(err, SK_INPUT, "%s: holds %zu certificates, not one", file, found.num_certs);
    *out = found.certs[0];
    return SK_OK;
}

/* ---- command line ---- */

enum option_id {
    OPTION_URL = 256,
    OPTION_ISSUER,
    OPTION_RESPONDER,
    OPTION_CA_FILE,
    OPTION_SHA256,
    OPTION_NONCE,
    OPTION_NO_NONCE,
    OPTION_GET,
    OPTION_POLICY,
    OPTION_TIME,
    OPTION_WANT,
    OPTION_TIMEOUT,
    OPTION_TIMING,
    OPTION_JSON,
    OPTION_START_TLS,
    OPTION_TLS_CA_FILE,
};

static const struct option OCSP_OPTIONS[] = {
    {"url", required_argument, NULL, OPTION_URL},
    {"issuer", required_argument, NULL, OPTION_ISSUER},
    {"responder", required_argument, NULL, OPTION_RESPONDER},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"sha256", no_argument, NULL, OPTION_SHA256},
    {"nonce", no_argument, NULL, OPTION_NONCE},
    {"no-nonce", no_argument, NULL, OPTION_NO_NONCE},
    {"get", no_argument, NULL, OPTION_GET},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"timing", no_argument, NULL, OPTION_TIMING},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

static const struct option JSON_OPTIONS[] = {
    {"url", required_argument, NULL, OPTION_URL},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"time", required_argument, NULL, OPTION_TIME},
    {"want", required_argument, NULL, OPTION_WANT},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"timing", no_argument, NULL, OPTION_TIMING},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

static const struct option LDAP_OPTIONS[] = {
    {"url", required_argument, NULL, OPTION_URL},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"start-tls", no_argument, NULL, OPTION_START_TLS},
    {"tls-ca-file", required_argument, NULL, OPTION_TLS_CA_FILE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"timing", no_argument, NULL, OPTION_TIMING},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

static const struct command {
    const char *name;
    const struct option *options;
    const char *scheme; /* what the URL begins with */
    const char *other;  /* or NULL */
    bool is_of_certs;   /* wants CERT arguments */
    enum query_exit (*run)(const struct query_options *options);
} COMMANDS[] = {
    [PROTOCOL_OCSP] = {"ocsp", OCSP_OPTIONS, "http://", NULL, true, query_ocsp},
    [PROTOCOL_JSON] = {"json", JSON_OPTIONS, "http://", NULL, true, query_json},
    [PROTOCOL_LDAP] = {"ldap", LDAP_OPTIONS, "ldap://", "ldaps://", false, query_ldap},
};

static bool take_timeout(const char *text, unsigned *out_ms)
{
    char *end;
    unsigned long seconds = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || seconds < 1 || seconds > 3600) {
        query_complain("--timeout", "'%s' is not a number of seconds, 1 to 3600", text);
        return false;
    }
    *out_ms = (unsigned)seconds * 1000;
    return true;
}

static bool take_time(const char *text, const char **out)
{
    int64_t when;

    if (clock_parse_rfc3339(text, &when) != SK_OK) {
        query_complain("--time", "'%s' is not a time such as 2024-04-01T00:00:00Z", text);
        return false;
    }
    *out = text;
    return true;
}

static bool take_want(const char *text, const char **out)
{
    static const char *const words[] = {"path", "evidence", "explanation"};
    const char *p = text;
    size_t len, i;

    for (;; p += len + 1) {
        len = strcspn(p, ",");
        for (i = 0; i < 3; i++) {
            if (strlen(words[i]) == len && memcmp(words[i], p, len) == 0)
                break;
        }
        if (i == 3) {
            query_complain("--want", "'%s' is not made of path, evidence, explanation", text);
            return false;
        }
        if (p[len] == '\0')
            break;
    }
    *out = text;
    return true;
}

/* An option of getopt_long(); its complaint about an unknown one has been printed. */
static bool take_option(struct query_options *o, int id, const char *value, int *nonce)
{
    switch (id) {
    case OPTION_URL:
        o->url = value;
        return true;
    case OPTION_ISSUER:
        o->issuer = value;
        return true;
    case OPTION_RESPONDER:
        o->responder = value;
        return true;
    case OPTION_CA_FILE:
        o->ca_file = value;
        return true;
    case OPTION_SHA256:
        o->is_sha256 = true;
        return true;
    case OPTION_NONCE:
    case OPTION_NO_NONCE:
        *nonce = id;
        return true;
    case OPTION_GET:
        o->is_get = true;
        return true;
    case OPTION_POLICY:
        o->policy = value;
        return true;
    case OPTION_TIME:
        return take_time(value, &o->time);
    case OPTION_WANT:
        return take_want(value, &o->want);
    case OPTION_TIMEOUT:
        return take_timeout(value, &o->timeout_ms);
    case OPTION_TIMING:
        o->has_timing = true;
        return true;
    case OPTION_JSON:
        o->is_json = true;
        return true;
    case OPTION_START_TLS:
        o->is_start_tls = true;
        return true;
    case OPTION_TLS_CA_FILE:
        o->tls_ca_file = value;
        return true;
    default: /* '?' of getopt_long() */
        return false;
    }
}

static bool is_of_scheme(const char *url, const char *scheme)
{
    return scheme != NULL && strncmp(url, scheme, strlen(scheme)) == 0;
}

static bool is_complete(const struct query_options *o, enum protocol protocol)
{
    const struct command *command = &COMMANDS[protocol];

    if (o->url == NULL)
        query_complain("--url", "missing");
    else if (!is_of_scheme(o->url, command->scheme) && !is_of_scheme(o->url, command->other))
        query_complain(o->url, "not an %s address", command->scheme);
    else if (protocol == PROTOCOL_OCSP && o->issuer == NULL)
        query_complain("--issuer", "missing");
    else if (o->responder != NULL && o->ca_file != NULL)
        query_complain("--responder", "excludes --ca-file");
    else if (command->is_of_certs && o->num_certs == 0)
        query_complain("CERT", "missing");
    else if (!command->is_of_certs && o->num_certs > 0)
        query_complain(o->certs[0], "no argument is wanted");
    else
        return true;
    return false;
}

static bool take_arguments(int argc, char **argv, enum protocol protocol, struct query_options *o)
{
    int id, nonce = 0;

    o->timeout_ms = LIMIT_QUERY_MS;
    while ((id = getopt_long(argc, argv, "", COMMANDS[protocol].options, NULL)) != -1) {
        if (!take_option(o, id, optarg, &nonce))
            return false;
    }
    o->has_nonce = nonce != 0 ? nonce == OPTION_NONCE : !o->is_get;
    for (; optind < argc; optind++) {
        if (o->num_certs >= LIMIT_QUERY_CERTS) {
            query_complain("CERT", "more than %u", LIMIT_QUERY_CERTS);
            return false;
        }
        o->certs[o->num_certs++] = argv[optind];
    }
    return is_complete(o, protocol);
}

static int usage(void)
{
    (void)fputs("Try 'sekisho-query --help'.\n", stderr);
    return QUERY_USAGE;
}

static bool wants_help(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static enum protocol find_protocol(const char *name)
{
    size_t i;

    for (i = PROTOCOL_OCSP; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (strcmp(COMMANDS[i].name, name) == 0)
            return (enum protocol)i;
    }
    return PROTOCOL_NONE;
}

int query_main(int argc, char **argv)
{
    static char program[] = "sekisho-query";
    struct query_options options = {.url = NULL};
    enum protocol protocol;
    enum query_exit result;

    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        (void)puts("sekisho-query " SEKISHO_VERSION);
        return QUERY_GOOD;
    }
    if (wants_help(argc, argv)) {
        (void)fputs(USAGE, stdout);
        return QUERY_GOOD;
    }
    protocol = find_protocol(argc > 1 ? argv[1] : "");
    if (protocol == PROTOCOL_NONE)
        query_complain(argc > 1 ? argv[1] : "command", "none of ocsp, json and ldap");
    if (protocol == PROTOCOL_NONE)
        return usage();
    argv[1] = program; /* getopt's complaints begin with it */
    if (!take_arguments(argc - 1, argv + 1, protocol, &options))
        return usage();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        query_complain("libcurl", "cannot be initialised");
        return QUERY_NO_ANSWER;
    }
    result = COMMANDS[protocol].run(&options);
    curl_global_cleanup();
    if (fflush(stdout) != 0) {
        query_complain("standard output", "cannot be written");
        return QUERY_NO_ANSWER;
    }
    return (int)result;
}
