/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/source_file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/limits.h"
#include "policy/file.h"

static const char prefix[] = "file:";

bool source_file_is(const char *url)
{
    return strncmp(url, prefix, sizeof(prefix) - 1) == 0;
}

/* Reads one file as a body; false when the source has failed. */
static bool read_body(struct fetch_source *source, const char *path, const char *name,
                      uint64_t max_bytes)
{
    struct fetch_body *body = plan_add_body(source, name, (size_t)max_bytes);
    enum sk_status status;

    if (body == NULL) {
        (void)err_set(&source->err, SK_NOMEM, "no memory");
        plan_fail(source, REASON_FAILED);
        return false;
    }
    status = file_read(path, &body->bytes, &source->err);
    if (status == SK_OK)
        return true;
    if (status == SK_LIMIT)
        (void)err_set(&source->err, SK_LIMIT, "%s: more than %llu bytes", path,
                      (unsigned long long)max_bytes);
    plan_fail(source, status == SK_LIMIT   ? REASON_OVERSIZED
                      : status == SK_NOMEM ? REASON_FAILED
                                           : REASON_UNREADABLE);
    return false;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Reads the files of a folder in order of their names. */
static bool read_files(struct fetch_source *source, const char *path, struct dirent **entries,
                       int num, uint64_t max_bytes)
{
    char file[PATH_MAX];
    int i, n;

    if (num == 0 || (unsigned)num > LIMIT_FETCH_FILES) {
        (void)err_set(&source->err, SK_INPUT, "%s: a folder of %d files; 1 to %u are read", path,
                      num, LIMIT_FETCH_FILES);
        plan_fail(source, REASON_UNREADABLE);
        return false;
    }
    for (i = 0; i < num; i++) {
        n = snprintf(file, sizeof(file), "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
                     entries[i]->d_name);
        if (n < 0 || (size_t)n >= sizeof(file)) {
            (void)err_set(&source->err, SK_LIMIT, "%s: path too long", path);
            plan_fail(source, REASON_UNREADABLE);
            return false;
        }
        if (!read_body(source, file, file, max_bytes))
            return false;
        max_bytes -= source->bodies[source->num_bodies - 1].bytes.len;
    }
    return true;
}

static bool read_folder(struct fetch_source *source, const char *path, uint64_t max_bytes)
{
    struct dirent **entries = NULL;
    int i, num = scandir(path, &entries, is_visible, alphasort);
    bool is_read;

    if (num < 0) {
        (void)err_errno(&source->err, SK_IO, "%s", path);
        plan_fail(source, REASON_UNREADABLE);
        return false;
    }
    is_read = read_files(source, path, entries, num, max_bytes);
    for (i = 0; i < num; i++)
        free(entries[i]);
    free(entries);
    return is_read;
}

void source_file_get(struct fetch_source *source, uint64_t max_bytes)
{
    const char *path = source->url + sizeof(prefix) - 1;
    struct stat st;
    bool is_read;

    if (!plan_is_list(source) && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        is_read = read_folder(source, path, max_bytes);
    else
        is_read = read_body(source, path, source->url, max_bytes);
    if (is_read)
        source->outcome = FETCH_GOT;
}
