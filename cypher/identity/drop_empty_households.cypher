// Drop households that nobody belongs to: what a run that was cut off left behind.
//
// mode     write
// param    households    KEYS     the households; one with a member, a journey or a response, or an alias, stays
// returns  dropped       INTEGER  how many went
// calls    stormgraph match
/*
:params { households: ['acme/0192'] }
*/
UNWIND $households AS own
MATCH (n:Household {key: own})
WHERE n.alias_of IS NULL AND NOT (:Person)-[:MEMBER_OF]->(n) AND NOT (n)-[:TOOK]->(:Journey)
      AND NOT (n)-[:SHOWED]->(:Signal)
DETACH DELETE n
RETURN count(*) AS dropped
