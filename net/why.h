/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a recent request was answered as it was: the last decisions and answers of one worker.
 *
 * The worker writes, the main thread looks for a request's id. The lock is the worker's own, held
 * for the copy of one entry, or while some ids are compared: only whoever asks why ever contends
 * for it. Nothing personal stands here: a certificate is its SHA-256, a finding its code and rule.
 */
#ifndef SEKISHO_NET_WHY_H
#define SEKISHO_NET_WHY_H

#include "core/verdict.h"

enum { WHY_FINDINGS = 8 };

/* Of a whole request. */
struct why_answer {
    char id[LIMIT_HTTP_ID_BYTES + 1]; /* first, as in the other */
    uint16_t status;                  /* of HTTP */
    uint32_t took_us;
    int64_t time;
    const char *service; /* class of the path; static. This and the other: NULL: none */
    const char *verdict; /* static */
};

/* About one certificate of a request. */
struct why_decision {
    char id[LIMIT_HTTP_ID_BYTES + 1];
    bool has_cert;
    uint8_t sha256[SK_SHA256]; /* of the certificate, when has_cert */
    int64_t time;
    uint64_t generation; /* 0: none */
    const char *service, *verdict;
    const char *policy; /* of the configuration; NULL: none */
    size_t index;       /* of the certificate in the request */
    struct why_finding {
        enum finding_code code;
        int cert;         /* as in struct finding */
        const char *rule; /* static; NULL: none */
    } findings[WHY_FINDINGS];
    size_t num_findings; /* perhaps more than are here */
};

struct why_ring;

/* Remembers so many of each. NULL: no memory. */
struct why_ring *why_new(size_t entries);
void why_free(struct why_ring *ring); /* accepts NULL */

/* The oldest one makes room. */
void why_add_answer(struct why_ring *ring, const struct why_answer *answer);
void why_add_decision(struct why_ring *ring, const struct why_decision *decision);

/* Copies those of an id, oldest first, at most max; how many. Any thread. */
size_t why_find_answers(struct why_ring *ring, const char *id, struct why_answer *out, size_t max);
size_t why_find_decisions(struct why_ring *ring, const char *id, struct why_decision *out,
                          size_t max);

/* How decisions of one request are noted; ring NULL: not at all. */
struct why_note {
    struct why_ring *ring;
    const char *id, *service, *policy;
    uint64_t generation;
    int64_t time;
};
void why_note_verdict(const struct why_note *note, size_t index, const struct sk_cert *cert,
                      const struct sk_verdict *verdict);
/* verdict: static; code and rule: why it is not determined, or FINDING_NONE. */
void why_note_status(const struct why_note *note, size_t index, const struct sk_cert *cert,
                     const char *verdict, enum finding_code code, const char *rule);

#endif
