/* SPDX-License-Identifier: Apache-2.0 */
#include "core/oid.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/limits.h"

enum {
    OID_KNOWN_BYTES = 12,
    OID_SLOTS = 256, /* a power of two, at least twice OID_COUNT */
};
_Static_assert(OID_COUNT * 2 <= OID_SLOTS, "the table of known OIDs is too full");

struct known {
    uint8_t octets[OID_KNOWN_BYTES];
    size_t len;
};

#define OID_TEXT_ROW(id, text, name) {text, name},
static const struct {
    const char *text, *name;
} rows[] = {{"", "unknown"}, OID_TABLE(OID_TEXT_ROW)};
#undef OID_TEXT_ROW

static struct known by_id[OID_COUNT]; /* index: enum oid_id; entry 0 unused */
static uint8_t slots[OID_SLOTS];      /* open hash over by_id; OID_UNKNOWN: free */
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

/* Where the search for an OID starts (FNV-1a). */
static size_t slot_of(struct sk_bytes oid)
{
    uint32_t hash = 2166136261u;
    size_t i;

    for (i = 0; i < oid.len; i++)
        hash = (hash ^ oid.p[i]) * 16777619u;
    return (hash ^ hash >> 16) % OID_SLOTS;
}

/* The table above is the only source; a row that does not encode is a bug caught by every test. */
static void build_tables(void)
{
    struct sk_buf buf;
    size_t slot;
    int id;

    buf_init(&buf, OID_KNOWN_BYTES);
    for (id = 1; id < OID_COUNT; id++) {
        buf_reset(&buf);
        if (oid_from_text(rows[id].text, &buf) != SK_OK)
            abort();
        memcpy(by_id[id].octets, buf.data, buf.len);
        by_id[id].len = buf.len;
        for (slot = slot_of(buf_bytes(&buf)); slots[slot] != OID_UNKNOWN;)
            slot = (slot + 1) % OID_SLOTS;
        slots[slot] = (uint8_t)id;
    }
    buf_done(&buf);
}

static void tables(void)
{
    if (pthread_once(&tables_once, build_tables) != 0)
        abort();
}

enum { ARC_OCTETS = 19 }; /* 133 bits: an arc that is a UUID (X.667) has 128 */

bool oid_check(struct sk_bytes oid)
{
    size_t i, arc_start = 0;

    if (oid.len == 0 || oid.len > LIMIT_OID_BYTES || oid.p[oid.len - 1] >= 0x80)
        return false;
    for (i = 0; i < oid.len; i++) {
        /* X.690 8.19.2: the first octet of an arc is not 80. */
        if (i == arc_start && oid.p[i] == 0x80)
            return false;
        if (i - arc_start >= ARC_OCTETS)
            return false;
        if (oid.p[i] < 0x80)
            arc_start = i + 1;
    }
    return true;
}

enum oid_id oid_known(struct sk_bytes oid)
{
    size_t slot;

    if (oid.len == 0 || oid.len > OID_KNOWN_BYTES)
        return OID_UNKNOWN;
    tables();
    for (slot = slot_of(oid); slots[slot] != OID_UNKNOWN; slot = (slot + 1) % OID_SLOTS) {
        const struct known *known = &by_id[slots[slot]];

        if (bytes_equal(oid, bytes_of(known->octets, known->len)))
            return (enum oid_id)slots[slot];
    }
    return OID_UNKNOWN;
}

struct sk_bytes oid_bytes(enum oid_id id)
{
    tables();
    return bytes_of(by_id[id].octets, by_id[id].len);
}

bool oid_is(struct sk_bytes oid, enum oid_id id)
{
    return bytes_equal(oid, oid_bytes(id));
}

const char *oid_name(enum oid_id id)
{
    return rows[id].name;
}

/* One arc: base 128, most significant first. As many groups as oid_check() lets an arc have. */
struct arc {
    uint8_t groups[ARC_OCTETS];
};

/* *arc = *arc * factor + more; false when it has no room for that. */
static bool arc_step(struct arc *arc, unsigned factor, unsigned more)
{
    size_t i;

    for (i = ARC_OCTETS; i-- > 0;) {
        more += arc->groups[i] * factor;
        arc->groups[i] = more & 0x7fu;
        more >>= 7;
    }
    return more == 0;
}

