/* A dialog: a question, fields, and two buttons of which Cancel is the default. */
#ifndef ORDERSYNC_UI_DIALOG_H
#define ORDERSYNC_UI_DIALOG_H

#include "ui/line_edit.h"

#define DIALOG_FIELDS 5
#define DIALOG_LINES 10

struct dialog_field {
    char label[48];
    char expected[48]; /* must be typed exactly; "" anything but empty */
    bool number;       /* a whole number, 0 and empty for none */
    struct line_edit edit;
};
struct dialog {
    char title[80];
    char lines[DIALOG_LINES][160];
    size_t line_count;
    struct dialog_field fields[DIALOG_FIELDS];
    size_t field_count;
    char confirm[24]; /* the other button's word */
    size_t focus;     /* fields, then Cancel, then confirm */
    char complaint[96];
};

enum dialog_outcome { DIALOG_OPEN, DIALOG_CANCELLED, DIALOG_CONFIRMED };

/* Adds a line or a field; past the maximum it is a bug. */
void dialog_line(struct dialog *dialog, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void dialog_field(struct dialog *dialog, const char *label, const char *expected);
/* A number that is there already and may be changed. */
void dialog_number(struct dialog *dialog, const char *label, unsigned initial);
unsigned dialog_number_of(const struct dialog *dialog, size_t field); /* 0: none */
enum dialog_outcome dialog_key(struct dialog *dialog, int key, bool is_key);
/* Confirms when every field is good; else it stays open with a complaint. */
enum dialog_outcome dialog_submit(struct dialog *dialog);
void dialog_paint(const struct dialog *dialog, struct paint *paint);

#endif
