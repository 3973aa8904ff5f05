/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static const uint8_t V4_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void set_v4(struct sk_address *out, const void *octets)
{
    memcpy(out->octets, V4_PREFIX, sizeof(V4_PREFIX));
    memcpy(out->octets + sizeof(V4_PREFIX), octets, 4);
}

void address_of(const struct sockaddr_storage *from, struct sk_address *out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    memset(out, 0, sizeof(*out));
    if (from->ss_family == AF_INET) {
        memcpy(&v4, from, sizeof(v4));
        set_v4(out, &v4.sin_addr);
    } else if (from->ss_family == AF_INET6) {
        memcpy(&v6, from, sizeof(v6));
        memcpy(out->octets, &v6.sin6_addr, sizeof(out->octets));
    }
}

bool address_is_v4(const struct sk_address *address)
{
    return memcmp(address->octets, V4_PREFIX, sizeof(V4_PREFIX)) == 0;
}

static void cut(struct sk_address *address, unsigned bits)
{
    size_t whole = bits / 8;

    if (bits >= 128)
        return;
    address->octets[whole] &= (uint8_t)(0xff00u >> (bits % 8));
    memset(address->octets + whole + 1, 0, sizeof(address->octets) - whole - 1);
}

void address_cut(struct sk_address *address, unsigned v4_bits, unsigned v6_bits)
{
    cut(address, address_is_v4(address) ? ADDRESS_V4_BITS + v4_bits : v6_bits);
}

void address_to_text(const struct sk_address *address, char out[ADDRESS_TEXT])
{
    bool is_v4 = address_is_v4(address);

    if (inet_ntop(is_v4 ? AF_INET : AF_INET6, address->octets + (is_v4 ? sizeof(V4_PREFIX) : 0),
                  out, ADDRESS_TEXT) == NULL)
        out[0] = '\0';
}

enum sk_status address_of_listener(int socket, char out[ADDRESS_TEXT])
{
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof(name);
    struct sk_address address;
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    char host[ADDRESS_TEXT];
    unsigned port;

    if (getsockname(socket, (struct sockaddr *)&name, &len) != 0 ||
        (name.ss_family != AF_INET && name.ss_family != AF_INET6))
        return SK_INPUT;
    memcpy(&v4, &name, sizeof(v4));
    memcpy(&v6, &name, sizeof(v6));
    port = ntohs(name.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
    address_of(&name, &address);
    address_to_text(&address, host);
    (void)snprintf(out, ADDRESS_TEXT, name.ss_family == AF_INET ? "%s:%u" : "[%s]:%u", host, port);
    return SK_OK;
}

/* Decimal digits without sign or leading zero; -1 for anything else. */
static int read_bits(const char *text, int max)
{
    int n = 0;
    size_t i;

    if (*text == '\0' || strlen(text) > 3 || (text[0] == '0' && text[1] != '\0'))
        return -1;
    for (i = 0; text[i] != '\0'; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        n = n * 10 + (text[i] - '0');
    }
    return n <= max ? n : -1;
}

enum sk_status address_range_parse(const char *text, struct address_range *out)
{
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    struct address_range range = {.bits = 128};
    char host[INET6_ADDRSTRLEN];
    struct sk_address whole;
    uint8_t v4[4];
    int bits = -1;

    if (len >= sizeof(host))
        return SK_INPUT;
    memcpy(host, text, len);
    host[len] = '\0';
    if (inet_pton(AF_INET, host, v4) == 1) {
        set_v4(&range.first, v4);
        bits = slash != NULL ? read_bits(slash + 1, 32) : 32;
        range.bits = ADDRESS_V4_BITS + (unsigned)(bits > 0 ? bits : 0);
    } else if (inet_pton(AF_INET6, host, range.first.octets) == 1) {
        bits = slash != NULL ? read_bits(slash + 1, 128) : 128;
        range.bits = (unsigned)(bits > 0 ? bits : 0);
    }
    if (bits < 0)
        return SK_INPUT;
    whole = range.first;
    cut(&range.first, range.bits);
    if (memcmp(&whole, &range.first, sizeof(whole)) != 0)
        return SK_INPUT; /* 10.0.0.1/8: whoever wrote it meant something else */
    *out = range;
    return SK_OK;
}

bool address_range_has(const struct address_range *range, const struct sk_address *address)
{
    struct sk_address first = *address;

    cut(&first, range->bits);
    return memcmp(&first, &range->first, sizeof(first)) == 0;
}
