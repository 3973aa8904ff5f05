/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times: seconds since 1970-01-01T00:00:00Z as int64_t, proleptic Gregorian, no leap seconds.
 *
 * Only clock_wall() and clock_mono_us() read a clock, and core/ itself calls neither: validation
 * gets its time from the caller.
 */
#ifndef SEKISHO_CORE_CLOCK_H
#define SEKISHO_CORE_CLOCK_H

#include "core/bytes.h"
#include "core/status.h"

enum { CLOCK_TEXT = 32 }; /* room for each text form, with its NUL */

#define CLOCK_NEVER INT64_MAX /* no end; sorts after every time */

/* RFC 5280 4.1.2.5.1: YYMMDDHHMMSSZ, 50..99 is 19YY; anything else is SK_INPUT. */
enum sk_status clock_parse_utc_time(struct sk_bytes text, int64_t *out) SK_MUST_CHECK;
/* RFC 5280 4.1.2.5.2: YYYYMMDDHHMMSSZ, no fraction. */
enum sk_status clock_parse_generalized_time(struct sk_bytes text, int64_t *out) SK_MUST_CHECK;
/* RFC 3339 with Z or a numeric offset: 2011-04-15T00:00:00Z. A fraction of a second is dropped; a
 * leap second, which only the end of a month of UTC may have, is the second after it. */
enum sk_status clock_parse_rfc3339(const char *text, int64_t *out) SK_MUST_CHECK;

/* Years 0..9999 only, else SK_INPUT. */
enum sk_status clock_format_generalized(int64_t when, char out[CLOCK_TEXT]) SK_MUST_CHECK;
/* 2011-04-15T00:00:00Z. A time outside 0..9999 gives "never" or "before-time". Never fails. */
void clock_format_rfc3339(int64_t when, char out[CLOCK_TEXT]);
/* IMF-fixdate of RFC 9110 5.6.7: Fri, 15 Apr 2011 00:00:00 GMT. Outside 0..9999: clamped. */
void clock_format_http(int64_t when, char out[CLOCK_TEXT]);
/* IMF-fixdate only. */
enum sk_status clock_parse_http(struct sk_bytes text, int64_t *out) SK_MUST_CHECK;

/* Wall time now. */
int64_t clock_wall(void);
/* Monotonic microseconds, for durations and deadlines. */
int64_t clock_mono_us(void);
/* CPU microseconds of the calling thread, for budgets. */
int64_t clock_cpu_us(void);

#endif
