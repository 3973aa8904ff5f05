/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions whose answers are made anew before anybody asks, one after the other.
 *
 * A timer takes one at a time, those most asked first, and only while nobody waits for a signature:
 * whoever asks meanwhile waits for no more than the one that is being signed.
 */
#ifndef SEKISHO_NET_OCSP_PRODUCE_H
#define SEKISHO_NET_OCSP_PRODUCE_H

#include <stdbool.h>

#include "core/bytes.h"

struct event_base;
struct ocsp_produce;

/* True: done with the question. False: not now. */
typedef bool (*ocsp_produce_fn)(void *arg, struct sk_bytes question);

/* NULL: no memory. */
struct ocsp_produce *ocsp_produce_new(struct event_base *base, ocsp_produce_fn fn, void *arg);
void ocsp_produce_free(struct ocsp_produce *produce); /* accepts NULL */

/* Takes a copy. Above LIMIT_PRODUCE, or without memory, the question waits until somebody asks. */
void ocsp_produce_add(struct ocsp_produce *produce, struct sk_bytes question, uint32_t asked);
/* Forgets what was added with asked 0. */
void ocsp_produce_forget(struct ocsp_produce *produce);
/* Begins, with what was added and what is left of the last time. */
void ocsp_produce_start(struct ocsp_produce *produce);

#endif
