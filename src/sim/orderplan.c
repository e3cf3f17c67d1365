/* The dice of a generated order. Shares follow the census of facts on public orders: test 28 %,
 * refunds 31 %, cancelled 20 % among samples, lowered here to what a shop sees. */
#include "sim/orderplan.h"

#include <string.h>

const struct currency plan_currencies[] = {
    {"USD", 2, 38, "EUR", 92}, {"EUR", 2, 24, "GBP", 86}, {"GBP", 2, 10, "EUR", 116},
    {"CAD", 2, 8, "USD", 73},  {"JPY", 0, 7, NULL, 100},  {"KWD", 3, 4, "BHD", 123},
    {"BHD", 3, 3, NULL, 100},  {"MGA", 1, 2, NULL, 100},  {"AUD", 2, 4, "CAD", 89},
};
#define CURRENCY_COUNT (sizeof(plan_currencies) / sizeof(plan_currencies[0]))

const struct persona plan_personas[PERSONA_ROWS] = {
    {{"Ada", "Grace", "Edsger"},
     "Byrne",
     "12 Quay Street",
     "Galway",
     "County Galway",
     "G",
     "Ireland",
     "IE",
     "H91 E2K3",
     "en-IE",
     0},
    {{"Zoë", "Chloë", "Noël"},
     "O'Connor-Smith",
     "1600 Amphitheatre Way",
     "Portland",
     "Oregon",
     "OR",
     "United States",
     "US",
     "97201",
     "en-US",
     -32},
    {{"José", "María", "Ángel"},
     "Núñez Ibáñez",
     "Calle de Alcalá 42, 3º B",
     "Madrid",
     "Madrid",
     "M",
     "Spain",
     "ES",
     "28014",
     "es-ES",
     4},
    {{"Łukasz", "Małgorzata", "Józef"},
     "Brzęczyszczykiewicz",
     "ul. Świętokrzyska 7",
     "Łódź",
     NULL,
     NULL,
     "Poland",
     "PL",
     "90-001",
     "pl-PL",
     4},
    {{"さくら", "健太", "美咲"},
     "山田",
     "千代田1-1",
     "東京",
     "Tōkyō",
     "JP-13",
     "Japan",
     "JP",
     "100-0001",
     "ja-JP",
     36},
    {{"فاطمة", "يوسف", "ليلى"},
     "الصباح",
     "شارع الخليج ٧",
     "مدينة الكويت",
     NULL,
     NULL,
     "Kuwait",
     "KW",
     "13001",
     "ar-KW",
     12},
    {{"Søren", "Åse", "Bjørn"},
     "Ærøskøbing",
     "Strandvejen 100",
     "København",
     NULL,
     NULL,
     "Denmark",
     "DK",
     "2900",
     "da-DK",
     4},
    {{"François", "Hélène", "Gaël"},
     "L'Hôpital",
     "8 rue de l'Église",
     "Besançon",
     NULL,
     NULL,
     "France",
     "FR",
     "25000",
     "fr-FR",
     4},
    {{"Jürgen", "Käthe", "Björn"},
     "Groß",
     "Königstraße 5",
     "Düsseldorf",
     NULL,
     NULL,
     "Germany",
     "DE",
     "40213",
     "de-DE",
     4},
    {{"Nguyễn", "Trần", "Phạm"},
     "Thị Hạnh",
     "12 Đường Lê Lợi",
     "Hà Nội",
     NULL,
     NULL,
     "Vietnam",
     "VN",
     "100000",
     "vi-VN",
     28},
    {{"Иван", "Мария", "Сергей"},
     "Ковальчук",
     "вул. Хрещатик 1",
     "Київ",
     NULL,
     NULL,
     "Ukraine",
     "UA",
     "01001",
     "uk-UA",
     8},
    {{"Ελένη", "Γιώργος", "Νίκος"},
     "Παπαδόπουλος",
     "Ερμού 10",
     "Αθήνα",
     "Αττική",
     "I",
     "Greece",
     "GR",
     "105 63",
     "el-GR",
     8},
    {{"李", "王", "张"},
     "小明",
     "南京西路 100 号",
     "上海",
     "Shanghai",
     "SH",
     "China",
     "CN",
     "200041",
     "zh-CN",
     32},
    {{"민준", "서연", "지훈"},
     "김",
     "세종대로 110",
     "서울",
     "Seoul",
     "KR-11",
     "South Korea",
     "KR",
     "04524",
     "ko-KR",
     36},
    {{"Aroha", "Wiremu", "Tāne"},
     "Te Whānau",
     "3 Lambton Quay",
     "Wellington",
     "Wellington",
     "WGN",
     "New Zealand",
     "NZ",
     "6011",
     "en-NZ",
     52},
    {{"Olivia", "Noah", "Liam"},
     "Tremblay",
     "1455 Boulevard de Maisonneuve O",
     "Montréal",
     "Quebec",
     "QC",
     "Canada",
     "CA",
     "H3G 1M8",
     "fr-CA",
     -20},
    {{"Emma", "James", "Lucas"},
     "Smith",
     "742 Evergreen Terrace",
     "Springfield",
     "Illinois",
     "IL",
     "United States",
     "US",
     "62704",
     "en-US",
     -24},
    {{"Ava", "Ethan", "Mia"},
     "Johnson",
     "350 Fifth Avenue, Fl 34",
     "New York",
     "New York",
     "NY",
     "United States",
     "US",
     "10118-0110",
     "en-US",
     -20},
    {{"Oliver", "Amelia", "Isla"},
     "Williams",
     "221B Baker Street",
     "London",
     "England",
     "ENG",
     "United Kingdom",
     "GB",
     "NW1 6XE",
     "en-GB",
     0},
    {{"Charlotte", "William", "Jack"},
     "Brown",
     "1 Macquarie Street",
     "Sydney",
     "New South Wales",
     "NSW",
     "Australia",
     "AU",
     "2000",
     "en-AU",
     40},
    {{"Rakoto", "Lalao", "Hery"},
     "Andriamanitra",
     "Lot II A 12",
     "Antananarivo",
     NULL,
     NULL,
     "Madagascar",
     "MG",
     "101",
     "mg-MG",
     12},
    {{"Priya", "Arjun", "Ananya"},
     "Sharma",
     "14, M.G. Road",
     "Bengaluru",
     "Karnataka",
     "KA",
     "India",
     "IN",
     "560001",
     "hi-IN",
     22},
    {{"أحمد", "Mariam", "خالد"},
     "Al-Khalifa",
     "Building 12, Road 3",
     "Manama",
     NULL,
     NULL,
     "Bahrain",
     "BH",
     "317",
     "ar-BH",
     12},
    {{"Null", "True", "Test \"Q\""},
     "D'Arcy \\ <b>",
     "c/o Back\\slash & Sons",
     "Null Island",
     NULL,
     NULL,
     "Ghana",
     "GH",
     "00000",
     "en",
     0},
};

