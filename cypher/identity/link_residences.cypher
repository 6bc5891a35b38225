// Say where each household lives, and from when to when.
//
// mode     write
// param    rows          ROWS     one per node whose edges are written; an edge that is there already stays as it is
// row      household     KEY      the household
// row      edges         ROWS     its edges
// row      edges.property KEY      where it lives
// row      edges.from    STRING   first day, where known
// row      edges.to      STRING   last day; null while it lasts
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ household: 'acme/a', edges: [{ property: 'acme/b', from: '2026-11-21', to: null }] }] }
*/
UNWIND $rows AS row
MATCH (hub:Household {key: row.household})
UNWIND row.edges AS edge
MATCH (other:Property {key: edge.property})
WHERE NOT (hub)-[:LIVES_AT]->(other)
CREATE (hub)-[e:LIVES_AT {from: edge.from, to: edge.to}]->(other)
RETURN count(e) AS edges
