/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hex.h"
#include "core/key.h"
#include "core/limits.h"
#include "policy/certfile.h"
#include "policy/config.h"
#include "policy/file.h"

#define ANCHORS "test/data/config/anchors"

static char folder[] = "/tmp/sekisho-test-files.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static const char *in_folder(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void put_file(const char *path, const void *p, size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* A file of size octets, all NUL. */
static void put_sparse(const char *path, size_t size)
{
    put_file(path, "", 0);
    assert_int_equal(truncate(path, (off_t)size), 0);
}

static int remove_folder(void **state)
{
    char command[300];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static void keep_last(void *arg, const char *line)
{
    (void)snprintf(arg, 512, "%s", line);
}

static void test_file_read_refuses_what_is_no_regular_file(void **state)
{
    struct sk_err err = {0};
    struct sk_buf out;

    (void)state;
    buf_init(&out, 100);
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    assert_int_equal(file_read(in_folder("fifo"), &out, &err), SK_IO); /* and does not block */
    assert_non_null(strstr(err.text, "fifo: not a regular file"));
    assert_int_equal(file_read("/dev/zero", &out, &err), SK_IO);
    assert_int_equal(file_read(folder, &out, &err), SK_IO);
    assert_int_equal(file_read(in_folder("absent"), &out, &err), SK_IO);
    assert_int_equal(file_read("", &out, NULL), SK_IO);
    assert_int_equal(out.len, 0);
    buf_done(&out);
}

static void test_file_read_takes_as_much_as_the_buffer_and_no_more(void **state)
{
    struct sk_err err = {0};
    struct sk_buf out;

    (void)state;
    buf_init(&out, 40000);
    put_sparse(in_folder("at"), 40000);
    assert_int_equal(file_read(in_folder("at"), &out, &err), SK_OK);
    assert_int_equal(out.len, 40000);
    buf_reset(&out);
    put_sparse(in_folder("over"), 40001);
    assert_int_equal(file_read(in_folder("over"), &out, &err), SK_LIMIT);
    assert_non_null(strstr(err.text, "over: larger than 40000 octets"));
    buf_done(&out);
}

static void test_certfile_refuses_a_file_over_its_cap(void **state)
{
    struct sk_arena *arena = arena_new(64u * 1024u * 1024u);
    struct sk_err err = {0};
    struct certfile found;

    (void)state;
    put_sparse(in_folder("big"), LIMIT_CERT_FILE_BYTES);
    assert_int_equal(certfile_read(arena, in_folder("big"), &found, &err), SK_OK);
    assert_int_equal(found.num_certs, 0);
    put_sparse(in_folder("big"), (size_t)LIMIT_CERT_FILE_BYTES + 1);
    assert_int_equal(certfile_read(arena, in_folder("big"), &found, &err), SK_LIMIT);
    arena_free(arena);
}

static void test_certfile_counts_certificates_and_others(void **state)
{
    struct sk_arena *arena = arena_new(1024u * 1024u);
    struct certfile two, one, der;

    (void)state;
    assert_int_equal(certfile_read(arena, ANCHORS "/two.pem", &two, NULL), SK_OK);
    assert_int_equal(two.num_certs, 2);
    assert_int_equal(two.num_others, 0);
    assert_int_equal(certfile_read(arena, ANCHORS "/with-key.pem", &one, NULL), SK_OK);
    assert_int_equal(one.num_certs, 1);
    assert_int_equal(one.num_others, 1);
    assert_int_equal(certfile_read(arena, ANCHORS "/root.der", &der, NULL), SK_OK);
    assert_int_equal(der.num_certs, 1);
    assert_true(bytes_equal(der.certs[0], one.certs[0]));
    assert_int_equal(certfile_read(arena, ANCHORS "/broken.pem", &two, NULL), SK_INPUT);
    assert_int_equal(two.num_certs, 2); /* untouched */
    arena_free(arena);
}

static void test_config_load_refuses_a_file_over_its_cap(void **state)
{
    char *text = malloc((size_t)LIMIT_CONFIG_BYTES + 1), fault[512] = "";
    struct sk_config *config;

    (void)state;
    assert_non_null(text);
    memset(text, '#', (size_t)LIMIT_CONFIG_BYTES + 1);
    put_file(in_folder("conf"), text, LIMIT_CONFIG_BYTES);
    assert_int_equal(config_load(in_folder("conf"), keep_last, fault, &config), SK_OK);
    config_free(config);
    put_file(in_folder("conf"), text, (size_t)LIMIT_CONFIG_BYTES + 1);
    assert_int_equal(config_load(in_folder("conf"), keep_last, fault, &config), SK_LIMIT);
    assert_null(config);
    assert_non_null(strstr(fault, "larger than 1048576 octets"));
    free(text);
}

/* Anchors that differ in one octet of the serial number; nobody verifies an anchor's signature. */
static void put_anchor(struct sk_arena *arena, unsigned number, struct sk_buf *config)
{
    struct certfile root;
    struct sk_cert cert;
    uint8_t *der, sha256[SK_SHA256];
    char name[32], hex[2 * SK_SHA256 + 1];

    assert_int_equal(certfile_read(arena, ANCHORS "/root.der", &root, NULL), SK_OK);
    der = arena_copy(arena, root.certs[0].p, root.certs[0].len);
    assert_non_null(der);
    assert_int_equal(cert_parse(arena, bytes_of(der, root.certs[0].len), &cert, NULL), SK_OK);
    der[cert.serial.p - der + 1] = (uint8_t)number;
    key_sha256(bytes_of(der, root.certs[0].len), sha256);
    hex_encode(bytes_of(sha256, sizeof(sha256)), hex);
    (void)snprintf(name, sizeof(name), "anchor%u", number);
    put_file(in_folder(name), der, root.certs[0].len);
    buf_printf(config, "anchor = %s sha256:%s\n", name, hex);
}

static void test_config_takes_as_many_anchors_as_the_cap_and_no_more(void **state)
{
    struct sk_arena *arena = arena_new(16u * 1024u * 1024u);
    char name[256], fault[512] = "";
    struct sk_config *config;
    struct sk_buf text;
    unsigned i;

    (void)state;
    (void)snprintf(name, sizeof(name), "%s", in_folder("many.conf"));
    buf_init(&text, LIMIT_CONFIG_BYTES);
    buf_put_text(&text, "[policy many]\n");
    for (i = 0; i < LIMIT_ANCHORS; i++)
        put_anchor(arena, i, &text);
    assert_int_equal(config_parse(name, buf_bytes(&text), keep_last, fault, &config), SK_OK);
    assert_int_equal(config->default_policy->params.num_anchors, LIMIT_ANCHORS);
    config_free(config);
    put_anchor(arena, LIMIT_ANCHORS, &text);
    assert_int_equal(config_parse(name, buf_bytes(&text), keep_last, fault, &config), SK_INPUT);
    assert_non_null(strstr(fault, "many.conf:66: [policy many] anchor: more than 64 certificates"));
    buf_done(&text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_read_refuses_what_is_no_regular_file),
        cmocka_unit_test(test_file_read_takes_as_much_as_the_buffer_and_no_more),
        cmocka_unit_test(test_certfile_refuses_a_file_over_its_cap),
        cmocka_unit_test(test_certfile_counts_certificates_and_others),
        cmocka_unit_test(test_config_load_refuses_a_file_over_its_cap),
        cmocka_unit_test(test_config_takes_as_many_anchors_as_the_cap_and_no_more),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
