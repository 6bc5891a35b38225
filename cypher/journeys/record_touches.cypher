// Hold contacts, or bring what we say of them up to date.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the events
// row      event          KEY      the event: (source, event_id)
// row      content        MAP      its properties, or those that change
// returns  touches        INTEGER  how many were written
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ event: 'acme/calls/c-1', content: { source: 'calls', event_id: 'c-1' } }] }
*/
UNWIND $rows AS row
MERGE (e:Touch {key: row.event})
SET e.tenant = $tenant, e += row.content
RETURN count(e) AS touches
