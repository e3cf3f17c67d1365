/* The journal's place on disk: see place.h. */
#include "journal/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "config.h"

#define DIRECTORY_MODE 0700
#define SHARED_BITS (S_ISGID | S_IWGRP)
#define FREE_MIN (1u << 20) /* below it an engine could not record a single settlement */

bool place_make(const char *path, struct error *err)
{
    AUTO_FREE char *partial = memory_string(path);
    for (char *slash = strchr(partial + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, DIRECTORY_MODE) != 0 && errno != EEXIST)
            return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s cannot be created", partial);
        *slash = '/';
    }
    if (mkdir(partial, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s cannot be created", path);
    return true;
}

mode_t place_file_mode(const char *path)
{
    struct stat st;
    AUTO_FREE char *directory = memory_string(path);
    char *slash = strrchr(directory, '/');
    if (slash != NULL)
        *slash = '\0';
    bool shared = stat(slash == NULL ? "." : directory, &st) == 0 &&
                  (st.st_mode & SHARED_BITS) == SHARED_BITS;
    return shared ? 0660 : 0600;
}

/* A directory that anybody may write in would let anybody replace the journal. */
static bool check_directory(const char *dir, mode_t *ret_file_mode, struct error *err)
{
    struct stat st;
    if (stat(dir, &st) != 0)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", dir);
    if (!S_ISDIR(st.st_mode))
        return error_set(err, ERROR_JOURNAL_OPEN, "%s is not a directory", dir);
    bool shared = (st.st_mode & SHARED_BITS) == SHARED_BITS;
    if ((st.st_mode & S_IWOTH) != 0 || ((st.st_mode & S_IWGRP) != 0 && !shared))
        return error_set(err, ERROR_JOURNAL_UNSAFE,
                         "%s has mode %04o: others may write in it; use 0700, or 2770 for a group",
                         dir, (unsigned)(st.st_mode & 07777));
    *ret_file_mode = shared ? 0660 : 0600;
    return true;
}

static bool check_room(const char *dir, struct error *err)
{
    struct statvfs room;
    if (statvfs(dir, &room) != 0)
        return error_set_errno(err, ERROR_JOURNAL_IO, "%s", dir);
    uint64_t bytes = (uint64_t)room.f_bavail * room.f_frsize;
    if (bytes < FREE_MIN)
        return error_set(err, ERROR_JOURNAL_FULL, "%s: only %llu KiB of disk are free", dir,
                         (unsigned long long)(bytes >> 10));
    return true;
}

/* SQLite gives -wal and -shm the mode of the main file, so this one decides for all three. */
static bool create_file(const char *path, mode_t mode, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST)
        return true;
    if (fd < 0)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s cannot be created", path);
    bool done = fchmod(fd, mode) == 0; /* whatever the umask */
    if (!done)
        error_set_errno(err, ERROR_JOURNAL_OPEN, "mode of %s", path);
    close(fd);
    return done;
}

static bool check_file(const char *path, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        if (errno == ENOENT)
            return error_set(err, ERROR_JOURNAL_MISSING, "%s does not exist", path);
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", path);
    }
    if (!S_ISREG(st.st_mode))
        return error_set(err, ERROR_JOURNAL_UNSAFE, "%s is not a plain file", path);
    if ((st.st_mode & S_IWOTH) != 0)
        return error_set(err, ERROR_JOURNAL_UNSAFE, "%s has mode %04o: anybody may write it", path,
                         (unsigned)(st.st_mode & 07777));
    return true;
}

bool place_prepare(const char *state_dir, bool create, char **ret_path, struct error *err)
{
    mode_t mode = 0600;
    if (state_dir == NULL || *state_dir == '\0')
        return error_set(err, ERROR_JOURNAL_OPEN, "no state directory is set");
    if (create && !place_make(state_dir, err))
        return false;
    AUTO_FREE char *dir = realpath(state_dir, NULL);
    if (dir == NULL && errno == ENOENT)
        return error_set(err, ERROR_JOURNAL_MISSING, "%s does not exist", state_dir);
    if (dir == NULL)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", state_dir);
    if (!check_directory(dir, &mode, err))
        return false;
    char *path = memory_format("%s/journal.db", dir);
    if ((create && (!check_room(dir, err) || !create_file(path, mode, err))) ||
        !check_file(path, err)) {
        free(path);
        return false;
    }
    *ret_path = path;
    return true;
}

