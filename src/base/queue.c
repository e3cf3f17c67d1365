/* A bounded queue: a linked list under one mutex, two conditions on the monotonic clock (a step of
 * the wall clock must neither stretch nor cut a wait). */
#include "base/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"

struct queue_node {
    struct queue_node *next;
    void *item;
    size_t bytes;
    unsigned rank;
};

struct queue {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t filled;
    pthread_cond_t drained;
    struct queue_node *first;
    struct queue_node *last;
    size_t count, bytes;
    size_t max_items, max_bytes;
    bool closed;
};

struct queue *queue_new(size_t max_items, size_t max_bytes)
{
    assert(max_items > 0 && max_bytes > 0);
    struct queue *queue = memory_zero(1, sizeof(*queue));
    pthread_condattr_t monotonic;
    queue->max_items = max_items;
    queue->max_bytes = max_bytes;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->filled, &monotonic);
    pthread_cond_init(&queue->drained, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    while (queue->first != NULL) {
        struct queue_node *next = queue->first->next;
        free(queue->first);
        queue->first = next;
    }
    pthread_cond_destroy(&queue->filled);
    pthread_cond_destroy(&queue->drained);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static bool queue_fits(const struct queue *queue, size_t bytes)
{
    if (queue->count == 0)
        return true;
    return queue->count < queue->max_items && queue->bytes < queue->max_bytes &&
           bytes <= queue->max_bytes - queue->bytes;
}

static struct timespec queue_deadline(int64_t timeout_us)
{
    int64_t now = clock_monotonic_us();
    int64_t at = timeout_us > INT64_MAX - now ? INT64_MAX : now + timeout_us;
    return (struct timespec){.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000};
}

/* One wait; false when the deadline has passed. The lock is held before and after. */
static bool queue_wait(struct queue *queue, pthread_cond_t *condition, int64_t timeout_us,
                       const struct timespec *deadline)
{
    if (timeout_us == 0)
        return false;
    if (timeout_us < 0)
        return pthread_cond_wait(condition, &queue->lock) == 0;
    return pthread_cond_timedwait(condition, &queue->lock, deadline) != ETIMEDOUT;
}

static void queue_account(struct queue *queue, size_t bytes)
{
    queue->count++;
    queue->bytes += bytes;
    pthread_cond_signal(&queue->filled);
}

static struct queue_node *queue_node_new(void *item, size_t bytes, unsigned rank)
{
    struct queue_node *node = memory_alloc(sizeof(*node));
    *node = (struct queue_node){NULL, item, bytes, rank};
    return node;
}

static void queue_link_last(struct queue *queue, struct queue_node *node)
{
    if (queue->last == NULL)
        queue->first = node;
    else
        queue->last->next = node;
    queue->last = node;
    queue_account(queue, node->bytes);
}

static void queue_link_first(struct queue *queue, struct queue_node *node)
{
    node->next = queue->first;
    queue->first = node;
    if (queue->last == NULL)
        queue->last = node;
    queue_account(queue, node->bytes);
}

static void queue_link_ranked(struct queue *queue, struct queue_node *node)
{
    struct queue_node **place = &queue->first;
    while (*place != NULL && (*place)->rank <= node->rank)
        place = &(*place)->next;
    node->next = *place;
    *place = node;
    if (node->next == NULL)
        queue->last = node;
    queue_account(queue, node->bytes);
}

enum queue_result queue_push(struct queue *queue, void *take_item, size_t bytes, int64_t timeout_us)
{
    struct timespec deadline = queue_deadline(timeout_us < 0 ? 0 : timeout_us);
    enum queue_result result = QUEUE_OK;
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && !queue_fits(queue, bytes)) {
        if (!queue_wait(queue, &queue->drained, timeout_us, &deadline)) {
            result = QUEUE_TIMEOUT;
            break;
        }
    }
    if (queue->closed)
        result = QUEUE_CLOSED;
    else if (result == QUEUE_TIMEOUT && queue_fits(queue, bytes))
        result = QUEUE_OK; /* room came together with the deadline */
    if (result == QUEUE_OK)
        queue_link_last(queue, queue_node_new(take_item, bytes, QUEUE_LAST));
    pthread_mutex_unlock(&queue->lock);
    return result;
}

enum queue_result queue_push_front(struct queue *queue, void *take_item, size_t bytes)
{
    enum queue_result result = QUEUE_CLOSED;
    pthread_mutex_lock(&queue->lock);
    if (!queue->closed) {
        queue_link_first(queue, queue_node_new(take_item, bytes, 0));
        result = QUEUE_OK;
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

enum queue_result queue_push_rank(struct queue *queue, void *take_item, size_t bytes, unsigned rank)
{
    enum queue_result result = QUEUE_CLOSED;
    pthread_mutex_lock(&queue->lock);
    if (!queue->closed) {
        queue_link_ranked(queue, queue_node_new(take_item, bytes, rank));
        result = QUEUE_OK;
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

static void *queue_unlink_first(struct queue *queue)
{
    struct queue_node *node = queue->first;
    void *item = node->item;
    queue->first = node->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->count--;
    queue->bytes -= node->bytes;
    free(node);
    /* Pushers wait for different sizes: each must look for itself. */
    pthread_cond_broadcast(&queue->drained);
    return item;
}

enum queue_result queue_pop(struct queue *queue, void **ret_item, int64_t timeout_us)
{
    struct timespec deadline = queue_deadline(timeout_us < 0 ? 0 : timeout_us);
    enum queue_result result = QUEUE_OK;
    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && result == QUEUE_OK) {
        if (queue->closed)
            result = QUEUE_CLOSED;
        else if (!queue_wait(queue, &queue->filled, timeout_us, &deadline) && queue->first == NULL)
            result = queue->closed ? QUEUE_CLOSED : QUEUE_TIMEOUT;
    }
    if (queue->first != NULL) {
        *ret_item = queue_unlink_first(queue);
        result = QUEUE_OK;
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

bool queue_has_room(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool room = !queue->closed && queue_fits(queue, 1);
    pthread_mutex_unlock(&queue->lock);
    return room;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_cond_broadcast(&queue->drained);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_count(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

size_t queue_bytes(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t bytes = queue->bytes;
    pthread_mutex_unlock(&queue->lock);
    return bytes;
}
