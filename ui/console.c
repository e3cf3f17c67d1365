/* The console itself: owns the terminal, the boundary and the screens, and passes keys, replies and
 * frames between them. */
#include "ui/console.h"

#include <assert.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ui/action.h"
#include "ui/console_private.h"
#include "ui/engine_word.h"
#include "ui/frame.h"
#include "ui/gauge.h"
#include "ui/plain.h"

/* Every screen; those with a title are the tabs, in this order. */
static const struct screen_ops *const screens[] = {
#define SCREEN(name) &screen_##name,
#include "ui/screens.def"
#undef SCREEN
    NULL,
};

static size_t screen_index(const struct screen_ops *screen)
{
    size_t i = 0;
    while (screens[i] != screen)
        i++;
    return i;
}

void *console_state(struct console *console, const struct screen_ops *screen)
{
    return console->states[screen_index(screen)];
}

const struct screen_ops *console_screen(const struct console *console, size_t index)
{
    (void)console;
    return index < SCREEN_COUNT ? screens[index] : NULL;
}

const struct screen_ops *console_front(const struct console *console)
{
    return console->stack[console->depth - 1];
}

const struct screen_ops *console_below(const struct console *console)
{
    return console->depth > 1 ? console->stack[console->depth - 2] : console_front(console);
}

static void front_enter(struct console *console)
{
    const struct screen_ops *front = console_front(console);
    console->message[0] = '\0';
    if (front->enter != NULL)
        front->enter(console, console_state(console, front));
    console_repaint(console);
}

void console_show(struct console *console, const struct screen_ops *screen)
{
    /* A tab begins a new path; other screens lie on top of it, each once. */
    if (screen->title != NULL)
        console->depth = 0;
    for (size_t i = 0; i < console->depth; i++)
        if (console->stack[i] == screen)
            console->depth = i;
    assert(console->depth < STACK_MAX);
    console->stack[console->depth++] = screen;
    front_enter(console);
}

void console_back(struct console *console)
{
    if (console->depth > 1)
        console->depth--;
    else if (console_front(console) != screens[0])
        console->stack[0] = screens[0];
    front_enter(console);
}

/* ---- setting up ---- */

static void console_start_engine(struct console *console)
{
    if (!console->options.start_engine || console->options.read_only)
        return;
    struct engine_options options = console->options.engine;
    options.operator_name = console->operator_name;
    console->local = local_engine_start(console->settings, &options);
}

static void console_name_operator(struct console *console)
{
    char name[64] = "";
    if (console->options.operator_name != NULL)
        snprintf(name, sizeof(name), "%s", console->options.operator_name);
    else if (getlogin_r(name, sizeof(name)) != 0)
        snprintf(name, sizeof(name), "uid %u", (unsigned)getuid());
    memcpy(console->operator_name, name, sizeof(name));
}

static bool console_open(struct console *console, struct error *err)
{
    setlocale(LC_CTYPE, "");
    console_name_operator(console);
    /* Signals are blocked by terminal_open: the engine's threads must inherit that. */
    struct terminal *terminal = &console->terminal;
    if (!(console->options.plain ? terminal_open_page(terminal, PLAIN_ROWS, PLAIN_COLUMNS, err)
                                 : terminal_open(terminal, err)))
        return false;
    console_start_engine(console);
    if (!lookup_open(console->settings, console->local, &console->lookup, err))
        return false;
    theme_init(&console->theme, console->options.colour, console->options.ascii);
    console->theme.page = console->options.plain;
    console->paint.theme = &console->theme;
    for (size_t i = 0; i < SCREEN_COUNT; i++)
        console->states[i] = memory_zero(1, screens[i]->size);
    console_show(console, screens[0]);
    return true;
}

static void console_close(struct console *console)
{
    if (console->have_status && settings_boolean(console->settings, SET_TERMINAL_TITLE))
        terminal_name(&console->terminal, "");
    terminal_close(&console->terminal);
    lookup_close(console->lookup);
    if (console->local != NULL && local_engine_state(console->local, NULL) != LOCAL_ENDED &&
        !console->terminal.gone)
        fprintf(stderr, "ordersync: settling what is under way...\n");
    local_engine_free(console->local);
    checkup_free(console->checkup);
    for (size_t i = 0; i < SCREEN_COUNT && console->states[i] != NULL; i++) {
        if (screens[i]->close != NULL)
            screens[i]->close(console->states[i]);
        free(console->states[i]);
    }
    lookup_reply_free(console->commands);
    buffer_free(&console->action.target);
    arena_free(&console->paint.scratch);
}

/* ---- frames ---- */

