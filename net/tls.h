/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.2 and 1.3 for the listeners of [tls], by OpenSSL through libevent's bufferevents.
 *
 * One struct sk_tls is made per process from the files of the configuration and shared by the
 * workers; a reload makes a new process, and so reads the files anew. What is decided here:
 *
 * - Security level 2 (RSA keys from 2048 bits, no SHA-1 signatures), AEAD suites with forward
 *   secrecy, no compression, no renegotiation, no early data; ALPN is http/1.1 or nothing.
 * - No session is resumed, by ticket or by number: every connection shows its certificate anew, so
 *   what a reload takes from a client is taken at once, and no ticket key outlives its use. Clients
 *   that ask often keep their connection.
 * - An end without close_notify is an end: HTTP's own lengths tell whether something is missing.
 */
#ifndef SEKISHO_NET_TLS_H
#define SEKISHO_NET_TLS_H

#include "policy/config.h"

struct bufferevent;
struct event_base;
struct sk_tls;

/* SK_IO, SK_INPUT: a file of the configuration, named in err. */
enum sk_status tls_new(const struct config_tls *config, struct sk_tls **out,
                       struct sk_err *err) SK_MUST_CHECK;
void tls_free(struct sk_tls *tls); /* accepts NULL */

/* The server's side of a handshake over an accepted socket, which it owns from now on; NULL: no
 * memory, and the socket is still the caller's. BEV_EVENT_CONNECTED tells that the handshake is
 * done. */
struct bufferevent *tls_accept(struct sk_tls *tls, struct event_base *base, int fd);
/* After the handshake: the certificate that the client has shown; *out is NULL when there is none,
 * else free() it. SK_NOMEM, SK_LIMIT. */
enum sk_status tls_certificate(struct bufferevent *bev, struct acl_certificate **out) SK_MUST_CHECK;
/* "TLSv1.3"; static. */
const char *tls_version(struct bufferevent *bev);
/* Sends close_notify as far as the socket takes it. */
void tls_end(struct bufferevent *bev);

#endif
