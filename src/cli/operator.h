/* Who runs this program and from where, for the audit and the journal's commands. */
#ifndef ORDERSYNC_CLI_OPERATOR_H
#define ORDERSYNC_CLI_OPERATOR_H

struct operator_identity {
    char name[64];   /* the person behind sudo, else the user */
    char origin[64]; /* "ssh 203.0.113.7", "pts/3", or "no terminal" */
};
struct operator_identity operator_identify(void);

#endif
