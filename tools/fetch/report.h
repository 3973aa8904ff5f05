/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run of sekisho-fetch tells its operator: one line for each thing that is refused, fails or
 * is stale, "sekisho-fetch: CA: URL: REASON: what and why". REASON is one of the words below, which
 * scripts may rely on.
 */
#ifndef SEKISHO_TOOLS_FETCH_REPORT_H
#define SEKISHO_TOOLS_FETCH_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/err.h"

/* X(constant, word, meaning for the manual) */
#define REASON_TABLE(X)                                                                            \
    X(REASON_UNREADABLE, "unreadable", "the file cannot be read")                                  \
    X(REASON_UNREACHABLE, "unreachable", "no connection, or it broke")                             \
    X(REASON_TIMEOUT, "timeout", "not done within the time for one object")                        \
    X(REASON_HTTP_STATUS, "http-status", "the server answered with another status than 200")       \
    X(REASON_REDIRECT, "redirect", "too many redirections, or one to another protocol")            \
    X(REASON_OVERSIZED, "oversized", "larger than max-bytes")                                      \
    X(REASON_TRUNCATED, "truncated", "ends before its own length says")                            \
    X(REASON_MALFORMED, "malformed", "not what it should be, or not well-formed")                  \
    X(REASON_WRONG_SCOPE, "wrong-scope", "a list for attribute certificates")                      \
    X(REASON_WRONG_ISSUER, "wrong-issuer", "a list of another issuer than this CA")                \
    X(REASON_WRONG_SIGNATURE, "wrong-signature", "no key of the issuer made the signature")        \
    X(REASON_UNVERIFIED, "unverified", "no verified chain of signatures to a trust anchor")        \
    X(REASON_NOT_YET_VALID, "not-yet-valid", "published, but thisUpdate is in the future")         \
    X(REASON_EXPIRED, "expired", "published, but nextUpdate is past, or there is none")            \
    X(REASON_OLDER_THAN_HELD, "older-than-held", "a newer list was published before")              \
    X(REASON_UNUSABLE, "unusable", "published, but nobody can say what it means")                  \
    X(REASON_STALE, "stale", "something served ends now or soon")                                  \
    X(REASON_DAMAGED, "damaged", "the current generation cannot be read")                          \
    X(REASON_FAILED, "failed", "this machine: memory, disk")

#define REASON_ENUM_ROW(constant, word, meaning) constant,
enum fetch_reason { REASON_NONE = 0, REASON_TABLE(REASON_ENUM_ROW) REASON_COUNT };
#undef REASON_ENUM_ROW

const char *report_reason_text(enum fetch_reason reason);

struct report {
    FILE *out;       /* notes, when verbose */
    FILE *err;       /* faults */
    bool is_verbose; /* tell what went well, too */
    bool has_failed; /* a fault was told: the run ends with another status than 0 */
};

/* ca and object (URL, with a file's name in it) may be NULL. The text is err's. */
void report_fault(struct report *report, const char *ca, const char *object,
                  enum fetch_reason reason, const struct sk_err *err);
void report_note(struct report *report, const char *ca, const char *object, const char *fmt, ...)
    SK_PRINTF(4, 5);

#endif
