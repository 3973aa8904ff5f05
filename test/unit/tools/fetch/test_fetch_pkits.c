/* SPDX-License-Identifier: Apache-2.0 */
/* One run over all of NIST's path validation suite (PKITS): what is refused or told of is what the
 * suite broke on purpose in signatures, CA marks, key usage, issuers and dates, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cache/generation.h"
#include "core/hex.h"
#include "core/key.h"
#include "test/support/files.h"
#include "tools/fetch/fetch.h"

#define NOW                                                                                        \
    1302825600 /* 2011-04-15T00:00:00Z, a day on which the suite is as its makers meant it */

static const struct {
    const char *name, *reason;
} refusals[] = {
    {"BadSignedCACert.crt", "wrong-signature"},
    {"InvalidEESignatureTest3EE.crt", "wrong-signature"},
    {"InvalidDSASignatureTest6EE.crt", "wrong-signature"},
    {"InvalidBasicSelfIssuedCRLSigningKeyTest8EE.crt", "wrong-signature"}, /* no keyCertSign */
    {"InvalidCASignatureTest2EE.crt", "unverified"},
    {"InvalidMissingbasicConstraintsTest1EE.crt", "unverified"},
    {"InvalidcAFalseTest2EE.crt", "unverified"},
    {"InvalidcAFalseTest3EE.crt", "unverified"},
    {"InvalidkeyUsageCriticalkeyCertSignFalseTest1EE.crt", "unverified"},
    {"InvalidkeyUsageNotCriticalkeyCertSignFalseTest2EE.crt", "unverified"},
    {"InvalidNameChainingTest1EE.crt", "unverified"},
    {"InvalidNameChainingOrderTest2EE.crt", "unverified"},
    {"BadCRLSignatureCACRL.crl", "wrong-signature"},
    {"BadCRLIssuerNameCACRL.crl", "wrong-issuer"},
    {"BadSignedCACRL.crl", "wrong-issuer"},
    {"TwoCRLsCABadCRL.crl", "wrong-issuer"},
    {"OldCRLnextUpdateCACRL.crl", "expired"},
    {"pre2000CRLnextUpdateCACRL.crl", "expired"},
    {"deltaCRLCA3CRL.crl", "expired"},
    {"UnknownCRLExtensionCACRL.crl", "unusable"},
    {"UnknownCRLEntryExtensionCACRL.crl", "unusable"},
    {"keyUsageCriticalcRLSignFalseCACRL.crl", "unverified"},
    {"keyUsageNotCriticalcRLSignFalseCACRL.crl", "unverified"},
    {"onlyContainsAttributeCertsCACRL.crl", "wrong-scope"},
};
/* The three that have expired are served, and that is told once more. */
static const char stale[] = "sekisho-fetch: all: stale: the CRL that is served ends ";
enum { NUM_REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

static void add_url(void *arg, const char *name, struct sk_bytes bytes)
{
    (void)bytes;
    buf_printf(arg, "crls = file:%s/crls/%s\n", FILES_PKITS, name);
}

static void print_fault(void *arg, const char *line)
{
    (void)arg;
    fail_msg("%s", line);
}

static struct sk_config *make_config(const char *dir)
{
    static const char anchor[] = FILES_PKITS "/certs/TrustAnchorRootCertificate.crt";
    char name[96], hex[2 * SK_SHA256 + 1];
    struct sk_config *config = NULL;
    uint8_t hash[SK_SHA256];
    struct sk_buf text;

    buf_init(&text, 1u << 20);
    files_read(anchor, &text);
    key_sha256(buf_bytes(&text), hash);
    hex_encode(bytes_of(hash, sizeof(hash)), hex);
    buf_reset(&text);
    buf_printf(&text, "[server]\ncache = %s/cache\n[policy default]\nanchor = %s sha256:%s\n", dir,
               anchor, hex);
    buf_printf(&text, "[ca all]\ncross = file:%s/certs/\n", FILES_PKITS);
    assert_true(files_each(FILES_PKITS "/crls", ".crl", add_url, &text) > 150);
    (void)snprintf(name, sizeof(name), "%s/sekisho.conf", dir);
    assert_int_equal(config_parse(name, buf_bytes(&text), print_fault, NULL, &config), SK_OK);
    buf_done(&text);
    return config;
}

static void check_text(char *text)
{
    bool is_met[NUM_REFUSALS] = {false};
    char wanted[160], *line;
    size_t i, num_stale = 0;

    while ((line = strsep(&text, "\n")) != NULL && line[0] != '\0') {
        if (strncmp(line, stale, strlen(stale)) == 0) {
            num_stale++;
            continue;
        }
        for (i = 0; i < NUM_REFUSALS; i++) {
            (void)snprintf(wanted, sizeof(wanted), "/%s: %s: ", refusals[i].name,
                           refusals[i].reason);
            if (strstr(line, wanted) != NULL)
                break;
        }
        if (i == NUM_REFUSALS)
            fail_msg("not foreseen: %s", line);
        is_met[i] = true;
    }
    for (i = 0; i < NUM_REFUSALS; i++) {
        if (!is_met[i])
            fail_msg("not refused: %s", refusals[i].name);
    }
    assert_int_equal(num_stale, 3);
}

static void test_fetch_refuses_of_pkits_what_is_broken_and_nothing_else(void **state)
{
    char dir[] = "/tmp/sekisho-pkits-XXXXXX", command[96], cache[96], *text = NULL;
    struct report report = {stdout, NULL, false, false};
    struct sk_generation *gen = NULL;
    struct sk_reader *reader = NULL;
    struct sk_config *config;
    size_t size;

    (void)state;
    assert_non_null(mkdtemp(dir));
    config = make_config(dir);
    report.err = open_memstream(&text, &size);
    assert_int_not_equal(fetch_run(config, NULL, 0, NOW, &report), FETCH_EXIT_USAGE);
    assert_int_equal(fclose(report.err), 0);
    check_text(text);
    (void)snprintf(cache, sizeof(cache), "%s/cache", dir);
    assert_int_equal(generation_open(cache, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &reader, NULL), SK_OK);
    assert_int_equal(reader_num_certs(reader), 405 - 12);
    reader_free(reader);
    generation_unref(gen);
    config_free(config);
    free(text);
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fetch_refuses_of_pkits_what_is_broken_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
