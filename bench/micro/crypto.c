/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the arithmetic costs that no server can do without: crypto [RUNS [PART OF A NAME]]. A line a
 * case: its name and the nanoseconds of thread CPU time per operation, median of the runs. Signing
 * is EVP_PKEY_sign() of a digest by a context that is kept, the fastest way that libcrypto offers;
 * verifying is SHA-256 of 700 octets, a certificate's size, and EVP_PKEY_verify().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "core/clock.h"

enum { RUNS = 7, RUNS_MAX = 1000, RUN_US = 150000, DIGEST = 32, SIGNATURE = 512, MESSAGE = 700 };

struct kit {
    EVP_PKEY_CTX *sign, *verify;
    EVP_MD_CTX *digest;
    unsigned char message[MESSAGE], md[DIGEST], signature[SIGNATURE];
    size_t signature_len;
};

static void must(int ok)
{
    if (!ok) {
        (void)fputs("crypto: libcrypto refuses\n", stderr);
        exit(1);
    }
}

static void digest(struct kit *kit)
{
    must(EVP_DigestInit_ex2(kit->digest, NULL, NULL) &&
         EVP_DigestUpdate(kit->digest, kit->message, MESSAGE) &&
         EVP_DigestFinal_ex(kit->digest, kit->md, NULL));
}

static void sign_once(struct kit *kit)
{
    kit->signature_len = SIGNATURE;
    must(EVP_PKEY_sign(kit->sign, kit->signature, &kit->signature_len, kit->md, DIGEST) == 1);
}

static void verify_once(struct kit *kit)
{
    digest(kit);
    must(EVP_PKEY_verify(kit->verify, kit->signature, kit->signature_len, kit->md, DIGEST) == 1);
}

static void kit_init(struct kit *kit, EVP_PKEY *key)
{
    must(key != NULL);
    memset(kit->message, 0x30, MESSAGE);
    kit->sign = EVP_PKEY_CTX_new(key, NULL);
    kit->verify = EVP_PKEY_CTX_new(key, NULL);
    kit->digest = EVP_MD_CTX_new();
    must(kit->sign != NULL && kit->verify != NULL && kit->digest != NULL &&
         EVP_PKEY_sign_init(kit->sign) == 1 && EVP_PKEY_verify_init(kit->verify) == 1 &&
         EVP_PKEY_CTX_set_signature_md(kit->sign, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_signature_md(kit->verify, EVP_sha256()) == 1 &&
         EVP_DigestInit_ex2(kit->digest, EVP_sha256(), NULL));
    digest(kit);
    sign_once(kit);
    EVP_PKEY_free(key);
}

static void kit_done(struct kit *kit)
{
    EVP_PKEY_CTX_free(kit->sign);
    EVP_PKEY_CTX_free(kit->verify);
    EVP_MD_CTX_free(kit->digest);
}

/* Nanoseconds per operation of one run. */
static int64_t run_once(struct kit *kit, void (*act)(struct kit *))
{
    int64_t start = clock_cpu_us(), us, count = 0;

    do {
        act(kit);
        count++;
        us = clock_cpu_us() - start;
    } while (us < RUN_US);
    return us * 1000 / count;
}

static int order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"sign-rsa2048", "verify-rsa2048", "sign-p256",
                                        "verify-p256"};
    static struct kit kits[2];
    static int64_t ns[4][RUNS_MAX];
    long runs = argc > 1 ? strtol(argv[1], NULL, 10) : RUNS, i;
    size_t c;

    must(runs >= 1 && runs <= RUNS_MAX);
    kit_init(&kits[0], EVP_RSA_gen(2048));
    kit_init(&kits[1], EVP_EC_gen("P-256"));
    for (i = 0; i < runs; i++) { /* all cases in turn, so that a busy moment is everybody's */
        for (c = 0; c < 4; c++)
            ns[c][i] = run_once(&kits[c / 2], c % 2 == 0 ? sign_once : verify_once);
    }
    for (c = 0; c < 4; c++) {
        qsort(ns[c], (size_t)runs, sizeof(ns[c][0]), order);
        if (argc <= 2 || strstr(names[c], argv[2]) != NULL)
            printf("%-16s %9lld\n", names[c], (long long)ns[c][runs / 2]);
    }
    kit_done(&kits[0]);
    kit_done(&kits[1]);
    return 0;
}
