/* One line of input at a time: it is carried out, its replies are awaited, and what came of it is
 * printed: the whole screen where another one came to the front, the selected line after a
 * movement, the message after an action. */
#include "ui/plain.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/text.h"
#include "ui/console_private.h"
#include "ui/engine_word.h"
#include "ui/frame.h"

#define LINE_MAX_INPUT 1024
#define TICK_US 250000
#define REPLY_US INT64_C(10000000)   /* a target that is down says so sooner */
#define OUTCOME_US INT64_C(30000000) /* of the last action, at the end of the input */
#define QUIET_ROUNDS 2               /* looks without a new question: the screen has all it wants */

enum plain_due { DUE_NOTHING, DUE_MESSAGE, DUE_SELECTED, DUE_SCREEN };

struct plain {
    struct console *console;
    char input[LINE_MAX_INPUT];
    size_t len;
    bool ended; /* standard input is at its end */
    enum plain_due due;
    int64_t due_until_us;
    unsigned quiet;
    int64_t tick_us;
    char said[sizeof(((struct console *)0)->message)];
    char engine[32];
    uint64_t dead;
    bool have_engine;
};

/* ---- output ---- */

static bool is_blank(const wchar_t *text)
{
    while (*text == L' ')
        text++;
    return *text == L'\0';
}

static void print_wide(const wchar_t *text)
{
    char bytes[16];
    mbstate_t state = {0};
    size_t end = wcslen(text);
    while (end > 0 && text[end - 1] == L' ')
        end--;
    for (size_t i = 0; i < end; i++) {
        size_t len = wcrtomb(bytes, text[i], &state);
        if (len == (size_t)-1)
            fputc('?', stdout);
        else
            fwrite(bytes, 1, len, stdout);
    }
    fputc('\n', stdout);
}

static void print_row(int y)
{
    wchar_t row[PLAIN_COLUMNS * 2 + 1];
    if (mvinnwstr(y, 0, row, PLAIN_COLUMNS * 2) != ERR && !is_blank(row))
        print_wide(row);
}

/* What the keys of a hint line are to a screen: the words that do something here. */
static void print_words(struct console *console)
{
    const struct screen_ops *front = console_front(console);
    void *state = console_state(console, front);
    size_t count;
    const struct binding *table = bindings_table(&count);
    fputs("words:", stdout);
    for (size_t i = 0; i < count; i++) {
        const struct request_info *info = request_info(table[i].request);
        bool here = table[i].context == front->context && info->label[0] != '\0' &&
                    bindings_key(front->context, table[i].request) == table[i].key &&
                    !(console->options.read_only && info->acts) &&
                    (front->can == NULL || front->can(console, state, table[i].request));
        for (const char *c = info->name; here && *c != '\0'; c++)
            printf("%s%c", c == info->name ? " " : "", *c == '_' ? '-' : tolower(*c));
        if (here)
            fputc(',', stdout);
    }
    puts(" up, down, help, back, quit");
}

static void print_message(struct plain *plain)
{
    const struct console *console = plain->console;
    if (console->message[0] != '\0')
        printf("%s%s\n", theme_mark(console->message_role), console->message);
    memcpy(plain->said, console->message, sizeof(plain->said));
}

/* The rows between title and message line. */
static void print_screen(struct plain *plain)
{
    for (int y = 0; y < plain->console->paint.rows - 2; y++)
        print_row(y);
    print_message(plain);
    print_words(plain->console);
}

static void print_question(const struct console *console)
{
    if (console->dialog_open) {
        const struct dialog *dialog = &console->dialog;
        if (dialog->focus == 0 && dialog->complaint[0] == '\0') {
            printf("%s (a lone . cancels)\n", dialog->title);
            for (size_t i = 0; i < dialog->line_count; i++)
                puts(dialog->lines[i]);
        }
        if (dialog->complaint[0] != '\0')
            printf("!%s\n", dialog->complaint);
        if (dialog->focus < dialog->field_count)
            printf("%s: %s\n", dialog->fields[dialog->focus].label,
                   dialog->fields[dialog->focus].expected);
        else
            printf("yes to %s, anything else cancels:\n", dialog->confirm);
    } else if (console->prompt_open) {
        const char *initial = console->prompt.text;
        printf("%s%s%s%s (a lone . cancels)\n", console->prompt_label,
               initial[0] != '\0' ? " [" : "", initial, initial[0] != '\0' ? "]" : "");
    }
}

