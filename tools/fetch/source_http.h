/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of the form http://...: libcurl, several at a time, each within the time and the size of
 * one object. Conditional when source->sent has validators (RFC 9110 13).
 */
#ifndef SEKISHO_TOOLS_FETCH_SOURCE_HTTP_H
#define SEKISHO_TOOLS_FETCH_SOURCE_HTTP_H

#include "tools/fetch/plan.h"

bool source_http_is(const char *url);
/* Sets the outcome of each source to FETCH_GOT, FETCH_UNCHANGED or FETCH_FAILED, and got to the
 * validators of what was got. SK_NOMEM: libcurl cannot work at all. */
enum sk_status source_http_get_all(struct fetch_source **sources, size_t num_sources,
                                   const struct config_fetch *limits,
                                   struct sk_err *err) SK_MUST_CHECK;

#endif
