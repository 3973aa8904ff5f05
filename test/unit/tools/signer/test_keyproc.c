/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/der.h"
#include "core/log.h"
#include "core/sign.h"
#include "test/support/keyprocess.h"
#include "test/support/keys.h"
#include "test/support/signcert.h"
#include "test/support/softhsm.h"
#include "tools/signer/keyproc.h"

/* ---- keys and certificates, made once -------------------------------------------------------- */

static struct softhsm *hsm; /* NULL: SoftHSM is missing */
static char folder[] = "/tmp/sekisho-keyproc-XXXXXX";
static char *ec_key, *rsa_key, *ec_cert, *rsa_cert, *token_cert, *ca_cert, *other;

static char *path_in_folder(const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        exit(1);
    return path;
}

/* A new key of the store and its certificate file. */
static char *make_pair(struct sk_keystore *store, const char *label, const char *algorithm,
                       const char *cert_name, const char *key_usage)
{
    EVP_PKEY *key = NULL;
    X509 *cert;
    char *path = path_in_folder(cert_name);
    struct sk_err err = {0};

    if (keystore_generate(store, label, algorithm, &key, &err) != SK_OK) {
        print_error("%s\n", err.text);
        exit(1);
    }
    cert = signcert_new(key, "SHA256", key_usage);
    signcert_write(path, cert, cert, NULL); /* itself once more, for a chain of two */
    X509_free(cert);
    EVP_PKEY_free(key);
    return path;
}

static int start_all(void **state)
{
    struct keystore_options files = {0}, token;
    struct sk_keystore *store = NULL;

    (void)state;
    log_start("test_keyproc", LOG_LEVEL_ERROR);
    if (mkdtemp(folder) == NULL || keystore_open(&files, &store, NULL) != SK_OK)
        return -1;
    ec_key = path_in_folder("ec.key");
    rsa_key = path_in_folder("rsa.key");
    other = path_in_folder("other.key");
    ec_cert = make_pair(store, ec_key, "ec:P-384", "ec.pem", "critical,digitalSignature");
    rsa_cert = make_pair(store, rsa_key, "rsa:4096", "rsa.pem", NULL);
    ca_cert = make_pair(store, other, "ec:P-256", "ca.pem", "critical,keyCertSign,cRLSign");
    keystore_close(store);
    hsm = softhsm_new("key process");
    if (hsm == NULL)
        return 0;
    token = softhsm_options(hsm, 1);
    if (keystore_open(&token, &store, NULL) != SK_OK)
        return -1;
    token_cert = make_pair(store, "responder", "ec:P-256", "token.pem", "digitalSignature");
    keystore_close(store); /* ends PKCS#11 in this process: the key process starts afresh */
    return 0;
}

static int end_all(void **state)
{
    static const char *const names[] = {"ec.key",  "rsa.key", "other.key", "ec.pem",
                                        "rsa.pem", "ca.pem",  "token.pem", "empty.pem"};
    size_t i;

    (void)state;
    softhsm_free(hsm);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = path_in_folder(names[i]);

        (void)unlink(path);
        free(path);
    }
    free(ec_key);
    free(rsa_key);
    free(ec_cert);
    free(rsa_cert);
    free(token_cert);
    free(ca_cert);
    free(other);
    return rmdir(folder);
}

/* ---- the process under test -------------------------------------------------------------------
 */

static struct keyproc_options options_of(const char *key, const char *cert, unsigned threads)
{
    struct keyproc_options options;

    memset(&options, 0, sizeof(options));
    options.keys[0].name = "responder";
    options.keys[0].places[0].key = key;
    options.keys[0].num_places = 1;
    options.num_stores = 1;
    options.keys[0].certificate = cert;
    options.num_keys = 1;
    options.threads = threads;
    return options;
}

static struct keyproc_options token_options(unsigned threads)
{
    struct keyproc_options options = options_of("responder", token_cert, threads);

    options.stores[0] = softhsm_options(hsm, threads);
    return options;
}

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *cert;

    assert_non_null(file);
    cert = PEM_read_X509(file, NULL, NULL, NULL);
    assert_non_null(cert);
    assert_int_equal(fclose(file), 0);
    return cert;
}

