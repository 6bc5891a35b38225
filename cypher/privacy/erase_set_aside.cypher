// Erase entries that were set aside.
//
// mode     write
// param    entries        KEYS     the entries
// returns  erased         INTEGER  how many went
// calls    DELETE /v1/persons/{person_id}
/*
:params { entries: ['acme/0192'] }
*/
UNWIND $entries AS own
MATCH (q:Quarantined {key: own})
DELETE q
RETURN count(*) AS erased
