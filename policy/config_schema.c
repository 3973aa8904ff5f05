/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema: one row per key. Parser, checker, sample file and manual page all read this table.
 */
#include "policy/config_int.h"

#include "core/limits.h"

#define IN(type, member) offsetof(struct type, member)
#define KIB              ((uint64_t)1024)
#define MIB              (1024 * KIB)
#define GIB              (1024 * MIB)
#define MINUTE           ((uint64_t)60)
#define HOUR             (60 * MINUTE)
#define DAY              (24 * HOUR)

static const struct schema_section SECTIONS[CONFIG_KINDS] = {
    [CONFIG_SERVER] = {CONFIG_SERVER, "server", NULL, NULL,
                       "The network process and the data it answers from."},
    [CONFIG_TLS] = {CONFIG_TLS, "tls", NULL, NULL,
                    "HTTP over TLS 1.2 and 1.3, on addresses of its own. The files are read when "
                    "the server starts and on every reload."},
    [CONFIG_SIGNER] = {CONFIG_SIGNER, "signer", NULL, NULL,
                       "The keys that sign answers. Without this section answers cannot be signed "
                       "and every signed protocol is refused. One key stands here; further ones "
                       "in sections [responder NAME]."},
    [CONFIG_RESPONDER] = {CONFIG_RESPONDER, "responder", "NAME", "next-year",
                          "A further key that signs answers: of another CA, of another algorithm, "
                          "or the successor of a key whose certificate ends soon. May stand "
                          "several times with different names of letters, digits, '.', '_' and "
                          "'-'."},
    [CONFIG_LOG] = {CONFIG_LOG, "log", NULL, NULL,
                    "Log lines on standard error, and the access log: a line of JSON for each "
                    "answer."},
    [CONFIG_LIMITS] = {CONFIG_LIMITS, "limits", NULL, NULL,
                       "Caps on what comes from outside. The defaults suit a server in front of "
                       "which nothing else limits clients."},
    [CONFIG_ACL] = {CONFIG_ACL, "acl", "NAME", "operators",
                    "Who may use the services it names; everybody else is answered 403. May stand "
                    "several times. A service that no list names is open to everybody, but metrics "
                    "and status to the machine itself only."},
    [CONFIG_FETCH] = {CONFIG_FETCH, "fetch", NULL, NULL,
                      "How certificates and revocation lists are fetched and published."},
    [CONFIG_POLICY] = {CONFIG_POLICY, "policy", "NAME", "default",
                       "A named validation policy: what a relying party accepts. May stand several "
                       "times with different names of letters, digits, '.', '_' and '-'. A request "
                       "that names no policy is judged by the one named default, else by the first "
                       "in the file."},
    [CONFIG_CA] = {CONFIG_CA, "ca", "NAME", "example-ca",
                   "What is fetched about one certification authority and served below /pki/NAME/. "
                   "May stand several times; NAME is made of a-z, 0-9 and '-'."},
    [CONFIG_REPOSITORY] = {CONFIG_REPOSITORY, "repository", NULL, NULL,
                           "The directory: entries of the certification authorities, made of what "
                           "was fetched, and those of LDIF files. sekisho-fetch publishes them "
                           "with the certificates and lists."},
    [CONFIG_CVS] = {CONFIG_CVS, "cvs", NULL, NULL,
                    "The adapter POST /cvs: an OCSP request whose answer is the verdict of path "
                    "validation. A path that validates is good, a revoked certificate in the path "
                    "revoked, anything else unknown. Without this section there is no /cvs."},
    [CONFIG_LDAP] = {CONFIG_LDAP, "ldap", NULL, NULL,
                     "The directory over LDAPv3, to be read by everybody. Without this section "
                     "there is none."},
};

static const struct schema_word BACKENDS[] = {
    {"pkcs11", CONFIG_SIGNER_PKCS11}, {"software", CONFIG_SIGNER_SOFTWARE}, {NULL, 0}};

static const struct schema_word TLS_VERSIONS[] = {
    {"1.2", CONFIG_TLS_1_2}, {"1.3", CONFIG_TLS_1_3}, {NULL, 0}};

static const struct schema_word CLIENTS[] = {
    {"required", CONFIG_CLIENT_REQUIRED}, {"optional", CONFIG_CLIENT_OPTIONAL}, {NULL, 0}};

static const struct schema_word SERVICES[] = {
    {"ocsp", ACL_OCSP},         {"cvs", ACL_CVS},
    {"validate", ACL_VALIDATE}, {"repository", ACL_REPOSITORY},
    {"snapshot", ACL_SNAPSHOT}, {"health", ACL_HEALTH},
    {"metrics", ACL_METRICS},   {"status", ACL_STATUS},
    {"ldap", ACL_LDAP},         {NULL, 0}};

static const struct schema_word MODELS[] = {{"auto", SIGN_MODEL_AUTO},
                                            {"ca", SIGN_MODEL_CA},
                                            {"delegated", SIGN_MODEL_DELEGATED},
                                            {"trusted", SIGN_MODEL_TRUSTED},
                                            {NULL, 0}};

static const struct schema_word LEVELS[] = {{"error", LOG_LEVEL_ERROR},
                                            {"warning", LOG_LEVEL_WARNING},
                                            {"info", LOG_LEVEL_INFO},
                                            {"debug", LOG_LEVEL_DEBUG},
                                            {NULL, 0}};

static const struct schema_word ACCESS_TO[] = {{"none", CONFIG_ACCESS_NONE},
                                               {"stderr", CONFIG_ACCESS_STDERR},
                                               {"syslog", CONFIG_ACCESS_SYSLOG},
                                               {"file", CONFIG_ACCESS_FILE},
                                               {NULL, 0}};

static const struct schema_word ACCESS_CLIENT[] = {{"full", CONFIG_ACCESS_CLIENT_FULL},
                                                   {"network", CONFIG_ACCESS_CLIENT_NETWORK},
                                                   {"none", CONFIG_ACCESS_CLIENT_NONE},
                                                   {NULL, 0}};

