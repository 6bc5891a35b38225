// Take a turn at rows, so that two who find the same newcomer do not both make it a person.
//
// mode     write
// param    records       KEYS     the rows: (source, record_id) each, in order
// returns  turns          INTEGER  how many rows there are
// calls    stormgraph match
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS own
MATCH (r:Record {key: own})
SET r.turn = coalesce(r.turn, 0) + 1
RETURN count(r) AS turns
