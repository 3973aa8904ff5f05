/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/daemon/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "policy/address.h"

enum {
    BACKLOG = 4096,      /* a client that finds the queue full comes again after a second */
    FIRST_INHERITED = 3, /* SD_LISTEN_FDS_START of sd_listen_fds(3) */
};

/* address was checked by the configuration: ADDRESS:PORT or [ADDRESS]:PORT. */
static socklen_t to_sockaddr(const char *address, struct sockaddr_storage *out)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    const char *colon = strrchr(address, ':');
    bool is_v6 = address[0] == '[';
    char host[INET6_ADDRSTRLEN];
    size_t len;
    unsigned long port;

    memset(out, 0, sizeof(*out));
    if (colon == NULL || colon == address)
        return 0;
    len = (size_t)(colon - address) - (is_v6 ? 2 : 0);
    if (len >= sizeof(host))
        return 0;
    memcpy(host, address + (is_v6 ? 1 : 0), len);
    host[len] = '\0';
    port = strtoul(colon + 1, NULL, 10);
    if (is_v6) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 ? sizeof(*v6) : 0;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1 ? sizeof(*v4) : 0;
}

static enum sk_status open_one(const char *address, bool is_first, int *out, struct sk_err *err)
{
    const int on = 1;
    struct sockaddr_storage name;
    socklen_t len = to_sockaddr(address, &name);
    enum sk_status status = SK_OK;
    int fd;

    if (len == 0)
        return err_set(err, SK_INPUT, "listen %s: not an address", address);
    fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(err, SK_IO, "listen %s: socket", address);
    /* The first one is bound alone, so that another server on the address is a fault and not a
     * partner of the port group; only then is the group opened. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (!is_first && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
        (name.ss_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0))
        status = err_errno(err, SK_IO, "listen %s: socket options", address);
    else if (bind(fd, (struct sockaddr *)&name, len) != 0)
        status = err_errno(err, SK_IO, "listen %s: bind", address);
    else if (is_first && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
        status = err_errno(err, SK_IO, "listen %s: socket options", address);
    if (status != SK_OK)
        (void)close(fd);
    else
        *out = fd;
    return status;
}

enum { NUM_LISTS = 4 };

/* What is listened on, in this order. */
static const struct config_list *list_get0(const struct sk_config *config, size_t i)
{
    const struct config_list *const lists[NUM_LISTS] = {&config->server.listen, &config->tls.listen,
                                                        &config->ldap.listen,
                                                        &config->ldap.tls_listen};

    return lists[i];
}

static size_t num_addresses(const struct sk_config *config)
{
    size_t count = 0, i;

    for (i = 0; i < NUM_LISTS; i++)
        count += list_get0(config, i)->num_values;
    return count;
}

/* i is below num_addresses(). */
static const char *address_get0(const struct sk_config *config, size_t i)
{
    size_t list = 0;

    for (; i >= list_get0(config, list)->num_values; list++)
        i -= list_get0(config, list)->num_values;
    return list_get0(config, list)->values[i];
}

/* How many sockets an address has, and the first of them. */
static size_t count_of(const struct listen_table *table, const char *address,
                       const struct listen_socket **out_first)
{
    size_t i, count = 0;

    for (i = 0; i < table->num_sockets; i++) {
        if (strcmp(table->sockets[i].address, address) != 0)
            continue;
        if (count++ == 0)
            *out_first = &table->sockets[i];
    }
    return count;
}

static struct listen_socket *next_socket(struct listen_table *table, const char *address,
                                         struct sk_err *err)
{
    struct listen_socket *next = &table->sockets[table->num_sockets];

    if (table->num_sockets == LISTEN_SOCKETS) {
        (void)err_set(err, SK_LIMIT, "listen %s: more than %d sockets", address,
                      (int)LISTEN_SOCKETS);
        return NULL;
    }
    *next = (struct listen_socket){.fd = -1};
    (void)snprintf(next->address, sizeof(next->address), "%s", address);
    return next;
}

/* ---- handed over, by the service manager or an earlier program ---- */

enum sk_status listen_adopt(struct listen_table *table, int fd, bool is_inherited,
                            struct sk_err *err)
{
    struct listen_socket *next;
    char address[ADDRESS_TEXT];
    int flags = fcntl(fd, F_GETFL), listens = 0;
    socklen_t len = sizeof(listens);

    if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) != 0 ||
        listens == 0 || address_of_listener(fd, address) != SK_OK)
        return err_set(err, SK_INPUT, "descriptor %d is no listening TCP socket", fd);
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return err_errno(err, SK_IO, "descriptor %d", fd);
    next = next_socket(table, address, err);
    if (next == NULL)
        return SK_LIMIT;
    next->fd = fd;
    next->is_listening = true;
    next->is_inherited = is_inherited;
    table->num_sockets++;
    return SK_OK;
}

