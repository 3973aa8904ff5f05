/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between core/cert.c and core/cert_ext.c.
 */
#ifndef SEKISHO_CORE_CERT_INT_H
#define SEKISHO_CORE_CERT_INT_H

#include "core/shape_int.h"

/* Reads the Extensions (cursor on the contents of their SEQUENCE) into cert. */
enum sk_status cert_read_extensions(struct sk_cert *cert, struct der *list,
                                    struct sk_err *err) SK_MUST_CHECK;

#endif
