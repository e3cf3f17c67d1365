-- Since when a rule has not been well: written by the engine while it runs, dropped when all is well again.
CREATE TABLE alerts (
    rule TEXT NOT NULL,
    source INTEGER NOT NULL, -- -1: of no source
    since_us INTEGER NOT NULL,
    PRIMARY KEY (rule, source)
) WITHOUT ROWID;

-- What operators said about alerts. An earlier word counts again when a later one is undone.
CREATE TABLE alert_marks (
    command INTEGER PRIMARY KEY, -- the command that made it
    rule TEXT NOT NULL,
    source INTEGER NOT NULL,
    kind INTEGER NOT NULL,       -- 1 acknowledged, until all is well; 2 silenced, until a moment
    until_us INTEGER NOT NULL,
    operator TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    over INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX alert_marks_open ON alert_marks (command) WHERE over = 0;
