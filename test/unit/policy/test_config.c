/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/limits.h"
#include "policy/config_int.h"
#include "policy/file.h"

#define DATA "test/data/config"

enum { MAX_LINES = 256 };

struct lines {
    char *text[MAX_LINES];
    size_t count;
};

static void lines_add(struct lines *lines, const char *text)
{
    assert_true(lines->count < MAX_LINES);
    lines->text[lines->count] = strdup(text);
    assert_non_null(lines->text[lines->count]);
    lines->count++;
}

static void lines_done(struct lines *lines)
{
    while (lines->count > 0)
        free(lines->text[--lines->count]);
}

static void take_fault(void *arg, const char *line)
{
    lines_add(arg, line);
}

static unsigned long line_number(const char *fault)
{
    const char *colon = strchr(fault, ':');

    return colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
}

static int by_line(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    unsigned long m = line_number(x), n = line_number(y);

    return m != n ? (m > n) - (m < n) : strcmp(x, y);
}

static char *read_text(const char *file, size_t *out_len)
{
    struct sk_buf text;
    char *copy;

    buf_init(&text, LIMIT_CONFIG_BYTES);
    assert_int_equal(file_read(file, &text, NULL), SK_OK);
    copy = malloc(text.len + 1);
    assert_non_null(copy);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (out_len != NULL)
        *out_len = text.len;
    buf_done(&text);
    return copy;
}

static enum sk_status parse(const char *text, struct lines *faults, struct sk_config **out)
{
    return config_parse(DATA "/inline.conf", bytes_of(text, strlen(text)), take_fault, faults, out);
}

static struct sk_config *load_good(const char *file)
{
    struct lines faults = {.count = 0};
    struct sk_config *config = NULL;
    enum sk_status status = config_load(file, take_fault, &faults, &config);

    if (faults.count > 0)
        print_error("%s\n", faults.text[0]);
    assert_int_equal(status, SK_OK);
    assert_int_equal(faults.count, 0);
    assert_non_null(config);
    return config;
}

/* ---- refusals ---- */

/* The faults that a file says of itself: "#! TEXT" lines speak of the next other line, and '@' is
 * the folder of the file. */
static void read_expected(const char *file, struct lines *out)
{
    FILE *f = fopen(file, "rb");
    char *line = NULL, full[2048], *waiting[16];
    size_t size = 0, num_waiting = 0, i;
    unsigned number = 0;
    ssize_t len;

    assert_non_null(f);
    while ((len = getline(&line, &size, f)) >= 0) {
        number++;
        if (len > 3 && strncmp(line, "#! ", 3) == 0) {
            assert_true(num_waiting < 16);
            line[len - 1] = '\0';
            waiting[num_waiting++] = strdup(line + 3);
            continue;
        }
        for (i = 0; i < num_waiting; i++) {
            char *at = strstr(waiting[i], " @/");

            if (at != NULL)
                (void)snprintf(full, sizeof(full), "%s:%u: %.*s %s%s", file, number,
                               (int)(at - waiting[i]), waiting[i], DATA, at + 2);
            else
                (void)snprintf(full, sizeof(full), "%s:%u: %s", file, number, waiting[i]);
            lines_add(out, full);
            free(waiting[i]);
        }
        num_waiting = 0;
    }
    free(line);
    (void)fclose(f);
}

static void check_bad_file(const char *file)
{
    struct lines faults = {.count = 0}, expected = {.count = 0};
    struct sk_config *config = NULL;
    size_t i;

    read_expected(file, &expected);
    assert_true(expected.count > 0);
    assert_int_equal(config_load(file, take_fault, &faults, &config), SK_INPUT);
    assert_null(config);
    qsort(faults.text, faults.count, sizeof(faults.text[0]), by_line);
    qsort(expected.text, expected.count, sizeof(expected.text[0]), by_line);
    for (i = 0; i < faults.count && i < expected.count; i++)
        assert_string_equal(faults.text[i], expected.text[i]);
    if (faults.count != expected.count)
        print_error("%s: not alone: %s\n", file,
                    faults.count > i ? faults.text[i] : expected.text[i]);
    assert_int_equal(faults.count, expected.count);
    lines_done(&faults);
    lines_done(&expected);
}

