#include "lib/abreast.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/check.h"

#define PROCESSES 6

void abreast(size_t count, void (*one)(size_t index))
{
    pid_t processes[PROCESSES];
    fflush(stdout);
    for (size_t p = 0; p < PROCESSES; p++) {
        processes[p] = fork();
        assert_true(processes[p] >= 0);
        if (processes[p] > 0)
            continue;
        setenv("CMOCKA_TEST_ABORT", "1", 1); /* it ends here, and runs no other test */
        for (size_t i = p; i < count; i += PROCESSES)
            one(i);
        _exit(0);
    }
    size_t failed = 0;
    for (size_t p = 0; p < PROCESSES; p++) {
        int status;
        assert_int_equal(waitpid(processes[p], &status, 0), processes[p]);
        failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    if (failed > 0)
        fail_msg("%zu of %d processes failed: see above", failed, PROCESSES);
}
