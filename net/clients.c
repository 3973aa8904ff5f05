/* SPDX-License-Identifier: Apache-2.0 */
#include "net/clients.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    NOBODY = 0,   /* index 0 is no entry */
    SPARE = 1024, /* connections being taken in or let go while the table is full of open ones */
};

struct client {
    struct sk_address address;
    uint32_t connections;
    uint32_t next; /* in its bucket, or in the list of free entries */
};

struct sk_clients {
    pthread_mutex_t lock;
    struct clients_options options;
    uint64_t key[2];
    struct client *entries;
    uint32_t *buckets;
    uint32_t num_buckets; /* a power of two */
    uint32_t free;        /* first free entry; NOBODY: none */
};

void clients_free(struct sk_clients *clients)
{
    if (clients == NULL)
        return;
    (void)pthread_mutex_destroy(&clients->lock);
    free(clients->entries);
    free(clients->buckets);
    free(clients);
}

enum sk_status clients_new(const struct clients_options *options, struct sk_clients **out,
                           struct sk_err *err)
{
    struct sk_clients *clients = calloc(1, sizeof(*clients));
    size_t count = options->connections + SPARE, i;

    if (clients == NULL)
        return err_set(err, SK_NOMEM, "clients: no memory");
    if (pthread_mutex_init(&clients->lock, NULL) != 0) {
        free(clients);
        return err_set(err, SK_NOMEM, "clients: no lock");
    }
    clients->options = *options;
    clients->num_buckets = 1;
    while (clients->num_buckets < count)
        clients->num_buckets *= 2;
    clients->entries = calloc(count + 1, sizeof(*clients->entries));
    clients->buckets = calloc(clients->num_buckets, sizeof(*clients->buckets));
    if (clients->entries == NULL || clients->buckets == NULL) {
        clients_free(clients);
        return err_set(err, SK_NOMEM, "clients: no memory");
    }
    if (getrandom(clients->key, sizeof(clients->key), 0) != (ssize_t)sizeof(clients->key)) {
        clients_free(clients);
        return err_errno(err, SK_IO, "clients: random numbers");
    }
    for (i = count; i > 0; i--) {
        clients->entries[i].next = clients->free;
        clients->free = (uint32_t)i;
    }
    *out = clients;
    return SK_OK;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint32_t *bucket_of(struct sk_clients *clients, const struct sk_address *address)
{
    uint64_t high, low, hash;

    memcpy(&high, address->octets, sizeof(high));
    memcpy(&low, address->octets + sizeof(high), sizeof(low));
    hash = mix(mix(high ^ clients->key[0]) ^ low ^ clients->key[1]);
    return &clients->buckets[hash & (clients->num_buckets - 1)];
}

/* Where the number of address's entry stands; NOBODY stands there when it has none. */
static uint32_t *find(struct sk_clients *clients, const struct sk_address *address)
{
    uint32_t *at = bucket_of(clients, address);

    while (*at != NOBODY && memcmp(&clients->entries[*at].address, address, sizeof(*address)) != 0)
        at = &clients->entries[*at].next;
    return at;
}

bool clients_enter(struct sk_clients *clients, const struct sk_address *address)
{
    struct sk_address who = *address;
    bool is_in = false;
    struct client *client;
    uint32_t *at;

    address_cut(&who, 32, clients->options.v6_prefix);
    (void)pthread_mutex_lock(&clients->lock);
    at = find(clients, &who);
    if (*at == NOBODY && clients->free != NOBODY) {
        *at = clients->free;
        client = &clients->entries[*at];
        clients->free = client->next;
        *client = (struct client){.address = who};
    }
    if (*at != NOBODY && clients->entries[*at].connections < clients->options.per_client) {
        clients->entries[*at].connections++;
        is_in = true;
    }
    (void)pthread_mutex_unlock(&clients->lock);
    return is_in;
}

void clients_leave(struct sk_clients *clients, const struct sk_address *address)
{
    struct sk_address who = *address;
    struct client *client;
    uint32_t *at, number;

    address_cut(&who, 32, clients->options.v6_prefix);
    (void)pthread_mutex_lock(&clients->lock);
    at = find(clients, &who);
    number = *at;
    client = &clients->entries[number];
    if (number != NOBODY && --client->connections == 0) {
        *at = client->next;
        client->next = clients->free;
        clients->free = number;
    }
    (void)pthread_mutex_unlock(&clients->lock);
}