static void test_config_reports_every_fault_of_the_bad_files_with_its_line(void **state)
{
    glob_t found;
    size_t i;

    (void)state;
    assert_int_equal(glob(DATA "/bad.*.conf", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 7);
    for (i = 0; i < found.gl_pathc; i++)
        check_bad_file(found.gl_pathv[i]);
    globfree(&found);
}

static void test_config_says_what_is_wrong_with_an_anchor_that_does_not_parse(void **state)
{
    static const char *const files[] = {"broken.pem", "trailing.der"};
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct lines faults = {.count = 0};
        struct sk_config *config = NULL;
        char text[512];

        (void)snprintf(text, sizeof(text), "[policy p]\nanchor = anchors/%s sha256:%064d\n",
                       files[i], 0);
        assert_int_equal(parse(text, &faults, &config), SK_INPUT);
        assert_int_equal(faults.count, 1);
        assert_non_null(strstr(faults.text[0], files[i]));
        assert_non_null(strstr(faults.text[0], "inline.conf:2: [policy p] anchor: "));
        lines_done(&faults);
    }
}

static void test_config_load_reports_a_file_it_cannot_read(void **state)
{
    struct lines faults = {.count = 0};
    struct sk_config *config = (void *)&faults;

    (void)state;
    assert_int_equal(config_load(DATA "/absent.conf", take_fault, &faults, &config), SK_IO);
    assert_null(config);
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.text[0],
                        DATA "/absent.conf: cannot open: No such file or directory");
    assert_int_equal(config_load(DATA, take_fault, &faults, &config), SK_IO);
    assert_int_equal(config_load(DATA "/absent.conf", NULL, NULL, &config), SK_IO);
    lines_done(&faults);
}

static void test_config_caps_the_faults_of_one_run_and_counts_the_rest(void **state)
{
    struct lines faults = {.count = 0};
    struct sk_config *config;
    struct sk_buf text;
    unsigned i;

    (void)state;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    buf_put_text(&text, "[server]\n");
    for (i = 0; i < LIMIT_CONFIG_FAULTS + 7; i++)
        buf_put_text(&text, "x = 1\n");
    assert_int_equal(buf_status(&text), SK_OK);
    assert_int_equal(config_parse("f", buf_bytes(&text), take_fault, &faults, &config), SK_INPUT);
    assert_int_equal(faults.count, LIMIT_CONFIG_FAULTS + 1);
    assert_string_equal(faults.text[0], "f:2: [server] x: unknown key");
    assert_string_equal(faults.text[LIMIT_CONFIG_FAULTS], "f: 7 more faults");
    lines_done(&faults);
    buf_reset(&text);
    buf_put_text(&text, "[server]\n");
    for (i = 0; i < LIMIT_CONFIG_FAULTS; i++)
        buf_put_text(&text, "x = 1\n");
    assert_int_equal(config_parse("f", buf_bytes(&text), take_fault, &faults, &config), SK_INPUT);
    assert_int_equal(faults.count, LIMIT_CONFIG_FAULTS);
    lines_done(&faults);
    buf_done(&text);
}

static void test_config_takes_a_value_at_the_cap_and_refuses_one_octet_more(void **state)
{
    static const size_t over[] = {0, 1, 150, 4096};
    struct lines faults = {.count = 0};
    struct sk_config *config;
    struct sk_buf text;
    size_t i;

    (void)state;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    for (i = 0; i < 4; i++) {
        size_t len = LIMIT_CONFIG_VALUE_BYTES + over[i];

        buf_reset(&text);
        buf_put_text(&text, "[server]\ncache = /");
        while (text.len < strlen("[server]\ncache = ") + len)
            buf_put_byte(&text, 'a');
        buf_put_text(&text, "\nworkers = 7\nx = 1\n");
        assert_int_equal(config_parse("f", buf_bytes(&text), take_fault, &faults, &config),
                         SK_INPUT);
        assert_int_equal(faults.count, over[i] > 0 ? 2 : 1);
        assert_string_equal(faults.text[faults.count - 1], "f:4: [server] x: unknown key");
        if (over[i] == 4096)
            assert_non_null(strstr(faults.text[0], "f:2: line of 8200 octets, at most "));
        else if (over[i] > 0)
            assert_string_equal(faults.text[0], "f:2: [server] cache: longer than 4096 octets");
        lines_done(&faults);
    }
    buf_done(&text);
}

