// Append what happened to persons and households to their history.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the changes
// row      change        KEY      the change's id
// row      content       MAP      change_id, kind, subject, others, run_id, changed_at
// returns  changes       INTEGER  how many were written
// calls    stormgraph match
/*
:params { tenant: 'acme', rows: [{ change: 'acme/0193', content: { change_id: '0193', kind: 'person_merged', subject: '0192', others: ['0191'] } }] }
*/
UNWIND $rows AS row
MERGE (c:Change {key: row.change})
SET c.tenant = $tenant, c += row.content
RETURN count(c) AS changes
