/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <strings.h>

#include "core/ascii.h"
#include "net/http_int.h"

/* tchar of RFC 9110 5.6.2 */
static bool is_tchar(uint8_t c)
{
    return ascii_is_alnum(c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* pchar, "/" and "?" of RFC 3986; "%" is looked at apart. */
static bool is_target_char(uint8_t c)
{
    return ascii_is_alnum(c) || (c != 0 && strchr("-._~!$&'()*+,;=:@/?", c) != NULL);
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int hex_value(uint8_t c)
{
    if (c <= '9')
        return c - '0';
    return (c | 0x20) - 'a' + 10;
}

bool http_token_is(struct sk_bytes text, const char *lower)
{
    return text.len == strlen(lower) &&
           (text.len == 0 || strncasecmp((const char *)text.p, lower, text.len) == 0);
}

static const struct {
    const char *text;
    enum http_method method;
} METHODS[] = {
    {"GET", HTTP_GET},         {"HEAD", HTTP_HEAD},     {"POST", HTTP_POST},
    {"PUT", HTTP_PUT},         {"DELETE", HTTP_DELETE}, {"CONNECT", HTTP_CONNECT},
    {"OPTIONS", HTTP_OPTIONS}, {"TRACE", HTTP_TRACE},   {"PATCH", HTTP_PATCH},
};
enum { NUM_METHODS = sizeof(METHODS) / sizeof(METHODS[0]) };

static enum http_method method_of(struct sk_bytes token)
{
    size_t i;

    for (i = 0; i < NUM_METHODS; i++) {
        if (bytes_equal(token, bytes_of(METHODS[i].text, strlen(METHODS[i].text))))
            return METHODS[i].method;
    }
    return HTTP_METHOD_UNKNOWN;
}

const char *http_method_text(enum http_method method)
{
    size_t i;

    for (i = 0; i < NUM_METHODS; i++) {
        if (METHODS[i].method == method)
            return METHODS[i].text;
    }
    return "other";
}

static enum sk_status version_of(struct http_reader *r, struct sk_bytes text)
{
    if (text.len != 8 || memcmp(text.p, "HTTP/", 5) != 0 || !isdigit(text.p[5]) ||
        text.p[6] != '.' || !isdigit(text.p[7]))
        return http_refuse(r, 400, "a malformed request line");
    if (text.p[5] != '1' || text.p[7] > '1')
        return http_refuse(r, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    r->minor = (unsigned)(text.p[7] - '0');
    return SK_OK;
}

/* uri-host [ ":" port ] of RFC 9110 7.2: a name, an IPv4 address, or an IPv6 address in brackets.
 */
static bool is_host(struct sk_bytes host)
{
    size_t i = 0;

    if (host.len == 0)
        return false;
    if (host.p[0] == '[') {
        for (i = 1; i < host.len && (is_hex(host.p[i]) || host.p[i] == ':' || host.p[i] == '.');)
            i++;
        if (i < 3 || i == host.len || host.p[i] != ']')
            return false;
        i++;
    } else {
        while (i < host.len && (isalnum(host.p[i]) || strchr("-._~", host.p[i]) != NULL))
            i++;
        if (i == 0)
            return false;
    }
    if (i < host.len && host.p[i++] != ':')
        return false;
    for (; i < host.len; i++) {
        if (!isdigit(host.p[i]))
            return false;
    }
    return true;
}

/* absolute-form (RFC 9112 3.2.2): "http://host[:port]/path"; its host replaces Host. */
static enum sk_status cut_authority(struct http_reader *r, struct sk_bytes *target)
{
    static const size_t scheme = sizeof("http://") - 1;
    const uint8_t *slash;
    size_t host_len;

    if (target->len < scheme || strncasecmp((const char *)target->p, "http://", scheme) != 0)
        return http_refuse(r, 400, "a request target we cannot serve");
    slash = memchr(target->p + scheme, '/', target->len - scheme);
    if (slash == NULL)
        return http_refuse(r, 400, "an absolute target without a path");
    host_len = (size_t)(slash - target->p) - scheme;
    if (!is_host(bytes_of(target->p + scheme, host_len)))
        return http_refuse(r, 400, "a malformed host");
    target->p = slash;
    target->len -= scheme + host_len;
    return SK_OK;
}

static enum sk_status check_path(struct http_reader *r, struct sk_bytes target)
{
    size_t i;

    for (i = 0; i < target.len; i++) {
        if (target.p[i] == '%') {
            if (target.len - i < 3 || !is_hex(target.p[i + 1]) || !is_hex(target.p[i + 2]))
                return http_refuse(r, 400, "a malformed percent escape");
        } else if (!is_target_char(target.p[i])) {
            return http_refuse(r, 400, "a character that may not stand in a request target");
        }
    }
    return SK_OK;
}

static enum sk_status set_target(struct http_reader *r, struct sk_bytes target)
{
    const uint8_t *question;
    enum sk_status status = SK_OK;

    if (target.len > LIMIT_HTTP_TARGET_BYTES)
        return http_refuse(r, 414, "the request target is too long");
    if (r->method == HTTP_CONNECT)
        return http_refuse(r, 501, "no tunnels here");
    if (target.p[0] != '/' && !(target.len == 1 && target.p[0] == '*' && r->method == HTTP_OPTIONS))
        status = cut_authority(r, &target);
    if (status == SK_OK && target.p[0] == '/')
        status = check_path(r, target);
    if (status != SK_OK)
        return status;
    question = memchr(target.p, '?', target.len);
    r->path.value = (uint32_t)(target.p - r->head.data);
    r->path.value_len = (uint32_t)(question != NULL ? (size_t)(question - target.p) : target.len);
    r->has_query = question != NULL;
    if (question != NULL) {
        r->query.value = r->path.value + r->path.value_len + 1;
        r->query.value_len = (uint32_t)target.len - r->path.value_len - 1;
    }
    return SK_OK;
}

enum sk_status http_request_line(struct http_reader *r, struct sk_bytes line)
{
    size_t method = 0, target;
    const uint8_t *space;
    enum sk_status status;

    while (method < line.len && is_tchar(line.p[method]))
        method++;
    if (method == 0 || method == line.len || line.p[method] != ' ')
        return http_refuse(r, 400, "a malformed request line");
    r->method = method_of(bytes_of(line.p, method));
    target = method + 1;
    space = memchr(line.p + target, ' ', line.len - target);
    if (space == NULL || space == line.p + target)
        return http_refuse(r, 400, "a malformed request line");
    status = version_of(r, bytes_of(space + 1, (size_t)(line.p + line.len - space) - 1));
    if (status != SK_OK)
        return status;
    return set_target(r, bytes_of(line.p + target, (size_t)(space - line.p) - target));
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct sk_bytes trim(struct sk_bytes text)
{
    while (text.len > 0 && is_blank(text.p[0])) {
        text.p++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.p[text.len - 1]))
        text.len--;
    return text;
}

enum sk_status http_field_split(struct http_reader *r, struct sk_bytes line, struct http_field *out)
{
    struct sk_bytes value;
    size_t name = 0;

    if (is_blank(line.p[0]))
        return http_refuse(r, 400, "a folded header line"); /* obs-fold, RFC 9112 5.2 */
    while (name < line.len && is_tchar(line.p[name]))
        name++;
    /* No white space before the colon: RFC 9112 5.1 */
    if (name == 0 || name == line.len || line.p[name] != ':')
        return http_refuse(r, 400, "a malformed header line");
    value = trim(bytes_of(line.p + name + 1, line.len - name - 1));
    out->name = (uint32_t)(line.p - r->head.data);
    out->name_len = (uint32_t)name;
    out->value = (uint32_t)(value.p - r->head.data);
    out->value_len = (uint32_t)value.len;
    return SK_OK;
}

enum sk_status http_field_add(struct http_reader *r, struct sk_bytes line)
{
    struct http_field field;
    enum sk_status status = http_field_split(r, line, &field);

    if (status != SK_OK)
        return status;
    if (r->num_fields == LIMIT_HTTP_HEADERS)
        return http_refuse(r, 431, "too many header fields");
    r->fields[r->num_fields++] = field;
    return SK_OK;
}

enum sk_status http_trailer_check(struct http_reader *r, const struct http_field *field)
{
    static const char *const refused[] = {"content-length", "transfer-encoding", "host"};
    struct sk_bytes name = bytes_of(r->head.data + field->name, field->name_len);
    size_t i;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (http_token_is(name, refused[i]))
            return http_refuse(r, 400, "a field that may not be a trailer");
    }
    return SK_OK;
}

static void skip_blanks(struct sk_bytes *text)
{
    while (text->len > 0 && is_blank(text->p[0])) {
        text->p++;
        text->len--;
    }
}

static bool skip_token(struct sk_bytes *text)
{
    size_t n = 0;

    while (n < text->len && is_tchar(text->p[n]))
        n++;
    text->p += n;
    text->len -= n;
    return n > 0;
}

/* quoted-string of RFC 9110 5.6.4; the line reader has refused control characters. */
static bool skip_quoted(struct sk_bytes *text)
{
    size_t i;

    for (i = 1; i < text->len; i++) {
        if (text->p[i] == '\\') {
            i++;
        } else if (text->p[i] == '"') {
            text->p += i + 1;
            text->len -= i + 1;
            return true;
        }
    }
    return false;
}

static bool skip_extension(struct sk_bytes *text)
{
    skip_blanks(text);
    if (!skip_token(text))
        return false;
    skip_blanks(text);
    if (text->len == 0 || text->p[0] != '=')
        return true;
    text->p++;
    text->len--;
    skip_blanks(text);
    if (!(text->len > 0 && text->p[0] == '"' ? skip_quoted(text) : skip_token(text)))
        return false;
    skip_blanks(text);
    return true;
}

bool http_is_chunk_extensions(struct sk_bytes text)
{
    while (skip_extension(&text)) {
        if (text.len == 0)
            return true;
        if (text.p[0] != ';')
            return false;
        text.p++;
        text.len--;
    }
    return false;
}

static struct sk_bytes name_of(const struct http_reader *r, size_t i)
{
    return bytes_of(r->head.data + r->fields[i].name, r->fields[i].name_len);
}

static struct sk_bytes value_of(const struct http_reader *r, size_t i)
{
    return bytes_of(r->head.data + r->fields[i].value, r->fields[i].value_len);
}

/* The next element of a comma-separated list, trimmed; empty ones are given too. False at the end.
 */
static bool list_next(struct sk_bytes *rest, struct sk_bytes *out)
{
    const uint8_t *comma;
    size_t n;

    if (rest->p == NULL)
        return false;
    comma = rest->len > 0 ? memchr(rest->p, ',', rest->len) : NULL;
    n = comma != NULL ? (size_t)(comma - rest->p) : rest->len;
    *out = trim(bytes_of(rest->p, n));
    if (comma != NULL)
        *rest = bytes_of(comma + 1, rest->len - n - 1);
    else
        *rest = bytes_of(NULL, 0);
    return true;
}

/* What the fields that steer the connection say. */
struct head_facts {
    unsigned num_host, num_length, num_coding;
    struct sk_bytes host, length, coding;
    bool has_close, has_keep_alive, has_continue, has_other_expectation;
};

static void read_connection(struct sk_bytes value, struct head_facts *facts)
{
    struct sk_bytes token;

    while (list_next(&value, &token)) {
        facts->has_close |= http_token_is(token, "close");
        facts->has_keep_alive |= http_token_is(token, "keep-alive");
    }
}

static void collect(const struct http_reader *r, struct head_facts *facts)
{
    size_t i;

    memset(facts, 0, sizeof(*facts));
    for (i = 0; i < r->num_fields; i++) {
        struct sk_bytes name = name_of(r, i), value = value_of(r, i);

        if (http_token_is(name, "host")) {
            facts->num_host++;
            facts->host = value;
        } else if (http_token_is(name, "content-length")) {
            facts->num_length++;
            facts->length = value;
        } else if (http_token_is(name, "transfer-encoding")) {
            facts->num_coding++;
            facts->coding = value;
        } else if (http_token_is(name, "connection")) {
            read_connection(value, facts);
        } else if (http_token_is(name, "expect")) {
            if (http_token_is(value, "100-continue"))
                facts->has_continue = true;
            else
                facts->has_other_expectation = true;
        }
    }
}

static enum sk_status set_length(struct http_reader *r, struct sk_bytes text)
{
    uint64_t length = 0;
    size_t i;

    if (text.len == 0)
        return http_refuse(r, 400, "a malformed Content-Length");
    for (i = 0; i < text.len; i++) {
        if (!isdigit(text.p[i]))
            return http_refuse(r, 400, "a malformed Content-Length");
        if (length < UINT64_MAX / 16)
            length = length * 10 + (uint64_t)(text.p[i] - '0');
    }
    if (length > r->limits.body_bytes)
        return http_refuse(r, 413, "the body is too long");
    r->left = length;
    r->state = length > 0 ? HTTP_STATE_BODY : HTTP_STATE_DONE;
    return SK_OK;
}

/* RFC 9112 6.1: chunked, once and last, or nothing; other codings are not implemented. */
static enum sk_status set_coding(struct http_reader *r, struct sk_bytes value)
{
    struct sk_bytes token, last = {NULL, 0};
    unsigned count = 0, chunked = 0;

    while (list_next(&value, &token)) {
        if (token.len == 0)
            return http_refuse(r, 400, "a malformed Transfer-Encoding");
        count++;
        chunked += http_token_is(token, "chunked");
        last = token;
    }
    if (chunked > 1 || (chunked == 1 && !http_token_is(last, "chunked")))
        return http_refuse(r, 400, "chunked is not the last transfer coding");
    if (count != 1 || chunked != 1)
        return http_refuse(r, 501, "a transfer coding we do not know");
    r->state = HTTP_STATE_CHUNK_SIZE;
    return SK_OK;
}

static enum sk_status set_framing(struct http_reader *r, const struct head_facts *facts)
{
    if (facts->num_coding > 0) {
        /* RFC 9112 6.1 and 6.3: with Content-Length, doubled or in HTTP/1.0 it smells of smuggling.
         */
        if (facts->num_length > 0)
            return http_refuse(r, 400, "Content-Length beside Transfer-Encoding");
        if (facts->num_coding > 1 || r->minor == 0)
            return http_refuse(r, 400, "Transfer-Encoding where it may not stand");
        return set_coding(r, facts->coding);
    }
    if (facts->num_length > 1)
        return http_refuse(r, 400, "Content-Length stands more than once");
    if (facts->num_length == 1)
        return set_length(r, facts->length);
    r->state = HTTP_STATE_DONE;
    return SK_OK;
}

enum sk_status http_head_finish(struct http_reader *r)
{
    struct head_facts facts;
    enum sk_status status;

    collect(r, &facts);
    /* RFC 9112 3.2 */
    if (facts.num_host > 1 || (facts.num_host == 0 && r->minor == 1))
        return http_refuse(r, 400, "exactly one Host is wanted");
    if (facts.num_host == 1 && !is_host(facts.host))
        return http_refuse(r, 400, "a malformed Host");
    status = set_framing(r, &facts);
    if (status != SK_OK)
        return status;
    r->line = r->head.len;
    /* RFC 9112 9.3 */
    r->keep_alive = !facts.has_close && (r->minor == 1 || facts.has_keep_alive);
    if (r->minor == 1 && facts.has_other_expectation)
        return http_refuse(r, 417, "an expectation we do not know");
    r->wants_continue = r->minor == 1 && facts.has_continue && http_reader_in_body(r);
    return SK_OK;
}

enum sk_status http_request_field(const struct http_request *request, const char *name,
                                  struct sk_bytes *out)
{
    const struct http_reader *r = request->reader;
    struct sk_bytes found = {NULL, 0};
    size_t i, count = 0;

    for (i = 0; i < r->num_fields; i++) {
        if (!http_token_is(name_of(r, i), name))
            continue;
        found = value_of(r, i);
        count++;
    }
    if (count != 1)
        return count == 0 ? SK_NOTFOUND : SK_INPUT;
    *out = found;
    return SK_OK;
}

bool http_media_type_is(struct sk_bytes value, const char *type)
{
    const uint8_t *semicolon = value.len > 0 ? memchr(value.p, ';', value.len) : NULL;

    if (semicolon != NULL)
        value.len = (size_t)(semicolon - value.p);
    return http_token_is(trim(value), type);
}

bool http_etag_listed(struct sk_bytes value, const char *etag)
{
    size_t len = strlen(etag);
    struct sk_bytes tag;

    while (list_next(&value, &tag)) {
        if (tag.len == 1 && tag.p[0] == '*')
            return true;
        if (tag.len > 2 && memcmp(tag.p, "W/", 2) == 0)
            tag = bytes_of(tag.p + 2, tag.len - 2);
        if (tag.len == len + 2 && tag.p[0] == '"' && tag.p[tag.len - 1] == '"' &&
            memcmp(tag.p + 1, etag, len) == 0)
            return true;
    }
    return false;
}

static bool is_control(uint8_t c)
{
    return c < 0x20 || c == 0x7f;
}

enum sk_status http_unescape(struct sk_bytes text, struct sk_buf *out)
{
    size_t i = 0, run;
    uint8_t c;

    while (i < text.len) {
        for (run = i; run < text.len && text.p[run] != '%'; run++) {
            if (is_control(text.p[run]))
                return SK_INPUT;
        }
        buf_put(out, text.p + i, run - i);
        i = run;
        if (i == text.len)
            break;
        if (text.len - i < 3 || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2]))
            return SK_INPUT;
        c = (uint8_t)(hex_value(text.p[i + 1]) << 4 | hex_value(text.p[i + 2]));
        if (is_control(c))
            return SK_INPUT;
        buf_put_byte(out, c);
        i += 3;
    }
    return buf_status(out);
}

const char *http_status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } known[] = {
        {200, "OK"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].status == status)
            return known[i].text;
    }
    return "Unknown";
}
