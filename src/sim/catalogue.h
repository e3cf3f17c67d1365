/* What generated orders are made of: currencies, people, products. Data only. */
#ifndef ORDERSYNC_SIM_CATALOGUE_H
#define ORDERSYNC_SIM_CATALOGUE_H

#include <stdint.h>

#define CATALOGUE_CURRENCIES 9
struct currency {
    const char *code;
    int8_t scale;
    unsigned weight;         /* percent */
    const char *presentment; /* another currency of the same scale, or NULL */
    uint8_t rate;            /* percent of the shop's */
};
extern const struct currency catalogue_currencies[CATALOGUE_CURRENCIES];

struct persona {
    const char *first[3];
    const char *last;
    const char *street;
    const char *city;
    const char *province; /* NULL where there is none */
    const char *province_code;
    const char *country;
    const char *country_code;
    const char *zip;
    const char *locale;
    int8_t offset; /* quarter hours from UTC */
};
#define PERSONA_ROWS 24
#define PERSONAS (PERSONA_ROWS * 3)
extern const struct persona catalogue_personas[PERSONA_ROWS];

struct product {
    const char *title;
    const char *variant; /* NULL: none */
    const char *sku;
    const char *vendor;
    int grams;
};
#define CATALOGUE_PRODUCTS 10
extern const struct product catalogue_products[CATALOGUE_PRODUCTS];

#endif