static void test_config_refuses_more_sections_than_the_cap(void **state)
{
    struct lines faults = {.count = 0};
    struct sk_config *config;
    struct sk_buf text;
    unsigned i;

    (void)state;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    for (i = 0; i < LIMIT_CONFIG_SECTIONS; i++)
        buf_printf(&text, "[ca n%u]\ncrls=http://a/%u\n", i, i);
    assert_int_equal(config_parse("f", buf_bytes(&text), take_fault, &faults, &config), SK_OK);
    assert_int_equal(config->num_cas, LIMIT_CONFIG_SECTIONS);
    config_free(config);
    buf_put_text(&text, "[ca more]\ncrls=http://a/\n");
    assert_int_equal(config_parse("f", buf_bytes(&text), take_fault, &faults, &config), SK_INPUT);
    assert_string_equal(faults.text[0], "f:2049: more than 1024 sections");
    lines_done(&faults);
    buf_done(&text);
}

static void test_config_refuses_a_list_longer_than_the_cap(void **state)
{
    struct lines faults = {.count = 0};
    struct sk_config *config;
    struct sk_buf text;
    unsigned i;

    (void)state;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    buf_put_text(&text, "[ca a]\n");
    for (i = 0; i < LIMIT_CONFIG_LIST; i++)
        buf_printf(&text, "crls=http://a/%u\n", i);
    assert_int_equal(config_parse("f", buf_bytes(&text), take_fault, &faults, &config), SK_OK);
    assert_int_equal(config->cas[0].crls.num_values, LIMIT_CONFIG_LIST);
    assert_string_equal(config->cas[0].crls.values[255], "http://a/255");
    config_free(config);
    buf_put_text(&text, "crls=http://a/\n");
    assert_int_equal(config_parse("f", buf_bytes(&text), take_fault, &faults, &config), SK_INPUT);
    assert_string_equal(faults.text[0], "f:258: [ca a] crls: more than 256 values");
    lines_done(&faults);
    buf_done(&text);
}

/* ---- the schema, row by row ---- */

union section_room {
    struct sk_config config;
    struct policy_draft draft;
    uint64_t words[256];
};

struct row_try {
    struct config_run run;
    struct config_section section;
    union section_room room;
    struct sk_err err;
};

static enum sk_status try_row(struct row_try *t, const struct schema_row *row, const char *text)
{
    memset(&t->room, 0x5a, sizeof(t->room)); /* what a row does not store stays as it is */
    if (!schema_is_number(row->type))
        memset(&t->room, 0, sizeof(t->room));
    err_clear(&t->err);
    return config_value_set(&t->run, &t->section, row, text, &t->err);
}

static uint64_t stored(const struct row_try *t, const struct schema_row *row)
{
    const uint8_t *field = (const uint8_t *)&t->room + row->offset;
    unsigned small = 0;
    uint64_t number = 0;

    if (row->type == SCHEMA_BOOL)
        return *field;
    if (row->type == SCHEMA_SIZE64 || row->type == SCHEMA_SECONDS64) {
        memcpy(&number, field, sizeof(number));
        return number;
    }
    memcpy(&small, field, sizeof(small));
    return small;
}

static void check_range(struct row_try *t, const struct schema_row *row)
{
    const uint64_t limits[] = {row->min, row->max};
    struct sk_buf text;
    size_t i;

    buf_init(&text, 128);
    for (i = 0; i < 2; i++) {
        buf_reset(&text);
        config_value_print_number(row->type, limits[i], &text);
        buf_put_byte(&text, '\0');
        assert_int_equal(try_row(t, row, (char *)text.data), SK_OK);
        assert_int_equal(stored(t, row), limits[i]);
    }
    for (i = 0; i < 2; i++) {
        if (i == 0 && row->min == 0)
            continue;
        buf_reset(&text);
        config_value_print_number(row->type, i == 0 ? row->min - 1 : row->max + 1, &text);
        buf_put_byte(&text, '\0');
        assert_int_equal(try_row(t, row, (char *)text.data), SK_INPUT);
        assert_non_null(strstr(t->err.text, "is out of range"));
    }
    buf_done(&text);
}

