/* Settings for a test, without files or environment. */
#ifndef ORDERSYNC_TESTS_FAKE_SETTINGS_H
#define ORDERSYNC_TESTS_FAKE_SETTINGS_H

#include "base/settings.h"

/* `overrides` ends with a NULL name. Aborts when one is refused. Free with settings_free(). */
struct settings *fake_settings(const struct setting_override *overrides);

#endif
