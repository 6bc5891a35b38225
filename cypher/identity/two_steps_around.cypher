// What is within two steps of a household, edge by edge: members and homes; their rows, identifiers and other households.
//
// mode     read
// param    household    KEY      the household to step from
// param    limit        INTEGER  =1000 how many edges at most, those of the first step first
// returns  kind         STRING   what the household is
// returns  persons      INTEGER  how many belong to it
// returns  alias_of     STRING   the household it was merged into; null where it was not
// returns  edges        LIST     per edge: step (1 or 2), and what identity.edges_around tells
// calls    GET /v1/households/{household_id}/graph
/*
:params { household: 'acme/0192', limit: 1000 }
*/
MATCH (h:Household {key: $household})
CALL (h) {
  MATCH (h)<-[e:MEMBER_OF]-(o:Person)
  RETURN 1 AS step, 'MEMBER_OF' AS edge, o.key AS start, h.key AS finish, false AS outward, 'Person' AS label,
         [o.first_name, o.last_name, o.records] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  MATCH (h)-[e:LIVES_AT]->(o:Property)
  RETURN 1 AS step, 'LIVES_AT' AS edge, h.key AS start, o.key AS finish, true AS outward, 'Property' AS label,
         [o.street_address, o.city, o.zip] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  MATCH (h)<-[:MEMBER_OF]-(p:Person)
  WITH DISTINCT h, p
  MATCH (p)-[e:MEMBER_OF]->(o:Household)
  WHERE o.key <> h.key
  RETURN 2 AS step, 'MEMBER_OF' AS edge, p.key AS start, o.key AS finish, true AS outward, 'Household' AS label,
         [o.kind, o.persons] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  MATCH (h)<-[:MEMBER_OF]-(p:Person)
  WITH DISTINCT p
  MATCH (p)<-[:DESCRIBES]-(o:Record)
  RETURN 2 AS step, 'DESCRIBES' AS edge, o.key AS start, p.key AS finish, false AS outward, 'Record' AS label,
         [o.seen_at] AS told, null AS weight, null AS since, null AS until
  UNION ALL
  MATCH (h)<-[:MEMBER_OF]-(p:Person)
  WITH DISTINCT p
  MATCH (p)<-[e:IDENTIFIES]-(o:Identifier)
  RETURN 2 AS step, 'IDENTIFIES' AS edge, o.key AS start, p.key AS finish, false AS outward, 'Identifier' AS label,
         [] AS told, e.strength AS weight, null AS since, null AS until
  UNION ALL
  MATCH (h)-[:LIVES_AT]->(b:Property)
  WITH DISTINCT h, b
  MATCH (b)<-[e:LIVES_AT]-(o:Household)
  WHERE o.key <> h.key
  RETURN 2 AS step, 'LIVES_AT' AS edge, o.key AS start, b.key AS finish, false AS outward, 'Household' AS label,
         [o.kind, o.persons] AS told, null AS weight, e.from AS since, e.to AS until
  UNION ALL
  MATCH (h)-[:LIVES_AT]->(b:Property)
  WITH DISTINCT b
  MATCH (b)<-[:LOCATES]-(o:Identifier)
  RETURN 2 AS step, 'LOCATES' AS edge, o.key AS start, b.key AS finish, false AS outward, 'Identifier' AS label,
         [] AS told, null AS weight, null AS since, null AS until
}
WITH h, step, edge, start, finish, outward, label, told, weight, since, until
ORDER BY step, edge, start, finish, outward, coalesce(since, ''), coalesce(until, ''), coalesce(weight, 0.0)
LIMIT $limit
RETURN h.kind AS kind, h.persons AS persons, h.alias_of AS alias_of,
       collect([step, edge, start, finish, outward, label, told, weight, since, until]) AS edges
