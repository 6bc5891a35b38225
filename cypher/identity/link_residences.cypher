// Say where each household lives, and from when to when.
//
// mode     write
// param    rows          ROWS     one per edge; one that is there already stays as it is
// row      household     KEY      where the edge begins
// row      property      KEY      where it ends
// row      from          STRING   first day, where known
// row      to            STRING   last day; null while it lasts
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ household: 'acme/a', property: 'acme/b', from: '2026-11-21', to: '2026-11-21' }] }
*/
UNWIND $rows AS row
MATCH (a:Household {key: row.household})
MATCH (b:Property {key: row.property})
WHERE NOT (a)-[:LIVES_AT]->(b)
CREATE (a)-[e:LIVES_AT {from: row.from, to: row.to}]->(b)
RETURN count(e) AS edges
