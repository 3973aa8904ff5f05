/* SPDX-License-Identifier: Apache-2.0 */
#include "net/why.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { AT_ONCE = 64 }; /* entries looked at under one hold of the lock */

/* Entries of one kind; each begins with its id. */
struct ring {
    uint8_t *entries;
    size_t size, max;
    uint64_t next; /* number of the next one; it goes to next % max */
};

struct why_ring {
    pthread_mutex_t lock;
    struct ring answers, decisions;
};

static bool ring_init(struct ring *ring, size_t size, size_t max)
{
    ring->entries = calloc(max, size);
    ring->size = size;
    ring->max = max;
    return ring->entries != NULL;
}

struct why_ring *why_new(size_t entries)
{
    struct why_ring *ring = calloc(1, sizeof(*ring));

    if (ring == NULL)
        return NULL;
    if (!ring_init(&ring->answers, sizeof(struct why_answer), entries) ||
        !ring_init(&ring->decisions, sizeof(struct why_decision), entries) ||
        pthread_mutex_init(&ring->lock, NULL) != 0) {
        free(ring->answers.entries);
        free(ring->decisions.entries);
        free(ring);
        return NULL;
    }
    return ring;
}

void why_free(struct why_ring *ring)
{
    if (ring == NULL)
        return;
    (void)pthread_mutex_destroy(&ring->lock);
    free(ring->answers.entries);
    free(ring->decisions.entries);
    free(ring);
}

static uint8_t *entry_at(const struct ring *ring, uint64_t number)
{
    return ring->entries + number % ring->max * ring->size;
}

static void add(struct why_ring *why, struct ring *ring, const void *entry)
{
    (void)pthread_mutex_lock(&why->lock);
    memcpy(entry_at(ring, ring->next++), entry, ring->size);
    (void)pthread_mutex_unlock(&why->lock);
}

void why_add_answer(struct why_ring *ring, const struct why_answer *answer)
{
    add(ring, &ring->answers, answer);
}

void why_add_decision(struct why_ring *ring, const struct why_decision *decision)
{
    add(ring, &ring->decisions, decision);
}

/* A few entries at a time, so that the worker never waits for all of them: what it overwrites
 * meanwhile is missed, and what it adds is seen. */
static size_t find(struct why_ring *why, const struct ring *ring, const char *id, uint8_t *out,
                   size_t max)
{
    uint64_t at = 0, end;
    size_t count = 0;
    bool is_over;

    do {
        (void)pthread_mutex_lock(&why->lock);
        if (ring->next > ring->max && at < ring->next - ring->max)
            at = ring->next - ring->max;
        end = at + AT_ONCE < ring->next ? at + AT_ONCE : ring->next;
        for (; at < end && count < max; at++) {
            const uint8_t *entry = entry_at(ring, at);

            if (strcmp((const char *)entry, id) == 0)
                memcpy(out + count++ * ring->size, entry, ring->size);
        }
        is_over = at == ring->next || count == max;
        (void)pthread_mutex_unlock(&why->lock);
    } while (!is_over);
    return count;
}

size_t why_find_answers(struct why_ring *ring, const char *id, struct why_answer *out, size_t max)
{
    return find(ring, &ring->answers, id, (uint8_t *)out, max);
}

size_t why_find_decisions(struct why_ring *ring, const char *id, struct why_decision *out,
                          size_t max)
{
    return find(ring, &ring->decisions, id, (uint8_t *)out, max);
}

static void begin(const struct why_note *note, size_t index, const struct sk_cert *cert,
                  const char *verdict, struct why_decision *out)
{
    memset(out, 0, sizeof(*out));
    (void)snprintf(out->id, sizeof(out->id), "%s", note->id);
    out->time = note->time;
    out->generation = note->generation;
    out->service = note->service;
    out->policy = note->policy;
    out->verdict = verdict;
    out->index = index;
    if (cert != NULL) {
        out->has_cert = true;
        memcpy(out->sha256, cert->sha256, SK_SHA256);
    }
}

void why_note_verdict(const struct why_note *note, size_t index, const struct sk_cert *cert,
                      const struct sk_verdict *verdict)
{
    struct why_decision entry;
    size_t i;

    if (note->ring == NULL)
        return;
    begin(note, index, cert, verdict_kind_text(verdict->kind), &entry);
    entry.num_findings = verdict->num_findings;
    for (i = 0; i < verdict->num_findings && i < WHY_FINDINGS; i++) {
        const struct finding *finding = &verdict->findings[i];

        entry.findings[i] = (struct why_finding){finding->code, finding->cert, finding->rule};
    }
    why_add_decision(note->ring, &entry);
}

void why_note_status(const struct why_note *note, size_t index, const struct sk_cert *cert,
                     const char *verdict, enum finding_code code, const char *rule)
{
    struct why_decision entry;

    if (note->ring == NULL)
        return;
    begin(note, index, cert, verdict, &entry);
    entry.num_findings = code != FINDING_NONE;
    entry.findings[0] = (struct why_finding){code, 0, rule};
    why_add_decision(note->ring, &entry);
}