static void plain_print(struct plain *plain)
{
    struct console *console = plain->console;
    console->loop.paint(console);
    if (console->dialog_open || console->prompt_open)
        print_question(console);
    else if (plain->due == DUE_SCREEN)
        print_screen(plain);
    else if (plain->due == DUE_SELECTED && console->paint.cursor_shown)
        print_row(console->paint.cursor_y);
    if (plain->due != DUE_SCREEN)
        print_message(plain);
    plain->due = DUE_NOTHING;
    if (fflush(stdout) != 0)
        console_quit(console); /* nobody reads any more */
}

/* What an operator must hear of without asking: the engine's state, dead letters, late answers. */
static void plain_notice(struct plain *plain)
{
    struct console *console = plain->console;
    char word[32];
    enum role role;
    if (!console->have_status)
        return;
    engine_word_choose(&console->status, console_now(console), word, &role);
    word[strcspn(word, " ")] = '\0'; /* the seconds of STALE go on */
    if (plain->have_engine && strcmp(word, plain->engine) != 0)
        printf("%sengine: %s\n", theme_mark(role), word);
    if (plain->have_engine && console->status.dead > plain->dead)
        printf("!dead letters: %llu, %llu more\n", (unsigned long long)console->status.dead,
               (unsigned long long)(console->status.dead - plain->dead));
    memcpy(plain->engine, word, sizeof(word));
    plain->dead = console->status.dead;
    plain->have_engine = true;
    if (strcmp(plain->said, console->message) != 0)
        print_message(plain);
    fflush(stdout);
}

/* ---- input ---- */

static bool word_is(const char *word, const char *name)
{
    for (; *word != '\0' && *name != '\0'; word++, name++)
        if (tolower((unsigned char)*word) != (*name == '_' ? '-' : tolower((unsigned char)*name)))
            return false;
    return *word == '\0' && *name == '\0';
}

/* By the name of the request, by its word on the hint line, or by a key's. */
static enum request word_request(const struct console *console, const char *word)
{
    char name[16];
    size_t count;
    const struct binding *table = bindings_table(&count);
    for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++)
        if (word_is(word, request_info((enum request)request)->name))
            return (enum request)request;
    enum binding_context context = console_front(console)->context;
    for (size_t i = 0; i < count; i++)
        if (strcmp(binding_key_name(table[i].key, name), word) == 0 ||
            (table[i].context == context && word_is(word, request_info(table[i].request)->label)))
            return bindings_find(context, table[i].key, false);
    return REQUEST_NONE;
}

static enum plain_due due_after(enum request request)
{
    switch (request) {
    case REQUEST_UP:
    case REQUEST_DOWN:
    case REQUEST_FIRST:
    case REQUEST_LAST:
    case REQUEST_MARK:
        return DUE_SELECTED;
    default:
        return request_info(request)->acts || request == REQUEST_COPY ? DUE_MESSAGE : DUE_SCREEN;
    }
}

/* `rest` answers the question that the word asks, or says how often. */
static void plain_word(struct plain *plain, const char *word, const char *rest)
{
    struct console *console = plain->console;
    enum request request = word_request(console, word);
    if (request == REQUEST_NONE) {
        console_say(console, ROLE_ERROR, "no such word: %.60s (help lists them)", word);
        plain->due = DUE_MESSAGE;
        return;
    }
    long times = strtol(rest, NULL, 10);
    plain->due = due_after(request);
    console_do(console, request);
    for (long i = 1; i < times && i < 1000 && plain->due == DUE_SELECTED; i++)
        console_do(console, request);
    if (console->prompt_open && rest[0] != '\0')
        console_answer_prompt(console, rest);
}

static void plain_prompt(struct plain *plain, const char *line)
{
    struct console *console = plain->console;
    plain->due = DUE_SCREEN;
    if (strcmp(line, ".") == 0) {
        console->prompt_open = false;
        console_say(console, ROLE_TEXT, "cancelled: nothing was done");
    } else {
        console_answer_prompt(console, line[0] != '\0' ? line : console->prompt.text);
    }
    if (console->action.ticket != 0 || console->message[0] != '\0')
        plain->due = DUE_MESSAGE;
}

static void plain_dialog(struct plain *plain, const char *line)
{
    struct console *console = plain->console;
    struct dialog *dialog = &console->dialog;
    plain->due = DUE_MESSAGE;
    dialog->complaint[0] = '\0';
    if (strcmp(line, ".") == 0) {
        console_answer_dialog(console, DIALOG_CANCELLED);
    } else if (dialog->focus < dialog->field_count) {
        line_edit_set(&dialog->fields[dialog->focus++].edit, line);
    } else if (strcmp(line, "yes") == 0) {
        console_answer_dialog(console, dialog_submit(dialog));
    } else {
        console_answer_dialog(console, DIALOG_CANCELLED);
    }
}

