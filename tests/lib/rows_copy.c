/* Prints the rows of order documents as a psql script of COPY statements, by the program's own
 * transform: rows_copy [FILE...]     documents of shared/orders; without a name all of them, the
 * sessions of shared/stripe, and a session and a Printful order of it with everything filled
 *     rows_copy --measure N   transforms each N times; microseconds on stderr
 * Documents that fail are named on stderr; drift too. Of documents that claim one Shopify order the
 * later ones lose their claim, so that the rows of all can be copied. */
#include <stdio.h>
#include <stdlib.h>

#include <time.h>

#include "tests/lib/bodies.h"
#include "tests/lib/orders.h"
#include "tests/lib/rich.h"
#include "tests/lib/samples.h"

static struct arena arena;

/* Of this thread: other work on the machine does not count. */
static int64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void copy_cell(struct str cell)
{
    if (cell.data == NULL) {
        fputs("\\N", stdout);
        return;
    }
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.data[i];
        if (c == '\\')
            fputs("\\\\", stdout);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\r')
            fputs("\\r", stdout);
        else if (c == '\t')
            fputs("\\t", stdout);
        else
            putchar(c);
    }
}

static void copy_table(const struct table *table, const struct row_list *list)
{
    if (list->count == 0)
        return;
    printf("COPY ordersync.%s (", table->name);
    for (size_t i = 0; i < table->column_count; i++)
        printf("%s%s", i == 0 ? "" : ", ", table->columns[i].name);
    printf(") FROM stdin;\n");
    for (size_t row = 0; row < list->count; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if (i > 0)
                putchar('\t');
            copy_cell(list->rows[row].cells[i]);
        }
        putchar('\n');
    }
    printf("\\.\n");
}

/* The order's Shopify id, remembered: the target refuses a second claim. */
static bool claims(struct str id)
{
    static char *seen[1024];
    static size_t count;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_from(seen[i]), id))
            return false;
    }
    if (count < 1024)
        seen[count++] = memory_string_str(id);
    return true;
}

static bool transforms(const char *name, const struct document *document, struct change *ret_change)
{
    struct error err = {0};
    if (!transform_document(document, &arena, ret_change, &err)) {
        fprintf(stderr, "%s: %s %s\n", name, error_info(err.id)->code, err.message);
        return false;
    }
    for (size_t i = 0; i < ret_change->drift.count; i++)
        fprintf(stderr, "%s: drift %s %.*s: %.*s\n", name,
                drift_kind_name(ret_change->drift.items[i].kind),
                STR_ARG(ret_change->drift.items[i].path),
                STR_ARG(ret_change->drift.items[i].detail));
    return true;
}

static void copy_rows(const struct change *change)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        copy_table(table_get((enum table_id)i), &change->order.tables[i]);
}

static int copy_document(const char *name)
{
    struct document document;
    struct change change;
    arena_reset(&arena);
    if (!orders_read(name, &arena, &document))
        return 1;
    if (!transforms(name, &document, &change))
        return 0;
    const struct table *orders = table_get(TABLE_ORDERS);
    struct str *id = &change.order.tables[0].rows[0].cells[table_column(orders, "shop_order_id")];
    if (!claims(*id))
        *id = STR_NULL;
    copy_rows(&change);
    return 0;
}

/* Several bodies have one session's id: they count as one each. */
static void copy_sessions(void *context, const char *name, struct str text)
{
    struct document documents[SAMPLES_MAX];
    struct change change;
    (void)context;
    arena_reset(&arena);
    size_t count = samples_of(SOURCE_STRIPE, text, &arena, documents);
    for (size_t i = 0; i < count; i++) {
        documents[i].id = arena_format(&arena, "%s/%zu", name, i);
        if (transforms(name, &documents[i], &change))
            copy_rows(&change);
    }
}

/* As if the target had found the parcel's sale. */
static void copy_rich(void)
{
    struct document session = orders_document("cs_rich", rich_session, &arena);
    struct document parcel = orders_document("4711", rich_parcel, &arena);
    struct change sold, sent;
    session.source = SOURCE_STRIPE;
    parcel.source = SOURCE_PRINTFUL;
    if (!transforms("cs_rich", &session, &sold) || !transforms("4711", &parcel, &sent))
        exit(1);
    for (int id = 0; id < TABLE_COUNT; id++) {
        const struct row_list *list = &sent.order.tables[id];
        for (size_t i = 0; i < list->count; i++)
            list->rows[i].cells[0] = str_from(sold.order.order_id_text);
    }
    copy_rows(&sold);
    copy_rows(&sent);
}

static int measure(size_t times)
{
    struct document document;
    struct arena kept = {0};
    size_t count;
    char **names = orders_files(&count);
    for (size_t file = 0; file < count; file++) {
        if (!orders_read(names[file], &kept, &document))
            return 1;
        int64_t from = cpu_us();
        bool good = true;
        for (size_t i = 0; i < times; i++) {
            struct change change;
            struct error err = {0};
            arena_reset(&arena);
            good &= transform_document(&document, &arena, &change, &err);
        }
        fprintf(stderr, "%-48.48s %6zu bytes %8.1f us %s\n", names[file], document.wire_bytes,
                (double)(cpu_us() - from) / (double)times, good ? "" : "failed");
    }
    arena_free(&kept);
    return 0;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int status = 0;
    if (orders_directory() == NULL)
        return 77;
    if (argc == 3 && strcmp(argv[1], "--measure") == 0)
        return measure(strtoul(argv[2], NULL, 10));
    for (int i = 1; i < argc; i++)
        status |= copy_document(argv[i]);
    char **names = argc > 1 ? NULL : orders_files(&count);
    for (size_t i = 0; i < count; i++) {
        status |= copy_document(names[i]);
        free(names[i]);
    }
    free(names);
    if (argc == 1) {
        bodies_each("stripe", copy_sessions, NULL);
        copy_rich();
    }
    arena_free(&arena);
    return status;
}
