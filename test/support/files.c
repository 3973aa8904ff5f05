/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024 * 1024 };

void files_read(const char *path, struct sk_buf *out)
{
    FILE *f = fopen(path, "rb");
    char chunk[4096];
    size_t n;

    if (f == NULL) {
        (void)fprintf(stderr, "files: cannot open %s\n", path);
        abort();
    }
    buf_init(out, FILE_MAX);
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_put(out, chunk, n);
    (void)fclose(f);
    if (buf_status(out) != SK_OK)
        abort();
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);

    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

size_t files_each(const char *folder, const char *suffix, files_fn visit, void *arg)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    struct sk_buf buf;
    size_t n = 0;

    if (dir == NULL) {
        (void)fprintf(stderr, "files: cannot open folder %s\n", folder);
        abort();
    }
    while ((entry = readdir(dir)) != NULL) {
        char path[1024];

        if (entry->d_name[0] == '.' || !has_suffix(entry->d_name, suffix))
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        files_read(path, &buf);
        visit(arg, entry->d_name, buf_bytes(&buf));
        buf_done(&buf);
        n++;
    }
    (void)closedir(dir);
    return n;
}
