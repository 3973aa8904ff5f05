/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that need more than one line of the file.
 */
#include "policy/config_int.h"

#include "core/limits.h"

static unsigned line_of(const struct config_section *section, const char *key)
{
    size_t num_rows;
    const struct schema_row *row = schema_find(section->kind, key);

    return row != NULL ? section->lines[row - schema_rows(&num_rows)] : 0;
}

/* Defaults of texts and lists, and keys without which a section is incomplete. */
static enum sk_status check_rows(struct config_run *run, struct config_section *section)
{
    size_t num_rows, i;
    const struct schema_row *rows = schema_rows(&num_rows);
    struct sk_err err = {0};
    enum sk_status status;

    for (i = 0; i < num_rows; i++) {
        if (rows[i].kind != section->kind || section->lines[i] != 0)
            continue;
        if (rows[i].is_required && section->line != 0)
            config_fault(run, section->line, section, rows[i].key, "missing");
        if (rows[i].text == NULL)
            continue;
        status = config_value_set(run, section, &rows[i], rows[i].text, &err);
        if (status != SK_OK)
            return config_stop(run, status);
    }
    return SK_OK;
}

/* PEM files are relative to the configuration, labels and URIs are not. */
static enum sk_status check_keys(struct config_run *run, const struct config_section *section,
                                 struct config_responder *responder)
{
    struct config_list *keys = &responder->keys;
    size_t i;

    if (keys->num_values > LIMIT_SIGNER_PLACES)
        config_fault(run, line_of(section, "key"), section, "key", "stands more than %u times",
                     LIMIT_SIGNER_PLACES);
    if (run->config->signer.backend != CONFIG_SIGNER_SOFTWARE)
        return SK_OK;
    for (i = 0; i < keys->num_values; i++) {
        keys->values[i] = config_path(run, keys->values[i]);
        if (keys->values[i] == NULL)
            return run->status;
    }
    return SK_OK;
}

static bool has_label(const struct config_responder *responder)
{
    size_t i;

    for (i = 0; i < responder->keys.num_values; i++) {
        if (strncmp(responder->keys.values[i], "pkcs11:", 7) != 0)
            return true;
    }
    return responder->keys.num_values == 0; /* reported elsewhere, and here as if it had one */
}

/* Which token is meant must be said when a key is a mere label. */
static void check_token_keys(struct config_run *run, const struct config_section *section,
                             bool has_labels)
{
    static const char *const token_keys[] = {"module", "token", "pin"};
    const struct config_signer *signer = section->base;
    size_t i;

    for (i = 0; i < sizeof(token_keys) / sizeof(token_keys[0]); i++) {
        unsigned line = line_of(section, token_keys[i]);

        if (signer->backend == CONFIG_SIGNER_PKCS11 && line == 0 && has_labels)
            config_fault(run, section->line, section, token_keys[i],
                         "missing, backend pkcs11 needs it");
        if (signer->backend == CONFIG_SIGNER_SOFTWARE && line != 0)
            config_fault(run, line, section, token_keys[i], "means nothing to backend software");
    }
}

/* The key and the certificate of [signer] itself may both be left to sections of their own. */
static void check_own(struct config_run *run, const struct config_section *section,
                      size_t num_others)
{
    static const char *const both[] = {"key", "certificate"};
    size_t i;

    for (i = 0; i < 2; i++) {
        if (line_of(section, both[i]) == 0 &&
            (num_others == 0 || line_of(section, both[1 - i]) != 0))
            config_fault(run, section->line, section, both[i], "missing");
    }
}

static enum sk_status check_signer(struct config_run *run, const struct config_section *section)
{
    struct config_signer *signer = section->base;
    struct config_section *s;
    enum sk_status status = SK_OK;
    bool has_labels = line_of(section, "key") != 0 && has_label(&signer->own);
    size_t num_others = 0;

