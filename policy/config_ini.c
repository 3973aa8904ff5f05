/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of the configuration file, read by libinih.
 *
 * libinih is fed line by line through its reader callback, so the line that a handler call belongs
 * to is known whatever INI_HANDLER_LINENO was when the library was built. What libinih would pass
 * over in silence is caught here, before a line reaches it: octets that are no text, a line longer
 * than its buffer (it would be cut), a line without a key (only the first is told, by return
 * value), and section headings, which it does not report, cuts at 49 octets and lets repeat.
 * Indentation is taken away, so an indented line is a line of its own, never a continuation.
 */
#include "policy/config_int.h"

#include <ini.h>
#include <stdio.h>

#include "core/limits.h"

/* Debian's libinih holds its options in variables; a library built otherwise lacks them and has its
 * own, shorter line. */
extern int ini_max_line __attribute__((weak));
extern int ini_initial_alloc __attribute__((weak));
extern bool ini_use_stack __attribute__((weak));

struct ini {
    struct sk_bytes rest; /* not yet given to libinih */
    const struct config_ini_calls *calls;
    void *arg;
    unsigned line;         /* number of the line libinih has in hand */
    bool is_awaited;       /* that line holds a value that the handler has not seen yet */
    enum sk_status status; /* first failure of a call */
    char word[64];         /* scratch: parts of a heading */
    char name[LIMIT_CONFIG_NAME_BYTES + 2];
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static void trim(struct sk_bytes *b)
{
    while (b->len > 0 && is_blank(b->p[0])) {
        b->p++;
        b->len--;
    }
    while (b->len > 0 && (is_blank(b->p[b->len - 1]) || b->p[b->len - 1] == '\r'))
        b->len--;
}

static struct sk_bytes take_line(struct ini *ini)
{
    const uint8_t *end = memchr(ini->rest.p, '\n', ini->rest.len);
    size_t len = end != NULL ? (size_t)(end - ini->rest.p) : ini->rest.len;
    struct sk_bytes line = bytes_of(ini->rest.p, len);
    size_t used = end != NULL ? len + 1 : len;

    ini->rest = bytes_of(ini->rest.p + used, ini->rest.len - used);
    ini->line++;
    if (ini->line == 1 && line.len >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
        line = bytes_of(line.p + 3, line.len - 3);
    trim(&line);
    return line;
}

static void fault(struct ini *ini, const char *text)
{
    ini->calls->fault(ini->arg, ini->line, text);
}

static bool is_text(struct sk_bytes line)
{
    size_t i;

    for (i = 0; i < line.len; i++) {
        if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
            return false;
    }
    return true;
}

/* Copies a part of a heading; one that does not fit is cut one octet above what a check allows. */
static void copy_part(char *out, size_t size, struct sk_bytes part)
{
    size_t len = part.len < size ? part.len : size - 1;

    if (len > 0)
        memcpy(out, part.p, len);
    out[len] = '\0';
}

/* line begins with '[' */
static void read_heading(struct ini *ini, struct sk_bytes line)
{
    const uint8_t *close = memchr(line.p, ']', line.len);
    struct sk_bytes inside, after, word;

    if (close == NULL) {
        fault(ini, "a section heading ends with ']'");
        return;
    }
    inside = bytes_of(line.p + 1, (size_t)(close - line.p) - 1);
    after = bytes_of(close + 1, line.len - inside.len - 2);
    trim(&inside);
    trim(&after);
    if (after.len > 0 && after.p[0] != ';' && after.p[0] != '#') {
        fault(ini, "nothing may follow the ']' of a section heading");
        return;
    }
    word = inside;
    for (word.len = 0; word.len < inside.len && !is_blank(inside.p[word.len]); word.len++)
        continue;
    inside = bytes_of(inside.p + word.len, inside.len - word.len);
    trim(&inside);
    copy_part(ini->word, sizeof(ini->word), word);
    copy_part(ini->name, sizeof(ini->name), inside);
    ini->status =
        ini->calls->section(ini->arg, ini->line, ini->word, inside.len > 0 ? ini->name : NULL);
}

/* Reports a line that libinih had and did not call the handler for. */
static void settle(struct ini *ini)
{
    if (ini->is_awaited)
        fault(ini, "neither 'key = value' nor '[section]' nor a comment");
    ini->is_awaited = false;
}

/* ini_reader: the next line that libinih shall split, always whole and with its newline. */
static char *next_line(char *out, int num, void *stream)
{
    struct ini *ini = stream;
    size_t room = num > 2 ? (size_t)num - 2 : 0; /* newline and NUL */
    struct sk_bytes line;

    settle(ini);
    while (ini->status == SK_OK && ini->rest.len > 0) {
        line = take_line(ini);
        if (line.len == 0 || line.p[0] == '#' || line.p[0] == ';')
            continue;
        if (!is_text(line)) {
            fault(ini, "holds a control character");
        } else if (line.p[0] == '[') {
            read_heading(ini, line);
        } else if (line.len > room) {
            char text[80];

            (void)snprintf(text, sizeof(text), "line of %zu octets, at most %zu are read", line.len,
                           room);
            fault(ini, text);
        } else {
            memcpy(out, line.p, line.len);
            memcpy(out + line.len, "\n", 2);
            ini->is_awaited = true;
            return out;
        }
    }
    return NULL;
}

#if INI_HANDLER_LINENO
static int take_value(void *user, const char *section, const char *key, const char *value,
                      int lineno)
#else
static int take_value(void *user, const char *section, const char *key, const char *value)
#endif
{
    struct ini *ini = user;

    (void)section;
#if INI_HANDLER_LINENO
    (void)lineno;
#endif
    ini->is_awaited = false;
    if (ini->status == SK_OK)
        ini->status = ini->calls->value(ini->arg, ini->line, key, value);
    return ini->status == SK_OK;
}

enum sk_status config_ini_read(struct sk_bytes text, const struct config_ini_calls *calls,
                               void *arg)
{
    struct ini ini = {.rest = text, .calls = calls, .arg = arg};
    /* key, " = ", value, blanks between, newline, NUL */
    const int line_bytes = (int)LIMIT_CONFIG_VALUE_BYTES + 256;
    int result;

    if (&ini_max_line != NULL && &ini_initial_alloc != NULL && &ini_use_stack != NULL) {
        ini_max_line = line_bytes;
        ini_initial_alloc = line_bytes;
        ini_use_stack = false;
    }
    result = ini_parse_stream(next_line, &ini, take_value, &ini);
    if (result == -2)
        return SK_NOMEM;
    settle(&ini);
    return ini.status;
}
