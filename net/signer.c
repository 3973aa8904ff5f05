/* SPDX-License-Identifier: Apache-2.0 */
#include "net/signer.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/log.h"
#include "net/stream.h"

enum {
    OWN_SLOTS = LIMIT_SIGNER_KEYS + 2, /* HELLO of every key, STATUS */
    NUM_SLOTS = SIGN_CLASSES * LIMIT_SIGN_QUEUE + OWN_SLOTS,
    SLOT_BITS =
        12, /* an id is a count and, below it, the slot: late replies find a changed count */
    KEYS_ARENA = 16 * 1024 * 1024,
    WELL_PROBES = 8, /* while all is well only each so many-th probe is made */
    SERVED = 16,     /* issuer keys remembered for each key */
    MARGIN_MS = 100, /* that the key process has less: only its silence is our own deadline */
    FRAMES_BYTES = LIMIT_SIGN_REQUEST_BYTES, /* of requests that are sent before the turn ends */
};
_Static_assert(1u << SLOT_BITS >= NUM_SLOTS, "every waiting request has its slot");

struct slot {
    TAILQ_ENTRY(slot) link; /* of waiting or spare */
    bool is_used;
    uint32_t id;
    int64_t start_us, end_us; /* end: when the answer is late */
    enum sign_op op;
    enum sign_class class;
    unsigned key;
    signer_fn fn; /* SIGN */
    void *arg;
};

/* Whom a key serves, by the issuer's name and key. */
struct served {
    uint8_t name[SK_SHA256], spki[SK_SHA256];
    bool is_known, does;
};

/* What HELLO told, once for all keys. */
struct keyset {
    struct sk_arena *arena;
    size_t num_keys, num_told;
    uint8_t id[SK_SHA256]; /* of their certificates */
    struct signer_key keys[LIMIT_SIGNER_KEYS];
    struct served served[LIMIT_SIGNER_KEYS][SERVED];
    unsigned next_served[LIMIT_SIGNER_KEYS];
};

struct sk_signer {
    struct event_base *base;
    signer_state_fn on_state;
    void *arg;
    bool is_attached; /* stream is open */
    struct stream stream;
    unsigned num_attached; /* streams so far */
    struct sk_buf frames;  /* requests of this turn of the loop: they leave together */
    struct sk_buf in;      /* replies, the last perhaps not whole */
    struct event *flush;   /* made active at the first request of a turn, so it comes at its end */
    struct event *deadline;
    int64_t deadline_us; /* when it fires, no later than the first request is due; 0: not armed */
    struct event *probe;
    struct slot slots[NUM_SLOTS];
    TAILQ_HEAD(, slot) waiting, spare; /* waiting: oldest first */
    size_t num_waiting[SIGN_CLASSES];  /* without our own */
    uint32_t count;                    /* requests ever made */
    unsigned num_probes;               /* times the timer has come */
    struct keyset *keys;               /* NULL until all were told once */
    struct keyset *coming;             /* being told; NULL: no HELLO in flight */
    bool is_greeted;                   /* keys are those of this socket's key process */
    bool is_answering;                 /* the last request was answered in time */
    enum signer_state told;            /* what on_state knows */
    struct signer_key_stats stats[LIMIT_SIGNER_KEYS];
};

/* ---- the keys ---- */

static void keyset_free(struct keyset *set)
{
    if (set == NULL)
        return;
    arena_free(set->arena);
    free(set);
}

static struct keyset *keyset_new(void)
{
    struct keyset *set = calloc(1, sizeof(*set));

    if (set == NULL)
        return NULL;
    set->num_keys = 1; /* until the first HELLO tells */
    set->arena = arena_new(KEYS_ARENA);
    if (set->arena == NULL) {
        keyset_free(set);
        return NULL;
    }
    return set;
}

size_t signer_count(const struct sk_signer *signer)
{
    return signer->keys != NULL ? signer->keys->num_keys : 0;
}

const struct signer_key *signer_key_get0(const struct sk_signer *signer, size_t key)
{
    return key < signer_count(signer) ? &signer->keys->keys[key] : NULL;
}

