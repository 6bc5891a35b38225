// Append what happened to persons and households to their history; a new change waits for its place in the feed.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the changes
// row      change        KEY      the change's id
// row      content       MAP      change_id, kind, subject, others, run_id, judgement_id, actor, reason, changed_at
// returns  changes       INTEGER  how many wait for their place
// calls    stormgraph match
/*
:params { tenant: 'acme', rows: [{ change: 'acme/0193', content: { change_id: '0193', kind: 'person_merged', subject: '0192', others: ['0191'] } }] }
*/
UNWIND $rows AS row
MERGE (c:Change {key: row.change})
SET c.tenant = $tenant, c += row.content
WITH c, row
WHERE c.feed IS NULL
MERGE (u:Unplaced {key: row.change})
SET u.tenant = $tenant, u.change_id = c.change_id
RETURN count(u) AS changes
