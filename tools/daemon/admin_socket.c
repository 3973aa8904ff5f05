/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/daemon/admin_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

static enum sk_status name_of(const char *path, struct sockaddr_un *out, struct sk_err *err)
{
    memset(out, 0, sizeof(*out));
    out->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(out->sun_path))
        return err_set(err, SK_INPUT, "control socket %s: longer than %zu octets", path,
                       sizeof(out->sun_path) - 1);
    memcpy(out->sun_path, path, strlen(path) + 1);
    return SK_OK;
}

/* Nobody answers at it, or it is not there: it may be taken. */
static enum sk_status make_way(const struct sockaddr_un *name, struct sk_err *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    enum sk_status status = SK_OK;
    struct stat info;

    if (fd < 0)
        return err_errno(err, SK_IO, "control socket %s", name->sun_path);
    if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 || errno == EAGAIN)
        status =
            err_set(err, SK_IO, "control socket %s: another server answers at it", name->sun_path);
    else if (errno != ENOENT && errno != ECONNREFUSED)
        status = err_errno(err, SK_IO, "control socket %s", name->sun_path);
    else if (lstat(name->sun_path, &info) == 0 && !S_ISSOCK(info.st_mode))
        status = err_set(err, SK_IO, "control socket %s: not a socket", name->sun_path);
    else if (unlink(name->sun_path) != 0 && errno != ENOENT)
        status = err_errno(err, SK_IO, "control socket %s", name->sun_path);
    (void)close(fd);
    return status;
}

enum sk_status admin_socket_open(const struct config_server *server, int *out, struct sk_err *err)
{
    const char *path = server->control_socket;
    struct sockaddr_un name;
    enum sk_status status = name_of(path, &name, err);
    mode_t before;
    int fd;

    if (status == SK_OK)
        status = make_way(&name, err);
    if (status != SK_OK)
        return status;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    before = umask(0177); /* nobody else from the first moment */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&name, sizeof(name)) != 0 ||
        listen(fd, BACKLOG) != 0)
        status = err_errno(err, SK_IO, "control socket %s", path);
    (void)umask(before);
    if (status == SK_OK)
        *out = fd;
    else if (fd >= 0)
        (void)close(fd);
    return status;
}

bool admin_socket_path(int fd, char out[ADMIN_SOCKET_PATH])
{
    struct sockaddr_un name;
    socklen_t len = sizeof(name);

    memset(&name, 0, sizeof(name));
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&name, &len) != 0 ||
        name.sun_family != AF_UNIX || name.sun_path[0] == '\0')
        return false;
    (void)snprintf(out, ADMIN_SOCKET_PATH, "%.*s", (int)sizeof(name.sun_path), name.sun_path);
    return true;
}

static enum sk_status find_group(const char *name, gid_t *out, struct sk_err *err)
{
    const struct group *group;

    errno = 0;
    group = getgrnam(name);
    if (group == NULL)
        return err_set(err, SK_NOTFOUND, "control-group %s: no such group", name);
    *out = group->gr_gid;
    return SK_OK;
}

enum sk_status admin_socket_check(const struct config_server *server, struct sk_err *err)
{
    struct sockaddr_un name;
    enum sk_status status = SK_OK;
    gid_t group;

    if (server->control_socket != NULL)
        status = name_of(server->control_socket, &name, err);
    if (status == SK_OK && server->control_group != NULL)
        status = find_group(server->control_group, &group, err);
    return status;
}

enum sk_status admin_socket_permit(const struct config_server *server, struct sk_err *err)
{
    const char *path = server->control_socket;
    enum sk_status status = SK_OK;
    gid_t group = (gid_t)-1;

    if (path == NULL)
        return SK_OK;
    if (server->control_group != NULL)
        status = find_group(server->control_group, &group, err);
    if (status == SK_OK && ((group != (gid_t)-1 && chown(path, (uid_t)-1, group) != 0) ||
                            chmod(path, server->control_group != NULL ? 0660 : 0600) != 0))
        status = err_errno(err, SK_IO, "control socket %s", path);
    return status;
}