const uint8_t *signer_keys_id_get0(const struct sk_signer *signer)
{
    return signer->keys != NULL ? signer->keys->id : NULL;
}

bool signer_serves(struct sk_signer *signer, size_t key, const struct sk_cert *issuer,
                   struct sk_keyring *ring)
{
    struct served *served;
    size_t i;

    if (key >= signer_count(signer))
        return false;
    for (i = 0; i < SERVED; i++) {
        served = &signer->keys->served[key][i];
        if (served->is_known && memcmp(served->spki, issuer->spki_sha256, SK_SHA256) == 0 &&
            memcmp(served->name, issuer->subject_hash, SK_SHA256) == 0)
            return served->does;
    }
    served = &signer->keys->served[key][signer->keys->next_served[key]++ % SERVED];
    memcpy(served->spki, issuer->spki_sha256, SK_SHA256);
    memcpy(served->name, issuer->subject_hash, SK_SHA256);
    served->does = signer_key_serves(&signer->keys->keys[key], issuer, ring);
    served->is_known = true;
    return served->does;
}

static bool is_able(const struct sk_signer *signer, size_t key)
{
    return signer->is_greeted && signer->is_answering &&
           signer->stats[key].state != SIGN_STATE_DOWN;
}

bool signer_can_sign(const struct sk_signer *signer, size_t key, int64_t now)
{
    return key < signer_count(signer) && is_able(signer, key) &&
           signer_key_is_valid_at(&signer->keys->keys[key], now);
}

bool signer_is_valid_at(const struct sk_signer *signer, int64_t now)
{
    size_t i;

    for (i = 0; i < signer_count(signer); i++) {
        if (signer_key_is_valid_at(&signer->keys->keys[i], now))
            return true;
    }
    return false;
}

/* ---- state ---- */

static enum signer_state state_of(const struct sk_signer *signer)
{
    size_t i;

    if (!signer->is_attached)
        return SIGNER_DETACHED;
    for (i = 0; i < signer_count(signer); i++) {
        if (is_able(signer, i))
            return SIGNER_READY;
    }
    return SIGNER_ATTACHED;
}

bool signer_is_ready(const struct sk_signer *signer)
{
    return state_of(signer) == SIGNER_READY;
}

static void tell_state(struct sk_signer *signer)
{
    enum signer_state state = state_of(signer);

    if (state == signer->told)
        return;
    signer->told = state;
    signer->on_state(signer->arg, state);
}

static void set_key_state(struct sk_signer *signer, size_t key, enum sign_state state)
{
    const char *name = signer->keys->keys[key].name;
    enum sign_state was = signer->stats[key].state;

    if (state == was)
        return;
    signer->stats[key].state = state;
    if (state == SIGN_STATE_DOWN)
        log_warning("signer", "key %s cannot sign", name);
    else if (was == SIGN_STATE_DOWN)
        log_info("signer", "key %s can sign", name);
}

static void set_answering(struct sk_signer *signer, bool is_answering)
{
    if (signer->is_answering && !is_answering)
        log_warning("signer", "the key process does not answer in time");
    signer->is_answering = is_answering;
}

/* ---- requests ---- */

/* Requests come and go by the thousand: a timer that is armed stays, and looks again when it fires.
 */
static void arm_deadline(struct sk_signer *signer)
{
    struct slot *first = TAILQ_FIRST(&signer->waiting);
    struct timeval wait = {0};
    int64_t left;

    if (first == NULL || signer->deadline_us != 0)
        return;
    left = first->end_us - clock_mono_us();
    if (left > 0) {
        wait.tv_sec = (time_t)(left / 1000000);
        wait.tv_usec = (suseconds_t)(left % 1000000);
    }
    if (event_add(signer->deadline, &wait) == 0)
        signer->deadline_us = first->end_us;
}

/* Answers a request; the slot is free before its callback runs, which may ask again. */
static void finish(struct sk_signer *signer, struct slot *slot, enum sk_status status,
                   struct sk_bytes signature)
{
    signer_fn fn = slot->fn;
    void *arg = slot->arg;

