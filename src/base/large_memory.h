/* SPDX-License-Identifier: MIT */
#pragma once
/* Memory of many megabytes that is read and written all over. In pages of 4 kB nearly each access would first have to
 * find its page; in large pages, where the system gives them, it does not. */

#include <stddef.h>

/* Zeroed; takes room only where it is touched. NULL when there is none. */
void *large_memory_take(size_t bytes);
/* `bytes` as it was taken. Accepts NULL. */
void large_memory_drop(void *memory, size_t bytes);
