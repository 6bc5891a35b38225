// Erase buildings that no identifier and no household leads to any more.
//
// mode     write
// param    properties    KEYS     the buildings; one that anything still leads to stays
// returns  erased        INTEGER  how many went
// calls    DELETE /v1/persons/{person_id}
/*
:params { properties: ['acme/14 elm st||||75209'] }
*/
UNWIND $properties AS own
MATCH (b:Property {key: own})
WHERE NOT (:Identifier)-[:LOCATES]->(b) AND NOT (:Household)-[:LIVES_AT]->(b) AND NOT (b)-[:EXPOSED_TO]->(:Storm)
DETACH DELETE b
RETURN count(*) AS erased
