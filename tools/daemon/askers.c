/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/daemon/askers.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/json_out.h"

enum { MAX_LINE = 1024 * 1024 };

static void tell(int fd, const char *name, const char *text)
{
    struct sk_buf line;

    buf_init(&line, MAX_LINE);
    json_out_open(&line, NULL, '{');
    json_out_text(&line, name, text);
    json_out_close(&line, '}');
    buf_put_byte(&line, '\n');
    /* The socket's own buffer holds more than all faults of a configuration; what it does not hold
     * is lost rather than waited for. */
    if (buf_status(&line) == SK_OK)
        (void)send(fd, line.data, line.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    buf_done(&line);
}

void askers_add(struct asker_list *list, int fd)
{
    if (list->count == ASKERS_MAX) {
        tell(fd, "failed", "too many wait for a reload already");
        (void)close(fd);
        return;
    }
    list->askers[list->count++] = (struct asker){fd, true};
}

bool askers_are_due(const struct asker_list *list)
{
    return list->count > 0 && list->askers[list->count - 1].is_due;
}

void askers_begin(struct asker_list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        list->askers[i].is_due = false;
}

void askers_tell(const struct asker_list *list, const char *name, const char *text)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        if (!list->askers[i].is_due)
            tell(list->askers[i].fd, name, text);
    }
}

void askers_end(struct asker_list *list, const char *name, const char *text)
{
    size_t i, kept = 0;

    askers_tell(list, name, text);
    for (i = 0; i < list->count; i++) {
        if (list->askers[i].is_due)
            list->askers[kept++] = list->askers[i];
        else
            (void)close(list->askers[i].fd);
    }
    list->count = kept;
}

void askers_hand_over(const struct asker_list *list, struct asker_handover *out)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        out->fds[i] = list->askers[i].fd;
    out->count = (int32_t)list->count;
}

void askers_adopt(struct asker_list *list, const struct asker_handover *handover)
{
    int32_t i;

    for (i = 0; i < handover->count; i++)
        askers_add(list, handover->fds[i]);
}
