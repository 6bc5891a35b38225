// What earlier versions of these rows carried, whether anybody carries it still or not.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// returns  identifier    STRING   key of an identifier
// calls    DELETE /v1/persons/{person_id}
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS own
MATCH (r:Record {key: own})
UNWIND coalesce(r.carried_before, []) AS identifier
RETURN DISTINCT identifier
ORDER BY identifier
