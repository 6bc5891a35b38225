// Erase persons that no row describes.
//
// mode     write
// param    persons       KEYS     the persons; one that a row still describes stays
// returns  erased        INTEGER  how many went
// calls    DELETE /v1/persons/{person_id}
/*
:params { persons: ['acme/0192'] }
*/
UNWIND $persons AS own
MATCH (p:Person {key: own})
WHERE NOT (:Record)-[:DESCRIBES]->(p)
DETACH DELETE p
RETURN count(*) AS erased
