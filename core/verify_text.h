/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for the findings of core/verify.c. What a subjectAltName says is not repeated: it may be
 * about a person. Internal to core/.
 */
#ifndef SEKISHO_CORE_VERIFY_TEXT_H
#define SEKISHO_CORE_VERIFY_TEXT_H

#include "core/verify.h"

/* The first few, "none" without any; cut to fit. */
void verify_text_oids(const struct sk_bytes *oids, size_t num, char *out, size_t size);
void verify_text_purposes(const struct sk_cert *cert, char *out, size_t size);
/* A name that the relying party asked for. */
void verify_text_name(const struct general_name *asked, char *out, size_t size);
/* Alternative names of a kind. */
size_t verify_text_count_names(const struct sk_cert *cert, enum general_name_kind kind);
/* Whose pathLenConstraint leaves no room for path->certs[index], a CA certificate that may not
 * stand there. */
const struct sk_cert *verify_text_length_from(const struct verify_path *path, size_t index);

#endif
