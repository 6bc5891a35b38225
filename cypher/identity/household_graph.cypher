// What surrounds one household, edge by edge: its members, their rows, what those carry, and where it lives.
//
// mode     read
// param    household  KEY      the household
// param    limit      INTEGER =2000 how many edges at most
// returns  edge       STRING   MEMBER_OF, DESCRIBES, HAS, MATCHES or LIVES_AT
// returns  start      STRING   the own id of the node where it begins
// returns  start_kind STRING   its label; of an identifier, its kind
// returns  finish     STRING   the own id of the node where it ends
// returns  end_kind   STRING   its label; of an identifier, its kind
// returns  weight     FLOAT    log-odds in bits, of a match
// calls    graph_service.analyst
/*
:params { household: 'acme/0192', limit: 2000 }
*/
MATCH (h:Household {key: $household})
CALL (h) {
  MATCH (h)<-[e:MEMBER_OF]-(p:Person)
  WHERE e.to IS NULL
  RETURN 'MEMBER_OF' AS edge, p.person_id AS start, 'Person' AS start_kind, h.household_id AS finish,
         'Household' AS end_kind, null AS weight
  UNION ALL
  MATCH (h)-[:LIVES_AT]->(b:Property)
  RETURN 'LIVES_AT' AS edge, h.household_id AS start, 'Household' AS start_kind, b.property_id AS finish,
         'Property' AS end_kind, null AS weight
  UNION ALL
  MATCH (h)<-[e:MEMBER_OF]-(p:Person)<-[:DESCRIBES]-(r:Record)
  WHERE e.to IS NULL
  RETURN 'DESCRIBES' AS edge, r.source + '/' + r.record_id AS start, 'Record' AS start_kind, p.person_id AS finish,
         'Person' AS end_kind, null AS weight
  UNION ALL
  MATCH (h)<-[e:MEMBER_OF]-(p:Person)<-[:DESCRIBES]-(r:Record)-[:HAS]->(i:Identifier)
  WHERE e.to IS NULL
  RETURN 'HAS' AS edge, r.source + '/' + r.record_id AS start, 'Record' AS start_kind, i.value AS finish,
         i.kind AS end_kind, null AS weight
  UNION ALL
  MATCH (h)<-[e:MEMBER_OF]-(p:Person)<-[:DESCRIBES]-(r:Record)-[m:MATCHES]->(o:Record)
  WHERE e.to IS NULL
  RETURN 'MATCHES' AS edge, r.source + '/' + r.record_id AS start, 'Record' AS start_kind,
         o.source + '/' + o.record_id AS finish, 'Record' AS end_kind, m.weight AS weight
}
RETURN edge, start, start_kind, finish, end_kind, weight
ORDER BY edge, start, finish, end_kind
LIMIT $limit
