// Mark households whose journeys are to be derived again.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the households
// row      household      KEY      the household
// row      household_id   STRING   the same, as a value
// row      since          STRING   now (ISO 8601, UTC)
// returns  households     INTEGER  how many are marked
// calls    POST /v1/exposures
// calls    POST /v1/properties
// calls    POST /v1/storms
// calls    stormgraph ingest-storms
/*
:params { tenant: 'acme', rows: [{ household: 'acme/hendersons', household_id: 'hendersons', since: '2026-11-21T12:00:00.000Z' }] }
*/
UNWIND $rows AS row
MERGE (u:Unthreaded {key: row.household})
SET u.tenant = $tenant, u.household_id = row.household_id, u.since = row.since
RETURN count(u) AS households
