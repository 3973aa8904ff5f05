/* SPDX-License-Identifier: Apache-2.0 */
/* A search of a directory, through libldap. */
#include <inttypes.h>
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "tools/query/ldap_value.h"

struct search {
    const struct query_options *options;
    LDAP *ld;
    LDAPURLDesc *url;
    struct ldap_signers signers;
    size_t num_values;
};

static enum query_exit complain(const struct search *s, const char *what, int rc)
{
    char *text = NULL;

    if (s->ld != NULL)
        (void)ldap_get_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    query_complain(s->options->url, "%s: %s%s%s", what, ldap_err2string(rc),
                   text != NULL && *text != '\0' ? ": " : "", text != NULL ? text : "");
    ldap_memfree(text);
    return rc == LDAP_BUSY || rc == LDAP_UNAVAILABLE ? QUERY_UNDETERMINED : QUERY_NO_ANSWER;
}

static struct timeval timeout_of(const struct query_options *o)
{
    return (struct timeval){.tv_sec = o->timeout_ms / 1000, .tv_usec = o->timeout_ms % 1000 * 1000};
}

/* No referral is followed: an answer comes from the server that was asked. */
static int open_connection(struct search *s)
{
    const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, fresh = 0;
    const struct timeval timeout = timeout_of(s->options);
    ber_len_t most = LIMIT_QUERY_LDAP_BYTES;
    struct berval nobody = {0, NULL};
    Sockbuf *socket = NULL;
    char server[512];
    int rc, n;

    n = snprintf(server, sizeof(server),
                 strchr(s->url->lud_host, ':') ? "%s://[%s]:%d" : "%s://%s:%d", s->url->lud_scheme,
                 s->url->lud_host, s->url->lud_port);
    if (n < 0 || (size_t)n >= sizeof(server))
        return LDAP_PARAM_ERROR;
    rc = ldap_initialize(&s->ld, server);
#define SET(option, value) rc = rc != LDAP_SUCCESS ? rc : ldap_set_option(s->ld, option, value)
    SET(LDAP_OPT_PROTOCOL_VERSION, &version);
    SET(LDAP_OPT_NETWORK_TIMEOUT, &timeout);
    SET(LDAP_OPT_TIMEOUT, &timeout);
    SET(LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    SET(LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    if (s->options->tls_ca_file != NULL)
        SET(LDAP_OPT_X_TLS_CACERTFILE, s->options->tls_ca_file);
    SET(LDAP_OPT_X_TLS_NEWCTX, &fresh);
#undef SET
    if (rc == LDAP_SUCCESS && s->options->is_start_tls)
        rc = ldap_start_tls_s(s->ld, NULL, NULL);
    if (rc == LDAP_SUCCESS)
        rc = ldap_sasl_bind_s(s->ld, NULL, LDAP_SASL_SIMPLE, &nobody, NULL, NULL, NULL);
    if (rc == LDAP_SUCCESS && ldap_get_option(s->ld, LDAP_OPT_SOCKBUF, &socket) == LDAP_OPT_SUCCESS)
        (void)ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &most);
    return rc;
}

/* What the server sent, on one line and without what a terminal obeys. */
static void print_plain(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        (void)putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void print_member(const char *name, const json_t *value)
{
    printf(" %s ", name);
    if (json_is_integer(value)) {
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_object(value)) {
        print_plain(json_string_value(json_object_get(value, "subject")));
        printf(" by ");
        print_plain(json_string_value(json_object_get(value, "issuer")));
        printf(" serial ");
        print_plain(json_string_value(json_object_get(value, "serial")));
    } else {
        print_plain(json_string_value(value));
    }
    (void)putchar(',');
}

static void print_text(const char *dn, const char *attribute, json_t *about)
{
    const char *name;
    json_t *value;

    print_plain(dn);
    printf(": ");
    print_plain(attribute);
    (void)putchar(':');
    json_object_foreach(about, name, value)
    {
        if (strcmp(name, "state") != 0)
            print_member(name, value);
    }
    (void)putchar(' ');
    print_plain(json_string_value(json_object_get(about, "state")));
    (void)putchar('\n');
}

static enum query_exit take_value(struct search *s, const char *dn, const char *attribute,
                                  const struct berval *value)
{
    enum ldap_value_kind kind = ldap_value_kind(attribute);
    json_t *about = json_object(), *all;
    enum query_exit done;
    char *text;

    s->num_values++;
    done = ldap_value_judge(kind, bytes_of(value->bv_val, value->bv_len), &s->signers, about);
    if (kind == LDAP_VALUE_OTHER)
        (void)json_object_set_new(about, "state", json_stringn(value->bv_val, value->bv_len));
    if (json_object_get(about, "state") == NULL)
        (void)json_object_set_new(about, "state", json_string("(not text)"));
    if (!s->options->is_json) {
        print_text(dn, attribute, about);
        json_decref(about);
        return done;
    }
    all = json_pack("{s:s, s:s, s:I}", "dn", dn, "attribute", attribute, "octets",
                    (json_int_t)value->bv_len);
    (void)json_object_update(all, about);
    text = json_dumps(all, JSON_COMPACT | JSON_PRESERVE_ORDER);
    printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(all);
    json_decref(about);
    return done;
}

static enum query_exit take_entry(struct search *s, LDAPMessage *entry)
{
    enum query_exit done = QUERY_GOOD;
    char *dn = ldap_get_dn(s->ld, entry), *attribute;
    struct berval **values;
    BerElement *ber = NULL;
    size_t i;

    attribute = ldap_first_attribute(s->ld, entry, &ber);
    while (attribute != NULL) {
        values = ldap_get_values_len(s->ld, entry, attribute);
        for (i = 0; values != NULL && values[i] != NULL; i++)
            done = query_worse(done, take_value(s, dn != NULL ? dn : "", attribute, values[i]));
        ldap_value_free_len(values);
        ldap_memfree(attribute);
        attribute = ldap_next_attribute(s->ld, entry, ber);
    }
    ber_free(ber, 0);
    ldap_memfree(dn);
    return done;
}

static void tell_referrals(struct search *s, LDAPMessage *reference)
{
    char **urls = NULL;
    size_t i;

    if (ldap_parse_reference(s->ld, reference, &urls, NULL, 0) != LDAP_SUCCESS)
        return;
    for (i = 0; urls != NULL && urls[i] != NULL; i++)
        query_complain(s->options->url, "not followed: %s", urls[i]);
    ber_memvfree((void **)urls);
}

static enum query_exit take_answer(struct search *s, LDAPMessage *answer)
{
    enum query_exit done = QUERY_GOOD;
    LDAPMessage *m;

    for (m = ldap_first_message(s->ld, answer); m != NULL; m = ldap_next_message(s->ld, m)) {
        if (ldap_msgtype(m) == LDAP_RES_SEARCH_ENTRY)
            done = query_worse(done, take_entry(s, m));
        else if (ldap_msgtype(m) == LDAP_RES_SEARCH_REFERENCE)
            tell_referrals(s, m);
    }
    return done;
}

static enum query_exit search(struct search *s)
{
    const LDAPURLDesc *url = s->url;
    struct timeval timeout = timeout_of(s->options);
    int64_t began = clock_mono_us(), took;
    enum query_exit done = QUERY_NO_ANSWER;
    LDAPMessage *answer = NULL;
    int rc = open_connection(s);

    if (rc != LDAP_SUCCESS)
        return complain(s, "no connection", rc);
    rc = ldap_search_ext_s(s->ld, url->lud_dn,
                           url->lud_scope == LDAP_SCOPE_DEFAULT ? LDAP_SCOPE_BASE : url->lud_scope,
                           url->lud_filter, url->lud_attrs, 0, NULL, NULL, &timeout, 0, &answer);
    took = clock_mono_us() - began;
    if (s->options->has_timing)
        (void)fprintf(stderr, "timing: %" PRId64 ".%03" PRId64 " ms\n", took / 1000, took % 1000);
    if (answer != NULL)
        done = take_answer(s, answer);
    ldap_msgfree(answer);
    if (rc == LDAP_NO_SUCH_OBJECT || (rc == LDAP_SUCCESS && s->num_values == 0)) {
        query_complain(s->options->url, "%s",
                       rc == LDAP_SUCCESS ? "nothing found" : "no such entry");
        return QUERY_UNDETERMINED;
    }
    return rc == LDAP_SUCCESS ? done : complain(s, "search", rc);
}

enum query_exit query_ldap(const struct query_options *options)
{
    struct search s = {.options = options};
    enum query_exit done = QUERY_GOOD;

    if (ldap_url_parse(options->url, &s.url) != LDAP_URL_SUCCESS || s.url->lud_host == NULL) {
        query_complain(options->url, "not an LDAP URL (RFC 4516) with a host");
        done = QUERY_USAGE;
    }
    if (done == QUERY_GOOD && options->ca_file != NULL)
        done = ldap_signers_load(options->ca_file, &s.signers);
    if (done == QUERY_GOOD)
        done = search(&s);
    ldap_signers_done(&s.signers);
    if (s.ld != NULL)
        (void)ldap_unbind_ext_s(s.ld, NULL, NULL);
    ldap_free_urldesc(s.url);
    return done;
}
