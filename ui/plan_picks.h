/* What is picked of a plan: for plan_model.c and plan_picks.c alone. */
#ifndef ORDERSYNC_UI_PLAN_PICKS_H
#define ORDERSYNC_UI_PLAN_PICKS_H

#include "ui/plan_model.h"

#define PICK_IDS_BYTES (1u << 18)
#define PICK_SAFE (1u << PLAN_CREATE | 1u << PLAN_UPDATE | 1u << PLAN_TOMBSTONE)
#define PICK_ALL (PICK_SAFE | 1u << PLAN_CONFLICT)

/* The rows marked one by one whose kind is in `kinds`, as a JSON array; nothing when none is. */
void picks_append_ids(const struct plan_picks *picks, unsigned kinds, struct buffer *ids);
/* A page of those being gathered; takes the reply. */
void picks_take_rows(struct plan_model *model, struct console *console,
                     struct lookup_reply *take_reply);
void picks_free(struct plan_picks *picks);
/* plan_model.c: asks what the pick comes to. */
void plan_weigh(struct plan_model *model, struct console *console);

#endif