static int64_t worst_lag(const struct lookup_status *status)
{
    int64_t worst = -1;
    for (size_t i = 0; status != NULL && i < SOURCE_COUNT; i++) {
        const struct source_status *source = &status->engine.sources[i];
        if (source->state != SOURCE_OFF && source->lag_max_us > worst)
            worst = source->lag_max_us;
    }
    return worst;
}

/* Seconds are shown while something moves; an idle console sends nothing, so its clock has minutes
 * only. */
static void title_clock(const struct console *console, char ret_clock[24])
{
    time_t seconds = (time_t)(console_now(console) / 1000000);
    struct tm parts;
    if (console->local_clock)
        localtime_r(&seconds, &parts);
    else
        gmtime_r(&seconds, &parts);
    if (console->local_clock)
        strftime(ret_clock, 24, console_engine_busy(console) ? "%H:%M:%S %Z" : "%H:%M %Z", &parts);
    else
        strftime(ret_clock, 24, console_engine_busy(console) ? "%H:%M:%SZ" : "%H:%MZ", &parts);
}

static void console_title(struct console *console, struct frame_title *ret_title)
{
    /* The title tells the truth even while the view is frozen. */
    const struct lookup_status *status = console->have_status ? &console->status : NULL;
    *ret_title = (struct frame_title){
        .environment = console_environment(console),
        .read_only = console->options.read_only,
        .unresolved = status == NULL ? 0 : status->unresolved,
        .lag_us = worst_lag(status),
        .alerts = status != NULL && status->have_alerts ? (int)status->alerts : -1,
        .operator_name = console->operator_name,
        .unmasked = console->unmask_until_us > console_now(console),
        .frozen = console->frozen,
    };
    engine_word_choose(status, console_now(console), ret_title->engine, &ret_title->engine_role);
    title_clock(console, ret_title->clock);
}

static void paint_message(struct console *console, int y)
{
    struct paint *paint = &console->paint;
    if (console->prompt_open) {
        int used =
            paint_text(paint, y, 1, paint->columns / 2, ROLE_KEY, str_from(console->prompt_label));
        line_edit_paint(&console->prompt, paint, y, used + 2, paint->columns - used - 2, true);
        return;
    }
    const char *mark = theme_mark(console->message_role);
    paint_format(paint, y, 1, paint->columns - 2, console->message_role, "%s%s%s", mark,
                 mark[0] != '\0' ? " " : "", console->message);
}

static void console_paint_frame(struct console *console, const struct frame_title *title)
{
    struct paint *paint = &console->paint;
    const struct screen_ops *front = console_front(console);
    void *state = console_state(console, front);
    frame_paint_title(paint, title);
    frame_paint_tabs(paint, 1, screens, console->stack[0],
                     front->crumb != NULL ? front->crumb(console, state) : "");
    console->drawing = true;
    front->draw(console, state, frame_body(paint));
    console->drawing = false;
    if (console->prompt_open && !console->dialog_open && console->prompt_note[0] != '\0')
        paint_text(paint, paint->rows - 1, 1, paint->columns - 2, ROLE_TEXT,
                   str_from(console->prompt_note));
    else if (console->dialog_open || console->prompt_open)
        frame_paint_editing(paint, paint->rows - 1, console->dialog_open ? &console->dialog : NULL,
                            console->prompt_complete != NULL);
    else
        frame_paint_hints(console, paint->rows - 1,
                          &(struct frame_hints){.front = front,
                                                .state = state,
                                                .read_only = console->options.read_only,
                                                .frozen = console->frozen,
                                                .below = console->depth > 1});
    paint_message(console, paint->rows - 2);
    if (console->dialog_open)
        dialog_paint(&console->dialog, paint);
}

static void update_front(struct console *console)
{
    const struct screen_ops *front = console_front(console);
    if (!console->frozen && front->update != NULL)
        front->update(console, console_state(console, front));
}

static void on_paint(void *context)
{
    struct console *console = context;
    struct frame_title title;
    paint_begin(&console->paint);
    console_title(console, &title);
    console->small = frame_body(&console->paint).height == 0;
    if (console->small)
        frame_paint_small(&console->paint, &title);
    else
        console_paint_frame(console, &title);
    paint_end(&console->paint);
    console->painted_minute = console_now(console) / 60000000;
    if (console->look_again && !console->small)
        update_front(console);
    console->look_again = false;
}

/* ---- replies ---- */

static void name_window(struct console *console)
{
    char name[96];
    if (!settings_boolean(console->settings, SET_TERMINAL_TITLE))
        return;
    snprintf(name, sizeof(name), "ordersync %s: %" PRIu64 " dead", console_environment(console),
             console->status.dead);
    terminal_name(&console->terminal, name);
}

