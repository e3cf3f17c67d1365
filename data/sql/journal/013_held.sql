-- Held deletes that an older version let be snoozed: waking is a retry, and a retry deletes what is gone.
UPDATE failures SET state = 7, next_us = 9223372036854775807, undo_state = NULL, undo_next_us = NULL, undo_command = NULL
WHERE state = 6 AND code IN ('OS-6011', 'OS-6012');