static void check_words(struct row_try *t, const struct schema_row *row)
{
    const struct schema_word *w;

    for (w = row->words; w->text != NULL; w++) {
        assert_int_equal(try_row(t, row, w->text), SK_OK);
        assert_int_equal(stored(t, row), w->value);
    }
}

static void check_row(struct row_try *t, const struct schema_row *row)
{
    struct sk_buf text;

    buf_init(&text, 8192);
    assert_true(row->kind > CONFIG_NONE && row->kind < CONFIG_KINDS);
    assert_ptr_equal(schema_find(row->kind, row->key), row); /* no key twice */
    assert_non_null(row->help);
    if (config_value_print_default(row, &text) == SK_OK) {
        buf_put_byte(&text, '\0');
        assert_int_equal(try_row(t, row, (char *)text.data), SK_OK);
        if (schema_is_number(row->type))
            assert_int_equal(stored(t, row), row->number);
        assert_false(row->is_required);
    } else {
        assert_non_null(row->example);
        if (row->type != SCHEMA_ANCHOR)
            assert_int_equal(try_row(t, row, row->example), SK_OK);
    }
    assert_int_equal(try_row(t, row, ""), SK_INPUT);
    if (row->type != SCHEMA_TEXT && row->type != SCHEMA_TEXTS && row->type != SCHEMA_FILE &&
        row->type != SCHEMA_FILES) {
        assert_int_equal(try_row(t, row, "nonsense"), SK_INPUT);
        assert_true(strlen(t->err.text) > 0);
    }
    if (row->type >= SCHEMA_COUNT && row->type <= SCHEMA_SECONDS64)
        check_range(t, row);
    if (row->type == SCHEMA_WORD || row->type == SCHEMA_FLAGS)
        check_words(t, row);
    buf_done(&text);
}

static void test_schema_rows_take_default_and_limits_and_refuse_what_is_beyond(void **state)
{
    struct row_try *t = calloc(1, sizeof(*t));
    size_t num_rows, i;
    const struct schema_row *rows = schema_rows(&num_rows);

    (void)state;
    assert_non_null(t);
    t->run.arena = arena_new(LIMIT_CONFIG_ARENA_BYTES);
    t->run.folder = "";
    t->section.base = &t->room;
    assert_true(num_rows > 40);
    for (i = 0; i < num_rows; i++)
        check_row(t, &rows[i]);
    arena_free(t->run.arena);
    free(t);
}

/* ---- what is accepted ---- */

static void test_config_of_nothing_has_all_defaults(void **state)
{
    struct sk_config *c = load_good(DATA "/good.empty.conf");
    const struct config_limits *l = &c->limits;

    (void)state;
    assert_int_equal(c->server.listen.num_values, 1);
    assert_string_equal(c->server.listen.values[0], "127.0.0.1:8080");
    assert_string_equal(c->server.cache, "/var/lib/sekisho/cache");
    assert_int_equal(c->server.workers, 2);
    assert_int_equal(c->server.drain_ms, 10000);
    assert_int_equal(c->signer.backend, CONFIG_SIGNER_NONE);
    assert_int_equal(c->log_level, LOG_LEVEL_INFO);
    assert_int_equal(l->http_head_bytes, LIMIT_HTTP_HEAD_BYTES);
    assert_int_equal(l->http_body_ms, LIMIT_HTTP_BODY_MS);
    assert_int_equal(l->budget.max_path_certs, LIMIT_PATH_CERTS);
    assert_int_equal(l->budget.max_policy_nodes, LIMIT_POLICY_NODES);
    assert_int_equal(l->budget.max_name_checks, LIMIT_NAME_CHECKS);
    assert_int_equal(c->fetch.max_bytes, LIMIT_FETCH_BYTES);
    assert_int_equal(c->num_cas, 0);
    assert_int_equal(c->num_policies, 0);
    assert_null(c->default_policy);
    assert_null(config_policy(c, "default"));
    config_free(c);
    config_free(NULL);
}

