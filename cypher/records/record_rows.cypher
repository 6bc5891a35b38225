// Keep standardised rows of a source: a new row is version 1, a changed one the next version.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the rows
// row      record        KEY      (source, record_id)
// row      content       MAP      every canonical field, null where the row has none
// row      content_hash  STRING   hash of the content
// row      ingested_at   STRING   now (ISO 8601, UTC)
// returns  rows_written  INTEGER  how many rows went in
// calls    stormgraph ingest
/*
:params { tenant: 'acme', rows: [{ record: 'acme/crm/17', content: { source: 'crm', record_id: '17', email: 'jane@example.com' }, content_hash: 'a1', ingested_at: '2026-11-21T12:00:00Z' }] }
*/
UNWIND $rows AS row
MERGE (r:Record {key: row.record})
SET r.version = CASE WHEN r.content_hash IS NULL THEN 1
                     WHEN r.content_hash = row.content_hash THEN r.version
                     ELSE r.version + 1 END,
    r.tenant = $tenant,
    r.content_hash = row.content_hash,
    r.ingested_at = row.ingested_at,
    r += row.content
RETURN count(*) AS rows_written
