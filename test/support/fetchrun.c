/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/fetchrun.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/hex.h"
#include "tools/fetch/fetch.h"

void fetchrun_write_file(const struct fetchrun *f, const char *name, struct sk_bytes body)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(body.p, 1, body.len, file), body.len);
    assert_int_equal(fclose(file), 0);
}

void fetchrun_remove_file(const struct fetchrun *f, const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    assert_int_equal(unlink(path), 0);
}

struct sk_bytes fetchrun_make_ca(const struct fetchrun *f, const char *subject, size_t key,
                                 const char *issuer, size_t signer)
{
    return pki_cert_der(f->arena, &(struct pki_cert_spec){.subject = subject,
                                                          .issuer = issuer,
                                                          .key = pki_key(PKI_EC, key),
                                                          .signer = pki_key(PKI_EC, signer),
                                                          .exts = {PKI_CA_EXTS}});
}

struct pki_crl_spec fetchrun_spec_of(const char *number, int64_t when, long serial)
{
    struct pki_crl_spec spec = {.issuer = CA,
                                .signer = pki_key(PKI_EC, KEY_CA),
                                .this_update = when,
                                .next_update = PKI_T1,
                                .exts = {{"crlNumber", number}},
                                .entries = {{.serial = serial}}};

    return spec;
}

struct sk_bytes fetchrun_crl_of(const struct fetchrun *f, const struct pki_crl_spec *spec)
{
    return pki_crl_der(f->arena, spec);
}

struct sk_bytes fetchrun_make_crl(const struct fetchrun *f, const char *number, int64_t when,
                                  long serial)
{
    const struct pki_crl_spec spec = fetchrun_spec_of(number, when, serial);

    return fetchrun_crl_of(f, &spec);
}

int fetchrun_setup(void **state)
{
    struct fetchrun *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-fetch-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_new(256u << 20);
    f->max_bytes = 1u << 20;
    f->config_more = "";
    f->root = fetchrun_make_ca(f, ROOT, KEY_ROOT, ROOT, KEY_ROOT);
    f->ca = fetchrun_make_ca(f, CA, KEY_CA, ROOT, KEY_ROOT);
    f->alien = fetchrun_make_ca(f, ALIEN, KEY_ALIEN, ALIEN, KEY_ALIEN);
    fetchrun_write_file(f, "root.cer", f->root);
    fetchrun_write_file(f, "ca.cer", f->ca);
    f->crl = fetchrun_make_crl(f, "DER:02:01:05", PKI_T - 100, 9);
    fetchrun_write_file(f, "ca.crl", f->crl);
    *state = f;
    return 0;
}

int fetchrun_teardown(void **state)
{
    struct fetchrun *f = *state;
    char command[160];

    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    arena_free(f->arena);
    free(f->text);
    free(f);
    return 0;
}

static void print_fault(void *arg, const char *line)
{
    (void)arg;
    fail_msg("%s", line);
}

static struct sk_config *make_config(const struct fetchrun *f)
{
    char text[4096], name[128], hex[2 * SK_SHA256 + 1];
    struct sk_config *config = NULL;
    uint8_t hash[SK_SHA256];

    key_sha256(f->root, hash);
    hex_encode(bytes_of(hash, sizeof(hash)), hex);
    (void)snprintf(name, sizeof(name), "%s/sekisho.conf", f->dir);
    (void)snprintf(text, sizeof(text),
                   "[server]\ncache = cache\n"
                   "[fetch]\nmax-bytes = %llu\nstale-warn = 1h\n"
                   "[policy default]\nanchor = root.cer sha256:%s\n"
                   "[ca seal]\ncertificates = file:ca.cer\ncrls = file:ca.crl\n%s",
                   (unsigned long long)f->max_bytes, hex, f->config_more);
    assert_int_equal(config_parse(name, bytes_of(text, strlen(text)), print_fault, NULL, &config),
                     SK_OK);
    return config;
}

int fetchrun_run_at(struct fetchrun *f, int64_t now, const char *only)
{
    struct sk_config *config = make_config(f);
    char *name = only != NULL ? strdup(only) : NULL;
    struct report report = {stdout, NULL, false, false};
    size_t size;
    int result;

    free(f->text);
    report.err = open_memstream(&f->text, &size);
    assert_non_null(report.err);
    result = (int)fetch_run(config, &name, only != NULL, now, &report);
    assert_int_equal(fclose(report.err), 0);
    free(name);
    config_free(config);
    return result;
}

int fetchrun_run(struct fetchrun *f)
{
    return fetchrun_run_at(f, PKI_T, NULL);
}

void fetchrun_assert_said(const struct fetchrun *f, const char *what)
{
    if (strstr(f->text, what) == NULL)
        fail_msg("'%s' is not in: %s", what, f->text);
}

struct sk_reader *fetchrun_open_reader(const struct fetchrun *f)
{
    struct sk_generation *gen;
    struct sk_reader *reader;
    char dir[96];

    (void)snprintf(dir, sizeof(dir), "%s/cache", f->dir);
    assert_int_equal(generation_open(dir, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &reader, NULL), SK_OK);
    generation_unref(gen);
    return reader;
}

uint64_t fetchrun_number_of(const struct fetchrun *f)
{
    struct sk_reader *reader = fetchrun_open_reader(f);
    uint64_t number = generation_number(reader_generation(reader));

    reader_free(reader);
    return number;
}

bool fetchrun_serves(const struct fetchrun *f, const char *path, struct sk_bytes body)
{
    struct sk_reader *reader = fetchrun_open_reader(f);
    struct reader_object object;
    bool is_equal =
        reader_object_get(reader, path, &object) == SK_OK && bytes_equal(object.body, body);

    reader_free(reader);
    return is_equal;
}

bool fetchrun_has_object(const struct fetchrun *f, const char *path)
{
    struct sk_reader *reader = fetchrun_open_reader(f);
    struct reader_object object;
    enum sk_status status = reader_object_get(reader, path, &object);

    reader_free(reader);
    return status == SK_OK;
}

bool fetchrun_has_list(const struct fetchrun *f, struct sk_bytes der)
{
    struct sk_reader *reader = fetchrun_open_reader(f);
    struct sk_bytes blob;
    uint8_t hash[SK_SHA256];
    enum sk_status status;

    key_sha256(der, hash);
    status = reader_blob(reader, hash, &blob);
    reader_free(reader);
    return status == SK_OK;
}

bool fetchrun_has_cert(const struct fetchrun *f, struct sk_bytes der)
{
    struct sk_reader *reader = fetchrun_open_reader(f);
    const struct sk_cert *cert;
    uint8_t hash[SK_SHA256];
    enum sk_status status;

    key_sha256(der, hash);
    status = reader_cert(reader, f->arena, hash, &cert);
    reader_free(reader);
    return status == SK_OK;
}
