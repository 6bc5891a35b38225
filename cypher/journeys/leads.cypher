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
WITH [identifier, p.person_id, h.household_id, coalesce(h.version, 0), coalesce(e.strength, 0.0),
      coalesce(e.records, 0), coalesce(m.from, ''), coalesce(m.to, '')] AS lead
ORDER BY lead[0], lead[1], lead[2], lead[6], lead[7], lead[4], lead[5], lead[3]
RETURN collect(lead) AS leads
