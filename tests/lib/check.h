/* What every cmocka program includes, in the order cmocka wants. */
#ifndef ORDERSYNC_TESTS_CHECK_H
#define ORDERSYNC_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

/* Fails unless the str has exactly this text. */
#define assert_str(actual, expected)                                                               \
    do {                                                                                           \
        struct str check_actual_ = (actual);                                                       \
        const char *check_expected_ = (expected);                                                  \
        if (check_actual_.data == NULL || check_actual_.len != strlen(check_expected_) ||          \
            memcmp(check_actual_.data, check_expected_, check_actual_.len) != 0)                   \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(check_actual_), check_expected_);           \
    } while (0)

#endif