    TAILQ_REMOVE(&signer->waiting, slot, link);
    TAILQ_INSERT_TAIL(&signer->spare, slot, link);
    slot->is_used = false;
    if (slot->op != SIGN_OP_SIGN)
        return;
    signer->num_waiting[slot->class]--;
    fn(arg, status, signature);
}

/* False: the key process is gone, which on_ready() will find. */
static bool send_frames(struct sk_signer *signer)
{
    bool is_sent = stream_send(&signer->stream, buf_bytes(&signer->frames));

    buf_reset(&signer->frames);
    return is_sent && stream_wait(&signer->stream, true);
}

static enum sk_status put_frame(struct sk_signer *signer, const struct sign_request *request)
{
    struct sk_buf *frames = &signer->frames;
    size_t before;
    enum sk_status status;

    if (frames->len >= FRAMES_BYTES && !send_frames(signer))
        return SK_AGAIN;
    if (frames->len == 0)
        event_active(signer->flush, EV_TIMEOUT, 0);
    before = frames->len;
    status = sign_request_encode(request, frames);
    if (status != SK_OK) {
        frames->len = before;
        frames->status = SK_OK;
    }
    return status;
}

/* Sends a request; *out is the slot that waits for its reply. */
static enum sk_status ask(struct sk_signer *signer, struct sign_request *request, struct slot **out)
{
    struct slot *slot = TAILQ_FIRST(&signer->spare);
    enum sk_status status;

    if (slot == NULL)
        return SK_LIMIT;
    request->id = signer->count++ << SLOT_BITS | (uint32_t)(slot - signer->slots);
    request->wait_ms = LIMIT_SIGN_MS - MARGIN_MS;
    status = put_frame(signer, request);
    if (status != SK_OK)
        return status;
    TAILQ_REMOVE(&signer->spare, slot, link);
    TAILQ_INSERT_TAIL(&signer->waiting, slot, link);
    slot->is_used = true;
    slot->id = request->id;
    slot->start_us = clock_mono_us();
    slot->end_us = slot->start_us + (int64_t)LIMIT_SIGN_MS * 1000;
    slot->op = request->op;
    slot->class = request->class;
    slot->key = request->key;
    slot->fn = NULL;
    slot->arg = NULL;
    arm_deadline(signer);
    *out = slot;
    return SK_OK;
}

static bool ask_own(struct sk_signer *signer, enum sign_op op, size_t key)
{
    struct sign_request request = {.op = op, .key = (uint16_t)key};
    struct slot *slot;

    return ask(signer, &request, &slot) == SK_OK;
}

enum sk_status signer_sign(struct sk_signer *signer, const struct signer_ask *what, signer_fn fn,
                           void *arg)
{
    struct sign_request request = {.op = SIGN_OP_SIGN,
                                   .key = (uint16_t)what->key,
                                   .class = what->class,
                                   .algorithm = (uint8_t)what->algorithm,
                                   .tbs = what->tbs};
    struct slot *slot;
    enum sk_status status;

    /* Until the keys of a new key process are known, a signature might be of another key than the
     * one whose name stands in what is to be signed. */
    if (!signer->is_attached || !signer->is_greeted || !signer->is_answering)
        return SK_AGAIN;
    if (what->key >= signer_count(signer) ||
        what->algorithm >= signer->keys->keys[what->key].num_algorithms)
        return SK_NOTFOUND;
    if (signer->num_waiting[what->class] >= LIMIT_SIGN_QUEUE) {
        signer->stats[what->key].num_busy++;
        return SK_LIMIT;
    }
    status = ask(signer, &request, &slot);
    if (status != SK_OK)
        return status;
    signer->num_waiting[what->class]++;
    slot->fn = fn;
    slot->arg = arg;
    return SK_OK;
}

/* ---- the connection ---- */

