/* SPDX-License-Identifier: Apache-2.0 */
#include "core/strength.h"

#include <stdio.h>

static bool has_floor(const struct sk_params *params)
{
    return params->min_rsa_bits != 0 || params->min_ec_bits != 0 || params->min_dsa_bits != 0 ||
           !params->allow_dsa;
}

static enum finding_code check_bits(const char *kind, unsigned bits, unsigned min,
                                    struct sk_err *err)
{
    if (bits >= min)
        return FINDING_NONE;
    (void)err_set(err, SK_INPUT, "a %s key of %u bits, less than %u", kind, bits, min);
    return FINDING_WEAK_ALGORITHM;
}

static enum finding_code check_dsa(const struct sk_params *params, unsigned bits,
                                   struct sk_bytes params_spki, struct sk_err *err)
{
    enum key_kind from = KEY_UNKNOWN;
    unsigned from_bits = 0;

    if (!params->allow_dsa) {
        (void)err_set(err, SK_INPUT, "a DSA key");
        return FINDING_WEAK_ALGORITHM;
    }
    if (bits == 0 && key_peek(params_spki, &from, &from_bits) == SK_OK && from == KEY_DSA)
        bits = from_bits; /* inherited */
    return check_bits("DSA", bits, params->min_dsa_bits, err);
}

enum finding_code strength_of_key(const struct sk_params *params, struct sk_bytes spki,
                                  struct sk_bytes params_spki, struct sk_err *err)
{
    enum key_kind kind = KEY_UNKNOWN;
    unsigned bits = 0;

    if (key_peek(spki, &kind, &bits) != SK_OK)
        kind = KEY_UNKNOWN;
    switch (kind) {
    case KEY_RSA:
    case KEY_RSA_PSS:
        return check_bits("RSA", bits, params->min_rsa_bits, err);
    case KEY_EC:
        return check_bits("EC", bits, params->min_ec_bits, err);
    case KEY_ED25519:
        return check_bits("Ed25519", bits, params->min_ec_bits, err);
    case KEY_ED448:
        return check_bits("Ed448", bits, params->min_ec_bits, err);
    case KEY_DSA:
        return check_dsa(params, bits, params_spki, err);
    case KEY_UNKNOWN:
        break;
    }
    if (!has_floor(params))
        return FINDING_NONE;
    (void)err_set(err, SK_INPUT, "a key of a kind that has no floor");
    return FINDING_WEAK_ALGORITHM;
}

enum finding_code strength_of_signature(const struct sk_params *params, struct sk_bytes sig_alg,
                                        struct sk_err *err)
{
    struct key_sig_alg alg;

    if (key_sig_alg_parse(sig_alg, &alg) != SK_OK) {
        (void)err_set(err, SK_INPUT, "an algorithm or parameters we do not know");
        return FINDING_ALGORITHM;
    }
    if (!params->allow_sha1 && (alg.hash == KEY_SHA1 || alg.mgf_hash == KEY_SHA1)) {
        (void)err_set(err, SK_INPUT, "a signature with SHA-1");
        return FINDING_WEAK_ALGORITHM;
    }
    if (!params->allow_dsa && alg.kind == KEY_DSA) {
        (void)err_set(err, SK_INPUT, "a signature with DSA");
        return FINDING_WEAK_ALGORITHM;
    }
    return FINDING_NONE;
}

void strength_floor_text(const struct sk_params *params, enum finding_code code, char *out,
                         size_t size)
{
    const struct {
        const char *kind;
        unsigned bits;
    } floors[] = {{"RSA", params->min_rsa_bits},
                  {"EC", params->min_ec_bits},
                  {"DSA", params->allow_dsa ? params->min_dsa_bits : 0}};
    size_t i, used;

    (void)snprintf(out, size, "%s",
                   code == FINDING_ALGORITHM ? "a signature algorithm we know"
                                             : "what the policy allows:");
    for (i = 0; i < sizeof(floors) / sizeof(floors[0]) && code != FINDING_ALGORITHM; i++) {
        used = strlen(out);
        if (floors[i].bits > 0)
            (void)snprintf(out + used, size - used, " %s of %u bits or more,", floors[i].kind,
                           floors[i].bits);
    }
    used = strlen(out);
    if (code != FINDING_ALGORITHM)
        (void)snprintf(out + used, size - used, "%s%s known kinds of key",
                       params->allow_sha1 ? "" : " no SHA-1,", params->allow_dsa ? "" : " no DSA,");
}
