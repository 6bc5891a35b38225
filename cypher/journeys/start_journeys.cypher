// Say with which touch journeys start.
//
// mode     write
// param    rows           ROWS     one per edge; one that is there already stays
// row      journey        KEY      where the edge begins
// row      touch          KEY      where it ends
// returns  edges          INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ journey: 'acme/j-1', touch: 'acme/calls/c-1' }] }
*/
UNWIND $rows AS row
MATCH (a:Journey {key: row.journey})
MATCH (b:Touch {key: row.touch})
WHERE NOT (a)-[:STARTS_WITH]->(b)
CREATE (a)-[e:STARTS_WITH]->(b)
RETURN count(e) AS edges
