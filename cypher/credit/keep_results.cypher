// Keep what a run of credit found, one result for each method.
//
// mode     write
// param    tenant          STRING   whose they are
// param    run             KEY      the run
// param    rows            ROWS     one per method
// row      result          KEY      run id and method
// row      content         MAP      run_id, method, version, fingerprint, model, answer
// returns  kept            INTEGER  how many are kept now
// calls    POST /v1/attribution/runs
/*
:params { tenant: 'acme', run: 'acme/0192', rows: [{ result: 'acme/0192/linear', content: { run_id: '0192', method: 'linear' } }] }
*/
MATCH (run:CreditRun {key: $run})
UNWIND $rows AS row
MERGE (result:CreditResult {key: row.result})
SET result.tenant = $tenant, result += row.content
MERGE (run)-[:YIELDED]->(result)
RETURN count(result) AS kept