static const struct product products[] = {
    {"Short Sleeve T-Shirt", "Small / Navy", "TS-NVY-S", "Acme Apparel", 180},
    {"Wollmütze „Nordsee“", "Grün", "WM-GR-01", "Küste & Co.", 95},
    {"Enamel Camping Mug 🏕️", NULL, "MUG-12OZ", "Printful", 410},
    {"Poster, \"Night Train\" 50×70", "Matte", "PO-5070-M", NULL, 120},
    {"抹茶セット", "大", "MATCHA-L", "京都茶舗", 640},
    {"Hoodie, heavyweight", "XL / Black", "HD-BLK-XL", "Acme Apparel", 720},
    {"Linen Tea Towel (set of 3)", "Default Title", "", "Küste & Co.", 260},
    {"Leather Notebook A5", "Cognac", "NB-A5-COG", NULL, 330},
    {"Handmade soap with a long descriptive title for people who read everything",
     "Lavender / 100 g", "SOAP-LAV-100", "Savon d'Été", 105},
    {"Digital gift voucher", "25", NULL, "Acme", 0},
};
#define PRODUCT_COUNT (sizeof(products) / sizeof(products[0]))

static const struct currency *plan_currency(struct dice *dice)
{
    int64_t roll = dice_between(dice, 0, 99);
    for (size_t i = 0; i < CURRENCY_COUNT; i++) {
        roll -= plan_currencies[i].weight;
        if (roll < 0)
            return &plan_currencies[i];
    }
    return &plan_currencies[0];
}