static void detach(struct sk_signer *signer)
{
    struct slot *slot;
    size_t i;

    if (signer->is_attached)
        stream_done(&signer->stream);
    signer->is_attached = false;
    buf_reset(&signer->frames);
    buf_reset(&signer->in);
    signer->is_greeted = false;
    keyset_free(signer->coming);
    signer->coming = NULL;
    for (i = 0; i < signer_count(signer); i++)
        signer->stats[i].state = SIGN_STATE_DOWN;
    tell_state(signer);
    while ((slot = TAILQ_FIRST(&signer->waiting)) != NULL) {
        if (slot->op == SIGN_OP_SIGN)
            signer->stats[slot->key].num_failed++;
        finish(signer, slot, SK_IO, bytes_of(NULL, 0));
    }
}

static void greet(struct sk_signer *signer)
{
    signer->coming = keyset_new();
    if (signer->coming == NULL || !ask_own(signer, SIGN_OP_HELLO, 0)) {
        log_error("signer", "the key process cannot be asked who it is");
        keyset_free(signer->coming);
        signer->coming = NULL;
    }
}

static void set_keyset_id(struct keyset *set)
{
    uint8_t chain[2 * SK_SHA256 + 1];
    size_t i;

    memset(set->id, 0, sizeof(set->id));
    for (i = 0; i < set->num_keys; i++) {
        memcpy(chain, set->id, SK_SHA256);
        memcpy(chain + SK_SHA256, set->keys[i].cert->sha256, SK_SHA256);
        chain[2 * SK_SHA256] = (uint8_t)set->keys[i].model;
        key_sha256(bytes_of(chain, sizeof(chain)), set->id);
    }
}

/* All keys are known: from here on signatures may be asked for. */
static void take_keys(struct sk_signer *signer)
{
    int64_t now = clock_wall();
    size_t i;

    keyset_free(signer->keys);
    signer->keys = signer->coming;
    signer->coming = NULL;
    set_keyset_id(signer->keys);
    signer->is_greeted = true;
    for (i = 0; i < signer->keys->num_keys; i++) {
        const struct signer_key *key = &signer->keys->keys[i];

        signer->stats[i].not_after = key->cert->not_after;
        if (!signer_key_is_valid_at(key, now))
            log_warning("signer", "key %s: its certificate is not valid now", key->name);
    }
    (void)ask_own(signer, SIGN_OP_STATUS, 0);
}

static enum sk_status read_hello(struct keyset *set, size_t key, struct sk_bytes payload,
                                 struct sk_err *err)
{
    unsigned num_keys;
    const uint8_t *copy = arena_copy(set->arena, payload.p, payload.len);
    enum sk_status status;

    if (copy == NULL)
        return err_set(err, SK_NOMEM, "key process: no memory for HELLO");
    status = signer_key_parse(set->arena, (unsigned)key, bytes_of(copy, payload.len), &num_keys,
                              &set->keys[key], err);
    if (status == SK_OK && key > 0 && num_keys != set->num_keys)
        return err_set(err, SK_INPUT, "key process: it does not know how many keys it has");
    if (status == SK_OK)
        set->num_keys = num_keys;
    return status;
}

static void take_hello(struct sk_signer *signer, size_t key, struct sk_bytes payload)
{
    struct keyset *set = signer->coming;
    struct sk_err err = {0};
    size_t i;
    bool is_good;

    if (set == NULL || set->keys[key].cert != NULL)
        return;
    is_good = read_hello(set, key, payload, &err) == SK_OK;
    if (!is_good)
        log_error("signer", "%s", err.text);
    for (i = 1; is_good && key == 0 && i < set->num_keys; i++)
        is_good = ask_own(signer, SIGN_OP_HELLO, i);
    if (!is_good) { /* the next probe asks again */
        keyset_free(set);
        signer->coming = NULL;
    } else if (++set->num_told == set->num_keys) {
        take_keys(signer);
    }
}

static void take_status(struct sk_signer *signer, struct sk_bytes payload)
{
    size_t i;

    for (i = 0; signer->is_greeted && i < signer_count(signer) && i < payload.len; i++) {
        if (payload.p[i] <= SIGN_STATE_FALLBACK)
            set_key_state(signer, i, (enum sign_state)payload.p[i]);
    }
}

