/* The bounded queue, with threads. */
#include "tests/lib/check.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/queue.h"

static int items[8];

static void bounds_in_count_and_bytes(void **state)
{
    struct queue *queue = queue_new(2, 100);
    (void)state;
    assert_true(queue_has_room(queue));
    assert_int_equal(queue_push(queue, &items[0], 500, 0), QUEUE_OK); /* alone, it may be large */
    assert_int_equal(queue_push(queue, &items[1], 1, 0), QUEUE_TIMEOUT);
    assert_false(queue_has_room(queue));
    void *item;
    assert_int_equal(queue_pop(queue, &item, 0), QUEUE_OK);
    assert_ptr_equal(item, &items[0]);
    assert_int_equal(queue_push(queue, &items[1], 60, 0), QUEUE_OK);
    assert_int_equal(queue_push(queue, &items[2], 60, 0), QUEUE_TIMEOUT);
    assert_int_equal(queue_push(queue, &items[2], 40, 0), QUEUE_OK);
    assert_int_equal(queue_push(queue, &items[3], 0, 0), QUEUE_TIMEOUT);
    assert_int_equal(queue_bytes(queue), 100);
    assert_int_equal(queue_count(queue), 2);
    queue_free(queue);
}

static void front_comes_first(void **state)
{
    struct queue *queue = queue_new(1, 1);
    void *item;
    (void)state;
    queue_push(queue, &items[0], 1, 0);
    assert_int_equal(queue_push_front(queue, &items[1], 1), QUEUE_OK);
    queue_pop(queue, &item, 0);
    assert_ptr_equal(item, &items[1]);
    queue_pop(queue, &item, 0);
    assert_ptr_equal(item, &items[0]);
    queue_free(queue);
}

static void close_drains(void **state)
{
    struct queue *queue = queue_new(4, 4);
    void *item;
    (void)state;
    queue_push(queue, &items[0], 1, 0);
    queue_close(queue);
    assert_int_equal(queue_push(queue, &items[1], 1, -1), QUEUE_CLOSED);
    assert_int_equal(queue_push_front(queue, &items[1], 1), QUEUE_CLOSED);
    assert_int_equal(queue_pop(queue, &item, -1), QUEUE_OK);
    assert_int_equal(queue_pop(queue, &item, -1), QUEUE_CLOSED);
    queue_free(queue);
}

static void deadlines_end_waits(void **state)
{
    struct queue *queue = queue_new(1, 1);
    void *item;
    (void)state;
    int64_t start = clock_monotonic_us();
    assert_int_equal(queue_pop(queue, &item, 30000), QUEUE_TIMEOUT);
    queue_push(queue, &items[0], 1, 0);
    assert_int_equal(queue_push(queue, &items[1], 1, 30000), QUEUE_TIMEOUT);
    assert_true(clock_monotonic_us() - start >= 60000);
    queue_free(queue);
}

#define PRODUCERS 3
#define CONSUMERS 3
#define EACH 3000

struct crowd {
    struct queue *queue;
    long sums[CONSUMERS];
    int numbers[PRODUCERS * EACH];
};
struct member {
    struct crowd *crowd;
    int place;
};

static void *produce(void *argument)
{
    struct member *member = argument;
    for (int i = 0; i < EACH; i++) {
        int *number = &member->crowd->numbers[member->place * EACH + i];
        *number = member->place * EACH + i;
        if (queue_push(member->crowd->queue, number, (size_t)(i % 7), -1) != QUEUE_OK)
            abort();
    }
    return NULL;
}

static void *consume(void *argument)
{
    struct member *member = argument;
    void *item;
    while (queue_pop(member->crowd->queue, &item, -1) == QUEUE_OK)
        member->crowd->sums[member->place] += *(int *)item;
    return NULL;
}

static void a_crowd_loses_nothing(void **state)
{
    static struct crowd crowd;
    struct member members[PRODUCERS + CONSUMERS];
    pthread_t threads[PRODUCERS + CONSUMERS];
    long sum = 0;
    (void)state;
    crowd.queue = queue_new(5, 12);
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++) {
        members[i] = (struct member){&crowd, i % PRODUCERS};
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < PRODUCERS ? produce : consume, &members[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    queue_close(crowd.queue);
    for (int i = 0; i < CONSUMERS; i++) {
        pthread_join(threads[PRODUCERS + i], NULL);
        sum += crowd.sums[i];
    }
    assert_int_equal(queue_count(crowd.queue), 0);
    assert_int_equal(queue_bytes(crowd.queue), 0);
    assert_int_equal(sum, (long)PRODUCERS * EACH * (PRODUCERS * EACH - 1) / 2);
    queue_free(crowd.queue);
}

static void *close_soon(void *queue)
{
    clock_sleep_us(20000);
    queue_close(queue);
    return NULL;
}

static void close_wakes_everybody(void **state)
{
    struct queue *queue = queue_new(1, 1);
    pthread_t thread;
    void *item;
    (void)state;
    pthread_create(&thread, NULL, close_soon, queue);
    assert_int_equal(queue_pop(queue, &item, -1), QUEUE_CLOSED);
    pthread_join(thread, NULL);
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_in_count_and_bytes),
        cmocka_unit_test(front_comes_first),
        cmocka_unit_test(close_drains),
        cmocka_unit_test(deadlines_end_waits),
        cmocka_unit_test(a_crowd_loses_nothing),
        cmocka_unit_test(close_wakes_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
