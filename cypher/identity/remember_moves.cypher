// Remember which rows a run takes from which person to which other, so that the run can be taken back.
//
// mode     write
// param    run           KEY      the run
// param    rows          ROWS     the rows of everybody who is merged, split or moved
// row      record        KEY      (source, record_id)
// row      content       MAP      person, household: whom it described before; went: whom it describes after; named, housed
// returns  moved         INTEGER  how many were not remembered yet
// calls    stormgraph match
/*
:params { run: 'acme/0192', rows: [{ record: 'acme/crm/17', content: { person: '0190', household: '0191', went: '0189' } }] }
*/
MATCH (run:Run {key: $run})
UNWIND $rows AS row
MATCH (r:Record {key: row.record})
WHERE NOT (r)<-[:MOVED]-(run)
CREATE (run)-[m:MOVED]->(r)
SET m += row.content
RETURN count(m) AS moved
