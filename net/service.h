/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker's services (OCSP, JSON, repository, health) work with, and who serves which path.
 *
 * Everything here is the worker's own but config and policies, which are immutable, and process.
 * The reader changes between two requests, never during one.
 */
#ifndef SEKISHO_NET_SERVICE_H
#define SEKISHO_NET_SERVICE_H

#include "cache/generation.h"
#include "net/answer.h"
#include "net/conn.h"
#include "net/http.h"
#include "net/ocsp_memo.h"
#include "net/ocsp_own.h"
#include "net/ready.h"
#include "policy/config.h"

struct service {
    const struct sk_config *config;
    const struct sk_process *process;
    struct sk_counters *counters; /* of this worker */
    struct sk_reader *reader;     /* NULL: nothing is published yet */
    struct sk_served *served;     /* what the policies depend on in it; NULL: not known */
    struct why_ring *why;         /* NULL: decisions are not noted */
    const char *id, *path;        /* of the current request */
    struct sk_arena *arena;       /* of the current request, reset by each service */
    struct sk_keyring *keys;
    struct sk_signer *signer;     /* NULL: no [signer] in the configuration */
    struct ocsp_own own;          /* which of its keys must not sign */
    struct ocsp_memo *memo;       /* NULL: no signer */
    struct ocsp_produce *produce; /* NULL: no CA has pre-produce */
};

/* From now on answers are of this reader's generation; takes it over. */
void service_set_reader(struct service *service, struct sk_reader *reader);

/* Answers a request, now or once it is signed: a conn_handler whose argument is a struct service.
 */
void service_handle(void *arg, struct conn_exchange *exchange, const struct http_request *request);

/* POST /ocsp and GET /ocsp/{base64}; answers through conn_reply(). */
void ocsp_service_post(struct service *service, struct conn_exchange *exchange,
                       const struct http_request *request);
void ocsp_service_get(struct service *service, struct conn_exchange *exchange,
                      const struct http_request *request, struct sk_bytes encoded);

/* An ocsp_produce_fn of a struct service: has a question's answer signed before anybody asks. */
bool ocsp_service_produce(void *service, struct sk_bytes question);

/* A new service->served: what is known before anybody asks is made in advance. */
void ocsp_service_prepare(struct service *service);
/* Between two requests: are the own keys revoked? For readiness and figures. */
void ocsp_service_look_at_keys(struct service *service);

/* POST /cvs: 404 unless [cvs] is configured. */
void ocsp_service_cvs(struct service *service, struct conn_exchange *exchange,
                      const struct http_request *request);

/* POST /v1/validate. */
void json_validate(struct service *service, const struct http_request *request,
                   struct http_answer *out);
/* GET /v1/snapshot. */
void json_snapshot(struct service *service, struct http_answer *out);

/* How decisions about the current request are noted. */
struct why_note service_why(const struct service *service, const struct sk_policy *policy);

/* What the worker answers from, for readiness and figures. */
struct ready_view service_view(const struct service *service);
/* GET /readyz. */
void service_readyz(const struct service *service, struct http_answer *out);
/* GET /metrics. */
void service_metrics(const struct service *service, struct http_answer *out);

#endif
