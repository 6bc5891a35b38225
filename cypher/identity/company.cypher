// Who shares a block or an identifier with a newcomer: their rows, a line for each block and one for identifiers.
//
// A block or identifier that leads to too many rows is a crowd: it is counted, and none of its rows is told.
//
// mode     read
// param    block_1       KEY ='' the block of rule 1; empty for none
// param    block_2       KEY ='' the block of rule 2; empty for none
// param    block_3       KEY ='' the block of rule 3; empty for none
// param    block_4       KEY ='' the block of rule 4; empty for none
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each
// param    fetched       INTEGER =51 so many rows or more are a crowd
// returns  slot          INTEGER  the rule, from 1; 5 for identifiers
// returns  crowds        INTEGER  how many were a crowd
// returns  rows          BAG      per row: what `identity.surroundings` tells of it first
// calls    POST /v1/records
/*
:params { block_1: 'acme/0a1b2c3d4e5f6071', block_2: 'acme/', block_3: 'acme/', block_4: 'acme/', identifiers: ['acme/email//jane@example.com'], fetched: 51 }
*/
MATCH (r:Record {block_1: $block_1})
WITH r LIMIT $fetched
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH count(DISTINCT r) AS records,
     collect([r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id]) AS held
RETURN 1 AS slot, CASE WHEN records >= $fetched THEN 1 ELSE 0 END AS crowds,
       CASE WHEN records >= $fetched THEN [] ELSE held END AS rows
UNION ALL
MATCH (r:Record {block_2: $block_2})
WITH r LIMIT $fetched
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH count(DISTINCT r) AS records,
     collect([r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id]) AS held
RETURN 2 AS slot, CASE WHEN records >= $fetched THEN 1 ELSE 0 END AS crowds,
       CASE WHEN records >= $fetched THEN [] ELSE held END AS rows
UNION ALL
MATCH (r:Record {block_3: $block_3})
WITH r LIMIT $fetched
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH count(DISTINCT r) AS records,
     collect([r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id]) AS held
RETURN 3 AS slot, CASE WHEN records >= $fetched THEN 1 ELSE 0 END AS crowds,
       CASE WHEN records >= $fetched THEN [] ELSE held END AS rows
UNION ALL
MATCH (r:Record {block_4: $block_4})
WITH r LIMIT $fetched
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH count(DISTINCT r) AS records,
     collect([r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id]) AS held
RETURN 4 AS slot, CASE WHEN records >= $fetched THEN 1 ELSE 0 END AS crowds,
       CASE WHEN records >= $fetched THEN [] ELSE held END AS rows
UNION ALL
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})<-[:HAS]-(carrier:Record)
WITH i, collect(DISTINCT carrier) AS carriers
WITH i.key AS own, CASE WHEN size(carriers) >= $fetched THEN [null] ELSE carriers END AS carriers
UNWIND carriers AS r
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
WITH DISTINCT r, p, CASE WHEN r IS NULL THEN own ELSE null END AS crowd
WITH count(DISTINCT crowd) AS crowds,
     collect(CASE WHEN r IS NULL THEN null ELSE
             [r.source, r.record_id, r.scope, r.seen_at, r.first_name, r.middle_name, r.last_name, r.suffix,
              r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
              r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras, p.person_id, p.household_id] END) AS rows
RETURN 5 AS slot, crowds, rows
