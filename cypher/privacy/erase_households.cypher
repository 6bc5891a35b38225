// Erase households that nobody belongs to and that took no journey.
//
// mode     write
// param    households    KEYS     the households; one with a member, or on whose journeys credit rests, stays
// returns  household_id  STRING   one that went
// calls    DELETE /v1/persons/{person_id}
/*
:params { households: ['acme/0192'] }
*/
UNWIND $households AS own
MATCH (h:Household {key: own})
WHERE NOT (:Person)-[:MEMBER_OF]->(h) AND NOT (h)-[:TOOK]->(:Journey) AND NOT (h)-[:SHOWED]->(:Signal)
WITH h, h.household_id AS household_id
ORDER BY household_id
DETACH DELETE h
RETURN household_id
ORDER BY household_id
