// Remember which rows a judgement moved that it is not about, so that its undo gives them back.
//
// mode     write
// param    judgement     KEY      the judgement
// param    rows          ROWS     the rows of others
// row      record        KEY      (source, record_id)
// row      content       MAP      person, household: whom it described before; went: whom it describes after
// returns  moved         INTEGER  how many were not remembered yet
// calls    POST /v1/identity/merge
/*
:params { judgement: 'acme/0193', rows: [{ record: 'acme/crm/17', content: { person: '0190', household: '0191', went: '0189' } }] }
*/
MATCH (j:Judgement {key: $judgement})
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
WHERE NOT (r)<-[:MOVED]-(j)
CREATE (j)-[m:MOVED]->(r)
SET m += row.content
RETURN count(m) AS moved