static void check_full_policy(const struct sk_policy *policy)
{
    const struct sk_params *p = &policy->params;
    uint8_t any_policy[] = {0x55, 0x1d, 0x20, 0x00};

    assert_int_equal(p->num_anchors, 2);
    assert_int_equal(p->anchors[0].cert->version, 3);
    assert_int_equal(p->num_policies, 2);
    assert_true(bytes_equal(p->policies[1], bytes_of(any_policy, sizeof(any_policy))));
    assert_true(p->require_explicit_policy && p->inhibit_policy_mapping && p->inhibit_any_policy);
    assert_true(p->honour_anchor_constraints && p->nested_ekus);
    assert_int_equal(p->revocation, REVOCATION_IF_AVAILABLE);
    assert_int_equal(p->ocsp_evidence, OCSP_EVIDENCE_PREFER);
    assert_int_equal(p->num_ocsp_responders, 1);
    assert_true(bytes_equal(p->ocsp_responders[0].cert->der, p->anchors[0].cert->der));
    assert_int_equal(p->grace_s, 6 * 3600);
    assert_int_equal(p->clock_skew_s, 300);
    assert_int_equal(p->min_rsa_bits, 3072);
    assert_int_equal(p->min_ec_bits, 384);
    assert_int_equal(p->min_dsa_bits, 0);
    assert_true(p->allow_sha1 && p->allow_dsa);
    assert_int_equal(p->num_ekus, 1);
    assert_int_equal(p->key_usage, KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION);
    assert_int_equal(p->budget.max_path_certs, 10);
    assert_int_equal(p->budget.max_cpu_ms, 1500);
    assert_int_equal(p->budget.max_name_checks, LIMIT_NAME_CHECKS);
}

static void check_full_ocsp(const struct sk_config *c)
{
    const struct policy_ocsp *o = &config_policy(c, "office")->ocsp;
    const uint8_t detail[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 3};

    assert_int_equal(o->certid_hashes, POLICY_CERTID_SHA1 | POLICY_CERTID_SHA384);
    assert_int_equal(c->default_policy->ocsp.certid_hashes,
                     POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256);
    assert_int_equal(o->nonce, POLICY_NONCE_REQUIRE);
    assert_int_equal(o->requests, POLICY_REQUESTS_VERIFY);
    assert_int_equal(o->num_requestors, 2);
    assert_int_equal(o->requestors[1].cert->version, 3);
    assert_true(o->refuse_unknown_issuer && o->expired_is_unknown && o->tell_entry);
    assert_int_equal(c->default_policy->ocsp.nonce, POLICY_NONCE_ACCEPT);
    assert_false(c->default_policy->ocsp.refuse_unknown_issuer);
    assert_int_equal(config_ca(c, "office-1")->unissued, CONFIG_UNISSUED_REVOKED);
    assert_int_equal(config_ca(c, "office-1")->archive_s, (int64_t)3650 * 86400);
    assert_int_equal(config_ca(c, "office-1")->responders.num_values, 2);
    assert_string_equal(config_ca(c, "office-1")->responders.values[0], "next");
    assert_int_equal(config_ca(c, "bridge")->responders.num_values, 0);
    assert_int_equal(config_ca(c, "bridge")->unissued, CONFIG_UNISSUED_GOOD);
    assert_int_equal(config_ca(c, "office-1")->pre_produce, CONFIG_PRODUCE_ALL);
    assert_int_equal(config_ca(c, "bridge")->pre_produce, CONFIG_PRODUCE_NO);
    assert_null(config_ca(c, "office"));
    assert_ptr_equal(c->cvs.policy, config_policy(c, "office"));
    assert_true(c->cvs.detail_critical);
    assert_int_equal(c->cvs.certificates_oid.len, sizeof(detail));
    assert_true(bytes_equal(c->cvs.detail_oid, bytes_of(detail, sizeof(detail))));
}

static void check_full_repository(const struct sk_config *c)
{
    const struct config_ca *ca = config_ca(c, "office-1");

    assert_int_equal(ca->dns.num_values, 2);
    assert_string_equal(ca->dns.values[0], "OU=Office CA 1, O=Office, C=JP");
    assert_true(ca->end_entities);
    assert_false(config_ca(c, "bridge")->end_entities);
    assert_string_equal(c->repository.suffixes.values[1], "c=US");
    assert_string_equal(c->repository.ldif.values[0], DATA "/office.ldif");
    assert_string_equal(c->repository.ldif.values[1], "/abs/people.ldif");
}

