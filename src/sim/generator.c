/* Templates by persona, so that a customer has the same name in all his orders. */
#include "sim/generator.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sim/encoder.h"
#include "sim/hash.h"
#include "sim/orderplan.h"
#include "sim/ordertemplate.h"
#include "sim/wire.h"

#define VARIANTS 8 /* per persona: 576 templates, about 5 MiB */
#define TEMPLATES (PERSONAS * VARIANTS)
#define DOCUMENT_MAX 11800 /* of fields: with name and times it stays under 12 KB */
#define PLAN_ATTEMPTS 64
#define ID_FIRST 5000000000000
#define ID_GAP 4096
#define CUSTOMER_FIRST 6000000000000
#define CHILD_FIRST 14000000000000
#define CHILDREN 64
#define CREATED_FIRST 1622505600 /* 2021-06-01; a million orders reach into 2024 */
#define CREATED_STEP 97
#define ORDINALS 1000000 /* #1000001 and up; they come again beyond the largest collection */
#define VARIANT_CHANGES                                                                            \
    4 /* each N-th revision is another order of the customer; others keep lines */

enum salt {
    SALT_ID = 1,
    SALT_REPEAT,
    SALT_CUSTOMER,
    SALT_VARIANT,
    SALT_PRICE,
    SALT_CREATED,
    SALT_HEX = 100
};

struct template
{
    char *bytes;
    size_t len;
    struct patch *patches;
    size_t patch_count;
    int64_t room;
    int64_t updated_add; /* seconds from NUMBER_UPDATED to what updated_at says */
};

struct generator {
    size_t count;
    uint64_t seed;
    size_t broken_count;
    struct template *templates; /* TEMPLATES, then one per broken document */
};

/* What varies in one document. */
struct document_numbers {
    int64_t numbers[NUMBER_COUNT];
    int64_t delta;
    uint64_t seed;
    size_t index;
};

/* Makes plans until one fits in DOCUMENT_MAX bytes; the last attempt stands whatever its size. */
static void template_make(struct template *template, uint64_t seed, unsigned persona,
                          unsigned variant, enum breakage breakage, struct encoder *encoder)
{
    for (unsigned attempt = 0; attempt < PLAN_ATTEMPTS; attempt++) {
        struct order_plan plan;
        order_plan_make(seed, persona, variant, breakage, attempt, &plan);
        encoder_clear(encoder);
        template->room = order_template_write(encoder, &plan);
        if (encoder->out.len <= DOCUMENT_MAX)
            break;
    }
    assert(buffer_ok(&encoder->out) && encoder->depth == 0);
    template->len = encoder->out.len;
    template->bytes = memory_alloc(template->len);
    memcpy(template->bytes, encoder->out.data, template->len);
    template->patch_count = encoder->patch_count;
    template->patches = memory_zero(encoder->patch_count, sizeof(struct patch));
    memcpy(template->patches, encoder->patches, encoder->patch_count * sizeof(struct patch));
    for (size_t i = 0; i < template->patch_count; i++) {
        const struct patch *patch = &template->patches[i];
        if (patch->source == NUMBER_UPDATED && patch->kind != PATCH_MONEY)
            template->updated_add = patch->add;
    }
}

/* The customer of an order: a new one, or one of an earlier order's. */
size_t generator_seed_customer(uint64_t seed, size_t index)
{
    if (hash_pair(seed, SALT_REPEAT, index) % 100 < 60)
        return index;
    return hash_pair(seed, SALT_CUSTOMER, index) % (index + 1);
}

unsigned generator_seed_persona(size_t customer)
{
    return (unsigned)(hash_mix(customer) % PERSONAS);
}

static size_t generator_customer(const struct generator *generator, size_t index)
{
    return generator_seed_customer(generator->seed, index);
}

static unsigned generator_persona(const struct generator *generator, size_t index)
{
    return generator_seed_persona(generator_customer(generator, index));
}

static unsigned generator_variant(const struct generator *generator, size_t index)
{
    return (unsigned)(hash_pair(generator->seed, SALT_VARIANT, index) % VARIANTS);
}

