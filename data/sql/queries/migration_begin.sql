-- Another migrate may hold the lock for long: only the statement timeout ends the wait.
begin; set local lock_timeout = 0
