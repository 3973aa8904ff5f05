/* SPDX-License-Identifier: Apache-2.0 */
#include "net/signer.h"

#include <stdlib.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "core/clock.h"
#include "core/der.h"
#include "core/key.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/sign.h"

enum {
    SLOT_BITS =
        10, /* an id is a count and, below it, the slot: late replies find a changed count */
    IDENTITY_ARENA = 1024 * 1024,
};
_Static_assert(1u << SLOT_BITS >= LIMIT_SIGN_QUEUE, "every waiting request has its slot");

struct slot {
    TAILQ_ENTRY(slot) link; /* of waiting or spare */
    bool is_used;
    uint32_t id;
    int64_t end_us; /* when the answer is late */
    signer_fn fn;   /* NULL: our own question */
    enum sign_op op;
    void *arg;
};

struct sk_signer {
    struct event_base *base;
    signer_state_fn on_state;
    void *arg;
    struct bufferevent *bev; /* NULL: no key process */
    struct event *deadline;  /* of the first waiting request */
    struct event *probe;
    struct slot slots[LIMIT_SIGN_QUEUE];
    TAILQ_HEAD(, slot) waiting, spare; /* waiting: oldest first */
    uint32_t count;                    /* requests ever made */
    uint8_t *hello;                    /* payload that identity points into */
    struct signer_identity identity;
    bool has_identity;
    bool is_well;   /* the last answer came in time and was good */
    bool was_ready; /* what on_state was told */
};

bool signer_is_ready(const struct sk_signer *signer)
{
    return signer->bev != NULL && signer->has_identity && signer->is_well;
}

const struct signer_identity *signer_identity_get0(const struct sk_signer *signer)
{
    return signer->has_identity ? &signer->identity : NULL;
}

bool signer_is_valid_at(const struct sk_signer *signer, int64_t now)
{
    return signer->has_identity && now >= signer->identity.not_before &&
           now <= signer->identity.not_after;
}

static void tell_state(struct sk_signer *signer)
{
    bool is_ready = signer_is_ready(signer);

    if (is_ready == signer->was_ready)
        return;
    signer->was_ready = is_ready;
    signer->on_state(signer->arg, is_ready);
}

static void set_well(struct sk_signer *signer, bool is_well)
{
    signer->is_well = is_well;
    tell_state(signer);
}

/* ---- who signs ---- */

static enum sk_status check_responder(const struct sk_cert *cert, struct signer_identity *out,
                                      struct sk_err *err)
{
    uint8_t hash[64];
    size_t len;
    enum sk_status status;

