/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/pkcs11_uri.h"

#include <stdlib.h>
#include <string.h>

#include "core/ascii.h"
#include "core/buf.h"
#include "core/limits.h"

#define SCHEME "pkcs11:"

enum word {
    WORD_TOKEN,
    WORD_MANUFACTURER,
    WORD_SERIAL,
    WORD_MODEL,
    WORD_SLOT_ID, /* up to here: what tells the token */
    WORD_OBJECT,
    WORD_ID,
    WORD_TYPE,
    WORD_MODULE_PATH, /* from here on: the query */
    WORD_PIN_SOURCE,
    NUM_WORDS
};

static const struct {
    const char *name;
    size_t max; /* octets of the value, decoded */
} words[NUM_WORDS] = {
    [WORD_TOKEN] = {"token", sizeof(((CK_TOKEN_INFO *)0)->label)},
    [WORD_MANUFACTURER] = {"manufacturer", sizeof(((CK_TOKEN_INFO *)0)->manufacturerID)},
    [WORD_SERIAL] = {"serial", sizeof(((CK_TOKEN_INFO *)0)->serialNumber)},
    [WORD_MODEL] = {"model", sizeof(((CK_TOKEN_INFO *)0)->model)},
    [WORD_SLOT_ID] = {"slot-id", 9},
    [WORD_OBJECT] = {"object", 255},
    [WORD_ID] = {"id", 64},
    [WORD_TYPE] = {"type", 16},
    [WORD_MODULE_PATH] = {"module-path", 4095},
    [WORD_PIN_SOURCE] = {"pin-source", 4095},
};

struct pkcs11_uri {
    char *values[NUM_WORDS]; /* decoded, a NUL behind; NULL: absent */
    size_t lens[NUM_WORDS];
};

