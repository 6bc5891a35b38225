// Everything that was set aside, with what it held.
//
// mode     read
// scans    an erasure looks through all of it, which is little
// param    after          KEY ='' where the tenant's entries begin
// param    end            END      where they end
// returns  quarantine_id  STRING   the entry
// returns  place          STRING   file and row number, or the rows concerned
// returns  content        STRING   what it held
// calls    DELETE /v1/persons/{person_id}
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (q:Quarantined)
WHERE q.key > $after AND q.key < $end
RETURN q.quarantine_id AS quarantine_id, q.place AS place, q.content AS content
ORDER BY q.key
