// Say which household answered or reached a milestone.
//
// mode     write
// param    rows           ROWS     one per edge; one that is there already stays
// row      household      KEY      where the edge begins
// row      signal         KEY      where it ends
// returns  edges          INTEGER  how many were made
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ household: 'acme/hendersons', signal: 'acme/crm/l-1' }] }
*/
UNWIND $rows AS row
MATCH (a:Household {key: row.household})
MATCH (b:Signal {key: row.signal})
WHERE NOT (a)-[:SHOWED]->(b)
CREATE (a)-[e:SHOWED]->(b)
RETURN count(e) AS edges
