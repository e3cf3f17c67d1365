/* Decimal numbers as text: money goes from the document to NUMERIC without a double on the way. */
#ifndef ORDERSYNC_BASE_DECIMAL_H
#define ORDERSYNC_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"

/* Canonical form as PostgreSQL prints NUMERIC: "-0.50", no leading '+', no leading zeros but one
 * before the point, exponent expanded, trailing zeros of the scale kept ("10.00" stays).
 * Refused (false): empty, blanks, NaN, infinities, commas, more than 131072 digits before or 16383
 * after the point, exponents beyond +-1000. */
bool decimal_parse(struct str text, struct arena *arena, struct str *ret_canonical);
/* Shortest text that reads back as the same double ("0.1"), expanded without exponent; false for
 * NaN and infinities. */
bool decimal_from_double(double number, struct arena *arena, struct str *ret_canonical);
/* The nearest double of decimal text (strtod in the C locale, whatever the terminal's is); for
 * ratios and scores, never for money. */
double decimal_to_double(struct str text);
/* Minor units to text with `scale` digits: (1999, 2) -> "19.99". */
struct str decimal_from_minor(int64_t minor, unsigned scale, struct arena *arena);
/* a + b, a - b, exact; canonical inputs. */
struct str decimal_add(struct str a, struct str b, struct arena *arena);
struct str decimal_negate(struct str a, struct arena *arena);
int decimal_compare(struct str a, struct str b); /* by value: "1.0" equals "1.00" */
/* An int64 from decimal text without fraction ("5.0" has none); false when it has one, an exponent,
 * or does not fit. */
bool decimal_to_int64(struct str text, int64_t *ret_number);

#endif
