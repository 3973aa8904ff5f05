/* SPDX-License-Identifier: Apache-2.0 */
#include "net/deadlines.h"

#include "core/clock.h"

void deadlines_set_init(struct deadlines_set *set, const struct deadlines_rules *rules)
{
    set->rules = *rules;
    TAILQ_INIT(&set->idle);
    TAILQ_INIT(&set->slow);
}

static int64_t us(unsigned ms)
{
    return (int64_t)ms * 1000;
}

/* ---- the lists ---- */

static struct deadlines_list *list_of(struct deadlines_set *set, enum phase phase)
{
    switch (phase) {
    case PHASE_IDLE:
        return &set->idle;
    case PHASE_HANDSHAKE:
    case PHASE_REQUEST:
    case PHASE_BODY:
        return &set->slow;
    case PHASE_NONE:
    case PHASE_LINGER:
        break;
    }
    return NULL;
}

static void set_list(struct deadlines *deadlines, struct deadlines_list *list)
{
    if (deadlines->list != NULL)
        TAILQ_REMOVE(deadlines->list, deadlines, link);
    deadlines->list = list;
    if (list != NULL)
        TAILQ_INSERT_TAIL(list, deadlines, link);
}

/* A client that sends its request in one piece is never among the slow: an attacker who keeps many
 * requests half sent pays with those, and newcomers are served. */
void *deadlines_evict_get0(const struct deadlines_set *set)
{
    struct deadlines *idle = TAILQ_FIRST(&set->idle), *slow = TAILQ_FIRST(&set->slow);

    if (idle != NULL)
        return idle->conn;
    if (slow != NULL && clock_mono_us() - slow->start_us >= us(set->rules.slow_ms))
        return slow->conn;
    return NULL;
}

/* ---- the timer ---- */

bool deadlines_init(struct deadlines *deadlines, struct deadlines_set *set, struct event_base *base,
                    event_callback_fn on_timer, void *conn)
{
    *deadlines = (struct deadlines){.set = set, .conn = conn};
    deadlines->timer = evtimer_new(base, on_timer, conn);
    return deadlines->timer != NULL;
}

void deadlines_done(struct deadlines *deadlines)
{
    set_list(deadlines, NULL);
    event_free(deadlines->timer);
}

void deadlines_note_queued(struct deadlines *deadlines, size_t octets)
{
    deadlines->queued += octets;
}

static void set_write_end(struct deadlines *deadlines, size_t pending, int64_t now)
{
    deadlines->write_end_us = now + us(deadlines->set->rules.write_ms);
    deadlines->write_mark = deadlines->queued - pending;
}

/* It is only ever moved forward: when it fires early, deadlines_look() sets it anew. */
static void arm_timer(struct deadlines *deadlines, int64_t now)
{
    int64_t end = deadlines->phase != PHASE_NONE ? deadlines->end_us : 0;
    struct timeval wait;
    int64_t left;

    if (deadlines->write_end_us != 0 && (end == 0 || deadlines->write_end_us < end))
        end = deadlines->write_end_us;
    if (deadlines->wants_turn)
        end = now;
    if (end == 0 || (deadlines->timer_us != 0 && deadlines->timer_us <= end))
        return;
    left = end > now ? end - now : 0;
    wait.tv_sec = (time_t)(left / 1000000);
    wait.tv_usec = (suseconds_t)(left % 1000000);
    if (event_add(deadlines->timer, &wait) == 0)
        deadlines->timer_us = end;
}

void deadlines_arm(struct deadlines *deadlines, const struct deadlines_at *at)
{
    int64_t now = clock_mono_us();

    if (at->phase != deadlines->phase || at->request != deadlines->request) {
        deadlines->phase = at->phase;
        deadlines->request = at->request;
        deadlines->start_us = now;
        deadlines->end_us = now + us(deadlines->set->rules.phase_ms[at->phase]);
        set_list(deadlines, list_of(deadlines->set, at->phase));
    }
    if (at->pending == 0)
        deadlines->write_end_us = 0;
    else if (deadlines->write_end_us == 0)
        set_write_end(deadlines, at->pending, now);
    deadlines->wants_turn = at->wants_turn;
    arm_timer(deadlines, now);
}

enum deadlines_end deadlines_look(struct deadlines *deadlines, size_t pending)
{
    int64_t now = clock_mono_us();

    deadlines->timer_us = 0;
    if (deadlines->write_end_us != 0 && now >= deadlines->write_end_us) {
        if (deadlines->queued - pending - deadlines->write_mark < deadlines->set->rules.write_bytes)
            return DEADLINES_NOT_TAKEN;
        set_write_end(deadlines, pending, now);
    }
    if (deadlines->wants_turn)
        return DEADLINES_TURN;
    if (deadlines->phase != PHASE_NONE && now >= deadlines->end_us)
        return DEADLINES_PHASE;
    arm_timer(deadlines, now);
    return DEADLINES_WAIT;
}

void deadlines_hurry(struct deadlines_set *set, unsigned idle_ms)
{
    int64_t now = clock_mono_us(), end = now + us(idle_ms);
    struct deadlines *deadlines;

    if (set->rules.phase_ms[PHASE_IDLE] > idle_ms)
        set->rules.phase_ms[PHASE_IDLE] = idle_ms;
    TAILQ_FOREACH(deadlines, &set->idle, link)
    {
        if (deadlines->end_us > end)
            deadlines->end_us = end;
        arm_timer(deadlines, now);
    }
}
