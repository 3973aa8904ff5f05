/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certs-only CMS message (RFC 5652 5, RFC 5280 4.2.2.1): what is served as ca.p7c.
 */
#ifndef SEKISHO_TOOLS_FETCH_BUNDLE_H
#define SEKISHO_TOOLS_FETCH_BUNDLE_H

#include "core/buf.h"

/* Appends the message to out. certs: DER of each certificate, sorted here as SET OF wants it. */
void bundle_write(struct sk_buf *out, struct sk_bytes *certs, size_t num_certs);

#endif