    for (s = run->sections; s != NULL && status == SK_OK; s = s->next) {
        if (s->kind != CONFIG_RESPONDER)
            continue;
        if (section->line == 0)
            config_fault(run, s->line, s, NULL, "there is no section [signer]");
        num_others++;
        has_labels = has_labels || has_label(s->base);
        status = check_keys(run, s, s->base);
    }
    if (section->line != 0)
        check_own(run, section, num_others);
    if (status != SK_OK || signer->backend == CONFIG_SIGNER_NONE)
        return status; /* absent, or reported already */
    if (num_others >= LIMIT_SIGNER_KEYS)
        config_fault(run, section->line, section, NULL, "more than %u keys", LIMIT_SIGNER_KEYS);
    check_token_keys(run, section, has_labels || num_others + signer->own.keys.num_values == 0);
    return check_keys(run, section, &signer->own);
}

/* A signature that nobody may make would shut everybody out, or mean nothing. */
static void check_policy(struct config_run *run, const struct config_section *section)
{
    const struct policy_draft *draft = section->base;

    if (draft->policy.ocsp.requests != POLICY_REQUESTS_IGNORE && draft->ocsp_requestors.count == 0)
        config_fault(run, section->line, section, "ocsp-requestor",
                     "missing, ocsp-signed-requests needs it");
}

/* The policies stand in sections of their own, in any order. */
static void check_cvs(struct config_run *run, const struct config_section *section)
{
    const struct config_cvs *cvs = section->base;
    const struct config_section *s;

    if (cvs->policy_name == NULL)
        return;
    for (s = run->sections; s != NULL; s = s->next) {
        if (s->kind == CONFIG_POLICY && strcmp(s->name, cvs->policy_name) == 0)
            return;
    }
    config_fault(run, line_of(section, "policy"), section, "policy", "no [policy %s]",
                 cvs->policy_name);
}

static bool is_responder(const struct config_run *run, const char *name)
{
    const struct config_section *s;

    if (strcmp(name, "signer") == 0)
        return run->config->signer.own.keys.num_values > 0;
    for (s = run->sections; s != NULL; s = s->next) {
        if (s->kind == CONFIG_RESPONDER && strcmp(s->name, name) == 0)
            return true;
    }
    return false;
}

static void check_responders(struct config_run *run, const struct config_section *section)
{
    const struct config_ca *ca = section->base;
    size_t i;

    for (i = 0; i < ca->responders.num_values; i++) {
        if (!is_responder(run, ca->responders.values[i]))
            config_fault(run, line_of(section, "responder"), section, "responder",
                         "there is no key %s", ca->responders.values[i]);
    }
}

static void check_ca(struct config_run *run, const struct config_section *section)
{
    static const char *const sources[] = {"certificates", "cross", "crls", "arls"};
    size_t i;

    for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (line_of(section, sources[i]) != 0)
            return;
    }
    config_fault(run, section->line, section, NULL,
                 "names nothing to fetch: give certificates, cross, crls or arls");
}

/* An address of list that is one of others as well, those of the section of that name. */
static void check_addresses(struct config_run *run, const struct config_section *section,
                            const char *key, const struct config_list *list,
                            const struct config_list *others, const char *where)
{
    size_t i, j;

    for (i = 0; i < list->num_values; i++) {
        for (j = 0; j < others->num_values; j++) {
            if (strcmp(list->values[i], others->values[j]) == 0)
                config_fault(run, line_of(section, key), section, key,
                             "'%s' stands in [%s] as well", others->values[j], where);
        }
    }
}

static void check_tls(struct config_run *run, const struct config_section *section)
{
    static const char *const of_clients[] = {"client-certificate", "client-crl"};
    const struct config_tls *tls = section->base;
    const struct config_ldap *ldap = &run->config->ldap;
    size_t i;

    check_addresses(run, section, "listen", &tls->listen, &run->config->server.listen, "server");
    if (section->line != 0 && tls->listen.num_values == 0 && ldap->tls_listen.num_values == 0 &&
        (ldap->listen.num_values == 0 || !ldap->start_tls))
        config_fault(run, section->line, section, "listen", "missing");
    for (i = 0; tls->client_ca == NULL && i < 2; i++) {
        if (line_of(section, of_clients[i]) != 0)
            config_fault(run, line_of(section, of_clients[i]), section, of_clients[i],
                         "means nothing without client-ca");
    }
}

static bool is_ldap_url(const char *text)
{
    return strncasecmp(text, "ldap://", 7) == 0 || strncasecmp(text, "ldaps://", 8) == 0;
}

