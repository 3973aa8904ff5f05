/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between net/http.c (octets to lines and bodies) and net/http_head.c (what the lines mean).
 */
#ifndef SEKISHO_NET_HTTP_INT_H
#define SEKISHO_NET_HTTP_INT_H

#include "net/http.h"

/* Ends the reading with this HTTP status; always SK_INPUT. text: static. */
enum sk_status http_refuse(struct http_reader *r, unsigned status, const char *text);

/* method SP request-target SP HTTP-version (RFC 9112 3); line points into r->head. */
enum sk_status http_request_line(struct http_reader *r, struct sk_bytes line) SK_MUST_CHECK;
/* One field line, checked and cut, not stored. */
enum sk_status http_field_split(struct http_reader *r, struct sk_bytes line,
                                struct http_field *out) SK_MUST_CHECK;
/* The same, stored. */
enum sk_status http_field_add(struct http_reader *r, struct sk_bytes line) SK_MUST_CHECK;
/* No trailer may speak of framing or routing (RFC 9110 6.5.1). */
enum sk_status http_trailer_check(struct http_reader *r,
                                  const struct http_field *field) SK_MUST_CHECK;
/* Is this what may stand behind the first ";" of a chunk size line (RFC 9112 7.1.1)? */
bool http_is_chunk_extensions(struct sk_bytes text);
/* The head is whole: Host, framing of the body (RFC 9112 6.3), persistence, Expect; sets the next
 * state. */
enum sk_status http_head_finish(struct http_reader *r) SK_MUST_CHECK;

#endif
