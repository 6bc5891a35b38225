// Which of these seals are of something that was erased.
//
// mode     read
// param    seals         KEYS     the seals
// returns  seal          STRING   one of them
// returns  kind          STRING   record, person, household, or a kind of identifier
// returns  erased_at     STRING   when
// calls    stormgraph ingest
/*
:params { seals: ['acme/9f'] }
*/
UNWIND $seals AS own
MATCH (t:Tombstone {key: own})
RETURN t.seal AS seal, t.kind AS kind, t.erased_at AS erased_at
ORDER BY t.key
