// Erase rows, with everything that hangs on them.
//
// mode     write
// param    records       KEYS     the rows: (source, record_id) each
// returns  erased        INTEGER  how many went
// calls    DELETE /v1/persons/{person_id}
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS own
MATCH (r:Record {key: own})
DETACH DELETE r
RETURN count(*) AS erased
