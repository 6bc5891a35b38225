// Make households of which only an identifier is known; one that is there stays, one that had merged stands for itself again.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the households
// row      household      KEY      the household
// row      household_id   STRING   the same, as a value
// row      created_at     STRING   now (ISO 8601, UTC)
// returns  households     INTEGER  how many there are
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ household: 'acme/anonymous-17', household_id: 'anonymous-17', created_at: '2026-11-21T12:00:00Z' }] }
*/
UNWIND $rows AS row
MERGE (h:Household {key: row.household})
ON CREATE SET h.tenant = $tenant, h.household_id = row.household_id, h.kind = 'anonymous', h.persons = 0, h.version = 1,
              h.created_at = row.created_at
SET h.alias_of = null
RETURN count(h) AS households
