// The persons that each identifier leads to, each with every household it belonged to and from when to when.
//
// mode     read
// param    identifiers    KEYS     the identifiers: (kind, scope, value)
// returns  identifier     STRING   the identifier's key
// returns  person_id      STRING   a person it leads to
// returns  household_id   STRING   a household of that person
// returns  version        INTEGER  the household's version
// returns  strength       FLOAT    how surely it leads to the person, 0 to 1
// returns  records        INTEGER  how many rows of the person carry it
// returns  since          STRING   first day in the household; empty where unknown
// returns  until          STRING   last day; empty while it lasts
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { identifiers: ['acme/phone//+12145552368'] }
*/
UNWIND $identifiers AS identifier
MATCH (i:Identifier {key: identifier})-[e:IDENTIFIES]->(p:Person)-[m:MEMBER_OF]->(h:Household)
RETURN identifier, p.person_id AS person_id, h.household_id AS household_id, coalesce(h.version, 0) AS version,
       coalesce(e.strength, 0.0) AS strength, coalesce(e.records, 0) AS records, coalesce(m.from, '') AS since,
       coalesce(m.to, '') AS until
ORDER BY identifier, person_id, household_id, since, until, strength, records, version
