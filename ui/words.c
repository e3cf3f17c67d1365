/* What may be typed after `:`: commands to the engine, the screens' names, and every word of a key
 * that means something here. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/console_private.h"

#define WORDS_MAX 160

/* What a word takes after it: a document it needs, the others may be left out. */
enum word_takes { TAKES_NOTHING, TAKES_DOCUMENT, TAKES_SOURCE, TAKES_SALES, TAKES_DEEP };

static const struct argument_word {
    enum word_takes of;
    const char *word;
    const char *members; /* JSON members of the command */
} argument_words[] = {
    {TAKES_SOURCE, "firestore", "\"source\":\"firestore\""},
    {TAKES_SOURCE, "stripe", "\"source\":\"stripe\""},
    {TAKES_SOURCE, "printful", "\"source\":\"printful\""},
    {TAKES_SALES, "stripe", "\"sources\":2"},
    {TAKES_SALES, "printful", "\"sources\":4"},
    {TAKES_DEEP, "deep", "\"deep\":true"},
};
#define ARGUMENT_WORDS (sizeof(argument_words) / sizeof(argument_words[0]))
_Static_assert(1u << SOURCE_STRIPE == 2 && 1u << SOURCE_PRINTFUL == 4, "bits of a sync's sources");

/* Commands to the engine. */
static const struct engine_word {
    const char *word;
    const char *question; /* asked before it is sent */
    bool always;          /* else in PROD only */
    enum word_takes takes;
    const char *kind;    /* of the command; NULL: the word */
    const char *members; /* of its arguments, before those of what was typed; NULL: none */
} engine_words[] = {
    {"pause", "Nothing of it is read or written until it is resumed.", true, TAKES_SOURCE, NULL,
     NULL},
    {"resume", "It goes on where it stopped.", false, TAKES_SOURCE, NULL, NULL},
    {"backfill", "Every document of the collection is read (an unfinished run goes on).", true,
     TAKES_NOTHING, NULL, NULL},
    {"dry-run", "Every document is read; nothing is written but a plan (3 shows it).", true,
     TAKES_NOTHING, "backfill", "\"dry_run\":true"},
    {"sync", "Stripe and Printful are looked through, as far back as sync_days says.", true,
     TAKES_SALES, NULL, NULL},
    {"sync-dry-run", "The same look back; nothing is written but a plan (3 shows it).", true,
     TAKES_SALES, "sync", "\"dry_run\":true"},
    {"pull", "One document is read from its source and applied.", false, TAKES_DOCUMENT, NULL,
     NULL},
    {"verify", "Source and target are compared now; nothing is changed. Reads are billed.", true,
     TAKES_DEEP, NULL, NULL},
    {"stop", "The engine settles what is under way and ends; start it again by hand.", true,
     TAKES_NOTHING, NULL, NULL},
};
#define ENGINE_WORDS (sizeof(engine_words) / sizeof(engine_words[0]))

static void lower_name(char ret_word[24], const char *name)
{
    size_t i = 0;
    for (; name[i] != '\0' && i < 23; i++)
        ret_word[i] = (char)(name[i] == '_' ? '-' : tolower((unsigned char)name[i]));
    ret_word[i] = '\0';
}

/* ---- every word ---- */

struct word_list {
    char words[WORDS_MAX][24];
    size_t count;
};

static void list_add(struct word_list *list, const char *word)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->words[i], word) == 0)
            return;
    if (list->count < WORDS_MAX)
        snprintf(list->words[list->count++], sizeof(list->words[0]), "%s", word);
}

static bool binding_is_here(const struct console *console, const struct binding *binding)
{
    return (binding->context == console_front(console)->context ||
            binding->context == CONTEXT_LIST || binding->context == CONTEXT_GLOBAL) &&
           !(console->options.read_only && request_info(binding->request)->acts);
}

static void list_fill(struct word_list *list, const struct console *console)
{
    char word[24];
    size_t count;
    const struct binding *table = bindings_table(&count);
    const struct screen_ops *screen;
    list->count = 0;
    for (size_t i = 0; !console->options.read_only && i < ENGINE_WORDS; i++)
        list_add(list, engine_words[i].word);
    for (size_t i = 0; (screen = console_screen(console, i)) != NULL; i++)
        if (screen->request != REQUEST_NONE)
            list_add(list, screen->name);
    for (size_t i = 0; i < count; i++) {
        lower_name(word, request_info(table[i].request)->name);
        if (binding_is_here(console, &table[i]))
            list_add(list, word);
    }
}

/* ---- completion ---- */

/* How much of `word` and `other` is the same. */
static size_t same_prefix(const char *word, const char *other)
{
    size_t len = 0;
    while (word[len] != '\0' && word[len] == other[len])
        len++;
    return len;
}

/* What may follow the word that was typed. */
static void list_fill_arguments(struct word_list *list, const char *text, size_t len)
{
    list->count = 0;
    for (size_t i = 0; i < ENGINE_WORDS; i++)
        if (strlen(engine_words[i].word) == len && strncmp(engine_words[i].word, text, len) == 0)
            for (size_t k = 0; k < ARGUMENT_WORDS; k++)
                if (argument_words[k].of == engine_words[i].takes)
                    list_add(list, argument_words[k].word);
}