static const struct schema_word MODES[] = {{"required", REVOCATION_REQUIRED},
                                           {"if-available", REVOCATION_IF_AVAILABLE},
                                           {"off", REVOCATION_OFF},
                                           {NULL, 0}};

static const struct schema_word OCSP_MODES[] = {{"no", OCSP_EVIDENCE_NO},
                                                {"yes", OCSP_EVIDENCE_YES},
                                                {"prefer", OCSP_EVIDENCE_PREFER},
                                                {NULL, 0}};

static const struct schema_word NONCES[] = {{"ignore", POLICY_NONCE_IGNORE},
                                            {"accept", POLICY_NONCE_ACCEPT},
                                            {"require", POLICY_NONCE_REQUIRE},
                                            {NULL, 0}};

static const struct schema_word REQUESTS[] = {{"ignore", POLICY_REQUESTS_IGNORE},
                                              {"verify", POLICY_REQUESTS_VERIFY},
                                              {"require", POLICY_REQUESTS_REQUIRE},
                                              {NULL, 0}};

static const struct schema_word CERTID_HASHES[] = {{"sha1", POLICY_CERTID_SHA1},
                                                   {"sha256", POLICY_CERTID_SHA256},
                                                   {"sha384", POLICY_CERTID_SHA384},
                                                   {"sha512", POLICY_CERTID_SHA512},
                                                   {NULL, 0}};

static const struct schema_word UNISSUED[] = {{"good", CONFIG_UNISSUED_GOOD},
                                              {"unknown", CONFIG_UNISSUED_UNKNOWN},
                                              {"revoked", CONFIG_UNISSUED_REVOKED},
                                              {NULL, 0}};

static const struct schema_word PRODUCE[] = {{"no", CONFIG_PRODUCE_NO},
                                             {"yes", CONFIG_PRODUCE_ASKED},
                                             {"all", CONFIG_PRODUCE_ALL},
                                             {NULL, 0}};

static const struct schema_word KEY_USAGES[] = {{"digitalSignature", KEY_USAGE_DIGITAL_SIGNATURE},
                                                {"nonRepudiation", KEY_USAGE_NON_REPUDIATION},
                                                {"keyEncipherment", KEY_USAGE_KEY_ENCIPHERMENT},
                                                {"dataEncipherment", KEY_USAGE_DATA_ENCIPHERMENT},
                                                {"keyAgreement", KEY_USAGE_KEY_AGREEMENT},
                                                {"keyCertSign", KEY_USAGE_KEY_CERT_SIGN},
                                                {"cRLSign", KEY_USAGE_CRL_SIGN},
                                                {"encipherOnly", KEY_USAGE_ENCIPHER_ONLY},
                                                {"decipherOnly", KEY_USAGE_DECIPHER_ONLY},
                                                {NULL, 0}};