static void check_responders(const struct config_signer *signer)
{
    const struct config_responder *r = signer->responders;

    assert_int_equal(signer->num_responders, 2);
    assert_string_equal(r[0].name, "signer");
    assert_int_equal(r[0].keys.num_values, 2);
    assert_string_equal(r[0].keys.values[0], "responder");
    assert_string_equal(r[0].keys.values[1], "pkcs11:token=spare;object=responder?module-path=/usr/"
                                             "lib/spare.so&pin-source=credential:spare");
    assert_string_equal(r[0].certificate, DATA "/responder.pem");
    assert_int_equal(r[0].model, SIGN_MODEL_DELEGATED);
    assert_string_equal(r[1].name, "next");
    assert_string_equal(r[1].keys.values[0], "pkcs11:token=sekisho%20token;id=%01%02");
    assert_string_equal(r[1].certificate, DATA "/next.pem");
    assert_int_equal(r[1].model, SIGN_MODEL_TRUSTED);
}

static void check_full_server(const struct sk_config *c)
{
    assert_int_equal(c->server.listen.num_values, 3);
    assert_string_equal(c->server.listen.values[1], "[::1]:8080");
    assert_int_equal(c->server.workers, 8);
    assert_string_equal(c->server.cache, DATA "/cache");
    assert_int_equal(c->server.drain_ms, 60000);
    assert_int_equal(c->tls.listen.num_values, 1);
    assert_string_equal(c->tls.listen.values[0], "127.0.0.1:8443");
    assert_string_equal(c->tls.certificate, DATA "/tls.pem");
    assert_string_equal(c->tls.key, DATA "/tls.key");
    assert_int_equal(c->tls.min_version, CONFIG_TLS_1_3);
    assert_int_equal(c->tls.client_certificate, CONFIG_CLIENT_OPTIONAL);
    assert_string_equal(c->tls.client_ca, DATA "/clients.pem");
    assert_string_equal(c->tls.client_crl, DATA "/clients.crl");
    assert_int_equal(c->tls.handshake_ms, 700);
    assert_int_equal(c->signer.backend, CONFIG_SIGNER_PKCS11);
    assert_string_equal(c->signer.module, "/usr/lib/softhsm/libsofthsm2.so");
    assert_string_equal(c->signer.token, "sekisho token");
    assert_int_equal(c->signer.pin.kind, CONFIG_PIN_FILE);
    assert_string_equal(c->signer.pin.value, DATA "/pin");
    assert_int_equal(c->signer.threads, 4);
    assert_true(c->server.accept_request_id);
    assert_int_equal(c->signer.queue, 100);
    assert_int_equal(c->signer.warn_s, 14 * 86400);
    check_responders(&c->signer);
    assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(c->access.to, CONFIG_ACCESS_FILE);
    assert_string_equal(c->access.file, DATA "/log/access.log");
    assert_int_equal(c->access.sample, 10);
    assert_int_equal(c->access.client, CONFIG_ACCESS_CLIENT_NETWORK);
    assert_int_equal(c->access.buffer_bytes, 8192);
    assert_int_equal(c->limits.http_head_bytes, 16384);
    assert_int_equal(c->limits.http_body_bytes, 2 * 1024 * 1024);
    assert_int_equal(c->limits.http_head_ms, 2000);
    assert_int_equal(c->limits.http_body_ms, 3000);
    assert_int_equal(c->limits.http_idle_ms, 4000);
    assert_int_equal(c->limits.http_write_ms, 500);
    assert_int_equal(c->limits.http_connections, 100);
    assert_int_equal(c->limits.http_client_connections, 7);
    assert_int_equal(c->limits.http_client_prefix6, 56);
    assert_int_equal(c->limits.http_queue, 8);
    assert_int_equal(c->limits.ocsp_certids, 2);
    assert_int_equal(c->limits.nonce_queue, 4);
    assert_int_equal(c->limits.memo_bytes, 3 * 1024 * 1024);
    assert_int_equal(c->limits.memo_max_age_s, 600);
    assert_int_equal(c->limits.json_certs, 3);
    assert_int_equal(c->fetch.timeout_ms, 10000);
    assert_int_equal(c->fetch.max_bytes, 1024 * 1024 * 1024);
    assert_int_equal(c->fetch.stale_warn_s, 2 * 86400);
    assert_int_equal(c->fetch.keep, 0);
}

