// Remember which events were taken back, so that a late copy of one stays out.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the events taken back
// row      event          KEY      the event: (source, event_id)
// row      content        MAP      source, event_id, retracted_by, retracted_at
// returns  retractions    INTEGER  how many are remembered
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ event: 'acme/crm/s-1', content: { source: 'crm', event_id: 's-1', retracted_by: 's-1-cancelled' } }] }
*/
UNWIND $rows AS row
MERGE (r:Retraction {key: row.event})
SET r.tenant = $tenant, r += row.content
RETURN count(r) AS retractions
