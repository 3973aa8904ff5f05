/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/dirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NUMBER_TEXT = 24 };

enum sk_status dirs_path(const char *dir, const char *name, char out[DIRS_PATH], struct sk_err *err)
{
    int n = snprintf(out, DIRS_PATH, "%s/%s", dir, name);

    if (n < 0 || n >= DIRS_PATH)
        return err_set(err, SK_LIMIT, "%.80s...: path too long", dir);
    return SK_OK;
}

enum sk_status dirs_generation_path(const char *dir, uint64_t number, char out[DIRS_PATH],
                                    struct sk_err *err)
{
    char name[NUMBER_TEXT];

    (void)snprintf(name, sizeof(name), "%" PRIu64, number);
    return dirs_path(dir, name, out, err);
}

/* A generation's name: decimal digits without leading zero, not 0, within 64 bits. */
static bool parse_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;

    if (text[0] < '1' || text[0] > '9')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = value;
    return true;
}

enum sk_status dirs_current(const char *dir, uint64_t *out, struct sk_err *err)
{
    char path[DIRS_PATH], target[NUMBER_TEXT];
    enum sk_status status = dirs_path(dir, "current", path, err);
    ssize_t n;

    if (status != SK_OK)
        return status;
    n = readlink(path, target, sizeof(target) - 1);
    if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(err, SK_NOTFOUND, "%s: nothing is published here yet", dir);
    if (n < 0)
        return err_errno(err, SK_IO, "%s", path);
    target[n] = '\0';
    if (!parse_number(target, out))
        return err_set(err, SK_INPUT, "%s: does not name a generation", path);
    return SK_OK;
}

/* Calls visit with each number that has an entry in dir; stops at the first failure. */
typedef enum sk_status (*number_fn)(void *arg, uint64_t number);
static enum sk_status each_number(const char *dir, number_fn visit, void *arg, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct dirent *entry;
    uint64_t number;
    DIR *d = opendir(dir);

    if (d == NULL)
        return err_errno(err, SK_IO, "%s", dir);
    for (errno = 0; status == SK_OK && (entry = readdir(d)) != NULL; errno = 0) {
        if (parse_number(entry->d_name, &number))
            status = visit(arg, number);
    }
    if (status == SK_OK && errno != 0)
        status = err_errno(err, SK_IO, "%s", dir);
    (void)closedir(d);
    return status;
}

static enum sk_status take_greatest(void *arg, uint64_t number)
{
    uint64_t *greatest = arg;

    if (number > *greatest)
        *greatest = number;
    return SK_OK;
}

enum sk_status dirs_greatest(const char *dir, uint64_t *out, struct sk_err *err)
{
    uint64_t greatest = 0, current;
    enum sk_status status = each_number(dir, take_greatest, &greatest, err);

    if (status != SK_OK)
        return status;
    /* A link that names nothing sensible does not keep the next generation from being made. */
    if (dirs_current(dir, &current, NULL) == SK_OK && current > greatest)
        greatest = current;
    *out = greatest;
    return SK_OK;
}

enum sk_status dirs_lock(const char *dir, int *out_fd, struct sk_err *err)
{
    char path[DIRS_PATH];
    enum sk_status status = dirs_path(dir, "lock", path, err);
    int fd;

    if (status != SK_OK)
        return status;
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        return err_errno(err, SK_IO, "%s", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return err_errno(err, SK_IO, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK
                     ? err_set(err, SK_AGAIN, "%s: another publisher is at work", dir)
                     : err_errno(err, SK_IO, "%s", path);
        (void)close(fd);
        return status;
    }
    *out_fd = fd;
    return SK_OK;
}

/* Unlinks every file of the directory fd (which it takes over). */
static enum sk_status empty_directory(int fd, const char *path, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct dirent *entry;
    DIR *d = fdopendir(fd);

    if (d == NULL) {
        (void)close(fd);
        return err_errno(err, SK_IO, "%s", path);
    }
    while (status == SK_OK && (entry = readdir(d)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(d), entry->d_name, 0) != 0)
            status = err_errno(err, SK_IO, "%s/%s: cannot remove", path, entry->d_name);
    }
    (void)closedir(d);
    return status;
}

enum sk_status dirs_remove(const char *path, struct sk_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum sk_status status;

    if (fd < 0 && errno == ENOENT)
        return SK_OK;
    if (fd < 0)
        return err_errno(err, SK_IO, "%s", path);
    status = empty_directory(fd, path, err);
    if (status != SK_OK)
        return status;
    if (rmdir(path) != 0)
        return err_errno(err, SK_IO, "%s: cannot remove", path);
    return SK_OK;
}

