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
void plan_summary_node(struct node *object, const struct plan_summary *plan);
/* A page of rows as they are listed. */
struct grid *plan_rows_grid(void);
void plan_rows_add(struct grid *grid, const struct plan_row *row);
/* `fields` as the journal has them. */
void plan_row_node(struct node *object, const struct plan_row *row, struct str fields,
                   bool personal);
/* One row with all its fields. */
void plan_print_row(const struct plan_row *row, struct str fields, bool personal);
/* Lines of CSV: one for each field of the row, one alone for a row without. */
void plan_print_csv_title(void);
void plan_print_csv(const struct plan_row *row, struct str fields, bool personal);

#endif
