// Which of these rows we hold, in what content, whom each describes, and whether it still waits to be decided on.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// returns  key           STRING   tenant/source/record_id
// returns  content_hash  STRING   hash of the content we hold
// returns  person_id     STRING   the person it describes; null while it describes none
// returns  household_id  STRING   that person's present household
// returns  waiting       STRING   since when it waits to be decided on, as a key; null when it does not
// returns  lost          LIST     keys of identifiers that an earlier version carried, not yet heard of by those they lead to
// returns  sent_by       STRING   the key that sent it, while it waits
// calls    POST /v1/records
/*
:params { records: ['acme/crm/17', 'acme/crm/18'] }
*/
UNWIND $records AS record
MATCH (r:Record {key: record})
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
RETURN r.key AS key, r.content_hash AS content_hash, p.person_id AS person_id, p.household_id AS household_id,
       r.waiting AS waiting, r.lost AS lost, r.sent_by AS sent_by
ORDER BY key, person_id
