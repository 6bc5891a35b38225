// Take a turn at persons, rows and households, so that nobody else changes them meanwhile; say what they are then, and what
// the graph says of everything that follows from their rows.
//
// In one question and one answer, because a round trip, or a line of an answer, costs more than what it tells.
//
// mode     write
// param    persons       KEYS     the persons to decide on, in the order of their ids
// param    changing      KEYS     those of them that change: what leads to them is asked for
// param    records       KEYS     rows that describe nobody: (source, record_id) each, in order
// param    households    KEYS     the households to change, in the order of their ids
// param    everybody     KEYS     persons whose memberships are asked for
// param    homes         KEYS     households whose residences are asked for
// param    identifiers   KEYS     (kind, scope, value) each: how many rows carry them
// param    carried       KEYS     (kind, scope, value) each: to whom they lead
// param    addresses     KEYS     (address, '', value) each: which buildings they stand for
// param    arrived       KEYS     addresses and register numbers of rows that arrived: which buildings they stand for, and what speaks for it
// param    most          INTEGER =200 how many persons of one carried identifier
// returns  told          BAG      pairs of what (persons, records, households, identifiers, members, residences, carriers, leads, places, numbers, buildings) and what was found. Persons: person_id, version, records, confidence, household_id, first_name, last_name, alias_of, also, its rows; records: source, record_id, person_id of those that describe somebody; households: household_id, version, kind, persons, alias_of, also, person_id of each who ever belonged to it; edges: the ends' own ids, then what they carry; numbers: address, register number, rows that carry both; buildings: property_id, its address as described, an address that leads to it, rows that carry that
// calls    POST /v1/records
/*
:params { persons: ['acme/0192'], changing: ['acme/0192'], records: ['acme/crm/17'], households: ['acme/0193'], everybody: ['acme/0192'], homes: ['acme/0193'], identifiers: ['acme/email//jane@example.com'], carried: ['acme/email//jane@example.com'], addresses: ['acme/address//14 elm st||||75209'], arrived: [], most: 200 }
*/
CALL () {
  UNWIND $persons AS own
  MATCH (p:Person {key: own})
  SET p.turn = coalesce(p.turn, 0) + 1
  WITH p
  OPTIONAL MATCH (p)<-[:DESCRIBES]-(r:Record)
  WITH p, collect(CASE WHEN r IS NULL THEN null ELSE [r.source, r.record_id] END) AS rows
  WITH collect([p.person_id, p.version, p.records, p.confidence, p.household_id, p.first_name,
         p.last_name, p.alias_of, p.also, rows]) AS found
  RETURN 'persons' AS what, found
  UNION ALL
  UNWIND $records AS own
  MATCH (r:Record {key: own})
  SET r.turn = coalesce(r.turn, 0) + 1
  WITH r
  MATCH (r)-[:DESCRIBES]->(p:Person)
  WITH collect([r.source, r.record_id, p.person_id]) AS found
  RETURN 'records' AS what, found
  UNION ALL
  UNWIND $households AS own
  MATCH (h:Household {key: own})
  SET h.turn = coalesce(h.turn, 0) + 1
  WITH h
  OPTIONAL MATCH (h)<-[:MEMBER_OF]-(p:Person)
  WITH h, p
  ORDER BY p.key
  WITH h, collect(DISTINCT p.person_id) AS members
  WITH collect([h.household_id, h.version, h.kind, h.persons, h.alias_of, h.also, members]) AS found
  RETURN 'households' AS what, found
  UNION ALL
  UNWIND $changing AS own
  MATCH (p:Person {key: own})<-[e:IDENTIFIES]-(i:Identifier)
  WITH collect([i.kind, i.scope, i.value, p.person_id, e.strength, e.records, e.last_seen]) AS found
  RETURN 'identifiers' AS what, found
  UNION ALL
  UNWIND $everybody AS own
  MATCH (p:Person {key: own})-[m:MEMBER_OF]->(h:Household)
  WITH collect([p.person_id, h.household_id, m.from, m.to]) AS found
  RETURN 'members' AS what, found
  UNION ALL
  UNWIND $homes AS own
  MATCH (h:Household {key: own})-[l:LIVES_AT]->(b:Property)
  WITH collect([h.household_id, b.property_id, l.from, l.to]) AS found
  RETURN 'residences' AS what, found
  UNION ALL
  UNWIND $identifiers AS own
  MATCH (i:Identifier {key: own})<-[:HAS]-(r:Record)
  WITH i, count(DISTINCT r) AS rows
  WITH collect([i.kind, i.scope, i.value, rows]) AS found
  RETURN 'carriers' AS what, found
  UNION ALL
  UNWIND $carried AS own
  MATCH (i:Identifier {key: own})-[e:IDENTIFIES]->(p:Person)
  WITH i, e, p
  ORDER BY i.key, p.key, e.last_seen, e.records, e.strength
  WITH i, collect([i.kind, i.scope, i.value, p.person_id, p.confidence, e.strength, e.records, e.last_seen]) AS leads
  UNWIND leads[0..$most] AS lead
  WITH collect(lead) AS found
  RETURN 'leads' AS what, found
  UNION ALL
  UNWIND $addresses AS own
  MATCH (i:Identifier {key: own})-[:LOCATES]->(b:Property)
  WITH collect([i.kind, i.scope, i.value, b.property_id]) AS found
  RETURN 'places' AS what, found
  UNION ALL
  UNWIND $arrived AS own
  MATCH (i:Identifier {key: own})<-[:HAS]-(r:Record)
  WHERE i.kind = 'address' AND r.property_id IS NOT NULL
  WITH i, r.property_id AS number, count(DISTINCT r) AS rows
  WITH collect([i.value, number, rows]) AS found
  RETURN 'numbers' AS what, found
  UNION ALL
  UNWIND $arrived AS own
  MATCH (:Identifier {key: own})-[:LOCATES]->(b:Property)
  WITH DISTINCT b
  MATCH (b)<-[:LOCATES]-(i:Identifier {kind: 'address'})<-[:HAS]-(r:Record)
  WITH b, i, count(DISTINCT r) AS rows
  WITH collect([b.property_id, b.address, i.value, rows]) AS found
  RETURN 'buildings' AS what, found
}
RETURN collect([what, found]) AS told
