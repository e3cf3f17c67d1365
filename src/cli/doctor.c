/* ordersync doctor: every dependency checked, each failure with its remedy. */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/page.h"

static const struct {
    const char *name;
    void (*run)(struct doctor *doctor);
} checks[] = {
    {"settings", doctor_check_settings}, {"state", doctor_check_state},
    {"journal", doctor_check_journal},   {"target", doctor_check_target},
    {"source", doctor_check_source},     {"stripe", doctor_check_stripe},
    {"printful", doctor_check_printful}, {"clock", doctor_check_clock},
    {"terminal", doctor_check_terminal},
};
#define CHECK_COUNT (sizeof(checks) / sizeof(checks[0]))

static const char *const level_names[] = {
    [FINDING_OK] = "ok", [FINDING_WARN] = "warn", [FINDING_FAIL] = "FAIL"};

static struct finding *finding_next(struct doctor *doctor, enum finding_level level)
{
    if (doctor->count == FINDING_MAX)
        doctor->count--; /* more than that is no report any more: the last one is replaced */
    struct finding *finding = &doctor->findings[doctor->count++];
    *finding = (struct finding){.check = doctor->check, .level = level};
    return finding;
}

void doctor_ok(struct doctor *doctor, const char *format, ...)
{
    struct finding *finding = finding_next(doctor, FINDING_OK);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
}

void doctor_warn(struct doctor *doctor, const char *remedy, const char *format, ...)
{
    struct finding *finding = finding_next(doctor, FINDING_WARN);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    snprintf(finding->remedy, sizeof(finding->remedy), "%s", remedy);
}

void doctor_fail(struct doctor *doctor, const struct error *err)
{
    struct finding *finding = finding_next(doctor, FINDING_FAIL);
    const struct error_info *info = error_info(err->id);
    snprintf(finding->text, sizeof(finding->text), "%s: %s", info->code, err->message);
    snprintf(finding->remedy, sizeof(finding->remedy), "%s", info->remedy);
    finding->exit_code = error_exit_code(err);
}

static void print_json(const struct doctor *doctor, int code)
{
    struct node *root = node_new();
    struct node *list = node_list(root, "findings");
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *finding = &doctor->findings[i];
        struct node *item = node_add(list);
        node_text(item, "check", finding->check);
        node_text(item, "level",
                  finding->level == FINDING_FAIL ? "fail" : level_names[finding->level]);
        node_text(item, "text", finding->text);
        if (finding->remedy[0] != '\0')
            node_text(item, "remedy", finding->remedy);
    }
    node_boolean(root, "healthy", code == EXIT_DONE);
    node_print(root);
}

static void print_plain(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *finding = &doctor->findings[i];
        page_line("%-4s  %-9s %s", level_names[finding->level], finding->check, finding->text);
        if (finding->remedy[0] != '\0')
            page_paragraph(finding->remedy, 16);
    }
}

/* The first failure gives the exit code: later ones often follow from it. */
static int exit_code(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        if (doctor->findings[i].level == FINDING_FAIL)
            return doctor->findings[i].exit_code;
    }
    return EXIT_DONE;
}

void doctor_look(struct doctor *doctor, doctor_done_fn *done, void *context)
{
    bool go_on = true;
    for (size_t i = 0; i < CHECK_COUNT && go_on; i++) {
        size_t before = doctor->count;
        doctor->check = checks[i].name;
        checks[i].run(doctor);
        for (; before < doctor->count && go_on; before++)
            go_on = done(context, &doctor->findings[before]);
    }
}

static int doctor_run(struct cli *cli)
{
    struct doctor *doctor = memory_zero(1, sizeof(*doctor));
    doctor->cli = cli;
    bool silent = cli->quiet || cli->json || !isatty(STDERR_FILENO);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        doctor->check = checks[i].name;
        page_note(silent, "checking %s ...", checks[i].name);
        checks[i].run(doctor);
    }
    int code = exit_code(doctor);
    if (cli->json)
        print_json(doctor, code);
    else
        print_plain(doctor);
    free(doctor);
    return code;
}

const struct subcommand subcommand_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "check everything this program depends on, with remedies",
    .details = "Settings, state directory, journal, target, source, Stripe, Printful, clock, "
               "terminal. Changes\n"
               "nothing and reads at most a count from Firestore and the first page of a list from "
               "Stripe\n"
               "and Printful, when their keys are set. The exit code is that of the first failure.",
    .silent_log = true,
    .run = doctor_run,
};
