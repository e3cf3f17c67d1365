/* Plans on stdout: for people, as JSON, as CSV. Personal fields are masked unless asked for. */
#ifndef ORDERSYNC_CLI_PLAN_PRINT_H
#define ORDERSYNC_CLI_PLAN_PRINT_H

#include "cli/output.h"
#include "cli/work.h"
#include "journal/plan.h"

/* The end of a dry run: the plan it made, and the exit code; with --detailed-exitcode
 * EXIT_DIFFERENCES when something would change. */
int plan_report(struct cli *cli, const struct work_result *result);

void plan_print_summary(const struct plan_summary *plan);
void plan_summary_add(struct node *list, const struct plan_summary *plan);
/* One object: the plan's members, then those of `take_more`. */
void plan_print_json(const struct plan_summary *plan, struct node *take_more);
/* A page of rows as they are listed. */
struct grid *plan_rows_grid(void);
void plan_rows_add(struct grid *grid, const struct plan_row *row);
/* `fields` as the journal has them. */
void plan_row_add(struct node *list, const struct plan_row *row, struct str fields, bool personal);
/* One row with all its fields. */
void plan_print_row(const struct plan_row *row, struct str fields, bool personal);
void plan_print_row_json(const struct plan_row *row, struct str fields, bool personal);

#endif
