/* A failure as JSON. */
#include "cli/failure_node.h"

void failure_node_fill(struct node *object, const struct failure_row *row)
{
    node_integer(object, "id", row->id);
    node_text(object, "source", source_kind_name(row->source));
    node_text(object, "source_id", row->source_id);
    node_text(object, "order", row->label);
    node_text(object, "state", failure_state_name(row->state));
    node_text(object, "stage", row->stage);
    node_text(object, "code", row->code);
    node_text(object, "class", error_class_name(row->class));
    node_text(object, "message", row->message);
    node_text(object, "field", row->field);
    node_text(object, "fingerprint", row->fingerprint);
    node_unsigned(object, "attempts", row->attempts);
    node_unsigned(object, "max_attempts", row->max_attempts);
    node_integer(object, "version", row->version);
    node_time(object, "first", row->first_us);
    node_time(object, "last", row->last_us);
    node_time(object, "next", row->next_us);
    node_text(object, "sqlstate", row->sqlstate);
    node_integer(object, "http_status", row->http_status);
    node_text(object, "request_id", row->request_id);
}
