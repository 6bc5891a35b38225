// Take back that a person belongs to a household.
//
// mode     write
// param    rows          ROWS     one per edge
// row      person        KEY      where the edge begins
// row      household     KEY      where it ends
// returns  edges         INTEGER  how many went
// calls    stormgraph match
/*
:params { rows: [{ person: 'acme/a', household: 'acme/b' }] }
*/
UNWIND $rows AS row
MATCH (a:Person {key: row.person})-[e:MEMBER_OF]->(b:Household {key: row.household})
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
