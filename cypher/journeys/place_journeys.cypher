// Say for which storm journeys were; a storm that only events have named is made without a window.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     one per journey
// row      journey        KEY      the journey
// row      storm          KEY      the storm
// row      storm_id       STRING   the same, as a value
// returns  edges          INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ journey: 'acme/j-1', storm: 'acme/DFW_STORM_24', storm_id: 'DFW_STORM_24' }] }
*/
UNWIND $rows AS row
MATCH (j:Journey {key: row.journey})
MERGE (s:Storm {key: row.storm})
ON CREATE SET s.tenant = $tenant, s.storm_id = row.storm_id
WITH j, s
WHERE NOT (j)-[:DURING]->(s)
CREATE (j)-[d:DURING]->(s)
RETURN count(d) AS edges
