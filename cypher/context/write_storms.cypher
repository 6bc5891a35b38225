// Make storms, or bring what we say of them up to date.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the storms
// row      storm          KEY      the storm
// row      content        MAP      storm_id, name, kind, from, until, magnitude, place, latitude, longitude
// returns  storms         INTEGER  how many were written
// calls    POST /v1/storms
// calls    stormgraph ingest-storms
/*
:params { tenant: 'acme', rows: [{ storm: 'acme/DFW_STORM_24', content: { storm_id: 'DFW_STORM_24', kind: 'hail' } }] }
*/
UNWIND $rows AS row
MERGE (s:Storm {key: row.storm})
SET s.tenant = $tenant, s += row.content
RETURN count(s) AS storms