/* A choice by shares of 100; the rest falls to 0. */
static unsigned plan_share(struct dice *dice, const unsigned *shares, unsigned count)
{
    unsigned roll = (unsigned)dice_between(dice, 0, 99);
    for (unsigned i = 0; i < count; i++) {
        if (roll < shares[i])
            return i + 1;
        roll -= shares[i];
    }
    return 0;
}

static void plan_forms(struct order_plan *plan)
{
    struct dice *dice = &plan->dice;
    plan->generation = (enum generation)plan_share(dice, (const unsigned[]){15, 30, 25, 15}, 4);
    plan->customer = (enum customer_form)plan_share(dice, (const unsigned[]){40, 3, 5, 3}, 4);
    plan->email = (enum email_form)plan_share(dice, (const unsigned[]){6, 3, 3, 4}, 4);
    plan->refund = (enum refund_form)plan_share(dice, (const unsigned[]){8, 4, 2, 2, 2}, 5);
    plan->ship = (enum ship_form)plan_share(dice, (const unsigned[]){10, 30, 6, 15, 2}, 5);
    plan->id = (enum id_form)plan_share(dice, (const unsigned[]){3, 3}, 2);
    plan->time = (enum time_form)plan_share(dice, (const unsigned[]){8, 4, 4}, 3);
    plan->addresses = (enum absence)plan_share(dice, (const unsigned[]){6, 0, 4}, 3);
    plan->discounts_absent = (enum absence)plan_share(dice, (const unsigned[]){0, 3, 6}, 3);
    plan->returns = plan->generation == GENERATION_2025 && dice_chance(dice, 30) ? ABSENCE_VALUE
                    : plan->generation >= GENERATION_2024_10 && dice_chance(dice, 60)
                        ? ABSENCE_EMPTY
                        : ABSENCE_MISSING;
}

