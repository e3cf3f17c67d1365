/* Settings for a test. */
#include "lib/fake_settings.h"

#include <stdio.h>
#include <stdlib.h>

struct settings *fake_settings(const struct setting_override *overrides)
{
    struct settings *settings;
    struct error err;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        unsetenv(settings_variable((enum setting_id)i));
    if (!settings_load("/dev/null", overrides, &settings, &err)) {
        fprintf(stderr, "settings: %s\n", err.message);
        abort();
    }
    return settings;
}