static void check_ldap(struct config_run *run, const struct config_section *section)
{
    const struct config_ldap *ldap = section->base;
    const struct config_list *const lists[] = {&ldap->listen, &ldap->tls_listen};
    static const char *const keys[] = {"listen", "tls-listen"};
    bool has_tls = run->config->tls.certificate != NULL;
    size_t i;

    if (section->line == 0)
        return;
    for (i = 0; i < 2; i++) {
        check_addresses(run, section, keys[i], lists[i], &run->config->server.listen, "server");
        check_addresses(run, section, keys[i], lists[i], &run->config->tls.listen, "tls");
    }
    check_addresses(run, section, keys[1], lists[1], lists[0], "ldap");
    if (ldap->listen.num_values + ldap->tls_listen.num_values == 0)
        config_fault(run, section->line, section, NULL,
                     "has no address: give listen or tls-listen");
    if (ldap->tls_listen.num_values > 0 && !has_tls)
        config_fault(run, line_of(section, keys[1]), section, keys[1], "needs a section [tls]");
    if (ldap->start_tls && line_of(section, "start-tls") != 0 && !has_tls)
        config_fault(run, line_of(section, "start-tls"), section, "start-tls",
                     "needs a section [tls]");
    if (ldap->referrals.num_values > LIMIT_LDAP_REFERRALS)
        config_fault(run, line_of(section, "referral"), section, "referral",
                     "stands more than %u times", LIMIT_LDAP_REFERRALS);
    for (i = 0; i < ldap->referrals.num_values; i++) {
        if (!is_ldap_url(ldap->referrals.values[i]))
            config_fault(run, line_of(section, "referral"), section, "referral",
                         "'%s' is no ldap: or ldaps: URL", ldap->referrals.values[i]);
    }
}

static void check_log(struct config_run *run, const struct config_section *section)
{
    const struct config_access *access = &run->config->access;

    if (access->to == CONFIG_ACCESS_FILE && access->file == NULL)
        config_fault(run, line_of(section, "access"), section, "access-file",
                     "missing, access = file needs it");
}

/* A rule that can never fit is a mistake, and a dangerous one when it denies. */
static void check_acl(struct config_run *run, const struct config_section *section)
{
    const struct acl_draft *draft = section->base, *other;
    const struct config_section *s;
    size_t i;

    for (s = run->sections; s != section; s = s->next) {
        if (s->kind != CONFIG_ACL)
            continue;
        other = s->base;
        if ((other->services & draft->services) != 0)
            config_fault(run, line_of(section, "service"), section, "service",
                         "names a service that stands in [acl %s] as well, line %u", s->name,
                         line_of(s, "service"));
    }
    if (run->config->tls.client_ca != NULL)
        return;
    for (i = 0; i < draft->rules.count; i++) {
        if (draft->rules.items[i].wants_certificate)
            config_fault(run, section->line, section, "rule",
                         "number %zu is about certificates, but [tls] has no client-ca", i + 1);
    }
}

enum sk_status config_check(struct config_run *run)
{
    struct config_section *section;
    enum sk_status status = SK_OK;

    for (section = run->sections; section != NULL && status == SK_OK; section = section->next) {
        if (section->kind == CONFIG_NONE)
            continue;
        status = check_rows(run, section);
        if (status == SK_OK && section->kind == CONFIG_SIGNER)
            status = check_signer(run, section);
        if (section->kind == CONFIG_CA)
            check_ca(run, section);
        if (section->kind == CONFIG_CA)
            check_responders(run, section);
        if (section->kind == CONFIG_POLICY)
            check_policy(run, section);
        if (section->kind == CONFIG_CVS)
            check_cvs(run, section);
    }
    /* What compares sections waits until all have their defaults. */
    for (section = run->sections; section != NULL && status == SK_OK; section = section->next) {
        if (section->kind == CONFIG_TLS)
            check_tls(run, section);
        if (section->kind == CONFIG_LOG)
            check_log(run, section);
        if (section->kind == CONFIG_LDAP)
            check_ldap(run, section);
        if (section->kind == CONFIG_ACL)
            check_acl(run, section);
    }
    return status;
}
