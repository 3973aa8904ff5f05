/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/state.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/hex.h"
#include "core/key.h"

enum { HEX_HASH = 2 * SK_SHA256 + 1 };

static bool state_path(const char *cache_dir, const char *url, const char *suffix,
                       char out[PATH_MAX])
{
    uint8_t hash[SK_SHA256];
    char name[HEX_HASH];
    int n;

    key_sha256(bytes_of(url, strlen(url)), hash);
    hex_encode(bytes_of(hash, sizeof(hash)), name);
    n = snprintf(out, PATH_MAX, "%s/fetch/%s%s", cache_dir, name, suffix);
    return n > 0 && n < PATH_MAX;
}

/* One line without its end; false when it does not fit or the file has ended. */
static bool read_line(FILE *file, char *out, size_t size)
{
    size_t len;

    if (fgets(out, (int)size, file) == NULL)
        return false;
    len = strlen(out);
    if (len == 0 || out[len - 1] != '\n')
        return false;
    out[len - 1] = '\0';
    return true;
}

void state_load(const char *cache_dir, const char *url, const uint8_t digest[SK_SHA256],
                struct fetch_validators *out)
{
    char path[PATH_MAX], wanted[HEX_HASH], kept[HEX_HASH + 1];
    struct fetch_validators v;
    FILE *file;

    memset(out, 0, sizeof(*out));
    if (!state_path(cache_dir, url, "", path) || (file = fopen(path, "re")) == NULL)
        return;
    hex_encode(bytes_of(digest, SK_SHA256), wanted);
    if (read_line(file, kept, sizeof(kept)) && strcmp(kept, wanted) == 0 &&
        read_line(file, v.etag, sizeof(v.etag)) &&
        read_line(file, v.last_modified, sizeof(v.last_modified)))
        *out = v;
    (void)fclose(file);
}

void state_save(const char *cache_dir, const char *url, const uint8_t digest[SK_SHA256],
                const struct fetch_validators *validators)
{
    char path[PATH_MAX], next[PATH_MAX], text[HEX_HASH];
    bool is_written;
    FILE *file;
    int n = snprintf(path, sizeof(path), "%s/fetch", cache_dir);

    if (n < 0 || (size_t)n >= sizeof(path))
        return;
    (void)mkdir(path, 0755); /* its absence shows at fopen() */
    if (!state_path(cache_dir, url, "", path) || !state_path(cache_dir, url, ".next", next))
        return;
    file = fopen(next, "we");
    if (file == NULL)
        return;
    hex_encode(bytes_of(digest, SK_SHA256), text);
    is_written =
        fprintf(file, "%s\n%s\n%s\n", text, validators->etag, validators->last_modified) > 0;
    if (fclose(file) != 0 || !is_written || rename(next, path) != 0)
        (void)remove(next);
}
