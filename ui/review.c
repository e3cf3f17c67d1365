/* The two sides of a match, and what is decided about them. */
#include "ui/review.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/ask.h"
#include "ui/gauge.h"

bool review_is_open(const struct lookup_review *review)
{
    return strcmp(review->state, "open") == 0;
}

/* The journal's words are names of states, not English. */
const char *review_word(const struct lookup_review *review)
{
    return strcmp(review->state, "kept_apart") == 0 ? "kept apart" : review->state;
}

static const char *personal(struct console *console, const char *text)
{
    return console_personal(console, str_from(text)).data;
}

/* ---- side by side ---- */

static void draw_side(struct console *console, struct rect area, const char *title,
                      const struct lookup_customer *customer, const struct lookup_customer *other)
{
    struct paint *paint = console_paint(console);
    char orders[GAUGE_TEXT];
    const struct {
        const char *name, *mine, *others;
        bool is_personal;
    } lines[] = {
        {"name", customer->name, other->name, true},
        {"e-mail", customer->email, other->email, true},
        {"phone", customer->phone, other->phone, true},
        {"shop id", customer->shop_id, other->shop_id, false},
        {"orders", gauge_count((uint64_t)customer->orders, orders), "", false},
        {"spent", customer->spent, "", false},
    };
    paint_format(paint, area.y, area.x, area.width, ROLE_HEADING, "%s %.8s", title, customer->id);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && (int)i + 1 < area.height; i++) {
        bool same = lines[i].mine[0] != '\0' && strcmp(lines[i].mine, lines[i].others) == 0;
        const char *text = lines[i].is_personal ? personal(console, lines[i].mine) : lines[i].mine;
        paint_format(paint, area.y + 1 + (int)i, area.x, area.width, same ? ROLE_OK : ROLE_TEXT,
                     "%-8s%s%s", lines[i].name, same ? "= " : "  ", text);
    }
}

void review_paint(struct console *console, struct rect area, const struct lookup_review *review)
{
    struct paint *paint = console_paint(console);
    char heading[64];
    int half = area.width / 2;
    snprintf(heading, sizeof(heading), "review %" PRId64 " %s", review->id, review_word(review));
    paint_rule(paint, area.y, 0, area.width, str_from(heading),
               str_from(review->note[0] != '\0' ? review->note : review->origin_id));
    draw_side(console, (struct rect){area.y + 1, 1, area.height - 1, half - 2}, "keeps",
              &review->people[0], &review->people[1]);
    draw_side(console, (struct rect){area.y + 1, half + 1, area.height - 1, area.width - half - 2},
              "goes", &review->people[1], &review->people[0]);
}

/* ---- deciding ---- */

/* What an operator is asked about, and what the command says. */
static const struct decision {
    enum request request;
    const char *title, *word;
    const char *between; /* the sides: the one that goes, and the one that stays */
    const char *effect;
} decisions[] = {
    {REQUEST_MERGE, "Merge", "merge", "goes into",
     "Its orders move there, and it is no customer of its own any more. It can be undone."},
    {REQUEST_KEEP_APART, "Keep apart", "keep_apart", "stays apart from",
     "They stay two, and are not asked about again. It can be undone."},
    {REQUEST_UNDO, "Undo", "undo", "was decided about with",
     "What was decided goes back; orders that came since stay where they are."},
};

#define NAME_BYTES 40 /* of 20 columns; marks upon marks are cut */

/* "9e2f4411 Jo Doe (1 order, 12.90 EUR)" */
static void side_text(struct console *console, const struct lookup_customer *customer,
                      char ret_text[128])
{
    struct str whole =
        paint_clean(console_paint(console), str_from(personal(console, customer->name)));
    struct str name = text_truncate(whole, 20);
    name.len = name.len > NAME_BYTES ? NAME_BYTES : name.len;
    char orders[GAUGE_TEXT];
    snprintf(ret_text, 128, "%.8s %.*s%s(%s order%s%s%.40s)", customer->id, STR_ARG(name),
             name.len > 0 ? " " : "", gauge_count((uint64_t)customer->orders, orders),
             customer->orders == 1 ? "" : "s", customer->spent[0] == '\0' ? "" : ", ",
             customer->spent);
}

void review_decide(struct console *console, const struct lookup_review *review,
                   enum request request)
{
    struct ask ask = {.kind = "decide", .dialog = true};
    const struct decision *decision = decisions;
    char side[128];
    while (decision->request != request)
        decision++;
    STR_FILL(ask.title, decision->title);
    STR_FILL(ask.effect, decision->effect);
    side_text(console, &review->people[1], side);
    snprintf(ask.facts[0], sizeof(ask.facts[0]), "%s", side);
    side_text(console, &review->people[0], side);
    snprintf(ask.facts[1], sizeof(ask.facts[1]), "%s %s.", decision->between, side);
    snprintf(ask.label, sizeof(ask.label), "%.8s and %.8s", review->people[0].id,
             review->people[1].id);
    snprintf(ask.members, sizeof(ask.members),
             "\"review\":%" PRId64 ",\"decision\":\"%s\",\"customers\":[\"%s\",\"%s\"]", review->id,
             decision->word, review->people[0].id, review->people[1].id);
    ask_begin(console, &ask);
}
