/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.2 and 1.3 for the listeners of [tls], by OpenSSL over non-blocking sockets.
 *
 * One struct sk_tls is made per process from the files of the configuration and shared by the
 * workers; a reload makes a new process, and so reads the files anew. What is decided here:
 *
 * - Security level 2 (RSA keys from 2048 bits, no SHA-1 signatures), AEAD suites with forward
 *   secrecy, no compression, no renegotiation, no early data; ALPN is http/1.1 or nothing
 *   for HTTP, nothing for LDAP.
 * - No session is resumed, by ticket or by number: every connection shows its certificate anew, so
 *   what a reload takes from a client is taken at once, and no ticket key outlives its use. Clients
 *   that ask often keep their connection.
 * - An end without close_notify is an end: HTTP's own lengths tell whether something is missing.
 */
#ifndef SEKISHO_NET_TLS_H
#define SEKISHO_NET_TLS_H

#include "policy/config.h"

struct ssl_st; /* OpenSSL's SSL */
struct sk_tls;

/* SK_IO, SK_INPUT: a file of the configuration, named in err. */
enum sk_status tls_new(const struct config_tls *config, struct sk_tls **out,
                       struct sk_err *err) SK_MUST_CHECK;
void tls_free(struct sk_tls *tls); /* accepts NULL */

/* ---- one connection (net/stream.c) ---- */

/* The server's side of a handshake over an accepted socket, which stays the caller's. NULL: no
 * memory. */
struct ssl_st *tls_accept(struct sk_tls *tls, int fd, bool is_http);

/* Each of these: SK_AGAIN when the socket must be waited for first, *out_for says what for: EV_READ
 * or EV_WRITE. SK_IO: the connection is broken. */
enum sk_status tls_handshake(struct ssl_st *ssl, short *out_for) SK_MUST_CHECK;
/* *out_n is 0 when the client has ended its side. */
enum sk_status tls_read(struct ssl_st *ssl, uint8_t *to, size_t room, size_t *out_n,
                        short *out_for) SK_MUST_CHECK;
/* After SK_AGAIN the same octets must come again, from wherever. */
enum sk_status tls_write(struct ssl_st *ssl, struct sk_bytes bytes, size_t *out_n,
                         short *out_for) SK_MUST_CHECK;
/* True when something has been received and not been read. */
bool tls_has_more(const struct ssl_st *ssl);

/* After the handshake: the certificate that the client has shown; *out is NULL when there is none,
 * else free() it. SK_NOMEM, SK_LIMIT. */
enum sk_status tls_certificate(struct ssl_st *ssl, struct acl_certificate **out) SK_MUST_CHECK;
/* "TLSv1.3"; static. */
const char *tls_version(const struct ssl_st *ssl);
/* Sends close_notify as far as the socket takes it, and frees. */
void tls_end(struct ssl_st *ssl);

#endif