/* A decimal number and nothing else; -1: it is not. */
static long number_in(const char *text)
{
    char *end;
    long n;

    if (text == NULL || *text < '0' || *text > '9')
        return -1;
    errno = 0;
    n = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 ? n : -1;
}

enum sk_status listen_inherit(struct listen_table *table, struct sk_err *err)
{
    const char *count_text = getenv("LISTEN_FDS");
    long count = number_in(count_text), i;
    bool is_ours = number_in(getenv("LISTEN_PID")) == (long)getpid();
    enum sk_status status = SK_OK;

    if (count_text == NULL || !is_ours)
        return SK_OK;
    if (count < 0 || count > LISTEN_SOCKETS)
        return err_set(err, SK_INPUT, "LISTEN_FDS: not a number of sockets");
    (void)unsetenv("LISTEN_PID"); /* not for our children */
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    for (i = 0; status == SK_OK && i < count; i++)
        status = listen_adopt(table, FIRST_INHERITED + (int)i, true, err);
    return status;
}

/* ---- our own ---- */

static enum sk_status share_one(const struct listen_socket *first, struct listen_socket *out,
                                struct sk_err *err)
{
    out->fd = fcntl(first->fd, F_DUPFD_CLOEXEC, 0);
    if (out->fd < 0)
        return err_errno(err, SK_IO, "listen %s: duplicate", first->address);
    out->is_listening = first->is_listening;
    out->is_inherited = true;
    return SK_OK;
}

static enum sk_status open_address(struct listen_table *table, const char *address,
                                   unsigned workers, struct sk_err *err)
{
    const struct listen_socket *first = NULL;
    size_t count = count_of(table, address, &first);

    for (; count < workers; count++) {
        struct listen_socket *next = next_socket(table, address, err);
        enum sk_status status;

        if (next == NULL)
            return SK_LIMIT;
        if (first != NULL && first->is_inherited)
            status = share_one(first, next, err);
        else
            status = open_one(address, count == 0, &next->fd, err);
        if (status != SK_OK)
            return status;
        table->num_sockets++;
    }
    return SK_OK;
}

enum sk_status listen_open(struct listen_table *table, const struct sk_config *config,
                           struct sk_err *err)
{
    size_t before = table->num_sockets, i;
    enum sk_status status = SK_OK;

    for (i = 0; status == SK_OK && i < num_addresses(config); i++)
        status = open_address(table, address_get0(config, i), config->server.workers, err);
    while (status != SK_OK && table->num_sockets > before)
        (void)close(table->sockets[--table->num_sockets].fd);
    return status;
}

static bool is_named(const struct sk_config *config, const char *address)
{
    size_t i;

    for (i = 0; config != NULL && i < num_addresses(config); i++) {
        if (strcmp(address_get0(config, i), address) == 0)
            return true;
    }
    return false;
}

enum sk_status listen_start(struct listen_table *table, const struct sk_config *config,
                            struct sk_err *err)
{
    size_t i;

    for (i = 0; i < table->num_sockets; i++) {
        struct listen_socket *one = &table->sockets[i];

        if (one->is_listening || !is_named(config, one->address))
            continue;
        if (listen(one->fd, BACKLOG) != 0)
            return err_errno(err, SK_IO, "listen %s", one->address);
        one->is_listening = true;
    }
    return SK_OK;
}

size_t listen_fds(const struct listen_table *table, const struct sk_config *config, bool with_bound,
                  int *out)
{
    size_t count = 0, i, j;

    for (i = 0; i < num_addresses(config); i++) {
        for (j = 0; j < table->num_sockets; j++) {
            const struct listen_socket *one = &table->sockets[j];

            if (strcmp(one->address, address_get0(config, i)) == 0 &&
                (with_bound || one->is_listening))
                out[count++] = one->fd;
        }
    }
    return count;
}

void listen_close_bound(struct listen_table *table)
{
    size_t i, kept = 0;

    for (i = 0; i < table->num_sockets; i++) {
        if (table->sockets[i].is_listening)
            table->sockets[kept++] = table->sockets[i];
        else
            (void)close(table->sockets[i].fd);
    }
    table->num_sockets = kept;
}

void listen_close_others(struct listen_table *table, const struct sk_config *config)
{
    size_t i, kept = 0;

    for (i = 0; i < table->num_sockets; i++) {
        if (is_named(config, table->sockets[i].address)) {
            table->sockets[kept++] = table->sockets[i];
            continue;
        }
        if (table->sockets[i].is_inherited && config != NULL)
            log_warning("supervisor",
                        "listen %s: handed over, but not in the configuration: closed",
                        table->sockets[i].address);
        (void)close(table->sockets[i].fd);
    }
    table->num_sockets = kept;
}
