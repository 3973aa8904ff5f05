/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_int.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/hex.h"

/* Why evidence does not count, in words: the rule, what it asks for, what was found. Where a fault
 * has a time, it follows what was found, and the time asked about what was expected. */
struct fault_text {
    enum finding_code code;
    const char *rule, *expected, *found;
};
#define FAULT_TEXT_ROW(constant, code, rule, expected, found) {code, rule, expected, found},
static const struct fault_text texts[FAULT_COUNT] = {{FINDING_NONE, "", "", ""},
                                                     REVOCATION_FAULT_TABLE(FAULT_TEXT_ROW)};

enum finding_code revocation_fault_code(enum revocation_fault fault)
{
    return texts[fault].code;
}

void revocation_fault_set(struct revocation_status *out, enum revocation_fault fault,
                          const char *kind, const uint8_t sha256[SK_SHA256])
{
    char digest[2 * SK_SHA256 + 1];

    hex_encode(bytes_of(sha256, SK_SHA256), digest);
    out->why = texts[fault].code;
    out->rule = texts[fault].rule;
    (void)snprintf(out->expected, sizeof(out->expected), "%s", texts[fault].expected);
    (void)snprintf(out->text, sizeof(out->text), "%s %.16s: %s", kind, digest, texts[fault].found);
}

void revocation_fault_add_times(struct revocation_status *out, int64_t expected, int64_t found)
{
    char at[CLOCK_TEXT];
    size_t used = strlen(out->expected);

    clock_format_rfc3339(expected, at);
    (void)snprintf(out->expected + used, sizeof(out->expected) - used, " %s", at);
    used = strlen(out->text);
    clock_format_rfc3339(found, at);
    (void)snprintf(out->text + used, sizeof(out->text) - used, " %s", at);
}

static const char *const reason_texts[] = {
    "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
    "superseded",    "cessationOfOperation", "certificateHold", "unknown",
    "removeFromCRL", "privilegeWithdrawn",   "aACompromise",
};

const char *revocation_reason_text(enum crl_reason reason)
{
    return reason_texts[reason];
}
