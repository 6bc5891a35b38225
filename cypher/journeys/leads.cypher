// The persons that each identifier leads to, each with every household it belonged to and from when to when.
//
// mode     read
// param    identifiers    KEYS     the identifiers: (kind, scope, value)
// param    most           INTEGER  =100 how many memberships to list per identifier
// returns  identifier     STRING   the identifier's key
// returns  persons        INTEGER  how many persons it leads to
// returns  leads          LIST     per membership: person_id, household_id, the household's version, strength, records, from, to
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { identifiers: ['acme/phone//+12145552368'], most: 100 }
*/
UNWIND $identifiers AS identifier
MATCH (i:Identifier {key: identifier})-[e:IDENTIFIES]->(p:Person)-[m:MEMBER_OF]->(h:Household)
WITH i, e, p, m, h
ORDER BY i.key, coalesce(e.strength, 0.0) DESC, p.key, h.key
WITH i.key AS identifier, count(DISTINCT p.key) AS persons,
     collect([p.person_id, h.household_id, coalesce(h.version, 0), coalesce(e.strength, 0.0), coalesce(e.records, 0),
              coalesce(m.from, ''), coalesce(m.to, '')]) AS leads
RETURN identifier, persons, leads[0..$most] AS leads
ORDER BY identifier
