// Let rows be decided on again, those that wait already when they would have been.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      waiting       KEY      (when it is due, an id of its own)
// returns  rows_waiting  INTEGER  how many there are
// calls    stormgraph match
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', waiting: 'acme/2026-11-21T12:00:00Z/0193' }] }
*/
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
WHERE r.tenant = $tenant
SET r.waiting = coalesce(r.waiting, row.waiting)
RETURN count(r) AS rows_waiting
