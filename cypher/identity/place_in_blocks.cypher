// Put rows into the blocks that the blocking rules in use give them.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      block_1       STRING   the block of rule 1; null where it gives none
// row      block_2       STRING   the block of rule 2; null where it gives none
// row      block_3       STRING   the block of rule 3; null where it gives none
// row      block_4       STRING   the block of rule 4; null where it gives none
// row      blocked_by    STRING   which rules these are
// returns  rows_written  INTEGER  how many rows were placed
// calls    POST /v1/records
// calls    stormgraph match
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', block_1: '0a1b2c3d4e5f6071', block_2: null, block_3: null, block_4: null, blocked_by: '7f3a' }] }
*/
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
SET r.blocked_by = row.blocked_by,
    r.block_1 = $tenant + '/' + row.block_1,
    r.block_2 = $tenant + '/' + row.block_2,
    r.block_3 = $tenant + '/' + row.block_3,
    r.block_4 = $tenant + '/' + row.block_4
RETURN count(r) AS rows_written
