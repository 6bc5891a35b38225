// One run of credit with what it kept.
//
// mode     read
// param    run             KEY      the run
// returns  run_id          STRING   its id
// returns  version         INTEGER  the how-manieth run of its question
// returns  state           STRING   running, done or failed
// returns  progress        FLOAT    0 to 1
// returns  stage           STRING   what it is doing
// returns  storm_id        STRING   the storm it is about
// returns  settings        STRING   the question in full (a JSON object)
// returns  started_at      STRING   when it began
// returns  beat_at         STRING   when it last said that it lives
// returns  ended_at        STRING   when it ended
// returns  message         STRING   why it failed
// returns  results         LIST     per method: method, fingerprint, model, answer (the last two as JSON)
// calls    GET /v1/attribution/runs/{run_id}
/*
:params { run: 'acme/0192' }
*/
MATCH (run:CreditRun {key: $run})
OPTIONAL MATCH (run)-[:YIELDED]->(result:CreditResult)
WITH run, result
ORDER BY result.key
WITH run, collect(CASE WHEN result IS NULL THEN null
                  ELSE [result.method, result.fingerprint, result.model, result.answer] END) AS results
RETURN run.run_id AS run_id, run.version AS version, run.state AS state, run.progress AS progress, run.stage AS stage,
       run.storm_id AS storm_id, run.settings AS settings, run.started_at AS started_at, run.beat_at AS beat_at,
       run.ended_at AS ended_at, run.message AS message, results
