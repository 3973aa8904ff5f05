/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair: one configuration with the network process and the key process that serve it.
 *
 * The supervisor may have several at once: the one that serves, one that is being started by a
 * reload, and older ones that drain. One thread.
 */
#ifndef SEKISHO_TOOLS_DAEMON_PAIR_H
#define SEKISHO_TOOLS_DAEMON_PAIR_H

#include <sys/queue.h>
#include <sys/types.h>

#include "policy/config.h"
#include "tools/daemon/askers.h"
#include "tools/daemon/listen.h"
#include "tools/daemon/role.h"

enum pair_phase {
    PAIR_STARTING = 1, /* a reload: takes over once it can do what the serving pair can */
    PAIR_SERVING,
    PAIR_RETIRING, /* drains; nothing is restarted */
};

/* One child and when it is to be started again. */
struct pair_child {
    enum role_kind kind;
    pid_t pid;         /* 0: not running */
    int64_t start_ms;  /* when it was started */
    int64_t due_ms;    /* not running: when to start it; 0: not at all */
    unsigned failures; /* ends in a row, each soon after its start */
};

struct pair {
    TAILQ_ENTRY(pair) link;
    enum pair_phase phase;
    const char *file; /* borrowed */
    struct sk_config *config;
    int text; /* memory file of the configuration */
    struct pair_child net, key;
    int admin;         /* control socket of sekisho-ctl; -1: none */
    int control;       /* to the network process; -1: none runs */
    uint32_t state;    /* CONTROL_HAS_* it last reported */
    bool has_state;    /* it has reported */
    bool is_accepting; /* it was told to accept */
    bool is_closed;    /* it has said that it accepts no connection any more */
    int pin;           /* borrowed memory file for the key process; -1: none */
    int64_t lost_ms;   /* since when a worker has no socket to the key process; 0: all have */
    bool is_key_ended; /* this key process was told to end for that */
    int64_t retire_ms; /* retiring: when it began */
    bool was_killed;   /* retiring took too long */
};
TAILQ_HEAD(pair_list, pair);

/* A pair as one program hands it over to the next, which becomes the same process. */
struct pair_handover {
    int32_t phase, net, key;      /* pids */
    int32_t text, control, admin; /* descriptors */
    uint32_t state;
    int32_t has_state, is_accepting;
};

/* Reads and checks the configuration file. Faults are reported line by line. NULL on failure;
 * out_status then tells SK_INPUT (faults) from SK_IO. */
struct pair *pair_new(const char *file, config_report_fn report, void *arg,
                      enum sk_status *out_status);
/* What pair_adopt() needs; everything stays the pair's. */
void pair_hand_over(const struct pair *pair, struct pair_handover *out);
/* Makes the pair again, in the program that took over. NULL: it cannot be, logged. */
struct pair *pair_adopt(const char *file, const struct pair_handover *handover, int pin);
/* Closes and frees; no child may run. Accepts NULL. */
void pair_free(struct pair *pair);

/* The control socket: that of a pair which has it at the same path, else a new one. SK_OK also when
 * there is to be none. */
enum sk_status pair_open_admin(struct pair *pair, const struct pair_list *pairs,
                               struct sk_err *err) SK_MUST_CHECK;
/* Before pair_free(): takes the control socket out of its folder, unless one of pairs has it. */
void pair_unlink_admin(const struct pair *pair, const struct pair_list *pairs);

/* Starts whichever child is due: the key process with fresh sockets to every worker, the network
 * process on table's sockets. A failure is logged and tried again later. */
void pair_start_due(struct pair *pair, const struct listen_table *table, int64_t now_ms);
/* A key process that has closed a worker's socket, which it does only to what it does not
 * understand, is ended: the next one brings new sockets for all. */
void pair_mend_key(struct pair *pair, int64_t now_ms);
/* When pair_start_due(), pair_mend_key() or pair_accept_due() has something to do; INT64_MAX:
 * never. */
int64_t pair_due_ms(const struct pair *pair);

/* Takes what the network process says; who asks for a reload goes to askers. */
void pair_read_control(struct pair *pair, struct asker_list *askers, int64_t now_ms);
/* Everything it will need is there, or was waited for long enough. */
bool pair_accept_due(const struct pair *pair, int64_t now_ms);
/* Tells the network process to accept connections. */
void pair_accept(struct pair *pair);

/* A child has ended: which one, logged, and its restart planned when the pair serves. False: not a
 * child of this pair. */
bool pair_ended(struct pair *pair, pid_t pid, int status, int64_t now_ms);

/* Another pair serves now: the network process answers what still comes on its connections and ends
 * each with an answer that says so, within the drain time; then the key process goes. */
void pair_retire(struct pair *pair, int64_t now_ms);
/* The same, without waiting for clients that stay silent; may come after pair_retire(). */
void pair_end(struct pair *pair, int64_t now_ms);
/* A retiring pair accepts no connection any more: whoever connects from now on gets another. */
bool pair_is_closed(const struct pair *pair);
/* Moves a retiring pair on. True: no child runs any more. */
bool pair_is_over(struct pair *pair, int64_t now_ms);

#endif
