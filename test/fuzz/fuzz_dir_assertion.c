/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * A rule (first octet) and any octets: as a value, as an assertion (GSER for the certificate
 * rules), as a piece of a substring filter. What has a canonical form equals itself, is neither
 * before nor behind itself, and its form is its own form; what an assertion names is what its form
 * says.
 */
#include <stdlib.h>

#include "core/dir_value.h"
#include "test/support/pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STORED = 3 };

static struct sk_arena *kept, *arena;
static struct sk_bytes stored[STORED];

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void set_up(void)
{
    kept = arena_new(16u << 20);
    arena = arena_new(256u << 20);
    stored[0] = pki_cert_der(
        kept, &(struct pki_cert_spec){.subject = "/CN=CA", .serial = 5, .key = pki_key(PKI_EC, 0)});
    stored[1] = pki_crl_der(
        kept, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                     .signer = pki_key(PKI_EC, 0),
                                     .sections = "[d]\nfullname=URI:http://a/,dirName:n\n"
                                                 "[n]\nCN=DP\n",
                                     .exts = {{"issuingDistributionPoint", "critical,@d"}}});
    stored[2] = pki_crl_der(
        kept, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                     .signer = pki_key(PKI_EC, 0),
                                     .sections = "[d]\nrelativename=n\n[n]\n"
                                                 "CN=R\n",
                                     .exts = {{"issuingDistributionPoint", "critical,@d"}}});
}

static bool is_pki(enum dir_rule rule)
{
    return rule == DIR_RULE_CERTIFICATE_EXACT || rule == DIR_RULE_CERTIFICATE_PAIR_EXACT ||
           rule == DIR_RULE_CERTIFICATE_LIST_EXACT;
}

static void as_pki_assertion(enum dir_rule rule, struct sk_bytes text)
{
    const struct dir_assertion *assertion;
    struct sk_bytes canon, other;
    enum sk_status status = dir_assertion_new(arena, rule, text, &assertion);
    size_t i;

    must(dir_assertion_canon(arena, rule, text, &canon) == status || status == SK_OK);
    if (status != SK_OK)
        return;
    status = dir_assertion_get_canon(arena, assertion, &canon);
    must(status == SK_OK || (status == SK_NOTFOUND && rule == DIR_RULE_CERTIFICATE_PAIR_EXACT));
    for (i = 0; i < STORED && status == SK_OK; i++) {
        enum dir_truth truth = dir_value_equals(arena, assertion, stored[i]);

        if (dir_value_canon(arena, rule, stored[i], &other) != SK_OK)
            must(truth == DIR_UNDEFINED);
        else if (!bytes_equal(canon, other))
            must(truth == DIR_FALSE);
        else
            must(truth == DIR_TRUE ||
                 (truth == DIR_FALSE && rule == DIR_RULE_CERTIFICATE_LIST_EXACT));
    }
}

static void as_text(enum dir_rule rule, struct sk_bytes text)
{
    const struct dir_assertion *assertion;
    struct sk_bytes canon, again;
    enum sk_status status = dir_value_canon(arena, rule, text, &canon);

    if (text.len > LIMIT_DIR_ASSERTION_BYTES) {
        must(dir_assertion_new(arena, rule, text, &assertion) == SK_LIMIT);
        return;
    }
    must(dir_assertion_new(arena, rule, text, &assertion) == status);
    if (status != SK_OK)
        return;
    status = dir_assertion_get_canon(arena, assertion, &again);
    must(status == SK_NOTFOUND ? rule == DIR_RULE_UNIQUE_MEMBER : bytes_equal(canon, again));
    must(dir_value_equals(arena, assertion, text) == DIR_TRUE);
    must(dir_value_at_least(arena, assertion, text) == DIR_TRUE);
    must(dir_value_at_most(arena, assertion, text) == DIR_TRUE);
    /* forms that are text are forms of themselves */
    if ((rule == DIR_RULE_CASE_IGNORE || rule == DIR_RULE_CASE_EXACT) && canon.len > 0 &&
        canon.len <= LIMIT_DIR_TEXT_BYTES && canon.p[0] != 0xff) {
        must(dir_value_canon(arena, rule, canon, &again) == SK_OK);
        must(bytes_equal(canon, again));
    }
}

/* What is compared as text begins with itself, ends with itself and has itself inside. */
static void as_pieces(enum dir_rule rule, struct sk_bytes text)
{
    struct dir_pieces pieces[3] = {
        {.initial = text}, {.any = &text, .num_any = 1}, {.final = text}};
    const struct dir_substrings *substrings;
    size_t i;

    for (i = 0; i < 3; i++) {
        enum dir_truth truth;

        if (dir_substrings_new(arena, rule, &pieces[i], &substrings) != SK_OK)
            return;
        truth = dir_value_has(arena, substrings, text);
        /* a list of lines is more than one of them */
        must(truth == DIR_TRUE || rule == DIR_RULE_CASE_IGNORE_LIST);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sk_bytes octets, canon;
    enum dir_rule rule;

    if (size == 0)
        return 0;
    if (arena == NULL)
        set_up();
    arena_reset(arena);
    rule = (enum dir_rule)(data[0] % (DIR_RULE_ALGORITHM_IDENTIFIER + 1));
    octets = bytes_of(data + 1, size - 1);
    must(dir_value_canon(arena, rule, octets, &canon) != SK_INTERNAL);
    if (is_pki(rule))
        as_pki_assertion(rule, octets);
    else
        as_text(rule, octets);
    as_pieces(rule, octets);
    return 0;
}
