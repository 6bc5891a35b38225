// Say which conversion closed journeys.
//
// mode     write
// param    rows           ROWS     one per edge; one that is there already stays
// row      journey        KEY      where the edge begins
// row      conversion     KEY      where it ends
// returns  edges          INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ journey: 'acme/j-1', conversion: 'acme/crm/s-1' }] }
*/
UNWIND $rows AS row
MATCH (a:Journey {key: row.journey})
MATCH (b:Conversion {key: row.conversion})
WHERE NOT (a)-[:ENDED_IN]->(b)
CREATE (a)-[e:ENDED_IN]->(b)
RETURN count(e) AS edges