static void check_signature(const char *cert_path, const char *digest, const char *tbs,
                            const struct keyanswer *answer)
{
    X509 *cert = read_certificate(cert_path);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_int_equal(
        EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, X509_get0_pubkey(cert), NULL), 1);
    assert_int_equal(
        EVP_DigestVerify(ctx, answer->payload, answer->len, (const uint8_t *)tbs, strlen(tbs)), 1);
    EVP_MD_CTX_free(ctx);
    X509_free(cert);
}

/* Asks until the result is this one. */
static void sign_until(struct keyprocess *process, enum sign_result want, struct keyanswer *answer)
{
    uint32_t id;

    for (id = 1; id < KEYPROCESS_HANG_S * 10; id++) {
        keyprocess_ask(process, 0, SIGN_OP_SIGN, id, 2000, "until");
        assert_true(keyprocess_hear(process, 0, answer));
        assert_int_equal(answer->id, id);
        if (answer->result == want)
            return;
        (void)usleep(100 * 1000);
    }
    fail_msg("never got result %d", (int)want);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void check_unfit(const char *key, const char *cert)
{
    struct keyproc_options options = options_of(key, cert, 1);
    struct keyprocess process = keyprocess_start(&options, 1);

    assert_int_equal(keyprocess_wait(&process), EXIT_FAILURE);
}

static void test_keyproc_refuses_a_key_of_another_certificate(void **state)
{
    struct keyproc_options options = options_of(rsa_key, ec_cert, 1);

    (void)state;
    assert_int_equal(keyproc_check(&options, NULL), SK_OK); /* the file itself is fine */
    check_unfit(rsa_key, ec_cert);
    check_unfit(other, ec_cert);
}

static void test_keyproc_refuses_a_certificate_that_may_not_sign_answers(void **state)
{
    struct keyproc_options options = options_of(other, ca_cert, 1);
    struct sk_err err = {0};

    (void)state;
    assert_int_equal(keyproc_check(&options, &err), SK_INPUT);
    assert_non_null(strstr(err.text, "digitalSignature"));
    check_unfit(other, ca_cert);
}

static void test_keyproc_refuses_files_that_are_no_certificates(void **state)
{
    struct keyproc_options options;
    char *empty = path_in_folder("empty.pem");
    FILE *file = fopen(empty, "w");

    (void)state;
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    options = options_of(ec_key, empty, 1);
    assert_int_equal(keyproc_check(&options, NULL), SK_INPUT);
    options = options_of(ec_key, ec_key, 1);
    assert_int_equal(keyproc_check(&options, NULL), SK_INPUT);
    options = options_of(ec_key, "/nonexistent", 1);
    assert_int_equal(keyproc_check(&options, NULL), SK_INPUT);
    options.num_keys = 0;
    assert_int_equal(keyproc_check(&options, NULL), SK_INPUT);
    options.num_keys = LIMIT_SIGNER_KEYS + 1;
    assert_int_equal(keyproc_check(&options, NULL), SK_INPUT);
    free(empty);
}

static void test_keyproc_closes_only_the_peer_that_sends_garbage(void **state)
{
    static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 1, 2};
    static const uint8_t version_9[] = {0, 0, 0, 12, 9, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9};
    struct keyproc_options options = options_of(ec_key, ec_cert, 1);
    struct keyprocess process = keyprocess_start(&options, 3);
    struct keyanswer answer;

    (void)state;
    keyprocess_send(&process, 0, bytes_of(too_long, sizeof(too_long)));
    assert_false(keyprocess_hear(&process, 0, &answer));
    keyprocess_send(&process, 1, bytes_of(version_9, sizeof(version_9)));
    assert_false(keyprocess_hear(&process, 1, &answer));
    keyprocess_ask(&process, 2, SIGN_OP_SIGN, 5, 2000, "still here");
    assert_true(keyprocess_hear(&process, 2, &answer));
    assert_int_equal(answer.result, SIGN_RESULT_OK);
    check_signature(ec_cert, "SHA384", "still here", &answer);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

static void test_keyproc_says_no_key_and_late(void **state)
{
    struct keyproc_options options = options_of(ec_key, ec_cert, 1);
    struct keyprocess process = keyprocess_start(&options, 1);
    struct sign_request request = {.op = SIGN_OP_SIGN, .key = 1, .id = 8, .wait_ms = 2000};
    struct keyanswer answer;
    struct sk_buf out;

    (void)state;
    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    assert_int_equal(sign_request_encode(&request, &out), SK_OK);
    keyprocess_send(&process, 0, buf_bytes(&out));
    buf_done(&out);
    assert_true(keyprocess_hear(&process, 0, &answer));
    assert_int_equal(answer.result, SIGN_RESULT_NO_KEY);
    assert_int_equal(answer.id, 8);
    keyprocess_ask(&process, 0, SIGN_OP_SIGN, 9, 0, "waits not at all");
    assert_true(keyprocess_hear(&process, 0, &answer));
    assert_int_equal(answer.result, SIGN_RESULT_LATE);
    assert_int_equal(answer.len, 0);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

/* 500 signatures of RSA-4096 take longer than they may wait, and only one may wait. */
static void test_keyproc_answers_busy_when_the_queue_is_full(void **state)
{
    struct keyproc_options options = options_of(rsa_key, rsa_cert, 1);
    struct keyprocess process;
    struct keyanswer answer;
    struct sk_buf out;
    unsigned seen[500] = {0}, num_ok = 0, num_busy = 0, i;

    (void)state;
    options.max_queue = 1;
    process = keyprocess_start(&options, 1);
    buf_init(&out, 1024 * 1024);
    for (i = 0; i < 500; i++)
        keyprocess_put(&out, SIGN_OP_SIGN, i, 2000, "flood");
    keyprocess_send(&process, 0, buf_bytes(&out));
    for (i = 0; i < 500; i++) {
        assert_true(keyprocess_hear(&process, 0, &answer));
        assert_true(answer.id < 500);
        seen[answer.id]++;
        num_ok += answer.result == SIGN_RESULT_OK;
        num_busy += answer.result == SIGN_RESULT_BUSY || answer.result == SIGN_RESULT_LATE;
    }
    for (i = 0; i < 500; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(num_ok + num_busy, 500);
    assert_true(num_busy > 0);
    assert_true(num_ok > 0);
    buf_done(&out);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

/* ---- what it is for
 * ------------------------------------------------------------------------------ */

static void check_hello(const char *key, const char *cert_path, struct sk_bytes algorithms)
{
    struct keyproc_options options = options_of(key, cert_path, 1);
    struct keyprocess process = keyprocess_start(&options, 1);
    struct keyanswer answer;
    X509 *cert = read_certificate(cert_path);
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);
    struct sign_hello hello;
    struct der certs;
    struct sk_bytes whole;

    keyprocess_ask(&process, 0, SIGN_OP_HELLO, 77, 0, "");
    assert_true(keyprocess_hear(&process, 0, &answer));
    assert_int_equal(answer.result, SIGN_RESULT_OK);
    assert_int_equal(answer.id, 77);
    assert_int_equal(sign_hello_decode(bytes_of(answer.payload, answer.len), &hello, NULL), SK_OK);
    assert_int_equal(hello.num_keys, 1);
    assert_true(bytes_equal(hello.name, bytes_of("responder", 9)));
    assert_int_equal(hello.model, SIGN_MODEL_AUTO);
    assert_true(bytes_equal(hello.algorithms, algorithms));
    der_init(&certs, hello.certs);
    assert_int_equal(der_take_whole(&certs, DER_SEQUENCE, &whole), SK_OK);
    assert_true(bytes_equal(whole, bytes_of(der, (size_t)len)));
    assert_int_equal(der_take_whole(&certs, DER_SEQUENCE, &whole), SK_OK);
    assert_true(der_at_end(&certs));
    OPENSSL_free(der);
    X509_free(cert);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

static void test_keyproc_says_who_it_is(void **state)
{
    static const uint8_t rsa[] = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c, 0x05, 0x00,
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d, 0x05, 0x00};
    static const uint8_t ecdsa_sha384[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                           0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};

    (void)state;
    check_hello(rsa_key, rsa_cert, bytes_of(rsa, sizeof(rsa)));
    check_hello(ec_key, ec_cert, bytes_of(ecdsa_sha384, sizeof(ecdsa_sha384)));
}

/* Several peers, each with many requests in flight, frames cut at odd places. */
static void check_many(const struct keyproc_options *options, const char *cert, const char *digest)
{
    enum { EACH = 50 };
    struct keyprocess process = keyprocess_start(options, KEYPROCESS_PEERS);
    struct keyanswer answer;
    struct sk_buf out;
    char tbs[64];
    size_t peer, at;
    unsigned i;

    for (peer = 0; peer < KEYPROCESS_PEERS; peer++) {
        buf_init(&out, 1024 * 1024);
        for (i = 0; i < EACH; i++) {
            (void)snprintf(tbs, sizeof(tbs), "peer %zu request %u", peer, i);
            keyprocess_put(&out, SIGN_OP_SIGN, i, 2000, tbs);
        }
        for (at = 0; at < out.len; at += 37)
            keyprocess_send(&process, peer,
                            bytes_of(out.data + at, out.len - at < 37 ? out.len - at : 37));
        buf_done(&out);
    }
    for (peer = 0; peer < KEYPROCESS_PEERS; peer++) {
        unsigned seen[EACH] = {0};

        for (i = 0; i < EACH; i++) {
            assert_true(keyprocess_hear(&process, peer, &answer));
            assert_true(answer.id < EACH);
            seen[answer.id]++;
            if (answer.result == SIGN_RESULT_LATE) /* this machine is slow today */
                continue;
            assert_int_equal(answer.result, SIGN_RESULT_OK);
            (void)snprintf(tbs, sizeof(tbs), "peer %zu request %u", peer, (unsigned)answer.id);
            check_signature(cert, digest, tbs, &answer);
        }
        for (i = 0; i < EACH; i++)
            assert_int_equal(seen[i], 1);
    }
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

static void test_keyproc_signs_for_many_at_once_with_a_file(void **state)
{
    struct keyproc_options options = options_of(ec_key, ec_cert, 4);

    (void)state;
    check_many(&options, ec_cert, "SHA384");
}

static void test_keyproc_signs_for_many_at_once_with_a_token(void **state)
{
    struct keyproc_options options;

    (void)state;
    softhsm_need(hsm);
    options = token_options(4);
    check_many(&options, token_cert, "SHA256");
}

static void test_keyproc_answers_what_is_queued_after_sigterm(void **state)
{
    struct keyproc_options options = options_of(rsa_key, rsa_cert, 2);
    struct keyprocess process = keyprocess_start(&options, 1);
    struct keyanswer answer;
    unsigned num_signed = 0, i;

    (void)state;
    for (i = 0; i < 20; i++)
        keyprocess_ask(&process, 0, SIGN_OP_SIGN, i, 2000, "drain");
    /* Frames are taken in order: when HELLO is answered, all are queued. */
    keyprocess_ask(&process, 0, SIGN_OP_HELLO, 99, 0, "");
    do {
        assert_true(keyprocess_hear(&process, 0, &answer));
        num_signed += answer.id != 99;
    } while (answer.id != 99);
    assert_int_equal(kill(process.pid, SIGTERM), 0);
    while (keyprocess_hear(&process, 0, &answer))
        num_signed++;
    assert_int_equal(num_signed, 20);
    assert_int_equal(keyprocess_wait(&process), EXIT_SUCCESS);
}

static void test_keyproc_cannot_gain_rights_or_leave_a_core(void **state)
{
    struct keyproc_options options = options_of(ec_key, ec_cert, 1);
    struct keyprocess process = keyprocess_start(&options, 1);
    struct keyanswer answer;
    char path[64], line[256];
    bool no_new_privs = false, no_core = false;
    FILE *file;

    (void)state;
    keyprocess_ask(&process, 0, SIGN_OP_HELLO, 1, 0, "");
    assert_true(keyprocess_hear(&process, 0, &answer));
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)process.pid);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        no_new_privs |= strcmp(line, "NoNewPrivs:\t1\n") == 0;
    (void)fclose(file);
    (void)snprintf(path, sizeof(path), "/proc/%d/limits", (int)process.pid);
    file = fopen(path, "r");
    if (file == NULL) { /* not dumpable: only root may look */
        no_core = true;
    } else {
        while (fgets(line, sizeof(line), file) != NULL)
            no_core |= strncmp(line, "Max core file size        0 ", 28) == 0;
        (void)fclose(file);
    }
    assert_true(no_new_privs);
    assert_true(no_core);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

/* ---- several keys ---------------------------------------------------------------------------- */

static void ask_key(struct keyprocess *process, uint16_t key, uint8_t algorithm, const char *tbs,
                    struct keyanswer *answer)
{
    struct sign_request request = {.op = SIGN_OP_SIGN,
                                   .key = key,
                                   .id = 5,
                                   .wait_ms = 2000,
                                   .algorithm = algorithm,
                                   .tbs = bytes_of(tbs, strlen(tbs))};
    struct sk_buf out;

    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    assert_int_equal(sign_request_encode(&request, &out), SK_OK);
    keyprocess_send(process, 0, buf_bytes(&out));
    buf_done(&out);
    assert_true(keyprocess_hear(process, 0, answer));
}

/* The states of all keys, an octet each, when they are these. */
static void status_until(struct keyprocess *process, const char *want, size_t len)
{
    struct keyanswer answer;
    unsigned i;

    for (i = 0; i < KEYPROCESS_HANG_S * 10; i++) {
        keyprocess_ask(process, 0, SIGN_OP_STATUS, 1, 0, "");
        assert_true(keyprocess_hear(process, 0, &answer));
        assert_int_equal(answer.result, SIGN_RESULT_OK);
        assert_int_equal(answer.len, len);
        if (memcmp(answer.payload, want, len) == 0)
            return;
        (void)usleep(100 * 1000);
    }
    fail_msg("never got these states");
}

static struct keyproc_options two_keys(const char *second_key)
{
    struct keyproc_options options = options_of(ec_key, ec_cert, 1);

    options.keys[1] = options.keys[0];
    options.keys[1].name = "second";
    options.keys[1].places[0].key = second_key;
    options.keys[1].certificate = rsa_cert;
    options.num_keys = 2;
    return options;
}

static void test_keyproc_signs_with_each_key_and_algorithm(void **state)
{
    static const char *const digests[] = {"SHA256", "SHA384", "SHA512"};
    struct keyproc_options options = two_keys(rsa_key);
    struct keyprocess process = keyprocess_start(&options, 1);
    struct keyanswer answer;
    uint8_t i;

    (void)state;
    status_until(&process, "\1\1", 2);
    ask_key(&process, 0, 0, "first", &answer);
    assert_int_equal(answer.result, SIGN_RESULT_OK);
    check_signature(ec_cert, "SHA384", "first", &answer);
    for (i = 0; i < 3; i++) {
        ask_key(&process, 1, i, "second", &answer);
        assert_int_equal(answer.result, SIGN_RESULT_OK);
        check_signature(rsa_cert, digests[i], "second", &answer);
    }
    ask_key(&process, 1, 3, "no such algorithm", &answer);
    assert_int_equal(answer.result, SIGN_RESULT_NO_KEY);
    ask_key(&process, 0, 1, "no such algorithm", &answer);
    assert_int_equal(answer.result, SIGN_RESULT_NO_KEY);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

static void test_keyproc_serves_on_when_one_key_is_unfit(void **state)
{
    struct keyproc_options options = two_keys(other);
    struct keyprocess process = keyprocess_start(&options, 1);
    struct keyanswer answer;

    (void)state;
    status_until(&process, "\1\0", 2);
    ask_key(&process, 1, 0, "unfit", &answer);
    assert_int_equal(answer.result, SIGN_RESULT_FAILED);
    ask_key(&process, 0, 0, "fit", &answer);
    assert_int_equal(answer.result, SIGN_RESULT_OK);
    check_signature(ec_cert, "SHA384", "fit", &answer);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

static void test_keyproc_refuses_a_model_that_the_certificate_does_not_bear(void **state)
{
    struct keyproc_options options = options_of(ec_key, ec_cert, 1);
    struct sk_err err = {0};

    (void)state;
    options.keys[0].model = SIGN_MODEL_CA;
    assert_int_equal(keyproc_check(&options, &err), SK_INPUT);
    assert_non_null(strstr(err.text, "model ca"));
    options.keys[0].model = SIGN_MODEL_DELEGATED;
    assert_int_equal(keyproc_check(&options, &err), SK_INPUT);
    assert_non_null(strstr(err.text, "OCSPSigning"));
    options.keys[0].model = SIGN_MODEL_TRUSTED;
    assert_int_equal(keyproc_check(&options, &err), SK_OK);
}

/* The first place is a file that is not there yet. */
static void test_keyproc_signs_with_the_first_place_that_is_well(void **state)
{
    char *late = path_in_folder("late.key");
    struct keyproc_options options = options_of(late, ec_cert, 1);
    struct keyprocess process;
    struct keyanswer answer;

    (void)state;
    options.keys[0].places[1] = (struct keyproc_place){.store = 1, .key = ec_key};
    options.keys[0].num_places = 2;
    options.num_stores = 2;
    process = keyprocess_start(&options, 1);
    status_until(&process, "\2", 1);
    ask_key(&process, 0, 0, "second place", &answer);
    check_signature(ec_cert, "SHA384", "second place", &answer);
    assert_int_equal(link(ec_key, late), 0);
    status_until(&process, "\1", 1);
    ask_key(&process, 0, 0, "first place", &answer);
    check_signature(ec_cert, "SHA384", "first place", &answer);
    assert_int_equal(unlink(late), 0);
    free(late);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

/* ---- tokens that go and come
 * ------------------------------------------------------------------------ */

static void move_store_away(bool away)
{
    char *moved = softhsm_path(hsm, "moved");

    assert_int_equal(away ? rename(hsm->store, moved) : rename(moved, hsm->store), 0);
    free(moved);
}

static void test_keyproc_uses_a_token_that_comes_after_the_start(void **state)
{
    struct keyproc_options options;
    struct keyprocess process;
    struct keyanswer answer;

    (void)state;
    softhsm_need(hsm);
    options = token_options(2);
    move_store_away(true);
    process = keyprocess_start(&options, 1);
    keyprocess_ask(&process, 0, SIGN_OP_HELLO, 1, 0, "");
    assert_true(keyprocess_hear(&process, 0, &answer));
    assert_int_equal(answer.result, SIGN_RESULT_OK);
    keyprocess_ask(&process, 0, SIGN_OP_SIGN, 1, 2000, "nobody there");
    assert_true(keyprocess_hear(&process, 0, &answer));
    assert_int_equal(answer.result, SIGN_RESULT_FAILED);
    move_store_away(false);
    sign_until(&process, SIGN_RESULT_OK, &answer);
    check_signature(token_cert, "SHA256", "until", &answer);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

static void test_keyproc_uses_a_token_that_was_away(void **state)
{
    struct keyproc_options options;
    struct keyprocess process;
    struct keyanswer answer;

    (void)state;
    softhsm_need(hsm);
    options = token_options(2);
    process = keyprocess_start(&options, 1);
    sign_until(&process, SIGN_RESULT_OK, &answer);
    move_store_away(true);
    sign_until(&process, SIGN_RESULT_FAILED, &answer);
    move_store_away(false);
    sign_until(&process, SIGN_RESULT_OK, &answer);
    check_signature(token_cert, "SHA256", "until", &answer);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
}

/* One token with a key of the certificates each, "steady" and "swapped". */
static void import_keys(const char *swapped)
{
    softhsm_import(hsm, rsa_key, "steady", "08");
    softhsm_import(hsm, swapped, "swapped", "07");
}

/* A token of the same label in another store, in which one of the keys is a stranger of the same
 * kind and names. Returns where that store is. */
static char *make_twin(void)
{
    char *stranger = path_in_folder("stranger.key"), *twin = softhsm_path(hsm, "twin");
    struct sk_keystore *files = keys_open_files();

    EVP_PKEY_free(keys_generate(files, stranger, "ec:P-384"));
    keystore_close(files);
    move_store_away(true);
    assert_int_equal(mkdir(hsm->store, 0700), 0);
    softhsm_add_token(hsm, hsm->token);
    import_keys(stranger);
    assert_int_equal(rename(hsm->store, twin), 0);
    move_store_away(false);
    assert_int_equal(unlink(stranger), 0);
    free(stranger);
    return twin;
}

/* The token comes back with another key under the old names: no signature of that leaves. */
static void test_keyproc_does_not_sign_with_another_key_of_the_name(void **state)
{
    struct keyproc_options options = two_keys("steady");
    struct keyprocess process;
    struct keyanswer answer = {0};
    char *twin;
    unsigned num_steady = 0, i;

    (void)state;
    softhsm_need(hsm);
    import_keys(ec_key);
    twin = make_twin();
    options.stores[0] = softhsm_options(hsm, 1);
    options.keys[0].places[0].key = "swapped";
    process = keyprocess_start(&options, 1);
    status_until(&process, "\1\1", 2);
    move_store_away(true);
    sign_until(&process, SIGN_RESULT_FAILED, &answer);
    assert_int_equal(rename(twin, hsm->store), 0);
    for (i = 0; num_steady < 5; i++) {
        assert_true(i < KEYPROCESS_HANG_S * 100);
        ask_key(&process, 0, 0, "whose", &answer);
        assert_int_not_equal(answer.result, SIGN_RESULT_OK);
        ask_key(&process, 1, 0, "steady", &answer);
        num_steady += answer.result == SIGN_RESULT_OK; /* the token is back */
        (void)usleep(10 * 1000);
    }
    check_signature(rsa_cert, "SHA256", "steady", &answer);
    status_until(&process, "\0\1", 2);
    assert_int_equal(keyprocess_end(&process), EXIT_SUCCESS);
    assert_int_equal(rename(hsm->store, twin), 0);
    move_store_away(false);
    free(twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keyproc_refuses_a_key_of_another_certificate),
        cmocka_unit_test(test_keyproc_refuses_a_certificate_that_may_not_sign_answers),
        cmocka_unit_test(test_keyproc_refuses_files_that_are_no_certificates),
        cmocka_unit_test(test_keyproc_closes_only_the_peer_that_sends_garbage),
        cmocka_unit_test(test_keyproc_says_no_key_and_late),
        cmocka_unit_test(test_keyproc_answers_busy_when_the_queue_is_full),
        cmocka_unit_test(test_keyproc_says_who_it_is),
        cmocka_unit_test(test_keyproc_signs_for_many_at_once_with_a_file),
        cmocka_unit_test(test_keyproc_signs_for_many_at_once_with_a_token),
        cmocka_unit_test(test_keyproc_signs_with_each_key_and_algorithm),
        cmocka_unit_test(test_keyproc_serves_on_when_one_key_is_unfit),
        cmocka_unit_test(test_keyproc_refuses_a_model_that_the_certificate_does_not_bear),
        cmocka_unit_test(test_keyproc_signs_with_the_first_place_that_is_well),
        cmocka_unit_test(test_keyproc_answers_what_is_queued_after_sigterm),
        cmocka_unit_test(test_keyproc_cannot_gain_rights_or_leave_a_core),
        cmocka_unit_test(test_keyproc_uses_a_token_that_comes_after_the_start),
        cmocka_unit_test(test_keyproc_uses_a_token_that_was_away),
        cmocka_unit_test(test_keyproc_does_not_sign_with_another_key_of_the_name),
    };

    return cmocka_run_group_tests(tests, start_all, end_all);
}
