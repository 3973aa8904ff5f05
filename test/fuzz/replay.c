/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over kept inputs without a fuzzer: replay NAME DIR... Each file of each folder
 * is one input; what the target does wrong ends the process (sanitizers, assertions). Speaks TAP,
 * one test a folder.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES = 16 * 1024 * 1024 };

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_BYTES), *exact;
    size_t size;

    if (f == NULL || data == NULL) {
        (void)fprintf(stderr, "replay: %s: cannot read\n", path);
        exit(1);
    }
    size = fread(data, 1, INPUT_BYTES, f);
    (void)fclose(f);
    /* Exactly as large as the input, so that the sanitizer sees one octet too many. */
    exact = realloc(data, size > 0 ? size : 1);
    if (exact == NULL)
        exact = data;
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static int replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[1024];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        count += replay_file(path);
    }
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int i, failed = 0;

    for (i = 2; i < argc; i++) {
        int count = replay_folder(argv[i]);

        printf("%s %d - %s: %d inputs of %s\n", count > 0 ? "ok" : "not ok", i - 1, argv[1], count,
               argv[i]);
        failed |= count == 0;
    }
    return failed;
}
