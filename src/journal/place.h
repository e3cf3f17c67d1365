/* Where the journal lives: the state directory, the file's creation with the right modes, the lock
 * that admits one engine, and the file's identity, by which a copy is known. */
#ifndef ORDERSYNC_JOURNAL_PLACE_H
#define ORDERSYNC_JOURNAL_PLACE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

#define PLACE_IDENTITY_SIZE 64

/* mkdir -p, 0700: an operator's $XDG_STATE_HOME need not exist on a fresh machine. */
MUST_CHECK bool place_make(const char *path, struct error *err);

/* Of a new file at `path`: 0660 where its directory is shared (g+rws), else 0600. */
mode_t place_file_mode(const char *path);

/* The journal's path with every symbolic link of the directory resolved; heap. When `create`, the
 * directory (0700, parents included) and an empty journal.db are made as needed: 0600, or 0660
 * where the directory has its group set to share (g+rws). Errors: ERROR_JOURNAL_MISSING (only
 * without `create`), ERROR_JOURNAL_OPEN, ERROR_JOURNAL_UNSAFE. */
MUST_CHECK bool place_prepare(const char *state_dir, bool create, char **ret_path,
                              struct error *err);

/* Takes the lock of the journal at `path`: an open-file-description lock on engine.lock beside it,
 * which the kernel drops with the process. ERROR_JOURNAL_LOCKED says who holds it. *ret_fd: keep
 * open, close() releases. */
MUST_CHECK bool place_lock(const char *path, int *ret_fd, struct error *err);
bool place_is_locked(const char *path);

/* What a copy of the file cannot share: inode and time of birth, or inode and device where the file
 * system records no birth. Never opens the file: closing any descriptor of it would drop SQLite's
 * POSIX locks. */
MUST_CHECK bool place_identity(const char *path, char ret_identity[PLACE_IDENTITY_SIZE],
                               struct error *err);

#endif
