/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log: one line of JSON for each answer, written by a thread of its own.
 *
 * A worker formats its line into a buffer of fixed size and goes on; where there is no room the
 * line is dropped and counted, so no disk, pipe or syslog daemon ever holds up an answer. The
 * thread takes what the workers have left and writes it. A file that was renamed or removed is
 * opened anew under its name within a second; a reload makes a new process, which opens it anyway.
 *
 * A line says nothing about whom a request asks: no body, no query, of the path only its class (an
 * OCSP GET carries its request in the path), nothing of any certificate but the verdict. The
 * client's address can be cut to its network or left out.
 */
#ifndef SEKISHO_NET_ACCESS_LOG_H
#define SEKISHO_NET_ACCESS_LOG_H

#include "net/counters.h"
#include "policy/config.h"

struct access_log;    /* of the process */
struct access_worker; /* the part of one worker */

struct access_entry {
    const char *id;       /* letters, digits, '.', '_' and '-' */
    const char *listener; /* ADDRESS:PORT */
    const char *tls;      /* version; NULL: plain */
    const struct sk_address *client;
    const char *method;    /* NULL: there was no whole request */
    const char *path;      /* class: "/ocsp"; NULL: none of ours */
    const char *verdict;   /* class: "good"; NULL: none */
    const char *operation; /* of LDAP: "search", and method, path and verdict mean nothing */
    const char *scope;     /* of a search: "base"; NULL: none */
    unsigned entries;      /* that it gave */
    unsigned status;       /* of HTTP, or the result code of LDAP */
    bool is_kept;          /* the answer had been kept: nothing was judged or signed for it */
    bool is_failure;       /* to be written even when others are left out */
    uint64_t octets;       /* of the answer, head and body */
    int64_t took_us;
    uint64_t generation; /* 0: none */
};

/* Can the file be written? It is made when it is not there. */
enum sk_status access_log_check(const struct config_access *config,
                                struct sk_err *err) SK_MUST_CHECK;
/* Starts the thread. counters: one per worker, where dropped lines are counted. SK_IO: the file
 * cannot be opened. */
enum sk_status access_log_new(const struct config_access *config, struct sk_counters *counters,
                              unsigned workers, struct access_log **out,
                              struct sk_err *err) SK_MUST_CHECK;
/* Writes what is left and ends the thread; no worker may run. Accepts NULL. */
void access_log_free(struct access_log *log);

struct access_worker *access_log_worker(struct access_log *log, unsigned index);
/* In the worker's thread. */
void access_log_add(struct access_worker *worker, const struct access_entry *entry);

#endif