/* Broken document k stands in the middle of the k-th of `broken_count` equal stretches. */
static size_t generator_broken_index(const struct generator *generator, size_t k)
{
    return (2 * k + 1) * generator->count / (2 * generator->broken_count);
}

static bool generator_broken(const struct generator *generator, size_t index, size_t *ret_k)
{
    if (generator->broken_count == 0)
        return false;
    size_t k = index * generator->broken_count / generator->count;
    for (size_t i = k > 0 ? k - 1 : 0; i <= k + 1 && i < generator->broken_count; i++) {
        if (generator_broken_index(generator, i) == index) {
            *ret_k = i;
            return true;
        }
    }
    return false;
}

bool generator_is_broken(const struct generator *generator, size_t index)
{
    size_t k;
    return generator_broken(generator, index, &k);
}

static const struct template *whole_template(const struct generator *generator, size_t index,
                                             unsigned variant)
{
    return &generator->templates[generator_persona(generator, index) * VARIANTS + variant];
}

static const struct template *revision_template(const struct generator *generator,
                                                const struct generator_revision *revision)
{
    unsigned variant = generator_variant(generator, revision->index);
    if (revision->revision % VARIANT_CHANGES == 0)
        variant = (unsigned)(hash_mix(revision->revision) % VARIANTS);
    return whole_template(generator, revision->index, variant);
}

static const struct template *generator_template(const struct generator *generator, size_t index)
{
    size_t k;
    if (generator_broken(generator, index, &k))
        return &generator->templates[TEMPLATES + k];
    return whole_template(generator, index, generator_variant(generator, index));
}

static void generator_make_templates(struct generator *generator)
{
    struct encoder encoder;
    encoder_init(&encoder);
    for (unsigned i = 0; i < TEMPLATES; i++) {
        template_make(&generator->templates[i], generator->seed, i / VARIANTS, i % VARIANTS,
                      BREAKAGE_NONE, &encoder);
    }
    for (size_t k = 0; k < generator->broken_count; k++) {
        enum breakage breakage = (enum breakage)(1 + k % (BREAKAGE_COUNT - 1));
        unsigned persona = generator_persona(generator, generator_broken_index(generator, k));
        template_make(&generator->templates[TEMPLATES + k], generator->seed, persona,
                      (unsigned)(VARIANTS + k), breakage, &encoder);
    }
    encoder_free(&encoder);
}

struct generator *generator_new(size_t count, uint64_t seed, size_t broken)
{
    struct generator *generator = memory_zero(1, sizeof(*generator));
    generator->count = count < GENERATOR_MAX_DOCUMENTS ? count : GENERATOR_MAX_DOCUMENTS;
    generator->seed = seed;
    generator->broken_count = broken < GENERATOR_MAX_BROKEN ? broken : GENERATOR_MAX_BROKEN;
    if (generator->broken_count > generator->count)
        generator->broken_count = generator->count;
    generator->templates =
        memory_zero(TEMPLATES + generator->broken_count, sizeof(struct template));
    generator_make_templates(generator);
    return generator;
}

void generator_free(struct generator *generator)
{
    if (generator == NULL)
        return;
    for (size_t i = 0; i < TEMPLATES + generator->broken_count; i++) {
        free(generator->templates[i].bytes);
        free(generator->templates[i].patches);
    }
    free(generator->templates);
    free(generator);
}

size_t generator_count(const struct generator *generator)
{
    return generator->count;
}

int64_t generator_seed_id(uint64_t seed, size_t index)
{
    return ID_FIRST + (int64_t)index * ID_GAP +
           (int64_t)(hash_pair(seed, SALT_ID, index) % (ID_GAP - 96));
}

int64_t generator_id(const struct generator *generator, size_t index)
{
    return generator_seed_id(generator->seed, index);
}

