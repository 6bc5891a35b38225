// The members of households, now and formerly.
//
// mode     read
// param    households     KEYS     the households
// returns  person_id      STRING   a member
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { households: ['acme/hendersons'] }
*/
UNWIND $households AS household
MATCH (h:Household {key: household})<-[:MEMBER_OF]-(p:Person)
WITH DISTINCT p
RETURN p.person_id AS person_id
ORDER BY p.key
