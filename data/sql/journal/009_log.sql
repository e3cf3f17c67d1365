-- The newest lines of the engine's log, for consoles in other processes; the log itself goes where log_file says.
CREATE TABLE log_lines (
    id INTEGER PRIMARY KEY, -- in the order they were written
    at_us INTEGER NOT NULL,
    level INTEGER NOT NULL, -- enum log_level
    component TEXT NOT NULL,
    code TEXT NOT NULL,     -- '' or OS-2103
    source TEXT NOT NULL,   -- '' or its name
    order_id TEXT NOT NULL, -- '' or the source id
    message TEXT NOT NULL
);