/* One decimal arc at *text, which moves past it; no sign, no leading zero. */
static bool parse_arc(const char **text, struct arc *out)
{
    const char *p = *text;
    struct arc arc = {{0}};

    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (!arc_step(&arc, 10, (unsigned)(*p - '0')))
            return false;
    }
    *text = p;
    *out = arc;
    return true;
}

/* The arc when it is below limit, else limit. */
static unsigned arc_small(const struct arc *arc, unsigned limit)
{
    unsigned value = 0;
    size_t i;

    for (i = 0; i < ARC_OCTETS; i++) {
        value = value << 7 | arc->groups[i];
        if (value >= limit)
            return limit;
    }
    return value;
}

static void put_arc(struct sk_buf *out, const struct arc *arc)
{
    uint8_t octets[ARC_OCTETS];
    size_t i, first = 0;

    while (first < ARC_OCTETS - 1 && arc->groups[first] == 0)
        first++;
    for (i = first; i < ARC_OCTETS; i++)
        octets[i] = (uint8_t)(arc->groups[i] | (i < ARC_OCTETS - 1 ? 0x80u : 0));
    buf_put(out, octets + first, ARC_OCTETS - first);
}

enum sk_status oid_from_text(const char *text, struct sk_buf *out)
{
    struct arc arc;
    unsigned first;
    size_t start = out->len;

    if (!parse_arc(&text, &arc) || *text++ != '.')
        return SK_INPUT;
    first = arc_small(&arc, 3);
    if (first > 2 || !parse_arc(&text, &arc) || (first < 2 && arc_small(&arc, 40) == 40) ||
        !arc_step(&arc, 1, first * 40))
        return SK_INPUT;
    put_arc(out, &arc);
    while (*text == '.') {
        text++;
        if (!parse_arc(&text, &arc))
            return SK_INPUT;
        put_arc(out, &arc);
    }
    if (*text != '\0')
        return SK_INPUT;
    if (buf_status(out) != SK_OK)
        return buf_status(out);
    return oid_check(bytes_of(out->data + start, out->len - start)) ? SK_OK : SK_LIMIT;
}

/* *arc -= less, which is not greater. */
static void arc_subtract(struct arc *arc, unsigned less)
{
    size_t i;

    for (i = ARC_OCTETS; i-- > 0 && less > 0;) {
        unsigned borrow = arc->groups[i] < less;

        arc->groups[i] = (uint8_t)((arc->groups[i] + (borrow << 7) - less) & 0x7fu);
        less = borrow;
    }
}

enum { ARC_DIGITS = 41 }; /* 2^133 has 41 */

static void arc_to_text(const struct arc *arc, char out[ARC_DIGITS + 1])
{
    uint8_t digits[ARC_DIGITS] = {0}; /* least significant first */
    size_t i, k, num = 1;

    for (i = 0; i < ARC_OCTETS; i++) {
        unsigned more = arc->groups[i];

        for (k = 0; k < num || more > 0; k++) {
            more += digits[k] * 128u;
            digits[k] = (uint8_t)(more % 10);
            more /= 10;
        }
        num = k;
    }
    while (num > 1 && digits[num - 1] == 0)
        num--;
    for (k = 0; k < num; k++)
        out[k] = (char)('0' + digits[num - 1 - k]);
    out[num] = '\0';
}

enum sk_status oid_to_text(struct sk_bytes oid, char *out, size_t size)
{
    char text[ARC_DIGITS + 1];
    struct arc arc = {{0}};
    size_t i, used = 0;

    for (i = 0; i < oid.len; i++) {
        int n;

        if (!arc_step(&arc, 128, oid.p[i] & 0x7fu))
            return SK_LIMIT;
        if (oid.p[i] >= 0x80)
            continue;
        if (used == 0) {
            unsigned top = arc_small(&arc, 80) / 40;

            arc_subtract(&arc, top * 40);
            arc_to_text(&arc, text);
            n = snprintf(out, size, "%u.%s", top, text);
        } else {
            arc_to_text(&arc, text);
            n = snprintf(out + used, size - used, ".%s", text);
        }
        if (n < 0 || (size_t)n >= size - used)
            return SK_LIMIT;
        used += (size_t)n;
        memset(&arc, 0, sizeof(arc));
    }
    return used > 0 ? SK_OK : SK_INPUT;
}
