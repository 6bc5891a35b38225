// The rows of everybody whom these identifiers lead to, the strongest first, and of the members of these households.
//
// mode     read
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each
// param    households    KEYS     the households
// param    known         KEYS     persons whose rows are known
// param    most          INTEGER =60 how many persons of one identifier
// param    persons       INTEGER =300 how many persons in all
// returns  rows          BAG      per row: what `identity.surroundings` tells of it first
// calls    POST /v1/records
/*
:params { identifiers: ['acme/phone//+12145550101'], households: ['acme/0192'], known: [], most: 60, persons: 300 }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})-[e:IDENTIFIES]->(p:Person)
WITH i, e, p
ORDER BY i.key, coalesce(e.strength, 0.0) DESC, p.key
WITH i, collect(p) AS led
UNWIND led[0..$most] AS p
WITH DISTINCT p
WHERE NOT p.key IN $known
WITH p
ORDER BY p.key
LIMIT $persons
MATCH (p)<-[:DESCRIBES]-(r:Record)
RETURN collect([r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id]) AS rows
UNION ALL
UNWIND $households AS own
MATCH (h:Household {key: own})<-[:MEMBER_OF]-(p:Person)<-[:DESCRIBES]-(r:Record)
WHERE NOT p.key IN $known
WITH DISTINCT r, p
RETURN collect([r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id]) AS rows
