/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's OCSP service with everything around it: a published snapshot, connections, and the
 * test itself as key process and client. OpenSSL writes the requests and reads the answers.
 *
 *     responder_publish(b, b->now + DAY, 0);
 *     responder_start(b, b->now + 30 * DAY);
 *     ... responder_ask(b, RESPONDER_ABSENT).status ...
 *     responder_stop(b);
 *
 * For cmocka tests: what fails is an assertion.
 */
#ifndef SEKISHO_TEST_SUPPORT_RESPONDER_H
#define SEKISHO_TEST_SUPPORT_RESPONDER_H

#include "core/params.h"
#include "net/service.h"

struct ocsp_request_st;

/* Serial numbers: in the ARL, in the CRL, in neither. */
enum { RESPONDER_LISTED_CA = 0x71, RESPONDER_LISTED = 0x72, RESPONDER_ABSENT = 0x73 };

struct responder {
    char dir[64], cache[96];
    int64_t now;
    long listed; /* in the CRL that is published next */
    struct sk_arena *arena;
    const struct sk_cert *ca, *responder;
    struct sk_anchor anchor;
    struct sk_policy policy;
    struct sk_config config;
    struct service service;
    struct event_base *base;
    struct conn_set *conns;
    struct sk_counters counters;
    struct sk_process process;
    int key_process;     /* the test's end of the signer's socket */
    unsigned signatures; /* made so far */
};

/* What OpenSSL reads in an answer. */
struct responder_seen {
    int response, status, reason;
    int64_t this_update, next_update;
    int num_extensions; /* responseExtensions */
    char head[2048];
};

/* For cmocka: *state is a struct responder. */
int responder_setup(void **state);
int responder_teardown(void **state);

/* A CRL with listed, and an ARL; the times are their nextUpdate, 0: no such list. */
void responder_publish(const struct responder *b, int64_t crl, int64_t arl);

/* The worker begins with what was published; responder_end: notAfter of its certificate. */
void responder_start(struct responder *b, int64_t responder_end);
void responder_stop(struct responder *b);
/* The worker takes what was published last. */
void responder_reader(struct responder *b);
/* Another key process, with another certificate. */
void responder_attach(struct responder *b, int64_t responder_end);

/* Some turns of the event loop. */
void responder_turn(struct responder *b);
/* Answers everything that the key process has been asked. */
void responder_serve(struct responder *b);

/* Sends octets over a connection of its own; nothing is signed yet. */
int responder_send(struct responder *b, const uint8_t *octets, size_t len);
/* Reads what has come, and closes fd. The body stands until the next call. */
struct sk_bytes responder_take(struct responder *b, int fd, char *head, size_t max);
/* All of it. */
struct sk_bytes responder_exchange(struct responder *b, const uint8_t *octets, size_t len,
                                   char *head, size_t max);

struct ocsp_request_st *responder_request(const struct responder *b, long serial);
struct ocsp_request_st *responder_with_nonce(const struct responder *b);
/* The octets of a POST; frees the request. */
size_t responder_post_octets(struct ocsp_request_st *request, const char *path, uint8_t *out,
                             size_t max);

/* These free the request. */
struct sk_bytes responder_post(struct responder *b, const char *path,
                               struct ocsp_request_st *request, char *reply, size_t max);
struct responder_seen responder_ask_request(struct responder *b, long serial,
                                            struct ocsp_request_st *request);
struct responder_seen responder_ask(struct responder *b, long serial);
/* What OpenSSL reads in octets; out->head is left alone. */
void responder_read(const struct responder *b, long serial, struct sk_bytes octets,
                    struct responder_seen *out);

#endif
