// The persons that identifiers lead to, each with every household it belonged to and from when to when.
//
// mode     read
// param    identifiers    KEYS     the identifiers: (kind, scope, value); one that leads nowhere is in no lead
// returns  leads          LIST     one row with all of them: identifier, person_id, household_id, its version (0 where it has none), strength, records, since (day or empty), until (day or empty)
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { identifiers: ['acme/phone//+12145552368'] }
*/
UNWIND $identifiers AS identifier
MATCH (i:Identifier {key: identifier})-[e:IDENTIFIES]->(p:Person)-[m:MEMBER_OF]->(h:Household)
WITH identifier, p.person_id AS person, h.household_id AS household, coalesce(h.version, 0) AS version,
     coalesce(e.strength, 0.0) AS strength, coalesce(e.records, 0) AS records, coalesce(m.from, '') AS since,
     coalesce(m.to, '') AS until
ORDER BY identifier, person, household, since, until, strength, records, version
RETURN collect([identifier, person, household, version, strength, records, since, until]) AS leads
