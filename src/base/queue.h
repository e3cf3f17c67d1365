/* A queue between threads, bounded in count and bytes. Push and pop block with a deadline; close
 * wakes everybody. One mutex inside, held only for the pointer work. */
#ifndef ORDERSYNC_BASE_QUEUE_H
#define ORDERSYNC_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;
enum queue_result { QUEUE_OK, QUEUE_TIMEOUT, QUEUE_CLOSED };

struct queue *queue_new(size_t max_items, size_t max_bytes);
void queue_free(struct queue *queue); /* must be empty or items are leaked by the caller's fault */

/* Takes ownership of item only on QUEUE_OK. An item larger than max_bytes passes when the queue is
 * empty. timeout_us 0: try once; < 0: for ever. */
enum queue_result queue_push(struct queue *queue, void *take_item, size_t bytes,
                             int64_t timeout_us);
/* Puts an item before all others, without bounds (an operator's retry). */
enum queue_result queue_push_front(struct queue *queue, void *take_item, size_t bytes);
/* Behind all items of the same or a lower rank, before those of a higher one, without bounds; items
 * of the other two count as rank QUEUE_LAST and 0. */
#define QUEUE_LAST 255u
enum queue_result queue_push_rank(struct queue *queue, void *take_item, size_t bytes,
                                  unsigned rank);
enum queue_result queue_pop(struct queue *queue, void **ret_item, int64_t timeout_us);
bool queue_has_room(struct queue *queue);
void queue_close(struct queue *queue); /* pops go on until empty, then QUEUE_CLOSED */
size_t queue_count(struct queue *queue);
size_t queue_bytes(struct queue *queue);

#endif