/* Counts an answer to SIGN, and what it says about the key. */
static enum sk_status take_signature(struct sk_signer *signer, const struct slot *slot,
                                     enum sign_result result)
{
    struct signer_key_stats *stats = &signer->stats[slot->key];

    switch (result) {
    case SIGN_RESULT_OK:
        stats->num_ok++;
        stats->wait_us += (uint64_t)(clock_mono_us() - slot->start_us);
        if (stats->state == SIGN_STATE_DOWN)
            set_key_state(signer, slot->key, SIGN_STATE_READY);
        return SK_OK;
    case SIGN_RESULT_BUSY: /* says nothing about the key */
        stats->num_busy++;
        return SK_AGAIN;
    case SIGN_RESULT_LATE:
        stats->num_late++;
        return SK_AGAIN;
    case SIGN_RESULT_NONE:
    case SIGN_RESULT_FAILED:
    case SIGN_RESULT_NO_KEY:
        break;
    }
    stats->num_failed++;
    set_key_state(signer, slot->key, SIGN_STATE_DOWN);
    return SK_CRYPTO;
}

static void take_reply(struct sk_signer *signer, const struct sign_reply *reply)
{
    size_t index = reply->id & ((1u << SLOT_BITS) - 1);
    struct slot *slot = index < NUM_SLOTS ? &signer->slots[index] : NULL;
    bool is_ok = reply->result == SIGN_RESULT_OK;
    enum sk_status status = SK_OK;

    if (slot == NULL || !slot->is_used || slot->id != reply->id)
        return; /* late: it was answered by its deadline */
    set_answering(signer, true);
    switch (slot->op) {
    case SIGN_OP_HELLO:
        take_hello(signer, slot->key, is_ok ? reply->payload : bytes_of(NULL, 0));
        break;
    case SIGN_OP_STATUS:
        take_status(signer, reply->payload);
        break;
    case SIGN_OP_SIGN:
        status = take_signature(signer, slot, reply->result);
        break;
    case SIGN_OP_NONE:
        break;
    }
    tell_state(signer);
    finish(signer, slot, status, reply->payload);
}

/* Takes what has come and whatever it says; callbacks may find another key process attached, or
 * none. */
static void take_replies(struct sk_signer *signer)
{
    const unsigned attached = signer->num_attached;
    struct sign_reply reply;
    struct sk_err err = {0};
    size_t at = 0, used;

    for (;;) {
        enum sk_status status = sign_reply_decode(
            bytes_of(signer->in.data + at, signer->in.len - at), &reply, &used, &err);

        if (status == SK_AGAIN)
            break;
        if (status != SK_OK) {
            log_error("signer", "the key process sent %s", err.text);
            detach(signer);
            return;
        }
        at += used;
        take_reply(signer, &reply);
        if (!signer->is_attached || signer->num_attached != attached)
            return;
    }
    if (at > 0) {
        memmove(signer->in.data, signer->in.data + at, signer->in.len - at);
        signer->in.len -= at;
    }
}

/* False: the key process has gone. */
static bool receive(struct sk_signer *signer)
{
    size_t room = signer->in.max - signer->in.len, n;
    uint8_t *to = buf_reserve(&signer->in, room);
    enum sk_status status;

    if (to == NULL)
        return false;
    status = stream_read(&signer->stream, to, room, &n);
    if (status == SK_AGAIN)
        return true;
    if (status != SK_OK || n == 0)
        return false;
    signer->in.len += n;
    take_replies(signer);
    return true;
}

static void lose(struct sk_signer *signer)
{
    log_warning("signer", "the key process has gone");
    detach(signer);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct sk_signer *signer = arg;

    (void)fd;
    (void)what;
    if (!stream_flush(&signer->stream) || !receive(signer) ||
        (signer->is_attached && !stream_wait(&signer->stream, true)))
        lose(signer);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    struct sk_signer *signer = arg;

    (void)fd;
    (void)what;
    if (signer->is_attached && signer->frames.len > 0 && !send_frames(signer))
        lose(signer);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct sk_signer *signer = arg;
    int64_t now = clock_mono_us();
    struct slot *slot;

    (void)fd;
    (void)what;
    signer->deadline_us = 0;
    while ((slot = TAILQ_FIRST(&signer->waiting)) != NULL && slot->end_us <= now) {
        set_answering(signer, false);
        tell_state(signer);
        if (slot->op == SIGN_OP_SIGN) {
            signer->stats[slot->key].num_late++;
        } else if (slot->op == SIGN_OP_HELLO) {
            keyset_free(signer->coming);
            signer->coming = NULL;
        }
        finish(signer, slot, SK_AGAIN, bytes_of(NULL, 0));
    }
    arm_deadline(signer);
}

