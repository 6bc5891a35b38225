// Forget why somebody judged these rows: people write names into reasons.
//
// mode     write
// param    records       KEYS     the rows: (source, record_id) each
// returns  forgotten     INTEGER  how many judgements lost their reason
// calls    DELETE /v1/persons/{person_id}
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS own
MATCH (:Record {key: own})<-[:ABOUT]-(j:Judgement)
WHERE j.reason IS NOT NULL
WITH DISTINCT j
SET j.reason = null
RETURN count(j) AS forgotten
