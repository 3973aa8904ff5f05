/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has asked for a reload through the control socket, and is told what comes of it.
 *
 * Each is a connection, which is only written to: a line of JSON for each fault, {"fault":"TEXT"},
 * and one for the outcome. Who asks while a reload is under way waits for the next one, since that
 * one may have read the file before.
 */
#ifndef SEKISHO_TOOLS_DAEMON_ASKERS_H
#define SEKISHO_TOOLS_DAEMON_ASKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASKERS_MAX = 16 };

struct asker_list {
    struct asker {
        int fd;
        bool is_due; /* waits for a reload to begin */
    } askers[ASKERS_MAX];
    size_t count;
};

/* As one program hands it over to the next. */
struct asker_handover {
    int32_t count;
    int32_t fds[ASKERS_MAX];
};

/* Takes fd over. One too many is told so at once. */
void askers_add(struct asker_list *list, int fd);
/* Somebody waits for a reload to begin. */
bool askers_are_due(const struct asker_list *list);
/* A reload begins: it is what all of them wait for. */
void askers_begin(struct asker_list *list);
/* To those who wait for the reload under way: {"NAME":"TEXT"}. */
void askers_tell(const struct asker_list *list, const char *name, const char *text);
/* The same as the last line; they are let go. */
void askers_end(struct asker_list *list, const char *name, const char *text);

/* The connections stay list's. */
void askers_hand_over(const struct asker_list *list, struct asker_handover *out);
/* Into an empty list; they wait for a reload to begin. */
void askers_adopt(struct asker_list *list, const struct asker_handover *handover);

#endif