    /* O-11 */
    if (cert->key_usage.is_present && (cert->key_usage_bits & KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        return err_set(err, SK_INPUT, "responder certificate: keyUsage lacks digitalSignature");
    status = key_digest(KEY_SHA1, cert->key_bits, hash, &len);
    if (status != SK_OK || len != SIGNER_KEY_HASH)
        return err_set(err, SK_CRYPTO, "responder certificate: SHA-1 of its key");
    memcpy(out->key_hash, hash, SIGNER_KEY_HASH);
    out->not_before = cert->not_before;
    out->not_after = cert->not_after;
    return SK_OK;
}

enum sk_status signer_identity_parse(struct sk_bytes payload, struct signer_identity *out,
                                     struct sk_err *err)
{
    struct signer_identity identity = {0};
    struct der top, hello, certs;
    struct sk_bytes first;
    struct sk_arena *arena = NULL;
    struct sk_cert cert;
    enum sk_status status;

    der_init(&top, payload);
    if (der_enter(&top, DER_SEQUENCE, &hello) != SK_OK || der_finish(&top) != SK_OK ||
        der_take_whole(&hello, DER_SEQUENCE, &identity.algorithm) != SK_OK ||
        der_enter(&hello, DER_SEQUENCE, &certs) != SK_OK || der_finish(&hello) != SK_OK)
        return err_set(err, SK_INPUT, "key process: malformed HELLO");
    identity.certs = bytes_of(certs.p, (size_t)(certs.end - certs.p));
    if (der_take_whole(&certs, DER_SEQUENCE, &first) != SK_OK)
        return err_set(err, SK_INPUT, "key process: no responder certificate");
    arena = arena_new(IDENTITY_ARENA);
    if (arena == NULL)
        return err_set(err, SK_NOMEM, "responder certificate: no memory");
    status = cert_parse(arena, first, &cert, err);
    if (status == SK_OK)
        status = check_responder(&cert, &identity, err);
    arena_free(arena);
    if (status == SK_OK)
        *out = identity;
    return status;
}

static void read_hello(struct sk_signer *signer, struct sk_bytes payload)
{
    struct signer_identity identity;
    struct sk_err err = {0};
    uint8_t *copy;

    copy = malloc(payload.len > 0 ? payload.len : 1);
    if (copy == NULL)
        return;
    if (payload.len > 0)
        memcpy(copy, payload.p, payload.len);
    if (signer_identity_parse(bytes_of(copy, payload.len), &identity, &err) != SK_OK) {
        log_error("signer", "%s", err.text);
        free(copy);
        return;
    }
    free(signer->hello);
    signer->hello = copy;
    signer->identity = identity;
    signer->has_identity = true;
    if (!signer_is_valid_at(signer, clock_wall()))
        log_warning("signer", "the responder certificate is not valid now");
}

/* ---- requests ---- */

static void arm_deadline(struct sk_signer *signer)
{
    struct slot *first = TAILQ_FIRST(&signer->waiting);
    struct timeval wait = {0};
    int64_t left;

    if (first == NULL) {
        (void)event_del(signer->deadline);
        return;
    }
    left = first->end_us - clock_mono_us();
    if (left > 0) {
        wait.tv_sec = (time_t)(left / 1000000);
        wait.tv_usec = (suseconds_t)(left % 1000000);
    }
    (void)event_add(signer->deadline, &wait);
}

static void release(struct sk_signer *signer, struct slot *slot)
{
    TAILQ_REMOVE(&signer->waiting, slot, link);
    TAILQ_INSERT_TAIL(&signer->spare, slot, link);
    slot->is_used = false;
}

/* Answers a request; the slot is free before its callback runs, which may ask again. */
static void finish(struct sk_signer *signer, struct slot *slot, enum sk_status status,
                   struct sk_bytes signature)
{
    signer_fn fn = slot->fn;
    void *arg = slot->arg;

    release(signer, slot);
    if (fn != NULL)
        fn(arg, status, signature);
}

static enum sk_status ask(struct sk_signer *signer, enum sign_op op, struct sk_bytes tbs,
                          signer_fn fn, void *arg)
{
    struct slot *slot = TAILQ_FIRST(&signer->spare);
    bool was_empty = TAILQ_EMPTY(&signer->waiting);
    struct sign_request request = {.op = op, .key = 0, .wait_ms = LIMIT_SIGN_MS, .tbs = tbs};
    struct sk_buf frame;
    enum sk_status status;

    if (signer->bev == NULL)
        return SK_AGAIN;
    if (slot == NULL)
        return SK_LIMIT;
    request.id = signer->count++ << SLOT_BITS | (uint32_t)(slot - signer->slots);
    buf_init(&frame, LIMIT_SIGN_REQUEST_BYTES + 64);
    status = sign_request_encode(&request, &frame);
    if (status == SK_OK && bufferevent_write(signer->bev, frame.data, frame.len) != 0)
        status = SK_NOMEM;
    buf_done(&frame);
    if (status != SK_OK)
        return status;
    TAILQ_REMOVE(&signer->spare, slot, link);
    TAILQ_INSERT_TAIL(&signer->waiting, slot, link);
    slot->is_used = true;
    slot->id = request.id;
    slot->end_us = clock_mono_us() + (int64_t)LIMIT_SIGN_MS * 1000;
    slot->op = op;
    slot->fn = fn;
    slot->arg = arg;
    if (was_empty)
        arm_deadline(signer);
    return SK_OK;
}

enum sk_status signer_sign(struct sk_signer *signer, struct sk_bytes tbs, signer_fn fn, void *arg)
{
    return ask(signer, SIGN_OP_SIGN, tbs, fn, arg);
}

/* ---- the connection ---- */

static void detach(struct sk_signer *signer)
{
    struct slot *slot;

    if (signer->bev != NULL)
        bufferevent_free(signer->bev);
    signer->bev = NULL;
    signer->has_identity = false;
    set_well(signer, false);
    while ((slot = TAILQ_FIRST(&signer->waiting)) != NULL)
        finish(signer, slot, SK_IO, bytes_of(NULL, 0));
    arm_deadline(signer);
}

/* Asks whether the key process is there; until a signature has come, whether it can sign. The text
 * is no ResponseData, so its signature is of no use to anybody. */
static void probe(struct sk_signer *signer)
{
    static const char text[] = "sekisho: can you sign?";
    bool is_sign = signer->has_identity && !signer->is_well;

    if (signer->bev != NULL &&
        ask(signer, is_sign ? SIGN_OP_SIGN : SIGN_OP_HELLO,
            is_sign ? bytes_of(text, sizeof(text) - 1) : bytes_of(NULL, 0), NULL, NULL) != SK_OK)
        set_well(signer, false);
}

static enum sk_status status_of(enum sign_result result)
{
    switch (result) {
    case SIGN_RESULT_OK:
        return SK_OK;
    case SIGN_RESULT_BUSY:
        return SK_AGAIN;
    case SIGN_RESULT_NONE:
    case SIGN_RESULT_FAILED:
    case SIGN_RESULT_NO_KEY:
        break;
    }
    return SK_CRYPTO;
}

static void take_reply(struct sk_signer *signer, const struct sign_reply *reply)
{
    struct slot *slot = &signer->slots[reply->id & ((1u << SLOT_BITS) - 1)];
    enum sk_status status = status_of(reply->result);

    if (!slot->is_used || slot->id != reply->id)
        return; /* late: it was answered by its deadline */
    if (slot->op == SIGN_OP_HELLO && status == SK_OK && !signer->has_identity) {
        read_hello(signer, reply->payload);
        probe(signer); /* HELLO needs no key; only a signature shows that it can be used */
    } else if (slot->op == SIGN_OP_SIGN && status == SK_OK) {
        set_well(signer, true);
    } else if (status == SK_CRYPTO) { /* busy says nothing about the key */
        if (signer->is_well)
            log_warning("signer", "the key process cannot sign");
        set_well(signer, false);
    }
    finish(signer, slot, status, reply->payload);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct sk_signer *signer = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct sign_reply reply;
    size_t used;

    while (signer->bev == bev && evbuffer_get_length(in) > 0) {
        size_t len = evbuffer_get_length(in);
        enum sk_status status =
            sign_reply_decode(bytes_of(evbuffer_pullup(in, -1), len), &reply, &used);

        if (status == SK_AGAIN)
            break;
        if (status != SK_OK) {
            log_error("signer", "the key process speaks something else");
            detach(signer);
            return;
        }
        take_reply(signer, &reply);
        if (signer->bev == bev)
            (void)evbuffer_drain(in, used);
    }
    arm_deadline(signer);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    (void)what;
    log_warning("signer", "the key process has gone");
    detach(arg);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct sk_signer *signer = arg;
    int64_t now = clock_mono_us();
    struct slot *slot;

    (void)fd;
    (void)what;
    while ((slot = TAILQ_FIRST(&signer->waiting)) != NULL && slot->end_us <= now) {
        if (signer->is_well)
            log_warning("signer", "the key process does not answer in time");
        set_well(signer, false);
        finish(signer, slot, SK_AGAIN, bytes_of(NULL, 0));
    }
    arm_deadline(signer);
}

static void on_probe(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    probe(arg);
}

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
    for (i = 0; i < LIMIT_SIGN_QUEUE; i++)
        TAILQ_INSERT_TAIL(&signer->spare, &signer->slots[i], link);
    signer->deadline = evtimer_new(base, on_deadline, signer);
    signer->probe = event_new(base, -1, EV_PERSIST, on_probe, signer);
    if (signer->deadline == NULL || signer->probe == NULL ||
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
    signer->was_ready = false; /* nobody is told any more */
    signer->is_well = false;
    if (signer->deadline != NULL)
        detach(signer);
    if (signer->deadline != NULL)
        event_free(signer->deadline);
    if (signer->probe != NULL)
        event_free(signer->probe);
    free(signer->hello);
    free(signer);
}

void signer_attach(struct sk_signer *signer, int fd)
{
    detach(signer);
    signer->bev = bufferevent_socket_new(signer->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (signer->bev == NULL) {
        log_error("signer", "no memory for the key process's socket");
        (void)evutil_closesocket(fd);
        return;
    }
    bufferevent_setcb(signer->bev, on_read, NULL, on_event, signer);
    (void)bufferevent_enable(signer->bev, EV_READ | EV_WRITE);
    if (ask(signer, SIGN_OP_HELLO, bytes_of(NULL, 0), NULL, NULL) != SK_OK)
        log_error("signer", "the key process cannot be asked who it is");
}