static void check_full_acls(const struct sk_config *c)
{
    static const char subject[] = "CN=alice, of the office,O=Office,C=JP";
    const struct acl_rule *rules = c->acls[0].rules;

    assert_int_equal(c->num_acls, 2);
    assert_string_equal(c->acls[0].name, "operators");
    assert_int_equal(c->acls[0].services, ACL_METRICS | ACL_STATUS);
    assert_int_equal(c->acls[0].num_rules, 3);
    assert_false(rules[0].allows || rules[0].wants_certificate);
    assert_int_equal(rules[0].range.bits, ADDRESS_V4_BITS + 16);
    assert_true(rules[1].allows && rules[1].wants_certificate);
    assert_int_equal(rules[1].spki[31], 0x11);
    assert_true(rules[2].allows && rules[2].where == ACL_ANYWHERE);
    assert_true(bytes_equal(rules[2].subject, bytes_of(subject, strlen(subject))));
    assert_string_equal(c->acls[1].name, "clients");
    assert_int_equal(c->acls[1].services, ACL_OCSP);
}

static void test_config_reads_every_key_of_a_full_file(void **state)
{
    struct sk_config *c = load_good(DATA "/good.full.conf");
    const struct config_ca *ca = &c->cas[0];

    (void)state;
    check_full_server(c);
    check_full_acls(c);
    assert_int_equal(c->num_policies, 2);
    check_full_policy(config_policy(c, "office"));
    check_full_ocsp(c);
    check_full_repository(c);
    assert_ptr_equal(c->default_policy, config_policy(c, "default"));
    assert_null(config_policy(c, "Office"));
    assert_int_equal(c->num_cas, 2);
    assert_string_equal(ca->name, "office-1");
    assert_int_equal(ca->certificates.num_values, 3);
    assert_string_equal(ca->certificates.values[0], "file:" DATA "/ca.cer");
    assert_string_equal(ca->certificates.values[1], "file:/abs/ca.cer");
    assert_string_equal(ca->certificates.values[2], "file:/abs/link.cer");
    assert_string_equal(ca->cross.values[0], "http://127.0.0.1:8080/cross.p7c");
    assert_int_equal(ca->arls.num_values, 1);
    assert_string_equal(c->cas[1].crls.values[0], "http://bridge.example/crl.crl?a=b;c=d");
    config_free(c);
}

static void test_config_policy_has_a_strength_floor_by_default(void **state)
{
    struct sk_config *c = load_good(DATA "/good.full.conf");
    const struct sk_params *p = &c->default_policy->params;

    (void)state;
    assert_int_equal(p->min_rsa_bits, 2048);
    assert_int_equal(p->min_ec_bits, 256);
    assert_false(p->allow_sha1);
    assert_false(p->allow_dsa);
    assert_int_equal(p->revocation, REVOCATION_REQUIRED);
    assert_int_equal(p->grace_s, 0);
    assert_int_equal(p->num_policies, 0);
    assert_int_equal(p->budget.max_paths, 11);
    config_free(c);
}

static void test_config_takes_byte_order_mark_crlf_and_indented_lines(void **state)
{
    struct sk_config *c = load_good(DATA "/good.bom-crlf.conf");

    (void)state;
    assert_int_equal(c->server.workers, 3);
    assert_int_equal(c->server.listen.num_values, 2);
    assert_string_equal(c->server.listen.values[1], "127.0.0.1:2");
    config_free(c);
}

static void test_config_key_is_a_path_only_for_software_keys(void **state)
{
    struct sk_config *c = load_good(DATA "/good.software.conf");

    (void)state;
    assert_int_equal(c->signer.backend, CONFIG_SIGNER_SOFTWARE);
    assert_int_equal(c->signer.num_responders, 1);
    assert_string_equal(c->signer.responders[0].keys.values[0], DATA "/keys/responder.key");
    assert_string_equal(c->signer.responders[0].certificate, "/etc/responder.pem");
    assert_int_equal(c->signer.responders[0].model, SIGN_MODEL_AUTO);
    assert_null(c->signer.token);
    config_free(c);
}

