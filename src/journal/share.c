/* Sharing a state directory: see share.h. */
#include "journal/share.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/place.h"

#define SHARED_DIRECTORY 02770
#define SHARED_FILE 0660
#define PERMISSIONS 07777

/* All that the program keeps beside the journal; what is not there is passed over. */
static const char *const files[] = {"journal.db",  "journal.db-wal",   "journal.db-shm",
                                    "engine.lock", "seen-backfill.db", "seen-listen.db"};

static bool find_group(const char *name, gid_t *ret_gid, struct error *err)
{
    char room[16384];
    struct group entry, *found = NULL;
    if (getgrnam_r(name, &entry, room, sizeof(room), &found) != 0 || found == NULL)
        return error_set(err, ERROR_JOURNAL_UNSAFE, "state_group: there is no group \"%s\"", name);
    *ret_gid = found->gr_gid;
    return true;
}

static bool is_shared(const struct stat *st, gid_t gid)
{
    return st->st_gid == gid && (st->st_mode & PERMISSIONS) == SHARED_DIRECTORY;
}

/* Through a descriptor: the name may change hands between two calls. */
static bool share_file(int directory, const char *name, gid_t gid, struct error *err)
{
    int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT || error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", name);
    bool plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    close(fd);
    bool right = plain && st.st_gid == gid && (st.st_mode & PERMISSIONS) == SHARED_FILE;
    if (!plain || right || (geteuid() != 0 && st.st_uid != geteuid()))
        return true; /* not ours: its owner's engine made it as it should be, or will */
    return (fchownat(directory, name, (uid_t)-1, gid, AT_SYMLINK_NOFOLLOW) == 0 &&
            fchmodat(directory, name, SHARED_FILE, 0) == 0) ||
           error_set_errno(err, ERROR_JOURNAL_OPEN, "sharing %s", name);
}

static bool share_files(int directory, gid_t gid, struct error *err)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!share_file(directory, files[i], gid, err))
            return false;
    }
    return true;
}

/* chown clears the set-group-id bit, so it goes first. */
static bool share_directory(int directory, const char *path, const char *group, gid_t gid,
                            struct error *err)
{
    struct stat st;
    if (fstat(directory, &st) != 0)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", path);
    if (is_shared(&st, gid))
        return true;
    if (geteuid() != 0 && st.st_uid != geteuid())
        return error_set(err, ERROR_JOURNAL_UNSAFE,
                         "%s belongs to another user and is not shared with group %s: as its "
                         "owner, chgrp %s and chmod 2770",
                         path, group, group);
    if (fchown(directory, (uid_t)-1, gid) == 0 && fchmod(directory, SHARED_DIRECTORY) == 0)
        return true;
    return error_set_errno(err, ERROR_JOURNAL_UNSAFE, "%s cannot be given to group %s", path,
                           group);
}

bool journal_share(const char *state_dir, const char *group, struct error *err)
{
    gid_t gid;
    if (group[0] == '\0')
        return true;
    if (!find_group(group, &gid, err) || !place_make(state_dir, err))
        return false;
    int directory = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", state_dir);
    bool done =
        share_directory(directory, state_dir, group, gid, err) && share_files(directory, gid, err);
    close(directory);
    return done;
}
