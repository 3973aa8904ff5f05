/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers of the control socket as JSON, one object each; errors stick in the buffer.
 */
#ifndef SEKISHO_NET_ADMIN_TELL_H
#define SEKISHO_NET_ADMIN_TELL_H

#include "core/buf.h"
#include "net/metrics.h"
#include "net/why.h"

void admin_tell_status(const struct metrics_view *view, struct sk_buf *out);
/* The page of /metrics as text. */
void admin_tell_stats(const struct metrics_view *view, struct sk_buf *out);
void admin_tell_why(struct why_ring *const *rings, unsigned workers, const char *id,
                    struct sk_buf *out);
void admin_tell_error(const char *text, struct sk_buf *out);

#endif
