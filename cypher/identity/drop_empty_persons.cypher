// Drop persons that no row belongs to: what a run that was cut off left behind.
//
// mode     write
// param    persons       KEYS     the persons; one with a row, or stands for another, stays
// returns  dropped       INTEGER  how many went
// calls    stormgraph match
/*
:params { persons: ['acme/0192'] }
*/
UNWIND $persons AS own
MATCH (n:Person {key: own})
WHERE n.alias_of IS NULL AND NOT (:Record)-[:DESCRIBES]->(n)
DETACH DELETE n
RETURN count(*) AS dropped
