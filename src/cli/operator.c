/* Who runs this program and from where. */
#include "cli/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

/* Environment text ends up on screens and in the audit: cleaned, and cut. */
static void set_clean(char *out, size_t size, const char *prefix, struct str text)
{
    struct arena arena = {.block_size = 1024};
    struct str clean = text_display(text, &arena);
    snprintf(out, size, "%s%.*s", prefix, STR_ARG(text_truncate(clean, size / 2)));
    arena_free(&arena);
}

static void find_name(char *out, size_t size)
{
    char space[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    const char *sudo = getenv("SUDO_USER");
    if (geteuid() == 0 && sudo != NULL && sudo[0] != '\0') {
        set_clean(out, size, "", str_from(sudo));
        return;
    }
    if (getpwuid_r(getuid(), &entry, space, sizeof(space), &found) == 0 && found != NULL)
        set_clean(out, size, "", str_from(entry.pw_name));
    else
        snprintf(out, size, "uid %lu", (unsigned long)getuid());
}

static void find_origin(char *out, size_t size)
{
    char tty[64];
    const char *ssh = getenv("SSH_CONNECTION");
    if (ssh != NULL && ssh[0] != '\0')
        set_clean(out, size, "ssh ", (struct str){ssh, strcspn(ssh, " ")});
    else if (ttyname_r(STDIN_FILENO, tty, sizeof(tty)) == 0)
        set_clean(out, size, "", str_from(strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty));
    else
        snprintf(out, size, "no terminal");
}

struct operator_identity operator_identify(void)
{
    struct operator_identity identity;
    find_name(identity.name, sizeof(identity.name));
    find_origin(identity.origin, sizeof(identity.origin));
    return identity;
}
