// Make journeys that a household took.
//
// mode     write
// param    tenant         STRING   whose they are
// param    rows           ROWS     the journeys
// row      journey        KEY      the journey
// row      household      KEY      the household
// row      content        MAP      its properties
// returns  edges          INTEGER  how many were new
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { tenant: 'acme', rows: [{ journey: 'acme/j-1', household: 'acme/hendersons', content: { journey_id: 'j-1', touches: 1 } }] }
*/
UNWIND $rows AS row
MATCH (h:Household {key: row.household})
MERGE (j:Journey {key: row.journey})
SET j.tenant = $tenant, j += row.content
WITH h, j
WHERE NOT (h)-[:TOOK]->(j)
CREATE (h)-[e:TOOK]->(j)
RETURN count(e) AS edges
