CREATE INDEX record_block_1 IF NOT EXISTS FOR (n:Record) ON (n.block_1);
CREATE INDEX record_block_2 IF NOT EXISTS FOR (n:Record) ON (n.block_2);
CREATE INDEX record_block_3 IF NOT EXISTS FOR (n:Record) ON (n.block_3);
CREATE INDEX record_block_4 IF NOT EXISTS FOR (n:Record) ON (n.block_4);
