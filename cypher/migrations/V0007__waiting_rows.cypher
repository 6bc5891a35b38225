CREATE INDEX record_waiting IF NOT EXISTS FOR (n:Record) ON (n.waiting);
