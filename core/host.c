/* SPDX-License-Identifier: Apache-2.0 */
#include "core/host.h"

#include "core/ascii.h"

enum { HOST_MAX = 253, LABEL_MAX = 63 };

bool host_is_valid(struct sk_bytes host)
{
    size_t i, label = 0;
    bool is_number = true; /* the label so far is digits alone */

    if (host.len > HOST_MAX)
        return false;
    for (i = 0; i < host.len; i++) {
        uint8_t c = host.p[i];

        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            is_number = true;
            continue;
        }
        if (!ascii_is_alnum(c) && c != '-' && c != '_')
            return false;
        is_number = is_number && ascii_is_digit(c);
        if (++label > LABEL_MAX)
            return false;
    }
    return label > 0 && !is_number;
}

bool host_equal(struct sk_bytes a, struct sk_bytes b)
{
    return ascii_equal(a, b);
}

bool host_is_within(struct sk_bytes host, struct sk_bytes domain)
{
    size_t extra;

    if (host.len < domain.len)
        return false;
    extra = host.len - domain.len;
    if (extra > 0 && host.p[extra - 1] != '.')
        return false;
    return host_equal(bytes_of(host.p + extra, domain.len), domain);
}

struct sk_bytes host_parent(struct sk_bytes host)
{
    const uint8_t *dot = host.len > 0 ? memchr(host.p, '.', host.len) : NULL;

    if (dot == NULL)
        return bytes_of(NULL, 0);
    return bytes_of(dot + 1, (size_t)(host.p + host.len - dot) - 1);
}

/* atext and dots (RFC 5322 3.2.3; UTF-8 by RFC 6532). Where the dots stand is not looked at: hosts
 * have given out mailboxes with two in a row. */
static bool is_dot_atom(struct sk_bytes local)
{
    static const char marks[] = "!#$%&'*+-/=?^_`{|}~.";
    size_t i;

    for (i = 0; i < local.len; i++) {
        uint8_t c = local.p[i];

        if (!ascii_is_alnum(c) && c < 0x80 && memchr(marks, c, sizeof(marks) - 1) == NULL)
            return false;
    }
    return local.len > 0;
}

/* Quoted-string: every quote and backslash inside is behind a backslash (RFC 5321 4.1.2). */
static bool is_quoted(struct sk_bytes local)
{
    size_t i, end = local.len - 1;

    if (local.len < 3 || local.p[0] != '"' || local.p[end] != '"')
        return false;
    for (i = 1; i < end; i++) {
        if (local.p[i] == '\\')
            i++;
        else if (local.p[i] == '"')
            return false;
        if (i == end || local.p[i] < 0x20 || local.p[i] == 0x7f)
            return false;
    }
    return true;
}

bool host_of_mailbox(struct sk_bytes mailbox, struct sk_bytes *out_local, struct sk_bytes *out_host)
{
    const uint8_t *at = mailbox.len > 0 ? memrchr(mailbox.p, '@', mailbox.len) : NULL;
    struct sk_bytes local, host;

    if (at == NULL)
        return false;
    local = bytes_of(mailbox.p, (size_t)(at - mailbox.p));
    host = bytes_of(at + 1, mailbox.len - local.len - 1);
    if ((!is_dot_atom(local) && !is_quoted(local)) || !host_is_valid(host))
        return false;
    *out_local = local;
    *out_host = host;
    return true;
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ); its length, or 0 (RFC 3986 3.1) */
static size_t scheme_length(struct sk_bytes uri)
{
    size_t i;

    for (i = 0; i < uri.len && uri.p[i] != ':'; i++) {
        uint8_t c = uri.p[i];

        if (!ascii_is_letter(c) &&
            (i == 0 || (!ascii_is_digit(c) && c != '+' && c != '-' && c != '.')))
            return 0;
    }
    return i < uri.len ? i : 0;
}

bool host_scheme_of_uri(struct sk_bytes uri, struct sk_bytes *out_scheme)
{
    size_t len = scheme_length(uri);

    *out_scheme = bytes_of(uri.p, len);
    return len > 0;
}

/* unreserved / pct-encoded / sub-delims / ":" (RFC 3986 3.2.1). Stricter than browsers, which read
 * a backslash as the end of the authority: what is read in two ways has no host for us. */
static bool is_userinfo(struct sk_bytes text)
{
    static const char marks[] = "-._~%!$&'()*+,;=:";
    size_t i;

    for (i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (!ascii_is_alnum(c) && memchr(marks, c, sizeof(marks) - 1) == NULL)
            return false;
    }
    return true;
}

static bool is_number(struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.p[i]))
            return false;
    }
    return true;
}

/* What follows "://", up to the path, query or fragment. */
static struct sk_bytes authority_of(struct sk_bytes rest)
{
    size_t i;

    for (i = 0; i < rest.len; i++) {
        if (rest.p[i] == '/' || rest.p[i] == '?' || rest.p[i] == '#')
            break;
    }
    return bytes_of(rest.p, i);
}

bool host_of_uri(struct sk_bytes uri, struct sk_bytes *out_scheme, struct sk_bytes *out_host)
{
    size_t scheme = scheme_length(uri), skip = scheme + 3;
    struct sk_bytes host;
    const uint8_t *mark;

    if (scheme == 0 || uri.len < skip || memcmp(uri.p + scheme, "://", 3) != 0)
        return false;
    host = authority_of(bytes_of(uri.p + skip, uri.len - skip));
    mark = host.len > 0 ? memchr(host.p, '@', host.len) : NULL;
    if (mark != NULL) {
        size_t len = (size_t)(mark - host.p);

        if (!is_userinfo(bytes_of(host.p, len)))
            return false;
        host = bytes_of(mark + 1, host.len - len - 1);
    }
    mark = host.len > 0 ? memchr(host.p, ':', host.len) : NULL;
    if (mark != NULL) {
        size_t len = (size_t)(mark - host.p);

        if (!is_number(bytes_of(mark + 1, host.len - len - 1)))
            return false; /* also what follows the first colon of "[::1]" */
        host.len = len;
    }
    if (!host_is_valid(host))
        return false;
    *out_scheme = bytes_of(uri.p, scheme);
    *out_host = host;
    return true;
}
