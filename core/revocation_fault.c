/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_task_int.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/name.h"

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

void revocation_fault_no_source(struct revocation_task *task)
{
    const struct revocation_subject *subject = task->subject;
    struct revocation_status *out = task->out;
    const char *what = "no CRL of";
    char name[LIMIT_NAME_SHOWN];

    name_short_text(subject->cert != NULL ? subject->cert->issuer : subject->issuer->subject, name,
                    sizeof(name));
    out->why = FINDING_REVOCATION_NO_SOURCE;
    if (task->covered != 0) {
        out->why = FINDING_REVOCATION_UNUSABLE;
        what = "no CRL that speaks of all reasons from";
    } else if (task->num_items > 0) {
        what = "no CRL for this certificate from";
    }
    out->rule = "RFC 5280 6.3.3";
    (void)snprintf(out->expected, sizeof(out->expected),
                   "a CRL of %s, or of the CRL issuers it names, for this certificate", name);
    (void)snprintf(out->text, sizeof(out->text), "%s %s", what, name);
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
