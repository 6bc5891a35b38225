// The rows of each block, a block being a key that a blocking rule gives; of one that is too large, only that it is.
//
// mode     read
// param    block_1       KEY ='' the block of rule 1; empty for none
// param    block_2       KEY ='' the block of rule 2; empty for none
// param    block_3       KEY ='' the block of rule 3; empty for none
// param    block_4       KEY ='' the block of rule 4; empty for none
// param    fetched       INTEGER =51 a block of so many rows or more is too large
// returns  slot          INTEGER  the rule, from 1
// returns  records       INTEGER  how many rows were found, at most `fetched`
// returns  rows          LIST     source and record_id of each; empty where the block is too large
// calls    POST /v1/records
/*
:params { block_1: 'acme/0a1b2c3d4e5f6071', block_2: 'acme/', block_3: 'acme/', block_4: 'acme/', fetched: 51 }
*/
MATCH (r:Record {block_1: $block_1})
WITH r LIMIT $fetched
WITH collect([r.source, r.record_id]) AS held
RETURN 1 AS slot, size(held) AS records, CASE WHEN size(held) < $fetched THEN held ELSE [] END AS rows
UNION ALL
MATCH (r:Record {block_2: $block_2})
WITH r LIMIT $fetched
WITH collect([r.source, r.record_id]) AS held
RETURN 2 AS slot, size(held) AS records, CASE WHEN size(held) < $fetched THEN held ELSE [] END AS rows
UNION ALL
MATCH (r:Record {block_3: $block_3})
WITH r LIMIT $fetched
WITH collect([r.source, r.record_id]) AS held
RETURN 3 AS slot, size(held) AS records, CASE WHEN size(held) < $fetched THEN held ELSE [] END AS rows
UNION ALL
MATCH (r:Record {block_4: $block_4})
WITH r LIMIT $fetched
WITH collect([r.source, r.record_id]) AS held
RETURN 4 AS slot, size(held) AS records, CASE WHEN size(held) < $fetched THEN held ELSE [] END AS rows
