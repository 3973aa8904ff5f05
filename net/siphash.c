/* SPDX-License-Identifier: Apache-2.0 */
/* Aumasson, Bernstein: SipHash, a fast short-input PRF (2012). */
#include "net/siphash.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t read_le(const uint8_t *p, size_t len)
{
    uint64_t x = 0;
    size_t i;

    for (i = 0; i < len; i++)
        x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void rounds(struct state *s, unsigned count)
{
    while (count-- > 0) {
        s->v0 += s->v1;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
    }
}

static void take(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    rounds(s, 2);
    s->v0 ^= word;
}

uint64_t siphash(const uint8_t seed[SIPHASH_SEED], struct sk_bytes data)
{
    uint64_t k0 = read_le(seed, 8), k1 = read_le(seed + 8, 8);
    struct state s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                      k1 ^ 0x7465646279746573u};
    size_t at;

    for (at = 0; data.len - at >= 8; at += 8)
        take(&s, read_le(data.p + at, 8));
    take(&s, read_le(data.p + at, data.len - at) | (uint64_t)data.len << 56);
    s.v2 ^= 0xff;
    rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
