// Set rows or groups aside with the reason, so that nothing is lost silently.
//
// mode     write
// param    tenant          STRING   whose they are
// param    rows            ROWS     what is set aside
// row      entry           KEY      hash of what it is and why
// row      quarantine_id   STRING   the same, as a value
// row      source          STRING   the system it came from
// row      place           STRING   file and row number, or the records concerned
// row      reason          STRING   which rule it tripped
// row      stage           STRING   ingest or match
// row      content         STRING   what it held, cut to 500 characters
// row      quarantined_at  STRING   now (ISO 8601, UTC)
// returns  entries         INTEGER  how many there are now
// calls    stormgraph ingest
/*
:params { tenant: 'acme', rows: [] }
*/
UNWIND $rows AS row
MERGE (q:Quarantined {key: row.entry})
ON CREATE SET q.tenant = $tenant, q.quarantine_id = row.quarantine_id, q.source = row.source, q.place = row.place,
              q.reason = row.reason, q.stage = row.stage, q.content = row.content,
              q.quarantined_at = row.quarantined_at
RETURN count(q) AS entries