static const struct schema_row ROWS[] = {
    /* [server] */
    {CONFIG_SERVER, "listen", SCHEMA_LISTEN, IN(config_server, listen), .text = "127.0.0.1:8080",
     .help = "ADDRESS:PORT that HTTP is served on, an IPv6 address in brackets. May stand several "
             "times."},
    {CONFIG_SERVER, "workers", SCHEMA_COUNT, IN(config_server, workers), .number = 2, .min = 1,
     .max = 256,
     .help = "Threads that answer requests; the number of processors is a good choice."},
    {CONFIG_SERVER, "cache", SCHEMA_FILE, IN(config_server, cache),
     .text = "/var/lib/sekisho/cache",
     .help = "Folder of the published generations. The server reads it, sekisho-fetch writes it."},
    {CONFIG_SERVER, "control-socket", SCHEMA_FILE, IN(config_server, control_socket),
     .example = "/run/sekisho/control.sock",
     .help = "UNIX socket that sekisho-ctl talks to; its folder must exist. Only the user that the "
             "server runs as may use it. Without it there is none."},
    {CONFIG_SERVER, "control-group", SCHEMA_TEXT, IN(config_server, control_group),
     .example = "operators", .help = "Group whose members may use control-socket as well."},
    {CONFIG_SERVER, "accept-request-id", SCHEMA_BOOL, IN(config_server, accept_request_id),
     .number = false,
     .help =
         "Each answer has an X-Request-Id, which the access log has too. With yes, one that the "
         "client sends is kept (up to 64 letters, digits, '.', '_' and '-'): for a proxy that "
         "makes them."},
    {CONFIG_SERVER, "drain", SCHEMA_MS, IN(config_server, drain_ms), .number = 10000, .min = 0,
     .max = HOUR * 1000,
     .help = "How long a stopping server finishes requests it has begun. After a reload also how "
             "long the "
             "old process waits for clients that keep a connection and are silent, to tell them "
             "with an "
             "answer that it ends: better longer than they stay silent. An LDAP client that goes "
             "on asking has half of it, one that is silent a second."},

    /* [tls] */
    {CONFIG_TLS, "listen", SCHEMA_LISTEN, IN(config_tls, listen), .example = "0.0.0.0:8443",
     .help =
         "ADDRESS:PORT that HTTP over TLS is served on. May stand several times. Without it the "
         "section is for LDAP alone."},
    {CONFIG_TLS, "certificate", SCHEMA_FILE, IN(config_tls, certificate),
     .example = "/etc/sekisho/tls.pem", .is_required = true,
     .help = "PEM file of the server's certificate and then its chain."},
    {CONFIG_TLS, "key", SCHEMA_FILE, IN(config_tls, key), .example = "/etc/sekisho/tls.key",
     .is_required = true,
     .help = "PEM file of its private key, which others may not read. It has nothing to do with "
             "the key that signs answers."},
    {CONFIG_TLS, "min-version", SCHEMA_WORD, IN(config_tls, min_version), .words = TLS_VERSIONS,
     .number = CONFIG_TLS_1_2, .help = "The oldest version of TLS spoken."},
    {CONFIG_TLS, "client-ca", SCHEMA_FILE, IN(config_tls, client_ca),
     .example = "/etc/sekisho/clients.pem",
     .help =
         "PEM file of the certification authorities that clients' certificates lead to. Without "
         "it clients are not asked for certificates."},
    {CONFIG_TLS, "client-certificate", SCHEMA_WORD, IN(config_tls, client_certificate),
     .words = CLIENTS, .number = CONFIG_CLIENT_REQUIRED,
     .help = "Whether a client that shows no certificate is served. One whose certificate does not "
             "verify is not. Means nothing without client-ca."},
    {CONFIG_TLS, "client-crl", SCHEMA_FILE, IN(config_tls, client_crl),
     .example = "/etc/sekisho/clients.crl",
     .help = "PEM file of revocation lists, one of every certification authority in the paths of "
             "clients' certificates. Without it their revocation is not looked at."},
    {CONFIG_TLS, "handshake-time", SCHEMA_MS, IN(config_tls, handshake_ms),
     .number = LIMIT_TLS_HANDSHAKE_MS, .min = 100, .max = HOUR * 1000,
     .help = "From the connection to the end of the handshake."},

    /* [signer] */
    {CONFIG_SIGNER, "backend", SCHEMA_WORD, IN(config_signer, backend), .words = BACKENDS,
     .number = CONFIG_SIGNER_NONE, .example = "pkcs11", .is_required = true,
     .help = "Where the private key is: in a PKCS#11 token, or in a PEM file."},
    {CONFIG_SIGNER, "module", SCHEMA_FILE, IN(config_signer, module),
     .example = "/usr/lib/softhsm/libsofthsm2.so",
     .help = "The token's PKCS#11 module. This key and the following two are needed by backend "
             "pkcs11 unless each key is a URI that says the same, and refused with software. Links "
             "to one file are one module; a copy is another."},
    {CONFIG_SIGNER, "token", SCHEMA_TEXT, IN(config_signer, token), .example = "sekisho",
     .help = "Label of the token."},
    {CONFIG_SIGNER, "pin", SCHEMA_PIN, IN(config_signer, pin), .example = "file:/etc/sekisho/pin",
     .help = "Where the token's PIN is. file:PATH: the first line of a file that nobody but its "
             "owner may read; credential:NAME: the same of a credential that the service manager "
             "gives ($CREDENTIALS_DIRECTORY/NAME); prompt: it is asked for on the terminal when "
             "the server starts. It is read at each log-in; a PIN that the token refused is not "
             "offered again until the file changes."},
    {CONFIG_SIGNER, "key", SCHEMA_TEXTS, IN(config_signer, own.keys), .example = "responder",
     .help = "The private key: its label in the token or a PKCS#11 URI (RFC 7512), or with "
             "backend software a PEM file that nobody but its owner may read. May stand up to "
             "four times for copies of one key in several tokens: the first that is well signs, "
             "and when it fails the next takes over at once. A URI may name token and key by "
             "token, serial, manufacturer, model, slot-id, object and id, the module by "
             "module-path and the PIN by pin-source=file:PATH or credential:NAME."},
    {CONFIG_SIGNER, "certificate", SCHEMA_FILE, IN(config_signer, own.certificate),
     .example = "/etc/sekisho/responder.pem",
     .help = "PEM file that holds the key's certificate first and then the chain that is sent "
             "with answers."},
    {CONFIG_SIGNER, "model", SCHEMA_WORD, IN(config_signer, own.model), .words = MODELS,
     .number = SIGN_MODEL_AUTO,
     .help = "For whom the key answers (RFC 6960 4.2.2.2). ca: it is a CA's own key, for that "
             "CA. delegated: its certificate was issued for this (OCSPSigning) by a CA, for that "
             "CA. trusted: clients trust it by their own configuration, for every CA. auto: ca "
             "for a CA certificate, delegated for one with OCSPSigning, else trusted."},
    {CONFIG_SIGNER, "threads", SCHEMA_COUNT, IN(config_signer, threads), .number = 2, .min = 1,
     .max = 64, .help = "Signatures made at the same time, in each token."},
    {CONFIG_SIGNER, "queue", SCHEMA_COUNT, IN(config_signer, queue), .number = LIMIT_SIGN_QUEUE,
     .min = 1, .max = LIMIT_SIGN_QUEUE,
     .help = "Signatures that may wait, those with a nonce and those without counted apart; "
             "whoever comes then is told to try later."},
    {CONFIG_SIGNER, "expiry-warning", SCHEMA_SECONDS, IN(config_signer, warn_s), .number = 30 * DAY,
     .min = 0, .max = 3650 * DAY,
     .help = "From this time before the end of a responder certificate on it is spoken of in the "
             "log, once a day."},

    /* [responder NAME] */
    {CONFIG_RESPONDER, "key", SCHEMA_TEXTS, IN(config_responder, keys),
     .example = "pkcs11:token=sekisho;object=next", .is_required = true,
     .help = "The private key, as in [signer]."},
    {CONFIG_RESPONDER, "certificate", SCHEMA_FILE, IN(config_responder, certificate),
     .example = "/etc/sekisho/next.pem", .is_required = true,
     .help = "Its certificate and chain, as in [signer]."},
    {CONFIG_RESPONDER, "model", SCHEMA_WORD, IN(config_responder, model), .words = MODELS,
     .number = SIGN_MODEL_AUTO, .help = "For whom it answers, as in [signer]."},

    /* [log] */
    {CONFIG_LOG, "level", SCHEMA_WORD, IN(sk_config, log_level), .words = LEVELS,
     .number = LOG_LEVEL_INFO,
     .help = "The least important lines that are written on standard error."},
    {CONFIG_LOG, "access", SCHEMA_WORD, IN(sk_config, access.to), .words = ACCESS_TO,
     .number = CONFIG_ACCESS_NONE,
     .help =
         "Where the access log goes. No line holds a body, a query, more of a path than its "
         "class, or anything of a certificate; its member memo tells whether the answer was there "
         "before it was asked for."},
    {CONFIG_LOG, "access-file", SCHEMA_FILE, IN(sk_config, access.file),
     .example = "/var/log/sekisho/access.log",
     .help = "The file, needed by access = file. When it is renamed, a new one is begun within a "
             "second."},
    {CONFIG_LOG, "access-sample", SCHEMA_COUNT, IN(sk_config, access.sample), .number = 1, .min = 1,
     .max = 1000000,
     .help = "One answer in so many is written; those of status 400 and above, and OCSP errors, "
             "always."},
    {CONFIG_LOG, "access-client", SCHEMA_WORD, IN(sk_config, access.client), .words = ACCESS_CLIENT,
     .number = CONFIG_ACCESS_CLIENT_FULL,
     .help = "How much of a client's address is written: all, its network (24 bits of IPv4, 48 of "
             "IPv6), or nothing."},
    {CONFIG_LOG, "access-buffer", SCHEMA_SIZE, IN(sk_config, access.buffer_bytes),
     .number = LIMIT_ACCESS_BUFFER, .min = 4 * KIB, .max = 64 * MIB,
     .help =
         "Lines of one worker that wait to be written. Further ones are dropped and counted: no "
         "answer waits for its line."},

    /* [limits] */
    {CONFIG_LIMITS, "http-head-bytes", SCHEMA_SIZE, IN(config_limits, http_head_bytes),
     .number = LIMIT_HTTP_HEAD_BYTES, .min = 1 * KIB, .max = 64 * KIB,
     .help = "Request line and header fields of one request."},
    {CONFIG_LIMITS, "http-body-bytes", SCHEMA_SIZE, IN(config_limits, http_body_bytes),
     .number = LIMIT_HTTP_BODY_BYTES, .min = 1 * KIB, .max = 64 * MIB,
     .help = "Body of one request."},
    {CONFIG_LIMITS, "http-head-time", SCHEMA_MS, IN(config_limits, http_head_ms),
     .number = LIMIT_HTTP_HEAD_MS, .min = 100, .max = HOUR * 1000,
     .help = "From the first octet of a request to the end of its header."},
    {CONFIG_LIMITS, "http-body-time", SCHEMA_MS, IN(config_limits, http_body_ms),
     .number = LIMIT_HTTP_BODY_MS, .min = 100, .max = HOUR * 1000,
     .help = "From the end of the header to the end of the body."},
    {CONFIG_LIMITS, "http-idle-time", SCHEMA_MS, IN(config_limits, http_idle_ms),
     .number = LIMIT_HTTP_IDLE_MS, .min = 100, .max = HOUR * 1000,
     .help = "How long a connection is kept open without a request."},
    {CONFIG_LIMITS, "http-write-time", SCHEMA_MS, IN(config_limits, http_write_ms),
     .number = LIMIT_HTTP_WRITE_MS, .min = 100, .max = HOUR * 1000,
     .help = "How long a client may take to accept an answer."},
    {CONFIG_LIMITS, "http-connections", SCHEMA_COUNT, IN(config_limits, http_connections),
     .number = LIMIT_HTTP_CONNECTIONS, .min = 1, .max = 1000000,
     .help = "Open connections of the whole server. When there are more, an idle one makes room."},
    {CONFIG_LIMITS, "http-client-connections", SCHEMA_COUNT,
     IN(config_limits, http_client_connections), .number = LIMIT_HTTP_CLIENT, .min = 0,
     .max = 1000000,
     .help = "Open connections of one client address; 0: no cap. A proxy in front of the server is "
             "one client."},
    {CONFIG_LIMITS, "http-client-prefix6", SCHEMA_COUNT, IN(config_limits, http_client_prefix6),
     .number = LIMIT_HTTP_V6_PREFIX, .min = 16, .max = 128,
     .help = "Leading bits of an IPv6 address that make one client."},
    {CONFIG_LIMITS, "http-queue", SCHEMA_COUNT, IN(config_limits, http_queue),
     .number = LIMIT_HTTP_QUEUE, .min = 1, .max = 1000000,
     .help = "Requests of the whole server that wait for their answers. Those above are answered "
             "503 at once."},
    {CONFIG_LIMITS, "ocsp-certids", SCHEMA_COUNT, IN(config_limits, ocsp_certids),
     .number = LIMIT_OCSP_CERTIDS, .min = 1, .max = LIMIT_OCSP_CERTIDS,
     .help = "Certificates asked for in one OCSP request."},
    {CONFIG_LIMITS, "nonce-queue", SCHEMA_COUNT, IN(config_limits, nonce_queue),
     .number = LIMIT_OCSP_NONCE_QUEUE, .min = 1, .max = LIMIT_SIGN_QUEUE,
     .help = "OCSP answers of the whole server for one request alone, because of a nonce or a "
             "signature in it, that wait to be signed. Those above are answered tryLater at once. "
             "Never more than half of http-queue: they leave room for the others."},
    {CONFIG_LIMITS, "memo-bytes", SCHEMA_SIZE64, IN(config_limits, memo_bytes),
     .number = LIMIT_MEMO_BYTES, .min = 0, .max = 64 * GIB,
     .help = "Memory of each worker for finished OCSP answers. They are given again until the "
             "evidence or the responder's certificate ends or a new generation is published. 0: "
             "none are kept."},
    {CONFIG_LIMITS, "memo-max-age", SCHEMA_SECONDS, IN(config_limits, memo_max_age_s),
     .number = LIMIT_MEMO_AGE_S, .min = 1, .max = 7 * DAY,
     .help = "How long a finished OCSP answer is given again at most, since it was signed."},
    {CONFIG_LIMITS, "json-certs", SCHEMA_COUNT, IN(config_limits, json_certs),
     .number = LIMIT_JSON_CERTS, .min = 1, .max = LIMIT_JSON_CERTS,
     .help = "Certificates in one JSON request."},
    {CONFIG_LIMITS, "path-certs", SCHEMA_COUNT, IN(config_limits, budget.max_path_certs),
     .number = LIMIT_PATH_CERTS, .min = 1, .max = LIMIT_PATH_CERTS,
     .help = "Certificates in a certification path, the trust anchor not counted."},
    {CONFIG_LIMITS, "paths", SCHEMA_COUNT, IN(config_limits, budget.max_paths),
     .number = LIMIT_JOB_PATHS, .min = 1, .max = 1000000,
     .help = "Complete paths judged for one certificate. Reaching this or one of the following "
             "three leaves the verdict undetermined."},
    {CONFIG_LIMITS, "steps", SCHEMA_COUNT, IN(config_limits, budget.max_steps),
     .number = LIMIT_JOB_STEPS, .min = 1, .max = 100000000,
     .help = "Candidate issuers looked at for one certificate."},
    {CONFIG_LIMITS, "signatures", SCHEMA_COUNT, IN(config_limits, budget.max_signatures),
     .number = LIMIT_JOB_SIGNATURES, .min = 1, .max = 1000000,
     .help = "Signatures verified for one certificate."},
    {CONFIG_LIMITS, "cpu-time", SCHEMA_MS, IN(config_limits, budget.max_cpu_ms),
     .number = LIMIT_JOB_CPU_MS, .min = 1, .max = HOUR * 1000,
     .help = "Processor time spent on one certificate."},

    /* [acl NAME] */
    {CONFIG_ACL, "service", SCHEMA_FLAGS, IN(acl_draft, services), .words = SERVICES, .number = 0,
     .example = "metrics status", .is_required = true,
     .help = "The services it governs, with blanks between: ocsp is /ocsp, cvs /cvs, validate "
             "/v1/validate, repository /pki/, snapshot /v1/snapshot, health /livez and /readyz, "
             "ldap the directory, where refused is insufficientAccessRights. A service may stand "
             "in one list only."},
    {CONFIG_ACL, "rule", SCHEMA_RULE, IN(acl_draft, rules), .example = "allow loopback",
     .is_required = true,
     .help =
         "allow or deny, and who: all, loopback, ADDRESS or ADDRESS/BITS; certificate (any that "
         "[tls] has verified), spki:sha256:HEX (the certificate of this key); and last "
         "subject:TEXT to the end of the line, written as sekisho-verify prints names. A rule "
         "fits when all it says is so. May stand several times: the first rule that fits "
         "decides, and where none fits the client is refused."},

    /* [fetch] */
    {CONFIG_FETCH, "timeout", SCHEMA_MS, IN(config_fetch, timeout_ms), .number = LIMIT_FETCH_MS,
     .min = 100, .max = DAY * 1000, .help = "Time for one object, from connecting to its end."},
    {CONFIG_FETCH, "max-bytes", SCHEMA_SIZE64, IN(config_fetch, max_bytes),
     .number = LIMIT_FETCH_BYTES, .min = 1 * KIB, .max = LIMIT_CRL_BYTES,
     .help = "Size of one object."},
    {CONFIG_FETCH, "stale-warn", SCHEMA_SECONDS, IN(config_fetch, stale_warn_s), .number = HOUR,
     .min = 0, .max = 365 * DAY,
     .help = "sekisho-fetch ends with status 2 when something that is served ends within this "
             "time."},
    {CONFIG_FETCH, "keep", SCHEMA_COUNT, IN(config_fetch, keep), .number = 3, .min = 0, .max = 1000,
     .help = "Generations kept beside the current one."},

    /* [policy NAME] */
    {CONFIG_POLICY, "anchor", SCHEMA_ANCHOR, IN(policy_draft, anchors), .is_required = true,
     .example = "anchors/root.pem sha256:"
                "0000000000000000000000000000000000000000000000000000000000000000",
     .help = "A trust anchor: FILE sha256:HEX, a PEM or DER file of exactly one certificate and "
             "the SHA-256 fingerprint of that certificate's DER. May stand several times."},
    {CONFIG_POLICY, "policy-oid", SCHEMA_OID, IN(policy_draft, policies), .example = "2.5.29.32.0",
     .help = "A certificate policy of the user-initial-policy-set (RFC 5280 6.1.1). May stand "
             "several times; without it any policy is accepted."},
    {CONFIG_POLICY, "require-explicit-policy", SCHEMA_BOOL,
     IN(policy_draft, policy.params.require_explicit_policy), .number = false,
     .help = "A path must be valid for at least one policy of the set."},
    {CONFIG_POLICY, "inhibit-policy-mapping", SCHEMA_BOOL,
     IN(policy_draft, policy.params.inhibit_policy_mapping), .number = false,
     .help = "Policy mappings in the path do not count."},
    {CONFIG_POLICY, "inhibit-any-policy", SCHEMA_BOOL,
     IN(policy_draft, policy.params.inhibit_any_policy), .number = false,
     .help = "anyPolicy in a certificate of the path matches no policy."},
    {CONFIG_POLICY, "honour-anchor-constraints", SCHEMA_BOOL,
     IN(policy_draft, policy.params.honour_anchor_constraints), .number = false,
     .help =
         "Name constraints, certificate policies, policy constraints, inhibitAnyPolicy and path "
         "length in the trust anchor's own certificate count (RFC 5937). Otherwise an anchor "
         "is a name and a key."},
    {CONFIG_POLICY, "revocation", SCHEMA_WORD, IN(policy_draft, policy.params.revocation),
     .words = MODES, .number = REVOCATION_REQUIRED,
     .help = "required: every certificate below the anchor needs a known, good status. "
             "if-available: a certificate without a usable source is accepted, unless its issuer "
             "signed a list that cannot be relied upon and that lists it, or has entries that "
             "cannot be read. off: revocation is not looked at."},
    {CONFIG_POLICY, "ocsp-evidence", SCHEMA_WORD, IN(policy_draft, policy.params.ocsp_evidence),
     .words = OCSP_MODES, .number = OCSP_EVIDENCE_NO,
     .help = "Whether stored OCSP answers count beside revocation lists. yes: where lists leave a "
             "status unknown. prefer: before lists. One that says revoked counts in both. So far "
             "only sekisho-verify is given such answers."},
    {CONFIG_POLICY, "ocsp-responder", SCHEMA_ANCHOR, IN(policy_draft, ocsp_responders),
     .example = "anchors/responder.pem sha256:"
                "0000000000000000000000000000000000000000000000000000000000000000",
     .help = "A responder whose OCSP answers count for every CA, given as an anchor is. May stand "
             "several times; a CA and those it delegated to need not be given."},
    {CONFIG_POLICY, "ocsp-certid-hashes", SCHEMA_FLAGS, IN(policy_draft, policy.ocsp.certid_hashes),
     .words = CERTID_HASHES, .number = POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256,
     .example = "sha1 sha256 sha384 sha512",
     .help = "Hash algorithms by which an OCSP request may name the issuer, with blanks between. "
             "The answer repeats what was asked. By another one the issuer is not known."},
    {CONFIG_POLICY, "ocsp-nonce", SCHEMA_WORD, IN(policy_draft, policy.ocsp.nonce), .words = NONCES,
     .number = POLICY_NONCE_ACCEPT,
     .help = "What a nonce in an OCSP request does. accept: it is repeated, and the answer is "
             "signed for this request alone. ignore: answers carry none and may be kept. require: "
             "a request without one is unauthorized. This key and the other ocsp-... keys that "
             "speak of requests count in the policy that OCSP answers by: the one named default, "
             "else the first in the file."},
    {CONFIG_POLICY, "ocsp-signed-requests", SCHEMA_WORD, IN(policy_draft, policy.ocsp.requests),
     .words = REQUESTS, .number = POLICY_REQUESTS_IGNORE,
     .help = "ignore: the signature of an OCSP request is not looked at. verify: one that does not "
             "verify, or is not of an ocsp-requestor, is unauthorized. require: a request without "
             "one is answered with sigRequired as well."},
    {CONFIG_POLICY, "ocsp-requestor", SCHEMA_ANCHOR, IN(policy_draft, ocsp_requestors),
     .example = "anchors/clients.pem sha256:"
                "0000000000000000000000000000000000000000000000000000000000000000",
     .help = "Who may sign OCSP requests, given as an anchor is: a client's certificate, or a CA "
             "that a client's certificate has a valid path to under this policy. May stand several "
             "times; needed unless ocsp-signed-requests is ignore."},
    {CONFIG_POLICY, "ocsp-refuse-unknown-issuer", SCHEMA_BOOL,
     IN(policy_draft, policy.ocsp.refuse_unknown_issuer), .number = false,
     .help = "An OCSP request about the certificate of a CA that is not in the snapshot is "
             "unauthorized (RFC 9919). Otherwise the certificate's status is unknown."},
    {CONFIG_POLICY, "ocsp-expired-unknown", SCHEMA_BOOL,
     IN(policy_draft, policy.ocsp.expired_is_unknown), .number = false,
     .help = "OCSP says unknown, not good, of a certificate of the snapshot that has expired, for "
             "its CA may have taken it off its lists; archive-cutoff of its CA is counted. "
             "Otherwise OCSP does not look at validity (RFC 6960 2.2)."},
    {CONFIG_POLICY, "ocsp-tell-entry", SCHEMA_BOOL, IN(policy_draft, policy.ocsp.tell_entry),
     .number = false,
     .help = "OCSP says of a revoked certificate which list holds it (CrlID) and its "
             "invalidityDate."},
    {CONFIG_POLICY, "grace", SCHEMA_SECONDS64, IN(policy_draft, policy.params.grace_s), .number = 0,
     .min = 0, .max = 365 * DAY,
     .help = "How long a revocation list counts after its nextUpdate. Answers that needed it say "
             "so."},
    {CONFIG_POLICY, "clock-skew", SCHEMA_SECONDS64, IN(policy_draft, policy.params.clock_skew_s),
     .number = 0, .min = 0, .max = DAY,
     .help = "Tolerance at both ends of validity periods and of revocation lists."},
    {CONFIG_POLICY, "min-rsa-bits", SCHEMA_COUNT, IN(policy_draft, policy.params.min_rsa_bits),
     .number = 2048, .min = 0, .max = 16384, .help = "Shortest RSA key accepted; 0: any."},
    {CONFIG_POLICY, "min-ec-bits", SCHEMA_COUNT, IN(policy_draft, policy.params.min_ec_bits),
     .number = 256, .min = 0, .max = 521,
     .help = "Smallest elliptic curve group accepted; 0: any."},
    {CONFIG_POLICY, "min-dsa-bits", SCHEMA_COUNT, IN(policy_draft, policy.params.min_dsa_bits),
     .number = 2048, .min = 0, .max = 16384,
     .help = "Shortest DSA key accepted when allow-dsa is yes; 0: any."},
    {CONFIG_POLICY, "allow-sha1", SCHEMA_BOOL, IN(policy_draft, policy.params.allow_sha1),
     .number = false, .help = "Accept signatures made over SHA-1."},
    {CONFIG_POLICY, "allow-dsa", SCHEMA_BOOL, IN(policy_draft, policy.params.allow_dsa),
     .number = false, .help = "Accept DSA keys and signatures."},
    {CONFIG_POLICY, "extended-key-usage", SCHEMA_OID, IN(policy_draft, ekus),
     .example = "1.3.6.1.5.5.7.3.2",
     .help = "A purpose that the judged certificate's extendedKeyUsage, if it has one, must name. "
             "May stand several times; all of them are needed."},
    {CONFIG_POLICY, "nested-extended-key-usage", SCHEMA_BOOL,
     IN(policy_draft, policy.params.nested_ekus), .number = false,
     .help = "A CA certificate of the path that has extendedKeyUsage must name those purposes as "
             "well, or anyExtendedKeyUsage."},
    {CONFIG_POLICY, "key-usage", SCHEMA_FLAGS, IN(policy_draft, policy.params.key_usage),
     .words = KEY_USAGES, .number = 0, .example = "digitalSignature nonRepudiation",
     .help = "Bits that the judged certificate's keyUsage, if it has one, must all have, with "
             "blanks between."},

    /* [ca NAME] */
    {CONFIG_CA, "certificates", SCHEMA_URL, IN(config_ca, certificates),
     .example = "http://ca.example/ca.p7c",
     .help = "Address (file:PATH or http://...) of self-signed and link certificates. This key and "
             "the following three may stand several times; one of them is needed."},
    {CONFIG_CA, "cross", SCHEMA_URL, IN(config_ca, cross), .example = "file:cross/bridge.cer",
     .help = "Address of cross certificates, of either direction."},
    {CONFIG_CA, "crls", SCHEMA_URL, IN(config_ca, crls), .example = "http://ca.example/crl.crl",
     .help =
         "Address of a revocation list for end entities, or for both kinds of certificates. The "
         "last good one is kept under its address, so file: names one file here, where "
         "certificates and cross take a folder of files as well."},
    {CONFIG_CA, "arls", SCHEMA_URL, IN(config_ca, arls), .example = "http://ca.example/arl.crl",
     .help = "Address of a revocation list for CA certificates. A list that says itself for which "
             "certificates it is may stand under crls as well as under arls."},
    {CONFIG_CA, "responder", SCHEMA_TEXTS, IN(config_ca, responders), .example = "next-year",
     .help = "A key that may sign OCSP answers about the CA's certificates: NAME of a [responder "
             "NAME], or signer for the key of [signer]. May stand several times; without it every "
             "key may whose model fits."},
    {CONFIG_CA, "unissued", SCHEMA_WORD, IN(config_ca, unissued), .words = UNISSUED,
     .number = CONFIG_UNISSUED_GOOD,
     .help = "What OCSP says of a serial that no list holds and no certificate of the snapshot "
             "has. good: it is not revoked, which is all that lists tell. unknown and revoked (on "
             "hold since 1970, RFC 6960 2.2) are right only when certificates names every "
             "certificate that the CA has issued: one that is missing, or newer than the last "
             "fetch, is refused. Such answers are kept for a minute."},
    {CONFIG_CA, "pre-produce", SCHEMA_WORD, IN(config_ca, pre_produce), .words = PRODUCE,
     .number = CONFIG_PRODUCE_NO,
     .help = "yes: when a new generation is published, the OCSP answers of this CA that were asked "
             "for under the one before are signed anew of themselves, those most asked for first, "
             "whenever nobody waits for a signature. all: beside these every answer that is known "
             "before anybody asks: of the serials on the CA's lists and of the certificates of the "
             "snapshot that it has issued, by SHA-1 and SHA-256, when the server starts, with each "
             "generation, and every hour; as many as fit a quarter of memo-bytes (2 KiB each) and "
             "8192 at most. Lists do not tell which other serials there are. Each worker does so "
             "for its own."},
    {CONFIG_CA, "archive-cutoff", SCHEMA_SECONDS64, IN(config_ca, archive_s), .number = 0, .min = 0,
     .max = 36500 * DAY,
     .help = "How long after a certificate's end the CA's lists keep it. OCSP answers then carry "
             "the archive cutoff: this time before now. 0: nothing is known."},

    {CONFIG_CA, "dn", SCHEMA_DN, IN(config_ca, dns), .example = "OU=Example CA,O=Example,C=JP",
     .help =
         "The name of the CA's entry in the directory, as RFC 4514 writes it. May stand several "
         "times; without it the CA has an entry under each subject of its own certificates. "
         "Everything of the CA stands in an entry that is named here and is none of these."},
    {CONFIG_CA, "end-entities", SCHEMA_BOOL, IN(config_ca, end_entities), .number = false,
     .help = "The directory has entries with the end entities' certificates of this CA that "
             "certificates gives. They hold personal data."},

    /* [repository] */
    {CONFIG_REPOSITORY, "suffix", SCHEMA_DN, IN(config_repository, suffixes),
     .example = "O=Example,C=JP",
     .help = "A naming context: the directory has entries at or below it alone, and itself is one. "
             "May stand several times. Without it the topmost entries are the naming contexts, and "
             "ancestors of a CA's entry are made up to its country."},
    {CONFIG_REPOSITORY, "ldif", SCHEMA_FILES, IN(config_repository, ldif),
     .example = "/etc/sekisho/directory.ldif",
     .help = "A file of entries to import (RFC 2849), parents before their children. May stand "
             "several times. What cannot be taken is told with its line and left out. Certificates "
             "and lists in it give no trust; in an entry of a [ca NAME] the fetched ones stand in "
             "their place."},

    /* [cvs] */
    {CONFIG_CVS, "certificates-oid", SCHEMA_ONE_OID, IN(config_cvs, certificates_oid),
     .example = "1.3.6.1.4.1.32473.1.1", .is_required = true,
     .help = "The extension of a single request that carries certificates, as SEQUENCE OF "
             "Certificate: the one to judge, then intermediate ones. Without it the certificate "
             "with this CertID is taken from the snapshot."},
    {CONFIG_CVS, "policies-oid", SCHEMA_ONE_OID, IN(config_cvs, policies_oid),
     .example = "1.3.6.1.4.1.32473.1.2",
     .help = "The extension of a request that carries a user-initial-policy-set, as SEQUENCE OF "
             "OBJECT IDENTIFIER. It may narrow the policy's own set, and a path must then be valid "
             "for one of its policies."},
    {CONFIG_CVS, "detail-oid", SCHEMA_ONE_OID, IN(config_cvs, detail_oid),
     .example = "1.3.6.1.4.1.32473.1.3", .is_required = true,
     .help = "The extension of a single response that says why: SEQUENCE { verdict UTF8String, "
             "SEQUENCE OF SEQUENCE { code UTF8String, certificate INTEGER OPTIONAL } }."},
    {CONFIG_CVS, "detail-critical", SCHEMA_BOOL, IN(config_cvs, detail_critical), .number = false,
     .help = "That extension is critical."},
    {CONFIG_CVS, "policy", SCHEMA_TEXT, IN(config_cvs, policy_name), .example = "default",
     .help = "The [policy NAME] that judges; without it the one that OCSP answers by."},

    /* [ldap] */
    {CONFIG_LDAP, "listen", SCHEMA_LISTEN, IN(config_ldap, listen), .example = "127.0.0.1:1389",
     .help = "ADDRESS:PORT that LDAP is served on, an IPv6 address in brackets. May stand several "
             "times. This or tls-listen is needed."},
    {CONFIG_LDAP, "tls-listen", SCHEMA_LISTEN, IN(config_ldap, tls_listen),
     .example = "0.0.0.0:1636",
     .help = "ADDRESS:PORT that LDAP over TLS is served on, with the files of [tls]."},
    {CONFIG_LDAP, "start-tls", SCHEMA_BOOL, IN(config_ldap, start_tls), .number = true,
     .help = "Whether a client may ask for TLS on a connection of listen. Means nothing without "
             "[tls]."},
    {CONFIG_LDAP, "bind-v2", SCHEMA_BOOL, IN(config_ldap, bind_v2), .number = false,
     .help = "Whether an anonymous bind of LDAPv2 is taken, for old clients. They are then "
             "answered as those of LDAPv3."},
    {CONFIG_LDAP, "referral", SCHEMA_TEXTS, IN(config_ldap, referrals),
     .example = "ldap://master.example/",
     .help = "ldap: or ldaps: URL that a client is referred to who wants to write. May stand "
             "several times. Without it writing is refused."},
    {CONFIG_LDAP, "size-limit", SCHEMA_COUNT, IN(config_ldap, size_limit),
     .number = LIMIT_LDAP_ENTRIES, .min = 0, .max = 1000000000,
     .help = "Entries that one search gives, or one page of a search in pages; 0: any number. A "
             "client may ask for fewer."},
    {CONFIG_LDAP, "time-limit", SCHEMA_SECONDS, IN(config_ldap, time_limit_s),
     .number = LIMIT_LDAP_TIME_S, .min = 0, .max = DAY,
     .help = "How long one search may take, the time in which its client does not take its "
             "answers counted; 0: any time."},
    {CONFIG_LDAP, "look-through", SCHEMA_COUNT, IN(config_ldap, look_through),
     .number = LIMIT_LDAP_LOOK_THROUGH, .min = 0, .max = 1000000000,
     .help = "Entries that one search compares with its filter; 0: any number. A search that an "
             "index answers looks at few."},
    {CONFIG_LDAP, "message-bytes", SCHEMA_SIZE, IN(config_ldap, message_bytes),
     .number = LIMIT_LDAP_MESSAGE_BYTES, .min = 1 * KIB, .max = 4 * MIB, .help = "One request."},
    {CONFIG_LDAP, "unbound-message-bytes", SCHEMA_SIZE, IN(config_ldap, stranger_bytes),
     .number = LIMIT_LDAP_STRANGER_BYTES, .min = 1 * KIB, .max = 4 * MIB,
     .help = "One request before the first bind, if that is less."},
    {CONFIG_LDAP, "message-time", SCHEMA_MS, IN(config_ldap, message_ms),
     .number = LIMIT_LDAP_MESSAGE_MS, .min = 100, .max = HOUR * 1000,
     .help = "From the first octet of a request to its last."},
    {CONFIG_LDAP, "idle-time", SCHEMA_MS, IN(config_ldap, idle_ms), .number = LIMIT_LDAP_IDLE_MS,
     .min = 100, .max = 24 * HOUR * 1000,
     .help = "How long a connection is kept open without a request."},
    {CONFIG_LDAP, "write-time", SCHEMA_MS, IN(config_ldap, write_ms), .number = LIMIT_LDAP_WRITE_MS,
     .min = 100, .max = HOUR * 1000,
     .help = "In this time a client must take 64 kB of its answers, or all of them."},
    {CONFIG_LDAP, "operations", SCHEMA_COUNT, IN(config_ldap, operations),
     .number = LIMIT_LDAP_OPERATIONS, .min = 1, .max = 10000,
     .help = "Searches of one connection that have no result yet. Those above are answered busy."},
    {CONFIG_LDAP, "connections", SCHEMA_COUNT, IN(config_ldap, connections),
     .number = LIMIT_LDAP_CONNECTIONS, .min = 1, .max = 1000000,
     .help = "Open LDAP connections of the whole server. When there are more, an idle one makes "
             "room. Those of one client count together with those of HTTP "
             "(http-client-connections)."},
};

enum { NUM_ROWS = sizeof(ROWS) / sizeof(ROWS[0]) };

const struct schema_row *schema_rows(size_t *out_count)
{
    *out_count = NUM_ROWS;
    return ROWS;
}

const struct schema_section *schema_section(enum config_kind kind)
{
    return &SECTIONS[kind];
}

const struct schema_row *schema_find(enum config_kind kind, const char *key)
{
    size_t i;

    for (i = 0; i < NUM_ROWS; i++) {
        if (ROWS[i].kind == kind && strcmp(ROWS[i].key, key) == 0)
            return &ROWS[i];
    }
    return NULL;
}

bool schema_repeats(enum schema_type type)
{
    return type == SCHEMA_TEXTS || type == SCHEMA_FILES || type == SCHEMA_DN ||
           type == SCHEMA_LISTEN || type == SCHEMA_URL || type == SCHEMA_OID ||
           type == SCHEMA_ANCHOR || type == SCHEMA_RULE;
}

bool schema_is_number(enum schema_type type)
{
    return type >= SCHEMA_COUNT && type <= SCHEMA_FLAGS;
}