/* More dead letters than at the last look: somebody may be in another window. */
static void notice_dead(struct console *console, bool first, uint64_t before)
{
    if (first || console->status.dead != before)
        name_window(console);
    if (!first && console->status.dead > before && settings_boolean(console->settings, SET_BELL))
        terminal_bell(&console->terminal);
}

/* Something is missing: no engine ever wrote here, or the one of this console ended with an error.
 */
static void watch_checkup(struct console *console)
{
    bool ended =
        console->engine_error.id != ERROR_NONE && console->engine_error.id != ERROR_JOURNAL_LOCKED;
    bool over;
    if (console->checkup == NULL && console->options.doctor != NULL &&
        (ended || (console->have_status && !console->status.have_engine)))
        console->checkup = checkup_start(console->options.doctor, console->options.doctor_context);
    if (console->checkup == NULL)
        return;
    size_t count = checkup_count(console->checkup, &over);
    if (count != console->findings || over != console->checkup_over)
        console_repaint(console);
    console->findings = count;
    console->checkup_over = over;
}

static void take_status(struct console *console, struct lookup_reply *reply)
{
    struct error error = reply->ok ? (struct error){0} : reply->error;
    /* The heartbeat alone moves nothing on the screen. */
    struct lookup_status fresh = reply->status;
    int64_t beat = fresh.engine.beat_us;
    fresh.engine.beat_us = console->status.engine.beat_us;
    bool same = console->have_status && memcmp(&fresh, &console->status, sizeof(fresh)) == 0;
    fresh.engine.beat_us = beat;
    bool version_moved = !console->have_status || fresh.version != console->status.version;
    if (reply->ok) {
        uint64_t before = console->status.dead;
        bool first = !console->have_status;
        console->status = fresh;
        console->have_status = true;
        notice_dead(console, first, before);
    }
    if (error.id != console->status_error.id)
        console_repaint(console);
    console->status_error = error;
    if (!same && console->loop.wanted == PAINT_NONE)
        console->loop.wanted = PAINT_SOON;
    watch_checkup(console);
    if (version_moved && reply->ok)
        console_ask(console,
                    &(struct lookup_request){.kind = LOOKUP_COMMANDS, .max = COMMANDS_SHOWN});
    lookup_reply_free(reply);
}

static void take_commands(struct console *console, struct lookup_reply *reply)
{
    if (!reply->ok) {
        lookup_reply_free(reply);
        return;
    }
    action_watch(console, reply);
    if (console->frozen) {
        lookup_reply_free(reply);
        return;
    }
    lookup_reply_free(console->commands);
    console->commands = reply;
    if (console->loop.wanted == PAINT_NONE)
        console->loop.wanted = PAINT_SOON;
}

bool console_settled(const struct console *console)
{
    for (size_t i = 0; i < LOOKUP_KIND_COUNT; i++)
        if (i != LOOKUP_STATUS && console->asked[i] != 0)
            return false;
    return console->have_status || console->status_error.id != ERROR_NONE;
}

static void take_reply(struct console *console, struct lookup_reply *reply)
{
    if (reply->ticket == console->asked[reply->kind])
        console->asked[reply->kind] = 0;
    if (reply->kind == LOOKUP_STATUS) {
        take_status(console, reply);
        return;
    }
    if (reply->kind == LOOKUP_COMMANDS) {
        take_commands(console, reply);
        return;
    }
    if (reply->kind == LOOKUP_SEND) {
        action_sent(console, reply);
        lookup_reply_free(reply);
        return;
    }
    for (size_t i = 0; i < SCREEN_COUNT; i++)
        if (screens[i]->take != NULL && screens[i]->take(console, console->states[i], reply)) {
            console->look_again = true;
            console_repaint(console);
            return;
        }
    lookup_reply_free(reply); /* of a screen that asked anew since */
}

static void on_wake(void *context)
{
    struct console *console = context;
    struct lookup_reply *reply;
    while ((reply = lookup_take(console->lookup)) != NULL)
        take_reply(console, reply);
}

/* ---- keys ---- */

void console_answer_prompt(struct console *console, const char *text)
{
    char answer[LINE_MAX_BYTES + 1]; /* `text` may be the prompt's own, which a next one replaces */
    snprintf(answer, sizeof(answer), "%s", text);
    console->prompt_open = false;
    console->prompt_done(console, console->prompt_context, answer);
}

