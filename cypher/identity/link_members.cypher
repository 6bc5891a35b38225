// Say which persons belong to each household, and from when to when.
//
// mode     write
// param    rows          ROWS     one per node whose edges are written; an edge that is there already stays as it is
// row      household     KEY      the household
// row      edges         ROWS     its edges
// row      edges.person  KEY      who belongs to it
// row      edges.from    STRING   first day, where known
// row      edges.to      STRING   last day; null while it lasts
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ household: 'acme/b', edges: [{ person: 'acme/a', from: '2026-11-21', to: null }] }] }
*/
UNWIND $rows AS row
MATCH (hub:Household {key: row.household})
UNWIND row.edges AS edge
MATCH (other:Person {key: edge.person})
WHERE NOT (other)-[:MEMBER_OF]->(hub)
CREATE (other)-[e:MEMBER_OF {from: edge.from, to: edge.to}]->(hub)
RETURN count(e) AS edges
