/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 as RFC 3629 allows it: shortest forms only, no surrogates, nothing past U+10FFFF.
 */
#ifndef SEKISHO_CORE_UTF8_H
#define SEKISHO_CORE_UTF8_H

#include "core/bytes.h"

/* Octets of the character that text begins with; 0 when there is none. */
size_t utf8_length(struct sk_bytes text);
bool utf8_is_valid(struct sk_bytes text);

#endif
