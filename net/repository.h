/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The repository over HTTP: downloads (RFC 2585), the search of RFC 4387, and pages for people.
 * Everything is of the generation that the worker answers from.
 */
#ifndef SEKISHO_NET_REPOSITORY_H
#define SEKISHO_NET_REPOSITORY_H

#include "net/service.h"

/* GET /pki/PATH: an object, or the page of "" or "NAME/". */
void repository_get(struct service *service, const struct http_request *request,
                    struct sk_bytes path, struct http_answer *out);
/* An object's answer: conditions, range, cache fields (H-05), and its body out of the map. */
void repository_object(struct service *service, const struct http_request *request,
                       const struct reader_object *object, struct http_answer *out);

/* The page of all CAs (ca is ""), or of one; 404 when nothing of it is published. */
void repository_page(struct service *service, const char *ca, struct http_answer *out);

/* GET /certificates/search.cgi and /crls/search.cgi. */
void repository_search_certs(struct service *service, const struct http_request *request,
                             struct http_answer *out);
void repository_search_crls(struct service *service, const struct http_request *request,
                            struct http_answer *out);

#endif
