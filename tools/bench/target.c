/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The digits of a port, ending the text: 1 to 65535. */
static bool read_port(const char *text, in_port_t *out)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || port < 1 || port > 65535)
        return false;
    *out = htons((uint16_t)port);
    return true;
}

/* text: ADDRESS:PORT, cut in place. */
static bool read_address(char *text, struct target *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;
    char *colon = strrchr(text, ':');

    if (colon == NULL)
        return false;
    *colon = '\0';
    if (strcmp(text, "[::1]") == 0) {
        v6->sin6_family = AF_INET6;
        v6->sin6_addr = in6addr_loopback;
        out->address_len = sizeof(*v6);
        return read_port(colon + 1, &v6->sin6_port);
    }
    v4->sin_family = AF_INET;
    out->address_len = sizeof(*v4);
    return inet_pton(AF_INET, text, &v4->sin_addr) == 1 &&
           ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET &&
           read_port(colon + 1, &v4->sin_port);
}

enum sk_status target_parse(const char *url, struct target *out, struct sk_err *err)
{
    static const char scheme[] = "http://";
    struct target target = {.address_len = 0};
    char text[sizeof(target.host)];
    const char *slash, *p;

    if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
        return err_set(err, SK_INPUT, "%s: not an http:// address", url);
    url += sizeof(scheme) - 1;
    slash = strchr(url, '/');
    if (slash == NULL || (size_t)(slash - url) >= sizeof(text))
        return err_set(err, SK_INPUT, "%s: not ADDRESS:PORT/PATH", url);
    for (p = slash; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~')
            return err_set(err, SK_INPUT, "%s: a path has no blanks or control characters", url);
    }
    memcpy(text, url, (size_t)(slash - url));
    text[slash - url] = '\0';
    memcpy(target.host, text, sizeof(text));
    if (!read_address(text, &target))
        return err_set(err, SK_INPUT,
                       "%s: only 127.0.0.0/8 and [::1] with a port are accepted, in digits",
                       target.host);
    target.path = slash;
    *out = target;
    return SK_OK;
}
