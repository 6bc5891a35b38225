// Forget why persons were changed: people write names into reasons.
//
// mode     write
// param    persons       KEYS     the persons
// returns  forgotten     INTEGER  how many changes lost their reason
// calls    DELETE /v1/persons/{person_id}
/*
:params { persons: ['acme/0192'] }
*/
UNWIND $persons AS own
MATCH (:Person {key: own})<-[:CONCERNS]-(c:Change)
WHERE c.reason IS NOT NULL
WITH DISTINCT c
SET c.reason = null
RETURN count(c) AS forgotten
