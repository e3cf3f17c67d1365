/* Rows of a plan, made of what target_plan() said of a job's changes. Pure; any thread. */
#ifndef ORDERSYNC_ENGINE_PLANNED_H
#define ORDERSYNC_ENGINE_PLANNED_H

#include "engine/projection.h"
#include "journal/planning.h"
#include "model/diff.h"

/* rows[i] belongs to projection->changes[i], which has its outcome. The entries are in the result's
 * memory; unchanged documents are only counted. */
void planned_settle(const struct projection *projection, const struct row_changes *rows,
                    struct result *result);
/* The order's shown name, "" when it has none; `rows` may be NULL. */
struct str planned_label(const struct change *change, const struct row_changes *rows);

/* Holds each change of an application to what the plan saw. A conflict was picked by a person to be
 * taken from its source: it is held to the document alone. */
void planned_expect(const struct job *job, struct projection *projection);
/* Fills result->reasons, in the order of the changes. */
void planned_reasons(const struct job *job, const struct projection *projection,
                     struct result *result);

#endif
