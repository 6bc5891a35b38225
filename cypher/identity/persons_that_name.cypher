// Which of these persons were split, or lost rows to others, and whom they name for it.
//
// mode     read
// param    persons     KEYS     the persons
// returns  own           STRING   the person
// returns  also          LIST     the others that it names
// calls    stormgraph match
/*
:params { persons: ['acme/0192'] }
*/
UNWIND $persons AS own
MATCH (p:Person {key: own})
WHERE p.also IS NOT NULL
RETURN p.person_id AS own, p.also AS also
ORDER BY p.key
