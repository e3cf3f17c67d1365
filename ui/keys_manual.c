/* Prints ordersync-keys.7 from the bindings table: run while building, so that manual and console
 * agree. */
#include <stdio.h>
#include <string.h>

#include "ui/bindings.h"

/* A word in roff: backslashes and leading dots are the only ones that could be taken for requests.
 */
static void print_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
}

static void print_binding(const struct binding *table, size_t count, size_t index)
{
    char name[16];
    fputs(".TP\n.B \"", stdout);
    for (size_t i = 0, printed = 0; i < count; i++)
        if (table[i].context == table[index].context && table[i].request == table[index].request) {
            fputs(printed++ > 0 ? ", " : "", stdout);
            print_text(binding_key_name(table[i].key, name));
        }
    fputs("\"\n\\&", stdout);
    print_text(request_help(table[index].context, table[index].request));
    puts(request_info(table[index].request)->acts ? " (not in a read\\-only console)." : ".");
}

static void print_context(const struct binding *table, size_t count, enum binding_context context)
{
    bool heading = false;
    for (size_t i = 0; i < count; i++) {
        if (table[i].context != context || bindings_key(context, table[i].request) != table[i].key)
            continue;
        if (!heading)
            printf(".SH \"%s\"\n", binding_context_name(context));
        heading = true;
        print_binding(table, count, i);
    }
}

int main(void)
{
    size_t count;
    const struct binding *table = bindings_table(&count);
    puts(".\\\" Made from ui/bindings.def by ui/keys_manual.c; edit those.\n"
         ".TH ORDERSYNC\\-KEYS 7 \"2026-11-23\" ordersync \"ordersync manual\"\n"
         ".SH NAME\nordersync\\-keys \\- keys of the ordersync console\n"
         ".SH DESCRIPTION\n"
         "A screen's own keys come first, then those of lists, then those that mean the same\n"
         "everywhere. The bottom line of the console shows those that matter at the moment.");
    for (enum binding_context context = 0; context < CONTEXT_COUNT; context++)
        print_context(table, count, context);
    puts(".SH \"SEE ALSO\"\n.BR ordersync (1),\n.BR ordersync\\-runbook (7),\n.BR "
         "ordersync\\-errors (7)");
    return 0;
}
