// Say that rows were decided on: one that changed, or that somebody else has claimed meanwhile, goes on waiting.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      waiting       KEY      (when it is due, an id of its own), as it was claimed
// row      content_hash  STRING   hash of the content that was decided on
// returns  source        STRING   the system it came from
// returns  record_id     STRING   its id there
// calls    POST /v1/records
// calls    stormgraph decide
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', waiting: 'acme/2026-11-21T12:00:00Z/0193', content_hash: 'a1' }] }
*/
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
WHERE r.tenant = $tenant
SET r.turn = coalesce(r.turn, 0) + 1
WITH r, row
WHERE r.waiting = row.waiting AND r.content_hash = row.content_hash
SET r.waiting = null, r.lost = null, r.sent_by = null
RETURN r.source AS source, r.record_id AS record_id
ORDER BY source, record_id
