// What is one step away from these nodes, edge by edge: who lives together, their rows, what those carry, and homes.
//
// mode     read
// param    households   KEYS     households to step from
// param    persons      KEYS     persons to step from
// param    records      KEYS     rows to step from: (source, record_id)
// param    identifiers  KEYS     identifiers to step from: (kind, scope, value)
// param    properties   KEYS     buildings to step from
// param    limit        INTEGER =500 how many edges at most
// returns  edges        LIST     per edge: edge (MEMBER_OF, LIVES_AT, DESCRIBES, IDENTIFIES, HAS, MATCHES or LOCATES), start and finish (the keys of its ends), outward (whether we stepped from its beginning), label (of the node that we stepped to), told (of a person its names and records, of a household kind and persons, of a row seen_at, of a building street, city, zip), weight (strength of IDENTIFIES, bits of MATCHES; else null), since and until (of MEMBER_OF and LIVES_AT)
// calls    GET /v1/households/{household_id}/graph
/*
:params { households: ['acme/0192'], persons: [], records: [], identifiers: [], properties: [], limit: 500 }
*/
CALL () {
  UNWIND $households AS key
  MATCH (h:Household {key: key})<-[e:MEMBER_OF]-(o:Person)
  RETURN 'MEMBER_OF' AS edge, o.key AS start, h.key AS finish, false AS outward, 'Person' AS label,
         [o.first_name, o.last_name, o.records] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  UNWIND $households AS key
  MATCH (h:Household {key: key})-[e:LIVES_AT]->(o:Property)
  RETURN 'LIVES_AT' AS edge, h.key AS start, o.key AS finish, true AS outward, 'Property' AS label,
         [o.street_address, o.city, o.zip] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  UNWIND $persons AS key
  MATCH (p:Person {key: key})-[e:MEMBER_OF]->(o:Household)
  RETURN 'MEMBER_OF' AS edge, p.key AS start, o.key AS finish, true AS outward, 'Household' AS label,
         [o.kind, o.persons] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  UNWIND $persons AS key
  MATCH (p:Person {key: key})<-[:DESCRIBES]-(o:Record)
  RETURN 'DESCRIBES' AS edge, o.key AS start, p.key AS finish, false AS outward, 'Record' AS label,
         [o.seen_at] AS told, null AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $persons AS key
  MATCH (p:Person {key: key})<-[e:IDENTIFIES]-(o:Identifier)
  RETURN 'IDENTIFIES' AS edge, o.key AS start, p.key AS finish, false AS outward, 'Identifier' AS label,
         [] AS told, e.strength AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $records AS key
  MATCH (r:Record {key: key})-[:DESCRIBES]->(o:Person)
  RETURN 'DESCRIBES' AS edge, r.key AS start, o.key AS finish, true AS outward, 'Person' AS label,
         [o.first_name, o.last_name, o.records] AS told, null AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $records AS key
  MATCH (r:Record {key: key})-[:HAS]->(o:Identifier)
  RETURN 'HAS' AS edge, r.key AS start, o.key AS finish, true AS outward, 'Identifier' AS label,
         [] AS told, null AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $records AS key
  MATCH (r:Record {key: key})-[e:MATCHES]->(o:Record)
  RETURN 'MATCHES' AS edge, r.key AS start, o.key AS finish, true AS outward, 'Record' AS label,
         [o.seen_at] AS told, e.weight AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $records AS key
  MATCH (r:Record {key: key})<-[e:MATCHES]-(o:Record)
  RETURN 'MATCHES' AS edge, o.key AS start, r.key AS finish, false AS outward, 'Record' AS label,
         [o.seen_at] AS told, e.weight AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $identifiers AS key
  MATCH (i:Identifier {key: key})-[e:IDENTIFIES]->(o:Person)
  RETURN 'IDENTIFIES' AS edge, i.key AS start, o.key AS finish, true AS outward, 'Person' AS label,
         [o.first_name, o.last_name, o.records] AS told, e.strength AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $identifiers AS key
  MATCH (i:Identifier {key: key})<-[:HAS]-(o:Record)
  RETURN 'HAS' AS edge, o.key AS start, i.key AS finish, false AS outward, 'Record' AS label,
         [o.seen_at] AS told, null AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $identifiers AS key
  MATCH (i:Identifier {key: key})-[:LOCATES]->(o:Property)
  RETURN 'LOCATES' AS edge, i.key AS start, o.key AS finish, true AS outward, 'Property' AS label,
         [o.street_address, o.city, o.zip] AS told, null AS weight, null AS since, null AS until
  UNION ALL
  UNWIND $properties AS key
  MATCH (b:Property {key: key})<-[e:LIVES_AT]-(o:Household)
  RETURN 'LIVES_AT' AS edge, o.key AS start, b.key AS finish, false AS outward, 'Household' AS label,
         [o.kind, o.persons] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  UNWIND $properties AS key
  MATCH (b:Property {key: key})<-[:LOCATES]-(o:Identifier)
  RETURN 'LOCATES' AS edge, o.key AS start, b.key AS finish, false AS outward, 'Identifier' AS label,
         [] AS told, null AS weight, null AS since, null AS until
}
WITH edge, start, finish, outward, label, told, weight, since, until
ORDER BY edge, start, finish, outward, coalesce(since, ''), coalesce(until, ''), coalesce(weight, 0.0)
LIMIT $limit
RETURN collect([edge, start, finish, outward, label, told, weight, since, until]) AS edges