/* Keys that are all well are asked about less often. */
static bool is_all_well(const struct sk_signer *signer)
{
    size_t i;

    for (i = 0; i < signer_count(signer); i++) {
        if (!is_able(signer, i) || signer->stats[i].state != SIGN_STATE_READY)
            return false;
    }
    return true;
}

static void on_probe(evutil_socket_t fd, short what, void *arg)
{
    struct sk_signer *signer = arg;

    (void)fd;
    (void)what;
    if (!signer->is_attached || (signer->num_probes++ % WELL_PROBES != 0 && is_all_well(signer)))
        return;
    if (signer->is_greeted)
        (void)ask_own(signer, SIGN_OP_STATUS, 0);
    else if (signer->coming == NULL)
        greet(signer);
}

void signer_stats(const struct sk_signer *signer, struct signer_stats *out)
{
    memset(out, 0, sizeof(*out));
    out->state = state_of(signer);
    memcpy(out->num_waiting, signer->num_waiting, sizeof(out->num_waiting));
    out->num_keys = signer_count(signer);
    memcpy(out->keys, signer->stats, sizeof(out->keys));
}

/* ---- life ---- */

struct sk_signer *signer_new(struct event_base *base, signer_state_fn on_state, void *arg)
{
    const struct timeval every = {LIMIT_SIGN_PROBE_MS / 1000, LIMIT_SIGN_PROBE_MS % 1000 * 1000};
    struct sk_signer *signer = calloc(1, sizeof(*signer));
    size_t i;

    if (signer == NULL)
        return NULL;
    signer->base = base;
    signer->on_state = on_state;
    signer->arg = arg;
    TAILQ_INIT(&signer->waiting);
    TAILQ_INIT(&signer->spare);
    for (i = 0; i < NUM_SLOTS; i++)
        TAILQ_INSERT_TAIL(&signer->spare, &signer->slots[i], link);
    buf_init(&signer->frames, 2 * FRAMES_BYTES); /* one more always fits behind what may wait */
    buf_init(&signer->in, LIMIT_SIGN_REQUEST_BYTES);
    signer->flush = event_new(base, -1, 0, on_flush, signer);
    signer->deadline = evtimer_new(base, on_deadline, signer);
    signer->probe = event_new(base, -1, EV_PERSIST, on_probe, signer);
    if (signer->flush == NULL || signer->deadline == NULL || signer->probe == NULL ||
        event_add(signer->probe, &every) != 0) {
        signer_free(signer);
        return NULL;
    }
    return signer;
}

void signer_free(struct sk_signer *signer)
{
    if (signer == NULL)
        return;
    signer->told = SIGNER_DETACHED; /* nobody is told any more */
    detach(signer);
    buf_done(&signer->frames);
    buf_done(&signer->in);
    if (signer->flush != NULL)
        event_free(signer->flush);
    if (signer->deadline != NULL)
        event_free(signer->deadline);
    if (signer->probe != NULL)
        event_free(signer->probe);
    keyset_free(signer->keys);
    free(signer);
}

void signer_attach(struct sk_signer *signer, int fd)
{
    detach(signer);
    if (!stream_init(&signer->stream, signer->base, fd, NULL, on_ready, signer)) {
        log_error("signer", "no memory for the key process's socket");
        (void)evutil_closesocket(fd);
        return;
    }
    signer->is_attached = true;
    signer->num_attached++;
    signer->is_answering = true;
    greet(signer);
    tell_state(signer);
    if (!stream_wait(&signer->stream, true))
        lose(signer);
}