bool pkcs11_uri_is(const char *text)
{
    return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_unreserved(char c)
{
    return ascii_is_alnum((uint8_t)c) || (c != '\0' && strchr("-._~", c) != NULL);
}

/* RFC 7512 2.3: pk11-pchar, pk11-qchar. */
static bool is_value_char(char c, bool is_query)
{
    return is_unreserved(c) ||
           (c != '\0' && strchr(is_query ? ":[]@!$'()*+,=/?|" : ":[]@!$'()*+,=&", c) != NULL);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 7512 2.3: pk11-type and pk11-slot-id are words and digits as they are. */
static bool is_plain(enum word word)
{
    return word == WORD_TYPE || word == WORD_SLOT_ID;
}

static enum sk_status decode(const char *p, size_t len, enum word word, struct pkcs11_uri *uri,
                             struct sk_err *err)
{
    const char *name = words[word].name;
    char *out = malloc(words[word].max + 1);
    size_t i, n = 0;

    if (out == NULL)
        return err_set(err, SK_NOMEM, "PKCS#11 URI: no memory");
    uri->values[word] = out;
    for (i = 0; i < len; i++) {
        int high = 0, low = 0;

        if (n == words[word].max)
            return err_set(err, SK_INPUT, "PKCS#11 URI: %s is too long", name);
        if (p[i] != '%' && is_value_char(p[i], word >= WORD_MODULE_PATH)) {
            out[n++] = p[i];
            continue;
        }
        if (p[i] == '%' && is_plain(word))
            return err_set(err, SK_INPUT, "PKCS#11 URI: %s must not be encoded", name);
        if (p[i] != '%' || len - i < 3 || (high = hex_digit(p[i + 1])) < 0 ||
            (low = hex_digit(p[i + 2])) < 0)
            return err_set(err, SK_INPUT, "PKCS#11 URI: %s has a letter that must be encoded",
                           name);
        out[n++] = (char)(high << 4 | low);
        i += 2;
    }
    out[n] = '\0';
    uri->lens[word] = n;
    if (n == 0)
        return err_set(err, SK_INPUT, "PKCS#11 URI: %s is empty", name);
    if (word != WORD_ID && memchr(out, '\0', n) != NULL)
        return err_set(err, SK_INPUT, "PKCS#11 URI: %s holds a NUL", name);
    return SK_OK;
}

/* One NAME=VALUE of the path or of the query. */
static enum sk_status read_attribute(const char *p, size_t len, bool is_query,
                                     struct pkcs11_uri *uri, struct sk_err *err)
{
    const char *equals = memchr(p, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - p) : len;
    enum word first = is_query ? WORD_MODULE_PATH : WORD_TOKEN, word;
    enum word end = is_query ? NUM_WORDS : WORD_MODULE_PATH;

    if (equals == NULL)
        return err_set(err, SK_INPUT, "PKCS#11 URI: an attribute without a value");
    if (is_query && bytes_equal(bytes_of(p, name_len), bytes_of("pin-value", 9)))
        return err_set(err, SK_INPUT, "pin-value: a PIN must not stand here, use pin-source");
    for (word = first; word < end; word++) {
        if (bytes_equal(bytes_of(p, name_len),
                        bytes_of(words[word].name, strlen(words[word].name))))
            break;
    }
    if (word == end)
        return err_set(err, SK_INPUT, "the PKCS#11 URI has an attribute that is not known here");
    if (uri->values[word] != NULL)
        return err_set(err, SK_INPUT, "PKCS#11 URI: %s stands twice", words[word].name);
    return decode(equals + 1, len - name_len - 1, word, uri, err);
}

static enum sk_status read_part(const char *p, size_t len, bool is_query, struct pkcs11_uri *uri,
                                struct sk_err *err)
{
    enum sk_status status = SK_OK;
    const char *end = p + len;

    if (len == 0 && !is_query)
        return SK_OK; /* any token */
    while (status == SK_OK) {
        const char *stop = memchr(p, is_query ? '&' : ';', (size_t)(end - p));

        status = read_attribute(p, (size_t)((stop != NULL ? stop : end) - p), is_query, uri, err);
        if (stop == NULL)
            break;
        p = stop + 1;
    }
    return status;
}

static enum sk_status judge(const struct pkcs11_uri *uri, struct sk_err *err)
{
    if (uri->values[WORD_TYPE] != NULL && strcmp(uri->values[WORD_TYPE], "private") != 0)
        return err_set(err, SK_INPUT, "the PKCS#11 URI is of another type than private");
    if (uri->values[WORD_SLOT_ID] != NULL &&
        strspn(uri->values[WORD_SLOT_ID], "0123456789") != uri->lens[WORD_SLOT_ID])
        return err_set(err, SK_INPUT, "PKCS#11 URI: slot-id is not a number");
    return SK_OK;
}

enum sk_status pkcs11_uri_new(const char *text, struct pkcs11_uri **out, struct sk_err *err)
{
    const char *path = text + strlen(SCHEME), *query;
    struct pkcs11_uri *uri;
    enum sk_status status;

    if (!pkcs11_uri_is(text))
        return err_set(err, SK_INPUT, "not a PKCS#11 URI");
    uri = calloc(1, sizeof(*uri));
    if (uri == NULL)
        return err_set(err, SK_NOMEM, "PKCS#11 URI: no memory");
    query = strchr(path, '?');
    status =
        read_part(path, query != NULL ? (size_t)(query - path) : strlen(path), false, uri, err);
    if (status == SK_OK && query != NULL)
        status = read_part(query + 1, strlen(query + 1), true, uri, err);
    if (status == SK_OK)
        status = judge(uri, err);
    if (status != SK_OK) {
        pkcs11_uri_free(uri);
        return status;
    }
    *out = uri;
    return SK_OK;
}

enum sk_status pkcs11_uri_of_token(const char *label, struct pkcs11_uri **out, struct sk_err *err)
{
    struct pkcs11_uri *uri;
    size_t len = strlen(label);

    if (len == 0 || len > words[WORD_TOKEN].max)
        return err_set(err, SK_INPUT, "a token's label has 1 to %zu octets", words[WORD_TOKEN].max);
    uri = calloc(1, sizeof(*uri));
    if (uri == NULL || (uri->values[WORD_TOKEN] = strdup(label)) == NULL) {
        free(uri);
        return err_set(err, SK_NOMEM, "PKCS#11 URI: no memory");
    }
    uri->lens[WORD_TOKEN] = len;
    *out = uri;
    return SK_OK;
}

void pkcs11_uri_free(struct pkcs11_uri *uri)
{
    size_t i;

    if (uri == NULL)
        return;
    for (i = 0; i < NUM_WORDS; i++)
        free(uri->values[i]);
    free(uri);
}

/* ---- what it says ---------------------------------------------------------------------------- */

const char *pkcs11_uri_module_path(const struct pkcs11_uri *uri)
{
    return uri->values[WORD_MODULE_PATH];
}

const char *pkcs11_uri_pin_source(const struct pkcs11_uri *uri)
{
    return uri->values[WORD_PIN_SOURCE];
}

bool pkcs11_uri_names_token(const struct pkcs11_uri *uri)
{
    size_t i;

    for (i = WORD_TOKEN; i <= WORD_SLOT_ID; i++) {
        if (uri->values[i] != NULL)
            return true;
    }
    return false;
}

char *pkcs11_uri_token_text(const struct pkcs11_uri *uri)
{
    struct sk_buf out;
    size_t i, j, len;
    bool is_first = true;

    buf_init(&out, 1024);
    buf_put_text(&out, SCHEME);
    for (i = WORD_TOKEN; i <= WORD_SLOT_ID; i++) {
        if (uri->values[i] == NULL)
            continue;
        buf_printf(&out, "%s%s=", is_first ? "" : ";", words[i].name);
        is_first = false;
        for (j = 0; j < uri->lens[i]; j++) {
            if (is_unreserved(uri->values[i][j]))
                buf_put_byte(&out, (uint8_t)uri->values[i][j]);
            else
                buf_printf(&out, "%%%02x", (unsigned)(uint8_t)uri->values[i][j]);
        }
    }
    buf_put_byte(&out, 0);
    if (buf_status(&out) != SK_OK) {
        buf_done(&out);
        return NULL;
    }
    return (char *)buf_take(&out, &len);
}

/* Fields of tokens are padded with blanks. */
static bool is_field(const struct pkcs11_uri *uri, enum word word, const CK_UTF8CHAR *field)
{
    size_t len = uri->lens[word], i;

    if (uri->values[word] == NULL)
        return true;
    for (i = len; i < words[word].max; i++) {
        if (field[i] != ' ')
            return false;
    }
    return memcmp(field, uri->values[word], len) == 0;
}

bool pkcs11_uri_matches(const struct pkcs11_uri *uri, CK_SLOT_ID slot, const CK_TOKEN_INFO *token)
{
    return (uri->values[WORD_SLOT_ID] == NULL ||
            strtoul(uri->values[WORD_SLOT_ID], NULL, 10) == slot) &&
           is_field(uri, WORD_TOKEN, token->label) &&
           is_field(uri, WORD_MANUFACTURER, token->manufacturerID) &&
           is_field(uri, WORD_SERIAL, token->serialNumber) &&
           is_field(uri, WORD_MODEL, token->model);
}

enum sk_status pkcs11_uri_key(const struct pkcs11_uri *uri, struct sk_bytes *out_label,
                              struct sk_bytes *out_id, struct sk_err *err)
{
    if (uri->values[WORD_OBJECT] == NULL && uri->values[WORD_ID] == NULL)
        return err_set(err, SK_INPUT, "the PKCS#11 URI names no key: object or id is missing");
    *out_label = bytes_of(uri->values[WORD_OBJECT], uri->lens[WORD_OBJECT]);
    *out_id = bytes_of(uri->values[WORD_ID], uri->lens[WORD_ID]);
    return SK_OK;
}
