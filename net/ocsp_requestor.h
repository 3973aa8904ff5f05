/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed an OCSP request (RFC 6960 4.1.1, O-13), and whether the policy lets them ask.
 */
#ifndef SEKISHO_NET_OCSP_REQUESTOR_H
#define SEKISHO_NET_OCSP_REQUESTOR_H

#include "net/ocsp_status.h"

/* OCSP_ERROR_NONE: the request may be answered. SIG_REQUIRED: it is not signed; UNAUTHORIZED: its
 * signature does not verify, or is of nobody that the policy names; TRY_LATER, INTERNAL. */
enum ocsp_error ocsp_requestor_check(const struct ocsp_ask *ask,
                                     const struct ocsp_request *request);

#endif
