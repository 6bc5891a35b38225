// The persons that were merged into this one, as the history knows them.
//
// mode     read
// param    person        KEY      the person
// returns  person_id     STRING   one that answers it now
// calls    DELETE /v1/persons/{person_id}
/*
:params { person: 'acme/0192' }
*/
MATCH (p:Person {key: $person})<-[:CONCERNS]-(:Change)-[:CONCERNS]->(merged:Person)
WHERE merged.alias_of = p.person_id
RETURN DISTINCT merged.person_id AS person_id
ORDER BY person_id
