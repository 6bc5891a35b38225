// Every identifier that leads to somebody who belonged to one household on a given day, the most shared first.
//
// mode     read
// param    household  KEY      the household
// param    as_of      STRING   the day (ISO 8601 date)
// param    limit      INTEGER =1000 how many identifiers
// returns  kind       STRING   email, phone, address, ...
// returns  scope      STRING   the system whose ids these are, else empty
// returns  value      STRING   the normalised value
// returns  persons    INTEGER  how many members it leads to
// returns  strength   FLOAT    how surely it leads to the member it fits best, 0 to 1
// returns  records    INTEGER  how many records of the members carry it
// returns  last_seen  STRING   when one of them was last seen
// calls    GET /v1/households/{household_id}/identifiers
/*
:params { household: 'acme/01930000-0000-7000-8000-0000000000aa', as_of: '2026-11-21', limit: 1000 }
*/
MATCH (h:Household {key: $household})<-[m:MEMBER_OF]-(p:Person)
WHERE (m.from IS NULL OR m.from <= $as_of) AND (m.to IS NULL OR m.to >= $as_of)
MATCH (p)<-[e:IDENTIFIES]-(i:Identifier)
WITH i, count(p) AS persons, max(coalesce(e.strength, 0.0)) AS strength, sum(e.records) AS records, max(e.last_seen) AS last_seen
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, persons, strength, records, last_seen
ORDER BY persons DESC, strength DESC, i.key
LIMIT $limit
