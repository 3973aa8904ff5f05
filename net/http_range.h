/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte ranges (RFC 9110 14). Pure.
 */
#ifndef SEKISHO_NET_HTTP_RANGE_H
#define SEKISHO_NET_HTTP_RANGE_H

#include "net/http.h"

/* The part of a representation of size octets that a GET asks for with one byte range; etag and
 * modified are what If-Range is compared with. SK_NOTFOUND: no range, several, not of bytes, or not
 * well-formed, or If-Range names something else: send everything. SK_INPUT: it cannot be satisfied
 * (416). */
enum sk_status http_range(const struct http_request *request, const char *etag, int64_t modified,
                          size_t size, size_t *out_first, size_t *out_len) SK_MUST_CHECK;

#endif
