/* SPDX-License-Identifier: Apache-2.0 */
#include "net/service.h"

#include "core/clock.h"
#include "net/repository.h"

/* What a path is served by, and which methods it takes. */
enum route_kind {
    ROUTE_NONE = 0,
    ROUTE_OCSP_POST,
    ROUTE_OCSP_GET,
    ROUTE_CVS,
    ROUTE_VALIDATE,
    ROUTE_SNAPSHOT,
    ROUTE_PKI,
    ROUTE_SEARCH_CERTS,
    ROUTE_SEARCH_CRLS,
    ROUTE_LIVEZ,
    ROUTE_READYZ,
    ROUTE_METRICS,
};

static const struct route {
    const char *path; /* the whole path, or what it begins with when it ends in "/" */
    enum route_kind kind;
    bool is_post;
    enum acl_service service;
    enum counted_protocol protocol;
} routes[] = {
    {"/ocsp", ROUTE_OCSP_POST, true, ACL_OCSP, COUNTED_OCSP},
    {"/ocsp/", ROUTE_OCSP_GET, false, ACL_OCSP, COUNTED_OCSP},
    {"/cvs", ROUTE_CVS, true, ACL_CVS, COUNTED_CVS},
    {"/v1/validate", ROUTE_VALIDATE, true, ACL_VALIDATE, COUNTED_VALIDATE},
    {"/v1/snapshot", ROUTE_SNAPSHOT, false, ACL_SNAPSHOT, COUNTED_SNAPSHOT},
    {"/pki/", ROUTE_PKI, false, ACL_REPOSITORY, COUNTED_REPOSITORY},
    {"/certificates/search.cgi", ROUTE_SEARCH_CERTS, false, ACL_REPOSITORY, COUNTED_REPOSITORY},
    {"/crls/search.cgi", ROUTE_SEARCH_CRLS, false, ACL_REPOSITORY, COUNTED_REPOSITORY},
    {"/livez", ROUTE_LIVEZ, false, ACL_HEALTH, COUNTED_HEALTH},
    {"/readyz", ROUTE_READYZ, false, ACL_HEALTH, COUNTED_HEALTH},
    {"/metrics", ROUTE_METRICS, false, ACL_METRICS, COUNTED_METRICS},
};

void service_set_reader(struct service *service, struct sk_reader *reader)
{
    reader_free(service->reader);
    service->reader = reader;
    service->own.is_known = false;
    if (service->memo != NULL)
        ocsp_memo_renew(service->memo);
}

struct why_note service_why(const struct service *service, const struct sk_policy *policy)
{
    uint64_t generation =
        service->reader != NULL ? generation_number(reader_generation(service->reader)) : 0;

    return (struct why_note){.ring = service->why,
                             .id = service->id,
                             .service = service->path,
                             .policy = policy != NULL ? policy->name : NULL,
                             .generation = generation,
                             .time = clock_wall()};
}

static bool is_route(const struct route *route, struct sk_bytes path)
{
    size_t len = strlen(route->path);

    if (path.len < len || memcmp(path.p, route->path, len) != 0)
        return false;
    return path.len == len || route->path[len - 1] == '/';
}

static const struct route *find_route(struct sk_bytes path)
{
    size_t i;

    for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (is_route(&routes[i], path))
            return &routes[i];
    }
    return NULL;
}

static bool is_allowed(const struct route *route, const struct http_request *request)
{
    if (route->is_post)
        return request->method == HTTP_POST;
    /* "POST /ocsp/" is the same service: the responder's address may end with a slash (O-30). */
    if (route->kind == ROUTE_OCSP_GET && request->path.len == strlen(route->path))
        return request->method == HTTP_POST;
    return request->method == HTTP_GET || request->method == HTTP_HEAD;
}

static void answer_not_allowed(const struct route *route, const struct http_request *request,
                               struct http_answer *out)
{
    bool is_post = route->is_post ||
                   (route->kind == ROUTE_OCSP_GET && request->path.len == strlen(route->path));

    if (request->method == HTTP_METHOD_UNKNOWN) {
        answer_error(out, 501, "not-implemented", "a method we do not know");
        return;
    }
    answer_error(out, 405, "method-not-allowed", "this path does not take the method");
    answer_field(out, "Allow", is_post ? "POST" : "GET, HEAD");
}

/* Probes are answered however many wait: whoever asks must not take a busy server for a dead one.
 * Of OCSP what is kept is answered too; ocsp_service.c sheds the rest. */
static bool is_shed(const struct route *route, const struct conn_exchange *exchange)
{
    switch (route->kind) {
    case ROUTE_LIVEZ:
    case ROUTE_READYZ:
    case ROUTE_METRICS:
    case ROUTE_OCSP_POST:
    case ROUTE_OCSP_GET:
    case ROUTE_CVS:
        return false;
    case ROUTE_NONE:
    case ROUTE_VALIDATE:
    case ROUTE_SNAPSHOT:
    case ROUTE_PKI:
    case ROUTE_SEARCH_CERTS:
    case ROUTE_SEARCH_CRLS:
        break;
    }
    return conn_is_overloaded(exchange);
}

void service_handle(void *arg, struct conn_exchange *exchange, const struct http_request *request)
{
    struct service *service = arg;
    const struct route *route = find_route(request->path);
    struct http_answer answer;
    struct sk_bytes rest;

    conn_note(exchange, route != NULL ? route->path : NULL,
              route != NULL ? route->protocol : COUNTED_OTHER,
              service->reader != NULL ? generation_number(reader_generation(service->reader)) : 0);
    service->id = conn_id_get0(exchange);
    service->path = route != NULL ? route->path : NULL;
    if (route == NULL) {
        answer_error(&answer, 404, "not-found", "no such path");
        conn_reply(exchange, &answer);
        return;
    }
    if (!acl_allows(service->config->acls, service->config->num_acls, route->service,
                    conn_client_get0(exchange))) {
        conn_deny(exchange);
        return;
    }
    if (!is_allowed(route, request)) {
        answer_not_allowed(route, request, &answer);
        conn_reply(exchange, &answer);
        return;
    }
    if (is_shed(route, exchange)) {
        conn_shed(exchange);
        return;
    }
    rest = bytes_of(request->path.p + strlen(route->path), request->path.len - strlen(route->path));
    switch (route->kind) {
    case ROUTE_OCSP_GET:
        if (request->method != HTTP_POST) {
            ocsp_service_get(service, exchange, request, rest);
            return;
        }
        ocsp_service_post(service, exchange, request);
        return;
    case ROUTE_OCSP_POST:
        ocsp_service_post(service, exchange, request);
        return;
    case ROUTE_CVS:
        ocsp_service_cvs(service, exchange, request);
        return;
    case ROUTE_VALIDATE:
        json_validate(service, request, &answer);
        break;
    case ROUTE_SNAPSHOT:
        json_snapshot(service, &answer);
        break;
    case ROUTE_PKI:
        repository_get(service, request, rest, &answer);
        break;
    case ROUTE_SEARCH_CERTS:
        repository_search_certs(service, request, &answer);
        break;
    case ROUTE_SEARCH_CRLS:
        repository_search_crls(service, request, &answer);
        break;
    case ROUTE_LIVEZ:
        answer_text(&answer, 200, "live\n");
        break;
    case ROUTE_READYZ:
    case ROUTE_NONE:
        service_readyz(service, &answer);
        break;
    case ROUTE_METRICS:
        service_metrics(service, &answer);
        break;
    }
    conn_reply(exchange, &answer);
}
