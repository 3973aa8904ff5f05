/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers of the control socket as JSON. Each returns a new reference, NULL without memory.
 */
#ifndef SEKISHO_NET_ADMIN_TELL_H
#define SEKISHO_NET_ADMIN_TELL_H

#include <jansson.h>

#include "net/metrics.h"
#include "net/why.h"

json_t *admin_tell_status(const struct metrics_view *view);
/* The page of /metrics as text. */
json_t *admin_tell_stats(const struct metrics_view *view);
json_t *admin_tell_why(struct why_ring *const *rings, unsigned workers, const char *id);
json_t *admin_tell_error(const char *text);

#endif
