/* The operator's name and origin: see operator.h. */
#include "journal/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void clean(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
}

static void login_name(char *ret_name, size_t size)
{
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(getuid(), &entry, room, sizeof(room), &found) == 0 && found != NULL)
        snprintf(ret_name, size, "%s", found->pw_name);
    else
        snprintf(ret_name, size, "uid %lu", (unsigned long)getuid());
}

void operator_find_name(char *ret_name, size_t size)
{
    char login[128];
    const char *sudo = getenv("SUDO_USER");
    login_name(login, sizeof(login));
    /* Only root's word on who called it is worth anything: a user could set the variable. */
    if (getuid() == 0 && sudo != NULL && *sudo != '\0' && strcmp(sudo, login) != 0)
        snprintf(ret_name, size, "%.60s (%s)", sudo, login);
    else
        snprintf(ret_name, size, "%s", login);
    clean(ret_name);
}

/* "/dev/pts/3" as "pts/3". */
static void terminal_name(char *ret_name, size_t size)
{
    char name[128];
    const char *device = "/dev/";
    ret_name[0] = '\0';
    if (ttyname_r(STDIN_FILENO, name, sizeof(name)) == 0)
        snprintf(ret_name, size, "%s",
                 strncmp(name, device, strlen(device)) == 0 ? name + strlen(device) : name);
}

void operator_find_origin(char *ret_origin, size_t size)
{
    char terminal[128];
    const char *ssh = getenv("SSH_CONNECTION");
    int len = ssh == NULL ? 0 : (int)strcspn(ssh, " ");
    terminal_name(terminal, sizeof(terminal));
    const char *between = len > 0 && terminal[0] != '\0' ? " " : "";
    snprintf(ret_origin, size, "%.*s%s%s", len, len > 0 ? ssh : "", between, terminal);
    if (ret_origin[0] == '\0')
        snprintf(ret_origin, size, "local");
    clean(ret_origin);
}
