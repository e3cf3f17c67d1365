/* Migrations as data. */
#include "target/migration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

static const char migration_folder[] = "migrations/";

static void migration_checksum(const char *sql, char *ret_hex)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(sql, strlen(sql), digest, &len, EVP_sha256(), NULL) != 1 || len != 32)
        abort(); /* OpenSSL without SHA-256 */
    for (unsigned i = 0; i < len; i++)
        snprintf(ret_hex + 2 * (size_t)i, 3, "%02x", digest[i]);
}

static int migration_compare(const void *a, const void *b)
{
    return ((const struct migration *)a)->number - ((const struct migration *)b)->number;
}

/* "migrations/001_schema.sql" -> 1, "schema" */
static void migration_read_name(const char *file, struct migration *migration)
{
    char *rest;
    migration->number = (int)strtol(file + sizeof(migration_folder) - 1, &rest, 10);
    const char *name = *rest == '_' ? rest + 1 : rest;
    snprintf(migration->name, sizeof(migration->name), "%.*s", (int)strcspn(name, "."), name);
}

struct migration *migration_list(const struct sql_file *files, struct arena *arena,
                                 size_t *ret_count)
{
    size_t count = 0, all = 0;
    while (files[all].name != NULL)
        all++;
    struct migration *list = arena_zero(arena, all * sizeof(*list));
    for (size_t i = 0; i < all; i++) {
        if (strncmp(files[i].name, migration_folder, sizeof(migration_folder) - 1) != 0)
            continue;
        migration_read_name(files[i].name, &list[count]);
        list[count].sql = files[i].text;
        migration_checksum(files[i].text, list[count].checksum);
        count++;
    }
    if (count > 1)
        qsort(list, count, sizeof(*list), migration_compare);
    *ret_count = count;
    return list;
}

bool migration_check(const struct migration *known, size_t count, const struct migration_row *rows,
                     size_t row_count, size_t *ret_next, struct error *err)
{
    for (size_t i = 0; i < row_count; i++) {
        const struct migration_row *row = &rows[i];
        if (count == 0 || row->number > known[count - 1].number)
            return error_set(err, ERROR_TARGET_SCHEMA,
                             "the target has migration %d (%.*s), which a newer ordersync applied",
                             row->number, STR_ARG(row->name));
        if (i >= count || row->number > known[i].number)
            return error_set(err, ERROR_MIGRATION_CHANGED,
                             "the target lacks migration %d (%s) but has a later one",
                             known[i < count ? i : count - 1].number,
                             known[i < count ? i : count - 1].name);
        if (row->number < known[i].number)
            return error_set(err, ERROR_MIGRATION_CHANGED,
                             "the target has migration %d (%.*s), which this ordersync lacks",
                             row->number, STR_ARG(row->name));
        if (!str_equal(row->checksum, str_from(known[i].checksum)))
            return error_set(err, ERROR_MIGRATION_CHANGED,
                             "migration %d (%s) is not the one that was applied to the target",
                             row->number, known[i].name);
    }
    *ret_next = row_count;
    return true;
}
