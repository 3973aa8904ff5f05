/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_produce.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "core/limits.h"

enum { FIRST_CAPACITY = 64 };

struct item {
    uint8_t *question;
    size_t len;
    uint32_t asked;
};

struct ocsp_produce {
    ocsp_produce_fn fn;
    void *arg;
    struct event *timer;
    struct item *items; /* sorted: the last is the next */
    size_t count, capacity;
};

static void arm(struct ocsp_produce *produce, unsigned ms)
{
    const struct timeval wait = {0, (suseconds_t)ms * 1000};

    if (produce->count > 0)
        (void)event_add(produce->timer, &wait);
}

static bool make_place(struct ocsp_produce *produce)
{
    size_t capacity = produce->capacity > 0 ? 2 * produce->capacity : FIRST_CAPACITY;
    struct item *items;

    if (produce->count < produce->capacity)
        return true;
    items = realloc(produce->items, capacity * sizeof(*items));
    if (items == NULL)
        return false;
    produce->items = items;
    produce->capacity = capacity;
    return true;
}

/* fn may add and begin anew: the question in its hands is not among the items. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct ocsp_produce *produce = arg;
    struct item item;

    (void)fd;
    (void)what;
    if (produce->count == 0)
        return;
    item = produce->items[--produce->count];
    if (produce->fn(produce->arg, bytes_of(item.question, item.len)) || !make_place(produce)) {
        free(item.question);
        arm(produce, LIMIT_PRODUCE_PAUSE_MS);
        return;
    }
    produce->items[produce->count++] = item;
    arm(produce, LIMIT_PRODUCE_BUSY_MS);
}

void ocsp_produce_add(struct ocsp_produce *produce, struct sk_bytes question, uint32_t asked)
{
    struct item *item;
    uint8_t *copy;

    if (produce->count >= LIMIT_PRODUCE || question.len == 0 || !make_place(produce))
        return;
    copy = malloc(question.len);
    if (copy == NULL)
        return;
    memcpy(copy, question.p, question.len);
    item = &produce->items[produce->count++];
    item->question = copy;
    item->len = question.len;
    item->asked = asked;
}

void ocsp_produce_forget(struct ocsp_produce *produce)
{
    size_t i, kept = 0;

    for (i = 0; i < produce->count; i++) {
        if (produce->items[i].asked == 0)
            free(produce->items[i].question);
        else
            produce->items[kept++] = produce->items[i];
    }
    produce->count = kept;
}

static int by_asked(const void *a, const void *b)
{
    const struct item *one = a, *other = b;

    return (one->asked > other->asked) - (one->asked < other->asked);
}

void ocsp_produce_start(struct ocsp_produce *produce)
{
    if (produce->count > 0)
        qsort(produce->items, produce->count, sizeof(*produce->items), by_asked);
    arm(produce, LIMIT_PRODUCE_PAUSE_MS);
}

struct ocsp_produce *ocsp_produce_new(struct event_base *base, ocsp_produce_fn fn, void *arg)
{
    struct ocsp_produce *produce = calloc(1, sizeof(*produce));

    if (produce == NULL)
        return NULL;
    produce->fn = fn;
    produce->arg = arg;
    produce->timer = evtimer_new(base, on_timer, produce);
    if (produce->timer == NULL) {
        free(produce);
        return NULL;
    }
    return produce;
}

void ocsp_produce_free(struct ocsp_produce *produce)
{
    if (produce == NULL)
        return;
    while (produce->count > 0)
        free(produce->items[--produce->count].question);
    free(produce->items);
    event_free(produce->timer);
    free(produce);
}