static void plan_flags(struct order_plan *plan)
{
    const struct {
        bool *flag;
        unsigned percent;
    } flags[] = {
        {&plan->taxes_included, 25},
        {&plan->test, 6},
        {&plan->cancelled, 5},
        {&plan->closed, 20},
        {&plan->paid, 85},
        {&plan->edited, 6},
        {&plan->pos, 6},
        {&plan->draft, 5},
        {&plan->b2b, 3},
        {&plan->duties, 4},
        {&plan->note, 18},
        {&plan->note_attributes, 35},
        {&plan->tags, 30},
        {&plan->digital, 6},
        {&plan->two_shipping_lines, 4},
        {&plan->discount_percent, 60},
        {&plan->presentment, 20},
        {&plan->lean, 32},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        *flags[i].flag = dice_chance(&plan->dice, flags[i].percent);
    plan->discount_count = plan_share(&plan->dice, (const unsigned[]){22, 6}, 2);
    if (plan->currency->presentment == NULL)
        plan->presentment = false;
    if (plan->discounts_absent != ABSENCE_VALUE)
        plan->discount_count = 0;
}

static int64_t plan_round(int64_t amount, double rate)
{
    return (int64_t)((double)amount * rate + 0.5);
}

static void plan_line(struct order_plan *plan, size_t i)
{
    struct plan_line *line = &plan->lines[i];
    struct dice *dice = &plan->dice;
    int64_t unit = plan->currency->scale == 3 ? 10 : 1; /* three decimals: keep the amounts alike */
    line->product = &products[dice_next(dice) % PRODUCT_COUNT];
    line->kind = LINE_PRODUCT;
    if (i > 0)
        line->kind = (enum line_kind)plan_share(dice, (const unsigned[]){8, 3, 3}, 3);
    line->price = (struct amount){dice_between(dice, 2000, 6400) * unit, i == 0};
    line->quantity = i == 0 || line->kind == LINE_TIP ? 1 : dice_between(dice, 1, 4);
    line->current = line->quantity;
    line->no_id = i > 0 && dice_chance(dice, 1);
    int64_t whole = line->price.minor * line->quantity;
    if (plan->discount_count > 0)
        line->discount = plan_round(whole, plan->discount_percent ? 0.10 : 0.05);
    if (line->kind != LINE_TIP && line->kind != LINE_GIFT_CARD) {
        line->tax = plan_round(whole - line->discount, plan->tax_rate);
        line->tax2 = strcmp(plan_personas[plan->persona % PERSONA_ROWS].country_code, "CA") == 0
                         ? plan_round(whole - line->discount, 0.09975)
                         : 0;
    }
}

static void plan_lines(struct order_plan *plan)
{
    plan->line_count = 1 + plan_share(&plan->dice, (const unsigned[]){30, 14, 6, 3}, 4);
    plan->tax_rate =
        plan->currency->scale == 0 ? 0.10 : (double)dice_between(&plan->dice, 0, 24) / 100;
    for (size_t i = 0; i < plan->line_count; i++)
        plan_line(plan, i);
    size_t last = plan->line_count - 1;
    if (plan->edited && last > 0)
        plan->lines[last].current = 0;
    if (plan->refund == REFUND_LINE && last > 0)
        plan->lines[last].refunded = true;
    if (plan->refund == REFUND_FULL) {
        for (size_t i = 0; i <= last; i++)
            plan->lines[i].refunded = true;
    }
}

static void plan_totals(struct order_plan *plan)
{
    for (size_t i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];
        plan->lines_total.minor += line->price.minor * line->quantity;
        plan->discount += line->discount;
        plan->tax += line->tax + line->tax2;
        if (line->kind == LINE_TIP)
            plan->tip += line->price.minor;
        if (line->refunded)
            plan->refunded.minor += line->price.minor * line->quantity - line->discount + line->tax;
    }
    int64_t unit = plan->currency->scale == 3 ? 10 : 1;
    plan->shipping = plan->digital || plan->pos ? 0 : dice_between(&plan->dice, 300, 900) * unit;
    plan->shipping_tax = plan_round(plan->shipping, plan->tax_rate);
    plan->duty = plan->duties ? 450 * unit : 0;
    plan->tax += plan->shipping_tax;
    plan->lines_total.moves = true;
    plan->subtotal = (struct amount){plan->lines_total.minor - plan->discount, true};
    plan->total = (struct amount){plan->subtotal.minor + plan->shipping + plan->duty, true};
    if (!plan->taxes_included)
        plan->total.minor += plan->tax;
    plan->refunded.moves = plan->refund == REFUND_FULL;
    plan->current_subtotal =
        plan->refund == REFUND_FULL ? (struct amount){0, false} : plan->subtotal;
    plan->current_total = plan->refund == REFUND_FULL ? (struct amount){0, false} : plan->total;
}

void order_plan_make(uint64_t seed, unsigned persona, unsigned variant, enum breakage breakage,
                     unsigned attempt, struct order_plan *ret_plan)
{
    struct order_plan plan = {.persona = persona, .breakage = breakage};
    plan.dice.state = hash_pair(seed, 1000 + variant + 10000 * (uint64_t)attempt, persona);
    plan.currency = plan_currency(&plan.dice);
    plan_forms(&plan);
    plan_flags(&plan);
    if (breakage != BREAKAGE_NONE) {
        plan.id = ID_INTEGER;
        plan.time = TIME_OFFSET;
    }
    if (breakage == BREAKAGE_REFUND_AMOUNT)
        plan.refund = REFUND_FULL;
    plan_lines(&plan);
    plan_totals(&plan);
    *ret_plan = plan;
}
