/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_entry.h"

const struct dir_values *dir_entry_get0(const struct dir_entry *entry,
                                        const struct dir_attribute *attribute)
{
    size_t i;

    for (i = 0; i < entry->num; i++) {
        if (entry->attributes[i].attribute == attribute)
            return &entry->attributes[i];
    }
    return NULL;
}
