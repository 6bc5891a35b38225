// Say which household each person belongs to, and from when to when.
//
// mode     write
// param    rows          ROWS     one per edge; one that is there already stays as it is
// row      person        KEY      where the edge begins
// row      household     KEY      where it ends
// row      from          STRING   first day, where known
// row      to            STRING   last day; null while it lasts
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ person: 'acme/a', household: 'acme/b', from: '2026-11-21', to: '2026-11-21' }] }
*/
UNWIND $rows AS row
MATCH (a:Person {key: row.person})
MATCH (b:Household {key: row.household})
WHERE NOT (a)-[:MEMBER_OF]->(b)
CREATE (a)-[e:MEMBER_OF {from: row.from, to: row.to}]->(b)
RETURN count(e) AS edges