static void word_complete(struct console *console, struct line_edit *edit)
{
    struct word_list list;
    char fitting[160] = "";
    size_t len = 0, found = 0, same = 0;
    const char *first = "";
    size_t word_len = strcspn(edit->text, " ");
    size_t start = 0;
    if (edit->cursor > word_len)
        start = word_len + strspn(edit->text + word_len, " ");
    if (start > 0)
        list_fill_arguments(&list, edit->text, word_len);
    else
        list_fill(&list, console);
    size_t typed = edit->cursor > start ? edit->cursor - start : 0;
    for (size_t i = 0; i < list.count; i++) {
        const char *word = list.words[i];
        if (strncmp(word, edit->text + start, typed) != 0)
            continue;
        first = found == 0 ? word : first;
        size_t alike = same_prefix(first, word);
        same = found == 0 || alike < same ? alike : same;
        found++;
        if (len < sizeof(fitting))
            len += (size_t)snprintf(fitting + len, sizeof(fitting) - len, "%s ", word);
    }
    if (same > typed)
        (void)line_edit_insert(edit, first + typed, same - typed);
    if (found != 1)
        console_prompt_note(console, "%s", found == 0 ? "no word begins so" : fitting);
}

/* ---- carrying out ---- */

/* "firestore/5123" as JSON members; false when it is no document's name. */
static bool document_members(const char *argument, struct buffer *members)
{
    const char *slash = strchr(argument, '/');
    for (int source = 0; slash != NULL && slash[1] != '\0' && source < SOURCE_COUNT; source++) {
        const char *name = source_kind_name((enum source_kind)source);
        if (strlen(name) != (size_t)(slash - argument) ||
            strncmp(name, argument, strlen(name)) != 0)
            continue;
        buffer_append_format(members, "\"source\":\"%s\",\"source_id\":", name);
        text_append_json(members, str_from(slash + 1));
        return true;
    }
    return false;
}

/* False: it is none of the words that may stand there. */
static bool argument_members(enum word_takes takes, const char *argument, struct buffer *members)
{
    if (takes == TAKES_DOCUMENT)
        return document_members(argument, members);
    if (argument[0] == '\0')
        return true;
    for (size_t i = 0; i < ARGUMENT_WORDS; i++) {
        if (argument_words[i].of != takes || strcmp(argument_words[i].word, argument) != 0)
            continue;
        buffer_append_format(members, "%s%s", members->len > 0 ? "," : "",
                             argument_words[i].members);
        return true;
    }
    return false;
}

static const char *const takes_texts[] = {
    [TAKES_NOTHING] = "takes no further word",
    [TAKES_DOCUMENT] = "needs a document, such as firestore/5123456789",
    [TAKES_SOURCE] = "takes firestore, stripe, printful, or nothing for all",
    [TAKES_SALES] = "takes stripe, printful, or nothing for both",
    [TAKES_DEEP] = "takes deep (contents too), or nothing",
};

static void engine_word_run(struct console *console, const struct engine_word *word,
                            const char *argument)
{
    struct buffer members = {.max = 8192};
    char question[160];
    bool named = word->takes != TAKES_DOCUMENT && argument[0] != '\0';
    snprintf(question, sizeof(question), "%s%.20s%s%s", named ? "Only " : "", named ? argument : "",
             named ? ": " : "", word->question);
    if (word->members != NULL)
        buffer_append_text(&members, word->members);
    bool good = argument_members(word->takes, argument, &members);
    if (console->options.read_only)
        console_say(console, ROLE_WARNING, "this console is read-only");
    else if (!good)
        console_say(console, ROLE_ERROR, "%s %s", word->word, takes_texts[word->takes]);
    else
        action_engine(console, word->kind == NULL ? word->word : word->kind,
                      members.data == NULL ? "" : members.data,
                      word->always || console_is_prod(console) ? question : NULL);
    buffer_free(&members);
}

/* False: no key that means something here has such a word. */
static bool request_word_run(struct console *console, const char *word)
{
    char name[24];
    size_t count;
    const struct binding *table = bindings_table(&count);
    for (size_t i = 0; i < count; i++) {
        lower_name(name, request_info(table[i].request)->name);
        if (strcmp(name, word) != 0 || !binding_is_here(console, &table[i]))
            continue;
        console_do(console, table[i].request);
        return true;
    }
    return false;
}

static bool screen_word_run(struct console *console, const char *word)
{
    const struct screen_ops *screen;
    for (size_t i = 0; (screen = console_screen(console, i)) != NULL; i++) {
        if (screen->request == REQUEST_NONE || strcmp(screen->name, word) != 0)
            continue;
        console_show(console, screen);
        return true;
    }
    return false;
}

static void word_run(struct console *console, void *context, const char *text)
{
    char word[32];
    size_t len = strcspn(text, " ");
    const char *argument = text + len + strspn(text + len, " ");
    (void)context;
    snprintf(word, sizeof(word), "%.*s", (int)(len < 31 ? len : 31), text);
    if (strcmp(word, "q") == 0)
        snprintf(word, sizeof(word), "quit");
    for (size_t i = 0; i < ENGINE_WORDS; i++) {
        if (strcmp(word, engine_words[i].word) != 0)
            continue;
        engine_word_run(console, &engine_words[i], argument);
        return;
    }
    if (word[0] != '\0' && !screen_word_run(console, word) && !request_word_run(console, word))
        console_say(console, ROLE_ERROR, "no such command here: %.30s (: and Tab list them)", word);
}

void console_ask_word(struct console *console)
{
    console_prompt(console, ":", "", word_run, NULL);
    console_prompt_complete(console, word_complete);
}
