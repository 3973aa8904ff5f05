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

bool oid_check(struct sk_bytes oid)
{
    size_t i, arc_start = 0;

    if (oid.len == 0 || oid.len > LIMIT_OID_BYTES || oid.p[oid.len - 1] >= 0x80)
        return false;
    for (i = 0; i < oid.len; i++) {
        /* X.690 8.19.2: the first octet of an arc is not 80; 19 octets hold more than 128 bits. */
        if (i == arc_start && oid.p[i] == 0x80)
            return false;
        if (i - arc_start >= 19)
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

/* One decimal arc at *text, which moves past it; no sign, no leading zero. */
static bool parse_arc(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t value = 0;

    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        unsigned digit = (unsigned)(*p - '0');

        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *text = p;
    *out = value;
    return true;
}

static void put_arc(struct sk_buf *out, uint64_t arc)
{
    uint8_t octets[10];
    size_t at = sizeof(octets);

    octets[--at] = arc & 0x7fu;
    while ((arc >>= 7) > 0)
        octets[--at] = (uint8_t)(0x80u | (arc & 0x7fu));
    buf_put(out, octets + at, sizeof(octets) - at);
}

enum sk_status oid_from_text(const char *text, struct sk_buf *out)
{
    uint64_t first, second, arc;
    size_t start = out->len;

    if (!parse_arc(&text, &first) || *text++ != '.' || !parse_arc(&text, &second))
        return SK_INPUT;
    if (first > 2 || (first < 2 && second > 39) || second > UINT64_MAX - 80)
        return SK_INPUT;
    put_arc(out, first * 40 + second);
    while (*text == '.') {
        text++;
        if (!parse_arc(&text, &arc))
            return SK_INPUT;
        put_arc(out, arc);
    }
    if (*text != '\0')
        return SK_INPUT;
    if (buf_status(out) != SK_OK)
        return buf_status(out);
    return oid_check(bytes_of(out->data + start, out->len - start)) ? SK_OK : SK_LIMIT;
}

enum sk_status oid_to_text(struct sk_bytes oid, char *out, size_t size)
{
    uint64_t arc = 0;
    size_t i, used = 0;
    bool is_first = true;

    for (i = 0; i < oid.len; i++) {
        int n;

        if (arc > UINT64_MAX >> 7)
            return SK_LIMIT;
        arc = arc << 7 | (oid.p[i] & 0x7fu);
        if (oid.p[i] >= 0x80)
            continue;
        if (is_first) {
            unsigned top = arc < 40 ? 0 : arc < 80 ? 1 : 2;

            n = snprintf(out + used, size - used, "%u.%" PRIu64, top, arc - top * 40u);
        } else {
            n = snprintf(out + used, size - used, ".%" PRIu64, arc);
        }
        if (n < 0 || (size_t)n >= size - used)
            return SK_LIMIT;
        used += (size_t)n;
        is_first = false;
        arc = 0;
    }
    return used > 0 ? SK_OK : SK_INPUT;
}