/* ---- lock ---- */

static char *lock_path(const char *journal_path)
{
    const char *slash = strrchr(journal_path, '/');
    return memory_format("%.*s/engine.lock", (int)(slash - journal_path), journal_path);
}

static void read_holder(int fd, char *ret_text, size_t size)
{
    ssize_t len = pread(fd, ret_text, size - 1, 0);
    ret_text[len < 0 ? 0 : len] = '\0';
    ret_text[strcspn(ret_text, "\n")] = '\0';
}

static bool write_holder(int fd, const char *path, struct error *err)
{
    char host[HOST_NAME_MAX + 1] = "";
    struct arena arena = {0};
    gethostname(host, sizeof(host) - 1);
    struct str since = clock_format_utc(&arena, clock_wall_us() / 1000000 * 1000000);
    AUTO_FREE char *text =
        memory_format("%s %s on host %s, process %ld, since %.*s\n", PACKAGE_NAME, PACKAGE_VERSION,
                      host, (long)getpid(), STR_ARG(since));
    arena_free(&arena);
    size_t len = strlen(text);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, len, 0) == (ssize_t)len)
        return true;
    return error_set_errno(err, errno == ENOSPC ? ERROR_JOURNAL_FULL : ERROR_JOURNAL_IO, "%s",
                           path);
}

static mode_t lock_mode(const char *journal_path)
{
    struct stat st;
    return stat(journal_path, &st) == 0 ? st.st_mode & 0660 : 0600;
}

bool place_lock(const char *path, int *ret_fd, struct error *err)
{
    AUTO_FREE char *name = lock_path(path);
    mode_t mode = lock_mode(path);
    int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", name);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        char holder[256];
        bool held = errno == EAGAIN || errno == EACCES;
        if (held) {
            read_holder(fd, holder, sizeof(holder));
            error_set(err, ERROR_JOURNAL_LOCKED, "%s is in use by %s", path,
                      *holder == '\0' ? "another engine" : holder);
        } else {
            error_set_errno(err, ERROR_JOURNAL_OPEN, "locking %s", name);
        }
        close(fd);
        return false;
    }
    /* Another user of the group may have made the file: then its mode is right already. */
    if (fchmod(fd, mode) != 0 && errno != EPERM) {
        error_set_errno(err, ERROR_JOURNAL_OPEN, "mode of %s", name);
        close(fd);
        return false;
    }
    if (!write_holder(fd, name, err)) {
        close(fd);
        return false;
    }
    *ret_fd = fd;
    return true;
}

bool place_is_locked(const char *path)
{
    AUTO_FREE char *name = lock_path(path);
    int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return held;
}

/* ---- identity ---- */

bool place_identity(const char *path, char ret_identity[PLACE_IDENTITY_SIZE], struct error *err)
{
    struct statx st;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &st) != 0)
        return error_set_errno(err, ERROR_JOURNAL_IO, "%s", path);
    /* Device numbers change over a restart on several file systems, times of birth do not. */
    if ((st.stx_mask & STATX_BTIME) != 0)
        snprintf(ret_identity, PLACE_IDENTITY_SIZE, "inode %llu born %lld.%09u",
                 (unsigned long long)st.stx_ino, (long long)st.stx_btime.tv_sec,
                 st.stx_btime.tv_nsec);
    else
        snprintf(ret_identity, PLACE_IDENTITY_SIZE, "inode %llu device %u:%u",
                 (unsigned long long)st.stx_ino, st.stx_dev_major, st.stx_dev_minor);
    return true;
}
