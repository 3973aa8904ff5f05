/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and signature checks while OpenSSL runs out of memory: the n-th allocation fails, for every
 * n. A right signature may then be refused; a wrong one must never pass, and nothing may leak.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "core/key.h"
#include "test/support/files.h"

static unsigned long countdown; /* 0: nothing fails; 1: the next allocation does */

static bool is_due(void)
{
    return countdown > 0 && --countdown == 0;
}

static void *failing_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_due() ? NULL : malloc(len);
}

static void *failing_realloc(void *p, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_due() ? NULL : realloc(p, len);
}

static void plain_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static struct sk_arena *arena;

static void load(const char *file, struct sk_cert *out)
{
    char path[512];
    struct sk_buf buf;
    struct sk_bytes der;

    (void)snprintf(path, sizeof(path), "%s/certs/%s.crt", FILES_PKITS, file);
    files_read(path, &buf);
    der = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    assert_int_equal(cert_parse(arena, der, out, NULL), SK_OK);
}

/* Makes the issuer's key and checks cert's signature over data. */
static enum sk_status check(const struct sk_cert *issuer, const struct sk_cert *cert,
                            struct sk_bytes data)
{
    struct sk_key *key = NULL;
    enum sk_status status = key_new(issuer->spki, NULL, &key, NULL);

    if (status == SK_OK)
        status = key_verify(key, cert->sig_alg, data, cert->signature, NULL);
    key_free(key);
    return status;
}

static void torture(const char *issuer_file, const char *cert_file)
{
    struct sk_cert issuer, cert;
    unsigned long n, refused = 0;
    bool is_done = false;

    load(issuer_file, &issuer);
    load(cert_file, &cert);
    /* Once without failures: OpenSSL fetches and keeps its algorithms. */
    assert_int_equal(check(&issuer, &cert, cert.tbs), SK_OK);
    for (n = 1; !is_done; n++) {
        enum sk_status right, wrong;

        countdown = n;
        right = check(&issuer, &cert, cert.tbs);
        is_done = countdown > 0; /* it took fewer than n allocations */
        countdown = n;
        wrong = check(&issuer, &cert, cert.subject);
        countdown = 0;
        refused += right != SK_OK;
        assert_int_not_equal(wrong, SK_OK);
        assert_int_equal(ERR_peek_error(), 0);
    }
    assert_true(n > 5 && refused > 0);
    assert_int_equal(check(&issuer, &cert, cert.tbs), SK_OK);
}

/* One key through it all: what it keeps between checks is whole, or is not there. */
static void torture_kept(const char *issuer_file, const char *cert_file)
{
    struct sk_cert issuer, cert;
    struct sk_key *key;
    unsigned long n;
    bool is_done = false;

    load(issuer_file, &issuer);
    load(cert_file, &cert);
    for (n = 1; !is_done; n++) {
        assert_int_equal(key_new(issuer.spki, NULL, &key, NULL), SK_OK);
        countdown = n;
        (void)!key_verify(key, cert.sig_alg, cert.tbs, cert.signature, NULL);
        is_done = countdown > 0;
        assert_int_equal(key_verify(key, cert.sig_alg, cert.subject, cert.signature, NULL),
                         SK_CRYPTO);
        countdown = 0;
        assert_int_equal(key_verify(key, cert.sig_alg, cert.tbs, cert.signature, NULL), SK_OK);
        assert_int_equal(key_verify(key, cert.sig_alg, cert.subject, cert.signature, NULL),
                         SK_CRYPTO);
        assert_int_equal(ERR_peek_error(), 0);
        key_free(key);
    }
    assert_true(n > 5);
}

static void test_key_rsa_never_passes_a_wrong_signature_without_memory(void **state)
{
    (void)state;
    torture("GoodCACert", "ValidCertificatePathTest1EE");
    torture_kept("GoodCACert", "ValidCertificatePathTest1EE");
}

static void test_key_dsa_never_passes_a_wrong_signature_without_memory(void **state)
{
    (void)state;
    torture("DSACACert", "ValidDSASignaturesTest4EE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_rsa_never_passes_a_wrong_signature_without_memory),
        cmocka_unit_test(test_key_dsa_never_passes_a_wrong_signature_without_memory),
    };
    int failed;

    /* Before OpenSSL's first allocation, or it refuses. */
    if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) != 1)
        return 1;
    arena = arena_new(1u << 20);
    failed = arena == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