static void plain_line(struct plain *plain, char *line)
{
    struct console *console = plain->console;
    while (*line == ' ')
        line++;
    if (console->dialog_open) {
        plain_dialog(plain, line);
    } else if (console->prompt_open) {
        plain_prompt(plain, line);
    } else if (line[0] == '\0') {
        plain->due = DUE_SCREEN;
    } else {
        char first[2] = {line[0], '\0'};
        bool sign = (line[0] == '/' || line[0] == ':') && line[1] != '\0';
        char *rest = sign ? line + 1 : line + strcspn(line, " ");
        while (*rest == ' ')
            *rest++ = '\0';
        plain_word(plain, sign ? first : line, rest);
    }
    plain->due_until_us = clock_monotonic_us() + REPLY_US;
    plain->quiet = 0;
}

/* Takes the next whole line out of what was read. */
static bool plain_next(struct plain *plain)
{
    char line[LINE_MAX_INPUT];
    const char *end = memchr(plain->input, '\n', plain->len);
    if (end == NULL && plain->len < sizeof(plain->input) - 1 && !(plain->ended && plain->len > 0))
        return false;
    size_t len = end != NULL ? (size_t)(end - plain->input) : plain->len;
    size_t used = len + (end != NULL);
    memcpy(line, plain->input, len);
    line[len > 0 && line[len - 1] == '\r' ? len - 1 : len] = '\0';
    plain->len -= used;
    memmove(plain->input, plain->input + used, plain->len);
    plain_line(plain, line);
    return true;
}

static void plain_read(struct plain *plain)
{
    ssize_t got = read(plain->console->terminal.input_fd, plain->input + plain->len,
                       sizeof(plain->input) - 1 - plain->len);
    if (got > 0)
        plain->len += (size_t)got;
    else if (got == 0 || errno != EINTR)
        plain->ended = true;
}

/* ---- the loop ---- */

static void plain_tick(struct plain *plain, int64_t now)
{
    struct console *console = plain->console;
    bool waits = plain->due != DUE_NOTHING;
    bool ready = waits && (console_settled(console) || now >= plain->due_until_us);
    if (waits && !ready)
        plain->quiet = 0;
    if (now < plain->tick_us && !ready)
        return;
    /* A screen asks for what it lacks once it knows its size: draw, look, and draw again. */
    console->loop.paint(console);
    console->loop.tick(console);
    plain->tick_us = now + TICK_US;
    if (!waits)
        plain_notice(plain);
    else if (ready && (now >= plain->due_until_us || ++plain->quiet > QUIET_ROUNDS))
        plain_print(plain);
}

/* At the end of the input: not before the last action has its outcome, when somebody works on it.
 */
static void plain_end(struct plain *plain, int64_t now)
{
    struct console *console = plain->console;
    bool awaited = console->action.command_id != 0 && console_engine_runs(console) &&
                   now < plain->due_until_us + OUTCOME_US;
    if (plain->ended && plain->due == DUE_NOTHING && plain->len == 0 && !awaited)
        console_quit(console);
}

static void plain_signals(struct plain *plain)
{
    struct signalfd_siginfo info;
    struct console *console = plain->console;
    while (read(console->terminal.signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        console->loop.signal(console, (int)info.ssi_signo);
}

void plain_run(struct console *console)
{
    struct plain plain = {.console = console, .due = DUE_SCREEN};
    plain.due_until_us = clock_monotonic_us() + REPLY_US;
    struct pollfd fds[] = {
        {.fd = console->terminal.input_fd, .events = POLLIN},
        {.fd = console->terminal.signal_fd, .events = POLLIN},
        {.fd = console->loop.wake_fd, .events = POLLIN},
    };
    while (!console->loop.done) {
        int64_t now = clock_monotonic_us();
        plain_tick(&plain, now);
        if (plain.due == DUE_NOTHING && plain_next(&plain))
            continue;
        plain_end(&plain, now);
        fds[0].fd = plain.ended || plain.due != DUE_NOTHING ? -1 : console->terminal.input_fd;
        int wait = plain.due != DUE_NOTHING && console_settled(console) ? 0 : TICK_US / 1000;
        if (console->loop.done || poll(fds, sizeof(fds) / sizeof(fds[0]), wait) <= 0)
            continue;
        if (fds[1].revents != 0)
            plain_signals(&plain);
        if (fds[2].revents != 0)
            console->loop.wake(console);
        if (fds[0].fd >= 0 && fds[0].revents != 0)
            plain_read(&plain);
    }
}