static void key_prompt(struct console *console, int key, bool is_key)
{
    console->prompt_note[0] = '\0';
    if (!is_key && key == 27) {
        console->prompt_open = false;
    } else if ((!is_key && (key == '\r' || key == '\n')) || (is_key && key == KEY_ENTER)) {
        console_answer_prompt(console, console->prompt.text);
    } else if (!is_key && key == '\t' && console->prompt_complete != NULL) {
        console->prompt_complete(console, &console->prompt);
    } else {
        (void)line_edit_key(&console->prompt, key, is_key);
    }
}

void console_answer_dialog(struct console *console, enum dialog_outcome outcome)
{
    if (outcome == DIALOG_OPEN)
        return;
    console->dialog_open = false;
    if (outcome == DIALOG_CONFIRMED)
        console->dialog_done(console, console->dialog_context, &console->dialog);
    else
        console_say(console, ROLE_TEXT, "cancelled: nothing was done");
}

void console_do(struct console *console, enum request request)
{
    const struct screen_ops *front = console_front(console);
    console->message[0] = '\0';
    if (request == REQUEST_NONE)
        return;
    if (console->options.read_only && request_info(request)->acts) {
        console_say(console, ROLE_WARNING, "this console is read-only");
        return;
    }
    if (front->act != NULL && front->act(console, console_state(console, front), request))
        return;
    console_request(console, request);
}

/* Where nothing but one line can be seen nothing is answered or done: keys that leave are all. */
static void key_small(struct console *console, int key)
{
    enum request request = bindings_find(CONTEXT_GLOBAL, key, true);
    if (!console->dialog_open && !console->prompt_open && request == REQUEST_QUIT &&
        !console_local_run(console))
        console_request(console, request);
}

static void on_key(void *context, int key, bool is_key)
{
    struct console *console = context;
    console->loop.wanted = PAINT_NOW;
    console->look_again = true;
    if (console->small)
        key_small(console, key);
    else if (console->dialog_open)
        console_answer_dialog(console, dialog_key(&console->dialog, key, is_key));
    else if (console->prompt_open)
        key_prompt(console, key, is_key);
    else
        console_do(console, bindings_find(console_front(console)->context, key, false));
}

/* ---- signals and the clock ---- */

static void on_signal(void *context, int number)
{
    struct console *console = context;
    console->loop.wanted = PAINT_NOW;
    switch (number) {
    case SIGWINCH:
        terminal_resize(&console->terminal);
        break;
    case SIGTSTP:
        terminal_suspend(&console->terminal);
        break;
    case SIGCONT:
        terminal_resize(&console->terminal);
        clearok(curscr, TRUE);
        break;
    case SIGINT:
        console_request(console, REQUEST_QUIT);
        break;
    default: /* HUP, TERM, QUIT */
        console_quit(console);
        break;
    }
}

static void watch_engine(struct console *console)
{
    struct error err = {0};
    if (console->local == NULL || console->local_ended ||
        local_engine_state(console->local, &err) != LOCAL_ENDED)
        return;
    console->local_ended = true;
    if (err.id == ERROR_NONE)
        return;
    bool other = err.id == ERROR_JOURNAL_LOCKED;
    console->engine_error = err;
    console_say(console, other ? ROLE_WARNING : ROLE_ERROR, "%s%s", other ? "attached: " : "",
                err.message);
}

static void on_tick(void *context)
{
    struct console *console = context;
    watch_engine(console);
    watch_checkup(console);
    console_ask(console, &(struct lookup_request){.kind = LOOKUP_STATUS});
    if (console->unmask_until_us != 0 && console->unmask_until_us <= console_now(console)) {
        console->unmask_until_us = 0;
        console_repaint(console);
    }
    update_front(console);
    if (console_engine_busy(console) || console_now(console) / 60000000 != console->painted_minute)
        if (console->loop.wanted == PAINT_NONE && !console->frozen)
            console->loop.wanted = PAINT_SOON;
}

bool console_run(const struct settings *settings, const struct console_options *options,
                 struct error *err)
{
    struct console *console = memory_zero(1, sizeof(*console));
    console->settings = settings;
    console->options = *options;
    bool ok = console_open(console, err);
    if (ok) {
        console->loop.terminal = &console->terminal;
        console->loop.wake_fd = lookup_fd(console->lookup);
        console->loop.context = console;
        console->loop.key = on_key;
        console->loop.signal = on_signal;
        console->loop.wake = on_wake;
        console->loop.tick = on_tick;
        console->loop.paint = on_paint;
        if (options->plain)
            plain_run(console);
        else
            loop_run(&console->loop);
    }
    struct error ended = console->engine_error;
    console_close(console);
    free(console);
    if (ok && ended.id != ERROR_NONE && ended.id != ERROR_JOURNAL_LOCKED) {
        *err = ended;
        return false;
    }
    return ok;
}
