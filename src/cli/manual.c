/* Build tool: writes manual pages and the sample configuration from settings.def and errors.def, so
 * that they cannot disagree with the program. usage: manual conf|errors|sample */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/settings.h"
#include "config.h"

/* mdoc reads a line that begins with '.' or '\'' as a macro, and '\' as an escape. */
static void print_text(const char *text)
{
    bool start = true;
    for (const char *c = text; *c != '\0'; c++) {
        if (start && (*c == '.' || *c == '\''))
            fputs("\\&", stdout);
        if (*c == '\\')
            fputs("\\e", stdout);
        else
            putchar(*c);
        /* A sentence ends its input line: mdoc's rule for spacing. */
        start = c[0] == '.' && c[1] == ' ' && c[2] != '\0';
        if (start) {
            putchar('\n');
            c++;
        }
    }
    putchar('\n');
}

static void print_head(const char *name, int section, const char *what)
{
    printf(".\\\" Generated from the program's own tables; not to be edited.\n"
           ".Dd November 23, 2026\n.Dt %s %d\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n",
           name, section, name, what);
}

static void print_form(enum setting_id id)
{
    int64_t low;
    int64_t high;
    settings_range(id, &low, &high);
    switch (settings_type(id)) {
    case SETTING_TEXT:
        puts("Form: text.");
        break;
    case SETTING_SECRET:
        printf("Form: text, a secret: masked wherever it is shown, refused on the command line.\n"
               "Also from a file: variable\n.Ev %s_FILE\nor setting\n.Li %s_file .\n",
               settings_variable(id), settings_name(id));
        break;
    case SETTING_INTEGER:
        printf("Form: whole number from %lld to %lld.\n", (long long)low, (long long)high);
        break;
    case SETTING_BOOLEAN:
        puts("Form: true or false.");
        break;
    case SETTING_CHOICE:
        puts("Form: one of the words named.");
        break;
    case SETTING_DURATION:
        printf("Form: duration (90, 30s, 5m, 2h, 7d) from %lld to %lld seconds.\n", (long long)low,
               (long long)high);
        break;
    }
}

static void print_setting(enum setting_id id)
{
    const char *fallback = settings_default(id);
    printf(".It Li %s Pq Ev %s\n", settings_name(id), settings_variable(id));
    print_text(settings_help(id));
    puts(".br");
    print_form(id);
    if (fallback[0] != '\0')
        printf("Default:\n.Li %s .\n", fallback);
    if (settings_is_live(id))
        puts("A reload changes it.");
}

static void print_conf(void)
{
    print_head("ordersync.conf", 5, "settings of ordersync");
    puts(".Sh DESCRIPTION\n"
         "A setting is looked for on the command line\n.Pq Fl -page-size Ns = Ns 500 ,\n"
         "in the environment, in\n.Pa $XDG_CONFIG_HOME/ordersync/ordersync.conf\n"
         "and in\n.Pa " SYSCONFDIR "/ordersync/ordersync.conf ;\n"
         "the first place that has it wins.\nAn empty variable counts as unset.\n"
         ".Cm ordersync config show --origin\nsays where each value came from.\n.Pp\n"
         "A line is\n.Ql name = value .\nA line that begins with\n.Ql #\nor\n.Ql ;\n"
         "is a comment, and so is what follows a blank and\n.Ql ;\n"
         "in a line.\nAn indented line goes on with the value of the one before it, without a "
         "blank;\n"
         "lines are at most 197 characters long.\n"
         "An unknown name or a value that does not fit is an error that names file and line.\n"
         ".Sh SETTINGS\n.Bl -tag -width Ds");
    for (int i = 0; i < SETTING_COUNT; i++)
        print_setting((enum setting_id)i);
    puts(".El\n"
         "Without\n.Li database_url\nthe variables of\n.Xr psql 1\n"
         "count:\n.Ev PGHOST , PGUSER , PGPASSWORD , PGDATABASE\nand the others.\n"
         ".Sh FILES\n.Bl -tag -width Ds\n"
         ".It Pa $XDG_CONFIG_HOME/ordersync/ordersync.conf\nthe user's settings\n"
         ".It Pa " SYSCONFDIR "/ordersync/ordersync.conf\nthe system's settings\n.El\n"
         ".Sh SEE ALSO\n.Xr ordersync 1 ,\n.Xr ordersync-errors 7");
}

static void print_error(enum error_id id)
{
    const struct error_info *info = error_info(id);
    printf(".It %s Pq %s\n", info->code, error_class_name(info->class));
    print_text(info->summary);
    puts(".br");
    print_text(info->cause);
    puts(".br\n.Em Remedy :");
    print_text(info->remedy);
}

static void print_errors(void)
{
    print_head("ordersync-errors", 7, "error codes of ordersync, with causes and remedies");
    puts(".Sh DESCRIPTION\n"
         "Every error has a code that never changes and a class; the class alone decides what "
         "happens.\n"
         ".Bl -tag -width Ds\n"
         ".It transient\nThe whole batch is tried again after a growing wait; no attempt is "
         "charged.\n"
         ".It rate_limited\nThe wait is as long as the server asks for.\n"
         ".It auth , config\nThe source or the engine pauses and says so.\n"
         ".It storage\nThe engine stops: what cannot be recorded is not done.\n"
         ".It invalid_data , conflict\n"
         "The one document at fault becomes a failure; its neighbours land.\n"
         ".It not_found , cancelled , bug\nReported.\n.El\n"
         ".Sh CODES\n.Bl -tag -width Ds");
    for (int i = ERROR_NONE + 1; i < ERROR_ID_COUNT; i++)
        print_error((enum error_id)i);
    puts(".El\n.Sh SEE ALSO\n.Xr ordersync 1 ,\n.Xr ordersync-runbook 7");
}

static void print_sample(void)
{
    puts("# ordersync.conf: every setting with its default; see ordersync.conf(5).\n"
         "# A flag or an environment variable wins over this file.");
    for (int i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        printf("\n# %s\n", settings_help(id));
        if (settings_type(id) == SETTING_SECRET)
            printf("#%s_file = /path/to/a/file/of/mode/600\n", settings_name(id));
        else
            printf("#%s = %s\n", settings_name(id), settings_default(id));
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } papers[] = {{"conf", print_conf}, {"errors", print_errors}, {"sample", print_sample}};
    for (size_t i = 0; argc == 2 && i < sizeof(papers) / sizeof(papers[0]); i++) {
        if (strcmp(papers[i].name, argv[1]) == 0) {
            papers[i].print();
            return ferror(stdout) || fflush(stdout) != 0;
        }
    }
    fputs("usage: manual conf|errors|sample\n", stderr);
    return 64;
}
