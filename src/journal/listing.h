/* Failures as lists, groups and counts. What a page costs does not grow with the number of
 * failures; where it would, a budget ends it with what was found by then. One thread owns a reader.
 */
#ifndef ORDERSYNC_JOURNAL_LISTING_H
#define ORDERSYNC_JOURNAL_LISTING_H

#include "base/memory.h"
#include "journal/search.h"

struct journal_reader;

struct failure_row {
    int64_t id;
    enum source_kind source;
    char source_id[200]; /* longer ids are cut here; failure_detail has them whole */
    char label[64];
    char stage[16], code[12];
    enum error_class class;
    char message[320];
    char field[128];
    char fingerprint[9];
    enum failure_state state;
    unsigned attempts, max_attempts;
    int64_t version;
    int64_t first_us, last_us, next_us; /* TIME_NONE when none */
    char request_id[80], sqlstate[6];
    int http_status;
    bool has_note;
};
struct failure_group {
    char fingerprint[9];
    enum source_kind source;
    char code[12];
    enum error_class class;
    char stage[16];
    char message[320]; /* of the newest */
    uint64_t count, dead;
    int64_t last_us, next_us;
};

/* The lists, groups and counts that follow end after so long with what they have found by then; 0,
 * as at the start: never. */
void journal_reader_limit(struct journal_reader *reader, int64_t budget_us);
/* The last of them ended early: there may be more. */
bool journal_reader_was_cut(const struct journal_reader *reader);
/* Ends the one under way as if its time were over, and those that follow until the next
 * journal_reader_limit(). Any thread. */
void journal_reader_interrupt(struct journal_reader *reader);

MUST_CHECK bool journal_count_failures(struct journal_reader *reader,
                                       const struct failure_filter *filter, uint64_t *ret_count,
                                       struct error *err);
/* Rows [offset, offset + max) of the filtered list, in the arena. */
MUST_CHECK bool journal_list_failures(struct journal_reader *reader,
                                      const struct failure_filter *filter, uint64_t offset,
                                      size_t max, struct arena *arena,
                                      struct failure_row **ret_rows, size_t *ret_count,
                                      struct error *err);
/* Largest first; *ret_total (may be NULL) counts the failures of all groups, also those past `max`.
 */
MUST_CHECK bool journal_list_groups(struct journal_reader *reader,
                                    const struct failure_filter *filter, size_t max,
                                    struct arena *arena, struct failure_group **ret_groups,
                                    size_t *ret_count, uint64_t *ret_total, struct error *err);
/* Everything that matches in order of the ids, `max` at a time, whatever there is: for an export.
 * *after is 0 at first, and where to go on then; *ret_more false: that was all. A page may be short
 * or empty with more to come. */
MUST_CHECK bool journal_walk_failures(struct journal_reader *reader,
                                      const struct failure_filter *filter, int64_t *after,
                                      size_t max, struct arena *arena,
                                      struct failure_row **ret_rows, size_t *ret_count,
                                      bool *ret_more, struct error *err);

#endif
