/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/hostile_exts.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME = 32, BUF_BYTES = 4u << 20 };

/* Wraps what is in buf and empties it. */
struct sk_bytes exts_wrap(struct sk_arena *arena, uint8_t tag, struct sk_bytes body)
{
    struct sk_buf buf;

    buf_init(&buf, BUF_BYTES);
    derout_tlv(&buf, tag, body);
    return fast_take(arena, &buf);
}

struct sk_bytes exts_repeat(struct sk_arena *arena, exts_put_fn put, unsigned num)
{
    struct sk_buf buf;
    unsigned i;

    buf_init(&buf, BUF_BYTES);
    for (i = 0; i < num; i++)
        put(&buf, i);
    return fast_take(arena, &buf);
}

struct sk_bytes exts_list(struct sk_arena *arena, enum oid_id id, exts_put_fn put, unsigned num)
{
    return fast_ext(arena, id, exts_wrap(arena, DER_SEQUENCE, exts_repeat(arena, put, num)));
}

/* 1.3.i.j */
static void exts_put_oid(struct sk_buf *buf, unsigned i, unsigned arc)
{
    uint8_t octets[] = {0x2b, (uint8_t)arc, (uint8_t)(0x80 | (i >> 7 & 0x7f)), (uint8_t)(i & 0x7f)};

    if (i < 128)
        octets[2] = octets[3];
    derout_tlv(buf, DER_OID, bytes_of(octets, i < 128 ? 3 : 4));
}

void exts_put_policy(struct sk_buf *buf, unsigned i)
{
    size_t mark = derout_open(buf, DER_SEQUENCE);

    exts_put_oid(buf, i, 1);
    derout_close(buf, mark);
}

/* 16 x 16: each of 16 policies to each of 16. */
void exts_put_mapping(struct sk_buf *buf, unsigned i)
{
    size_t mark = derout_open(buf, DER_SEQUENCE);

    exts_put_oid(buf, i / 16, 1);
    exts_put_oid(buf, i % 16, 1);
    derout_close(buf, mark);
}

void exts_put_any_policy(struct sk_buf *buf, unsigned i)
{
    size_t mark = derout_open(buf, DER_SEQUENCE);

    (void)i;
    derout_tlv(buf, DER_OID, oid_bytes(OID_ANY_POLICY));
    derout_close(buf, mark);
}

static void exts_put_dns(struct sk_buf *buf, unsigned i, const char *text)
{
    char name[256];
    int len = snprintf(name, sizeof(name), "%s%u.example", text, i);

    derout_tlv(buf, DER_CONTEXT(2), bytes_of((const uint8_t *)name, (size_t)len));
}

void exts_put_san(struct sk_buf *buf, unsigned i)
{
    exts_put_dns(buf, i, "a");
}

#define LONG_LABEL "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
void exts_put_long_san(struct sk_buf *buf, unsigned i)
{
    exts_put_dns(buf, i, LONG_LABEL LONG_LABEL LONG_LABEL);
}

void exts_put_directory_name(struct sk_buf *buf, unsigned i)
{
    char text[NAME];
    size_t mark = derout_open(buf, DER_CONTEXT_CONSTRUCTED(4));

    (void)snprintf(text, sizeof(text), "name %u", i);
    asn1_common_name(buf, text);
    derout_close(buf, mark);
}

/* ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM: one code point that folds to 18. */
void exts_put_ligatures(struct sk_buf *buf, unsigned i)
{
    char text[1000 * 3 + NAME];
    size_t mark = derout_open(buf, DER_CONTEXT_CONSTRUCTED(4)), k;

    for (k = 0; k < 1000; k++)
        memcpy(text + 3 * k, "\xef\xb7\xba", 3);
    (void)snprintf(text + 3 * k, NAME, "%u", i);
    asn1_common_name(buf, text);
    derout_close(buf, mark);
}

void exts_put_subtree(struct sk_buf *buf, unsigned i, exts_put_fn put)
{
    size_t mark = derout_open(buf, DER_SEQUENCE);

    put(buf, i);
    derout_close(buf, mark);
}

void exts_put_dns_subtree(struct sk_buf *buf, unsigned i)
{
    exts_put_subtree(buf, i + 1, exts_put_san); /* a0 stays outside */
}

void exts_put_long_subtree(struct sk_buf *buf, unsigned i)
{
    exts_put_subtree(buf, i + 5000, exts_put_long_san);
}

void exts_put_directory_subtree(struct sk_buf *buf, unsigned i)
{
    exts_put_subtree(buf, i, exts_put_directory_name);
}

void exts_put_dir_point(struct sk_buf *buf, unsigned i)
{
    size_t point = derout_open(buf, DER_SEQUENCE), name, full;
    unsigned k;

    name = derout_open(buf, DER_CONTEXT_CONSTRUCTED(0));
    full = derout_open(buf, DER_CONTEXT_CONSTRUCTED(0));
    for (k = 0; k < 150; k++)
        exts_put_directory_name(buf, 1000 + i * 150 + k);
    derout_close(buf, full);
    derout_close(buf, name);
    derout_close(buf, point);
}

void exts_put_issuer_point(struct sk_buf *buf, unsigned i)
{
    size_t point = derout_open(buf, DER_SEQUENCE), issuers;
    unsigned k;

    issuers = derout_open(buf, DER_CONTEXT_CONSTRUCTED(2));
    for (k = 0; k < 150; k++)
        exts_put_directory_name(buf, i * 150 + k);
    derout_close(buf, issuers);
    derout_close(buf, point);
}

struct sk_bytes exts_idp(struct sk_arena *arena, exts_put_fn put, unsigned first, unsigned num)
{
    struct sk_buf buf;
    unsigned i;

    buf_init(&buf, BUF_BYTES);
    for (i = first; i < first + num; i++)
        put(&buf, i);
    return exts_wrap(
        arena, DER_SEQUENCE,
        exts_wrap(arena, DER_CONTEXT_CONSTRUCTED(0),
                  exts_wrap(arena, DER_CONTEXT_CONSTRUCTED(0), fast_take(arena, &buf))));
}

struct sk_bytes exts_constraints(struct sk_arena *arena, exts_put_fn put, uint8_t tag)
{
    return fast_ext(
        arena, OID_EXT_NAME_CONSTRAINTS,
        exts_wrap(arena, DER_SEQUENCE, exts_wrap(arena, tag, exts_repeat(arena, put, 1024))));
}
