// Take back what no longer follows from a few rows: whom they describe, what leads to whom, who lives with whom and where.
//
// In one statement, because a round trip costs more than what it takes back; every list may be empty.
//
// mode     write
// param    undescribed   ROWS     rows that no longer describe a person
// param    unled         ROWS     identifiers that no longer lead to a person
// param    left          ROWS     persons that do not belong to a household as they did
// param    moved_out     ROWS     households that do not live in a building as they did
// row      begin         KEY      where the edge begins
// row      end           KEY      where it ends
// returns  moved_out     INTEGER  how many residences went
// calls    POST /v1/records
/*
:params { undescribed: [{ begin: 'acme/crm/17', end: 'acme/0192' }], unled: [], left: [], moved_out: [] }
*/
UNWIND $undescribed AS row
MATCH (a:Record {key: row.begin})-[e:DESCRIBES]->(b:Person {key: row.end})
WITH DISTINCT e
DELETE e
WITH count(*) AS undescribed
UNWIND $unled AS row
MATCH (a:Identifier {key: row.begin})-[e:IDENTIFIES]->(b:Person {key: row.end})
WITH DISTINCT e
DELETE e
WITH count(*) AS unled
UNWIND $left AS row
MATCH (a:Person {key: row.begin})-[e:MEMBER_OF]->(b:Household {key: row.end})
WITH DISTINCT e
DELETE e
WITH count(*) AS left
UNWIND $moved_out AS row
MATCH (a:Household {key: row.begin})-[e:LIVES_AT]->(b:Property {key: row.end})
WITH DISTINCT e
DELETE e
RETURN count(*) AS moved_out