/* Which numbers of dir are to go: those above `above`, or the older ones but `keep`. */
struct removal {
    uint64_t below, above; /* numbers below `below` or above `above` are collected */
    uint64_t *numbers;
    size_t num, cap;
};

static enum sk_status take_number(void *arg, uint64_t number)
{
    struct removal *r = arg;

    if (number >= r->below && number <= r->above)
        return SK_OK;
    if (r->num == r->cap) {
        size_t cap = r->cap > 0 ? r->cap * 2 : 16;
        uint64_t *numbers = realloc(r->numbers, cap * sizeof(*numbers));

        if (numbers == NULL)
            return SK_NOMEM;
        r->numbers = numbers;
        r->cap = cap;
    }
    r->numbers[r->num++] = number;
    return SK_OK;
}

static int compare_descending(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x < y) - (x > y);
}

/* Removes what r collects in dir, the keep greatest excepted. */
static enum sk_status remove_numbers(const char *dir, struct removal *r, size_t keep,
                                     struct sk_err *err)
{
    enum sk_status status = each_number(dir, take_number, r, err);
    char path[DIRS_PATH];
    size_t i;

    if (status == SK_OK && r->num > 0)
        qsort(r->numbers, r->num, sizeof(*r->numbers), compare_descending);
    for (i = keep; status == SK_OK && i < r->num; i++) {
        status = dirs_generation_path(dir, r->numbers[i], path, err);
        if (status == SK_OK)
            status = dirs_remove(path, err);
    }
    free(r->numbers);
    return status;
}

enum sk_status dirs_clean(const char *dir, struct sk_err *err)
{
    struct removal r = {0, UINT64_MAX, NULL, 0, 0};
    char path[DIRS_PATH];
    enum sk_status status = dirs_path(dir, "build", path, err);

    if (status == SK_OK)
        status = dirs_remove(path, err);
    if (status == SK_OK)
        status = dirs_path(dir, "next", path, err);
    if (status != SK_OK)
        return status;
    if (unlink(path) != 0 && errno != ENOENT)
        return err_errno(err, SK_IO, "%s", path);
    /* Without a readable link nobody can tell what was published: leave all of it. */
    if (dirs_current(dir, &r.above, NULL) != SK_OK)
        return SK_OK;
    return remove_numbers(dir, &r, 0, err);
}

enum sk_status dirs_prune(const char *dir, uint64_t number, unsigned keep, struct sk_err *err)
{
    struct removal r = {number, UINT64_MAX, NULL, 0, 0};

    return remove_numbers(dir, &r, keep, err);
}

enum sk_status dirs_make_build(const char *dir, char out[DIRS_PATH], struct sk_err *err)
{
    enum sk_status status = dirs_path(dir, "build", out, err);

    if (status != SK_OK)
        return status;
    if (mkdir(out, 0755) != 0)
        return err_errno(err, SK_IO, "%s", out);
    return SK_OK;
}

static enum sk_status sync_directory(const char *path, struct sk_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum sk_status status = SK_OK;

    if (fd < 0)
        return err_errno(err, SK_IO, "%s", path);
    if (fsync(fd) != 0)
        status = err_errno(err, SK_IO, "%s: sync", path);
    (void)close(fd);
    return status;
}

/* `current` becomes a link to number, by way of a new link and rename(2). */
static enum sk_status swap_link(const char *dir, uint64_t number, struct sk_err *err)
{
    char next[DIRS_PATH], current[DIRS_PATH], target[NUMBER_TEXT];
    enum sk_status status = dirs_path(dir, "next", next, err);

    if (status == SK_OK)
        status = dirs_path(dir, "current", current, err);
    if (status != SK_OK)
        return status;
    (void)snprintf(target, sizeof(target), "%" PRIu64, number);
    if (symlink(target, next) != 0)
        return err_errno(err, SK_IO, "%s", next);
    if (rename(next, current) != 0)
        return err_errno(err, SK_IO, "%s", current);
    return SK_OK;
}

enum sk_status dirs_publish(const char *dir, uint64_t number, struct sk_err *err)
{
    char build[DIRS_PATH], path[DIRS_PATH];
    enum sk_status status = dirs_path(dir, "build", build, err);

    if (status == SK_OK)
        status = dirs_generation_path(dir, number, path, err);
    if (status == SK_OK)
        status = sync_directory(build, err);
    if (status != SK_OK)
        return status;
    if (rename(build, path) != 0)
        return err_errno(err, SK_IO, "%s", path);
    status = sync_directory(dir, err);
    if (status == SK_OK)
        status = swap_link(dir, number, err);
    if (status == SK_OK)
        status = sync_directory(dir, err);
    return status;
}
