/* A plan as text: JSON and CSV for exports and for the command line, and what a row's fields are,
 * from the JSON that the journal keeps. Appends to buffers, prints nothing. Any thread. */
#ifndef ORDERSYNC_ENGINE_PLAN_TEXT_H
#define ORDERSYNC_ENGINE_PLAN_TEXT_H

#include "engine/replies.h"
#include "journal/plan.h"

/* Texts are in the arena or in `text`; `rule` is not set. *ret_cut: fields that are not kept.
 * ERROR_JSON_SYNTAX and its like. */
MUST_CHECK bool plan_fields_read(struct str text, struct arena *arena,
                                 struct lookup_field **ret_fields, size_t *ret_count,
                                 uint64_t *ret_cut, struct error *err);
/* One of the field's two texts: itself, or, where it is personal and those are not to be shown,
 * words that say so. */
struct str plan_field_shown(const struct lookup_field *field, struct str text, bool personal);

#define PLAN_SUMMARY_TEXT_MAX (1u << 16)
/* The plan's members without the braces, so that others can follow. */
void plan_append_summary(struct buffer *out, const struct plan_summary *plan);

/* A row is at most so long: PLAN_FIELDS_MAX of fields, in CSV each with the row before it. */
#define PLAN_ROW_TEXT_MAX (4u << 20)
/* `fields` as the journal has them; one that is not JSON, by whatever accident, has none. */
void plan_append_row(struct buffer *out, const struct plan_row *row, struct str fields,
                     bool personal, struct arena *arena);
void plan_append_csv_title(struct buffer *out);
/* A line for each field of the row, one alone for a row without. */
void plan_append_csv(struct buffer *out, const struct plan_row *row, struct str fields,
                     bool personal, struct arena *arena);

#endif