static void digits_put(char *to, int64_t number, unsigned width)
{
    for (unsigned i = width; i-- > 0;) {
        to[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

void generator_id_text(const struct generator *generator, size_t index,
                       char ret_text[GENERATOR_ID_LENGTH + 1])
{
    digits_put(ret_text, generator_id(generator, index), GENERATOR_ID_LENGTH);
    ret_text[GENERATOR_ID_LENGTH] = '\0';
}

bool generator_find(const struct generator *generator, struct str id, size_t *ret_index)
{
    char text[GENERATOR_ID_LENGTH + 1];
    size_t index = generator_lower_bound(generator, id);
    if (index == generator->count || id.len != GENERATOR_ID_LENGTH)
        return false;
    generator_id_text(generator, index, text);
    if (memcmp(text, id.data, GENERATOR_ID_LENGTH) != 0)
        return false;
    *ret_index = index;
    return true;
}

size_t generator_lower_bound(const struct generator *generator, struct str id)
{
    size_t low = 0;
    size_t high = generator->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        char text[GENERATOR_ID_LENGTH + 1];
        generator_id_text(generator, middle, text);
        if (str_compare((struct str){text, GENERATOR_ID_LENGTH}, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t generator_size(const struct generator *generator, size_t index)
{
    return generator_template(generator, index)->len;
}

static int64_t generator_created(const struct generator *generator, size_t index)
{
    return CREATED_FIRST + (int64_t)index * CREATED_STEP +
           (int64_t)(hash_pair(generator->seed, SALT_CREATED, index) % CREATED_STEP);
}

int64_t generator_update_us(const struct generator *generator, size_t index)
{
    uint64_t micros = hash_pair(generator->seed, SALT_CREATED, ~(uint64_t)index) % 1000000;
    return (generator_created(generator, index) + 90000) * 1000000 + (int64_t)micros;
}

static void patch_money(char *to, const struct patch *patch, int64_t delta)
{
    int64_t minor = patch->add + delta * patch->source / 100;
    unsigned scale = (unsigned)patch->scale;
    unsigned width = patch->width;
    if (scale == 0) {
        digits_put(to, minor, width);
        return;
    }
    static const int64_t powers[] = {1, 10, 100, 1000};
    digits_put(to + width - scale, minor % powers[scale], scale);
    to[width - scale - 1] = '.';
    digits_put(to, minor / powers[scale], width - scale - 1);
}

/* Days since 1970 to year, month, day (Howard Hinnant, "chrono-compatible low-level date
 * algorithms"). */
static void civil_from_days(int64_t days, int64_t ret_ymd[3])
{
    days += 719468;
    int64_t era = days / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    ret_ymd[2] = doy - (153 * mp + 2) / 5 + 1;
    ret_ymd[1] = mp < 10 ? mp + 3 : mp - 9;
    ret_ymd[0] = yoe + era * 400 + (ret_ymd[1] <= 2);
}

static void time_put(char to[19], int64_t seconds, char between)
{
    int64_t ymd[3];
    int64_t rest = seconds % 86400;
    civil_from_days(seconds / 86400, ymd);
    memcpy(to, "0000-00-00 00:00:00", 19);
    digits_put(to, ymd[0], 4);
    digits_put(to + 5, ymd[1], 2);
    digits_put(to + 8, ymd[2], 2);
    to[10] = between;
    digits_put(to + 11, rest / 3600, 2);
    digits_put(to + 14, rest / 60 % 60, 2);
    digits_put(to + 17, rest % 60, 2);
}

static void patch_time(char *to, const struct patch *patch, int64_t created)
{
    int64_t seconds = created + patch->add;
    if (patch->width == 20) {
        time_put(to, seconds, 'T');
        to[19] = 'Z';
    } else if (patch->width == 24) {
        time_put(to, seconds, ' ');
        memcpy(to + 19, ".000Z", 5);
    } else {
        int64_t minutes = patch->scale * 15;
        int64_t size = minutes < 0 ? -minutes : minutes;
        time_put(to, seconds + minutes * 60, 'T');
        to[19] = minutes <= 0 ? '-' : '+'; /* "-00:00" occurs, too */
        digits_put(to + 20, size / 60, 2);
        to[22] = ':';
        digits_put(to + 23, size % 60, 2);
    }
}

static void patch_hex(char *to, const struct patch *patch, const struct document_numbers *document)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < patch->width; i++) {
        if (i % 16 == 0)
            bits = hash_pair(document->seed, SALT_HEX + (uint64_t)patch->add * 8 + i / 16,
                             document->index);
        to[i] = "0123456789abcdef"[bits & 15];
        bits >>= 4;
    }
}

static void patch_double(char *to, int64_t number)
{
    double real = (double)number;
    uint64_t bits;
    memcpy(&bits, &real, sizeof(bits));
    for (unsigned i = 0; i < 8; i++)
        to[i] = (char)(uint8_t)(bits >> (8 * i));
}

static void patch_apply(char *body, const struct patch *patch,
                        const struct document_numbers *document)
{
    char *to = body + patch->offset;
    switch ((enum patch_kind)patch->kind) {
    case PATCH_VARINT:
        wire_varint_put_fixed(to, (uint64_t)(document->numbers[patch->source] + patch->add),
                              patch->width);
        break;
    case PATCH_DIGITS:
        digits_put(to, document->numbers[patch->source] + patch->add, patch->width);
        break;
    case PATCH_DOUBLE:
        patch_double(to, document->numbers[patch->source] + patch->add);
        break;
    case PATCH_MONEY:
        patch_money(to, patch, document->delta);
        break;
    case PATCH_TIME:
        patch_time(to, patch, document->numbers[patch->source]);
        break;
    case PATCH_HEX:
        patch_hex(to, patch, document);
        break;
    }
}

/* The numbers of a document as it stands before any change. */
static struct document_numbers document_numbers(const struct generator *generator, size_t index,
                                                int64_t created)
{
    int64_t customer = (int64_t)generator_customer(generator, index);
    return (struct document_numbers){
        .numbers = {[NUMBER_ORDER] = generator_id(generator, index),
                    [NUMBER_CUSTOMER] = CUSTOMER_FIRST + customer * 3,
                    [NUMBER_CHILD] = CHILD_FIRST + (int64_t)index * CHILDREN,
                    [NUMBER_ORDINAL] = 1000001 + (int64_t)index % ORDINALS,
                    [NUMBER_SHOPPER] = 1000000 + customer,
                    [NUMBER_CREATED] = created,
                    [NUMBER_UPDATED] = created},
        .seed = generator->seed,
        .index = index,
    };
}

static void template_append(const struct template *template, struct document_numbers *document,
                            uint64_t price, struct buffer *out)
{
    char *body = buffer_reserve(out, template->len);
    if (body == NULL)
        return;
    document->delta = (int64_t)(price % (uint64_t) template->room);
    memcpy(body, template->bytes, template->len);
    for (size_t i = 0; i < template->patch_count; i++)
        patch_apply(body, &template->patches[i], document);
    out->len += template->len;
}

void generator_append(const struct generator *generator, size_t index, struct buffer *out)
{
    struct document_numbers document =
        document_numbers(generator, index, generator_created(generator, index));
    template_append(generator_template(generator, index), &document,
                    hash_pair(generator->seed, SALT_PRICE, index), out);
}

size_t generator_revision_size(const struct generator *generator,
                               const struct generator_revision *revision)
{
    return revision_template(generator, revision)->len;
}

void generator_revision_append(const struct generator *generator,
                               const struct generator_revision *revision, struct buffer *out)
{
    const struct template *template = revision_template(generator, revision);
    int64_t created = revision->index < generator->count
                          ? generator_created(generator, revision->index)
                          : revision->create_us / 1000000;
    struct document_numbers document = document_numbers(generator, revision->index, created);
    document.numbers[NUMBER_UPDATED] = revision->update_us / 1000000 - template->updated_add;
    uint64_t salt = SALT_PRICE + ((uint64_t)revision->revision << 32);
    template_append(template, &document, hash_pair(generator->seed, salt, revision->index), out);
}