static void test_config_default_policy_is_the_first_without_one_of_that_name(void **state)
{
    char *full = read_text(DATA "/good.full.conf", NULL), *at = strstr(full, "[policy default]");
    struct lines faults = {.count = 0};
    struct sk_config *c;

    (void)state;
    assert_non_null(at);
    memcpy(at, "[policy another]", 16);
    assert_int_equal(parse(full, &faults, &c), SK_OK);
    assert_string_equal(c->default_policy->name, "office");
    config_free(c);
    free(full);
}

/* ---- generated texts ---- */

/* dev/config-docs has the files written instead of compared. */
static void write_generated(const struct sk_buf *text, const char *file)
{
    FILE *f = fopen(file, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text->data, 1, text->len, f), text->len);
    assert_int_equal(fclose(f), 0);
}

static void check_generated(void (*print)(struct sk_buf *), const char *file)
{
    struct sk_buf text;
    char *held;

    buf_init(&text, LIMIT_CONFIG_BYTES);
    print(&text);
    assert_int_equal(buf_status(&text), SK_OK);
    if (getenv("SEKISHO_CONFIG_DOCS") != NULL)
        write_generated(&text, file);
    buf_put_byte(&text, '\0');
    assert_int_equal(buf_status(&text), SK_OK);
    held = read_text(file, NULL);
    if (strcmp(held, (char *)text.data) != 0)
        fail_msg("%s is not what the schema says: run dev/config-docs", file);
    buf_done(&text);
    free(held);
}

static void test_config_documents_in_the_tree_are_what_the_schema_says(void **state)
{
    (void)state;
    check_generated(config_print_sample, "etc/sekisho.conf");
    check_generated(config_print_man, "tools/sekisho.conf.5");
}

static void test_config_sample_has_no_effect_as_it_stands(void **state)
{
    struct sk_config *c = load_good("etc/sekisho.conf");

    (void)state;
    assert_int_equal(c->num_policies, 0);
    assert_int_equal(c->signer.backend, CONFIG_SIGNER_NONE);
    config_free(c);
}

/* Each option in effect, the file is right but for the three certificates, which are nobody's. */
static void test_config_sample_parses_when_its_options_are_in_effect(void **state)
{
    char *text = read_text("etc/sekisho.conf", NULL), *p;
    struct lines faults = {.count = 0};
    struct sk_config *c;

    (void)state;
    for (p = text; *p != '\0'; p++) {
        if (*p == '#' && (p == text || p[-1] == '\n') && p[1] != ' ')
            *p = ' ';
    }
    assert_int_equal(parse(text, &faults, &c), SK_INPUT);
    assert_int_equal(faults.count, 3);
    assert_non_null(strstr(faults.text[0], "[policy default] anchor: "));
    assert_non_null(strstr(faults.text[1], "[policy default] ocsp-responder: "));
    assert_non_null(strstr(faults.text[2], "[policy default] ocsp-requestor: "));
    lines_done(&faults);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_reports_every_fault_of_the_bad_files_with_its_line),
        cmocka_unit_test(test_config_says_what_is_wrong_with_an_anchor_that_does_not_parse),
        cmocka_unit_test(test_config_load_reports_a_file_it_cannot_read),
        cmocka_unit_test(test_config_caps_the_faults_of_one_run_and_counts_the_rest),
        cmocka_unit_test(test_config_takes_a_value_at_the_cap_and_refuses_one_octet_more),
        cmocka_unit_test(test_config_refuses_more_sections_than_the_cap),
        cmocka_unit_test(test_config_refuses_a_list_longer_than_the_cap),
        cmocka_unit_test(test_schema_rows_take_default_and_limits_and_refuse_what_is_beyond),
        cmocka_unit_test(test_config_of_nothing_has_all_defaults),
        cmocka_unit_test(test_config_reads_every_key_of_a_full_file),
        cmocka_unit_test(test_config_policy_has_a_strength_floor_by_default),
        cmocka_unit_test(test_config_takes_byte_order_mark_crlf_and_indented_lines),
        cmocka_unit_test(test_config_key_is_a_path_only_for_software_keys),
        cmocka_unit_test(test_config_default_policy_is_the_first_without_one_of_that_name),
        cmocka_unit_test(test_config_documents_in_the_tree_are_what_the_schema_says),
        cmocka_unit_test(test_config_sample_has_no_effect_as_it_stands),
        cmocka_unit_test(test_config_sample_parses_when_its_options_are_in_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
