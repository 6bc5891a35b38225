// Let rows that wait wait until another moment: to claim them for a while, or because they cannot be decided on now.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      waiting       KEY      (when it was due, an id of its own); one that is no longer due then stays
// row      later         KEY      (when it is to be due, an id of its own)
// returns  waiting       STRING   the new key of each row that was put off
// calls    POST /v1/records
// calls    stormgraph decide
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', waiting: 'acme/2026-11-21T12:00:00Z/0193', later: 'acme/2026-11-21T12:01:00Z/0193' }] }
*/
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
WHERE r.tenant = $tenant
SET r.turn = coalesce(r.turn, 0) + 1
WITH r, row
WHERE r.waiting = row.waiting
SET r.waiting = row.later
RETURN r.waiting AS waiting
ORDER BY waiting
