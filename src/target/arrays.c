/* Array literals (PostgreSQL manual, 8.15.6): every element quoted, quote and backslash escaped. */
#include "target/arrays.h"

#define COLUMN_MAX (256u << 20)

void arrays_init(struct arrays *arrays, size_t columns)
{
    *arrays = (struct arrays){.columns = memory_zero(columns, sizeof(struct buffer)),
                              .values = memory_zero(columns, sizeof(char *)),
                              .count = columns};
    for (size_t i = 0; i < columns; i++)
        arrays->columns[i].max = COLUMN_MAX;
}

void arrays_free(struct arrays *arrays)
{
    for (size_t i = 0; i < arrays->count; i++)
        buffer_free(&arrays->columns[i]);
    free(arrays->columns);
    free(arrays->values);
    *arrays = (struct arrays){.columns = NULL};
}

static void append_element(struct buffer *buffer, struct str cell)
{
    if (cell.data == NULL) {
        buffer_append(buffer, "NULL", 4);
        return;
    }
    char *out = buffer_reserve(buffer, 2 * cell.len + 2);
    if (out == NULL)
        return;
    char *start = out;
    *out++ = '"';
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"' || cell.data[i] == '\\')
            *out++ = '\\';
        *out++ = cell.data[i];
    }
    *out++ = '"';
    buffer->len += (size_t)(out - start);
    buffer->data[buffer->len] = '\0';
}

void arrays_add(struct arrays *arrays, struct str cell)
{
    struct buffer *buffer = &arrays->columns[arrays->next];
    buffer_append_char(buffer, arrays->rows == 0 ? '{' : ',');
    append_element(buffer, cell);
    if (++arrays->next == arrays->count) {
        arrays->next = 0;
        arrays->rows++;
    }
}

bool arrays_full(const struct arrays *arrays)
{
    size_t bytes = 0;
    for (size_t i = 0; i < arrays->count; i++)
        bytes += arrays->columns[i].len;
    return bytes >= ARRAYS_BYTES || arrays->rows >= ARRAYS_ROWS;
}

const char *const *arrays_values(struct arrays *arrays)
{
    for (size_t i = 0; i < arrays->count; i++) {
        buffer_append_text(&arrays->columns[i], arrays->rows == 0 ? "{}" : "}");
        arrays->values[i] = arrays->columns[i].data;
    }
    return arrays->values;
}

void arrays_clear(struct arrays *arrays)
{
    for (size_t i = 0; i < arrays->count; i++)
        buffer_clear(&arrays->columns[i]);
    arrays->rows = 0;
    arrays->next = 0;
}
