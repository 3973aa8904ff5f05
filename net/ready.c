/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ready.h"

#include <stdio.h>

enum { TEXT_BYTES = 512 };

const char *ready_reason_text(enum ready_reason reason)
{
    switch (reason) {
    case READY_NO_SNAPSHOT:
        return "no-snapshot";
    case READY_LISTS_UNKNOWN:
        return "lists-unknown";
    case READY_LIST_STALE:
        return "list-stale";
    case READY_LIST_MISSING:
        return "list-missing";
    case READY_LIST_UNUSABLE:
        return "list-unusable";
    case READY_SIGNER_DOWN:
        return "signer-down";
    case READY_SIGNER_CERTIFICATE:
        return "signer-certificate";
    case READY_DRAINING:
        return "draining";
    case READY_REASONS:
        break;
    }
    return "unknown";
}

/* Counts what goes through it. */
struct looking {
    ready_fn visit;
    void *arg;
    size_t count;
};

static void say(struct looking *looking, enum ready_reason reason, const char *text)
{
    looking->visit(looking->arg, reason, text);
    looking->count++;
}

static enum ready_reason reason_of(enum served_fault_kind kind)
{
    switch (kind) {
    case SERVED_FAULT_STALE:
        return READY_LIST_STALE;
    case SERVED_FAULT_MISSING:
        return READY_LIST_MISSING;
    case SERVED_FAULT_LIST:
        return READY_LIST_UNUSABLE;
    case SERVED_FAULT_UNKNOWN:
    case SERVED_FAULT_NONE:
        break;
    }
    return READY_LISTS_UNKNOWN;
}

static void say_fault(void *arg, const struct served_fault *fault)
{
    char text[TEXT_BYTES];

    (void)snprintf(text, sizeof(text), "CA %s, for policy %s: %s", fault->ca, fault->policy,
                   fault->text);
    say(arg, reason_of(fault->kind), text);
}

static bool has_valid_key(const struct signer_counters *signer, int64_t now)
{
    uint64_t count = counter_get(&signer->num_keys), i;

    for (i = 0; i < count && i < LIMIT_SIGNER_KEYS; i++) {
        const struct signer_key_counters *key = &signer->keys[i];

        if (counter_get(&key->state) != SIGN_STATE_DOWN && counter_get(&key->is_revoked) == 0 &&
            atomic_load_explicit(&key->not_before, memory_order_relaxed) <= now &&
            now <= atomic_load_explicit(&key->not_after, memory_order_relaxed))
            return true;
    }
    return false;
}

static void look_at_signers(const struct ready_view *view, struct looking *looking)
{
    const struct sk_process *process = view->process;
    unsigned down = 0, invalid = 0, i;
    char text[TEXT_BYTES];

    if (process->config->signer.backend == CONFIG_SIGNER_NONE)
        return;
    for (i = 0; i < process->workers; i++) {
        const struct signer_counters *signer = &process->counters[i].signer;

        if (counter_get(&signer->is_ready) == 0)
            down++;
        else if (!has_valid_key(signer, view->now))
            invalid++;
    }
    if (down > 0) {
        (void)snprintf(text, sizeof(text), "the signer does not answer %u of %u workers", down,
                       process->workers);
        say(looking, READY_SIGNER_DOWN, text);
    }
    if (invalid > 0)
        say(looking, READY_SIGNER_CERTIFICATE,
            "no key that can sign has a responder certificate that is valid now and not revoked");
}

bool ready_look(const struct ready_view *view, ready_fn visit, void *arg)
{
    struct looking looking = {visit, arg, 0};

    if (atomic_load_explicit(&view->process->is_draining, memory_order_relaxed))
        say(&looking, READY_DRAINING, "this process is about to end");
    if (!view->has_snapshot)
        say(&looking, READY_NO_SNAPSHOT, "nothing has been published yet");
    else if (view->served == NULL)
        say(&looking, READY_LISTS_UNKNOWN, "which lists the policies depend on is not known");
    else
        served_faults(view->served, view->now, say_fault, &looking);
    look_at_signers(view, &looking);
    return looking.count == 0;
}
