// Where households live is forgotten when nobody belongs to them any more.
//
// mode     write
// param    households    KEYS     the households; one with a member keeps its homes
// returns  left          INTEGER  how many homes were forgotten
// calls    DELETE /v1/persons/{person_id}
/*
:params { households: ['acme/0192'] }
*/
UNWIND $households AS own
MATCH (h:Household {key: own})-[lived:LIVES_AT]->(:Property)
WHERE NOT (:Person)-[:MEMBER_OF]->(h)
DELETE lived
RETURN count(*) AS left
