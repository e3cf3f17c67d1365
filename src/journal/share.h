/* A state directory that a group of operators shares. */
#ifndef ORDERSYNC_JOURNAL_SHARE_H
#define ORDERSYNC_JOURNAL_SHARE_H

#include "base/error.h"

/* Makes state_dir (parents included) one of `group`: mode 2770, the journal's files in it 0660,
 * all of that group, so that every member may run the engine or attach to it. "" changes nothing.
 * ERROR_JOURNAL_UNSAFE when there is no such group, or when the directory is somebody else's and
 * not shared so yet: then its owner must. Any thread. */
MUST_CHECK bool journal_share(const char *state_dir, const char *group, struct error *err);

#endif
