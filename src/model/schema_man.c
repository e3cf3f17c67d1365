/* Build tool: man/ordersync-schema.7.in on stdin to ordersync-schema.7 on stdout. The line @TABLES@
 * becomes the order tables of table.c, the line @MAPPING SOURCE@ the fields of that source's
 * documents (mapping*.c), so that neither can disagree with the program. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "model/mapping.h"

/* mdoc reads '.' and '\'' at the start of a line as a macro, and '\' as an escape. */
static void print_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
}

static void print_owners(unsigned owners)
{
    const char *comma = "";
    for (unsigned bit = 0; bit < OWNER_COUNT; bit++) {
        if (owners & (1u << bit)) {
            printf("%s%s", comma, owner_name((enum owner)(1u << bit)));
            comma = ", ";
        }
    }
}

static void print_key(const struct table *table)
{
    printf("Key:");
    for (size_t i = 0; i < table->key_count; i++)
        printf("%s\n.Va %s", i == 0 ? "" : " ,", table->columns[i].name);
    printf(" .\n");
}

static void print_tables(void)
{
    for (int id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = table_get((enum table_id)id);
        printf(".Ss %s\n", table->name);
        print_text(table->comment);
        printf(".\n");
        print_key(table);
        printf(".Bl -tag -width Ds -compact\n");
        for (size_t i = 0; i < table->column_count; i++) {
            const struct column *column = &table->columns[i];
            printf(".It Va %s Pq %s ; ", column->name, column_type_name(column->type));
            print_owners(column->owners);
            printf("%s\n", column->personal ? " ; personal" : "");
            print_text(column->comment);
            printf(".\n");
        }
        printf(".El\n");
    }
}

static void print_field(const struct mapping_field *field)
{
    printf(".It Li %s\n%s", field->key, mapping_rule_name(field->rule));
    if (field->column != NULL)
        printf(" \\(->\n.Va %s", field->column);
    if (field->second != NULL)
        printf(" ,\n.Va %s", field->second);
    if (field->scope != SCOPE_COUNT)
        printf(" \\(-> %s", mapping_scope(field->scope)->path);
    if (field->rule == RULE_MINOR)
        printf("%s", field->argument == NULL ? "" : "\n: of the currency under ");
    if (field->rule == RULE_MINOR && field->argument != NULL)
        printf("\n.Li %s", field->argument);
    else if (field->argument != NULL)
        printf("%s as %s", field->column != NULL ? "\n" : "", field->argument);
    putchar('\n');
    if (field->flags & FIELD_REQUIRED)
        puts("; required");
    if (field->flags & FIELD_EXPECTED)
        puts("; its absence is drift");
    if (field->flags & FIELD_EMPTY_NULL)
        puts("; empty is NULL");
    if (field->flags & FIELD_FALLBACK)
        puts("; where nothing stands yet");
    if (field->flags & FIELD_PREFER)
        puts("; before what stands there");
    if (field->flags & FIELD_CHOICE)
        puts("; of several places the newest that is filled");
    if (field->knows != NULL)
        puts("; an unknown word is kept, and drift");
}

static void print_scope_path(const struct mapping_scope *scope)
{
    static const char *const roots[SOURCE_COUNT] = {
        [SOURCE_FIRESTORE] = "The order itself",
        [SOURCE_STRIPE] = "The session itself",
        [SOURCE_PRINTFUL] = "The Printful order itself",
    };
    bool root = scope->path[0] == '\0';
    bool shop = scope->source == SOURCE_FIRESTORE;
    printf(".Ss %s%s%s\n", shop || root ? "" : source_kind_name(scope->source),
           shop || root ? "" : ": ", root ? roots[scope->source] : scope->path);
}

static void print_mapping(enum source_kind source)
{
    for (int id = 0; id < SCOPE_COUNT; id++) {
        const struct mapping_scope *scope = mapping_scope((enum scope_id)id);
        if (scope->source != source)
            continue;
        print_scope_path(scope);
        if (scope->table >= 0)
            printf("Into\n.Va %s .\n", table_get((enum table_id)scope->table)->name);
        printf(".Bl -tag -width Ds -compact\n");
        for (size_t i = 0; i < scope->field_count; i++)
            print_field(&scope->fields[i]);
        printf(".El\n");
    }
}

int main(void)
{
    char line[1024];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strcmp(line, "@TABLES@\n") == 0)
            print_tables();
        else if (strcmp(line, "@MAPPING firestore@\n") == 0)
            print_mapping(SOURCE_FIRESTORE);
        else if (strcmp(line, "@MAPPING stripe@\n") == 0)
            print_mapping(SOURCE_STRIPE);
        else if (strcmp(line, "@MAPPING printful@\n") == 0)
            print_mapping(SOURCE_PRINTFUL);
        else
            fputs(line, stdout);
    }
    return ferror(stdin) || fflush(stdout) != 0;
}
