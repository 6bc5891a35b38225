// How far the journeys are behind what happened to persons and households; no row where nobody ever sent an event.
//
// mode     read
// param    own            KEY      the room that follows: journeys
// param    feed           KEY      the feed: changes
// param    after          KEY      ='' where the tenant's begin
// param    end            END      where they end
// returns  position       STRING   the last change taken in
// returns  run_id         STRING   the last match run taken in
// returns  followed_at    STRING   when it last looked
// returns  last           INTEGER  the place of the last change in the feed; null where there is none
// returns  unplaced       BOOLEAN  whether a change has no place yet
// returns  waiting        BOOLEAN  whether a household's journeys are to be derived again
// calls    stormgraph serve
/*
:params { own: 'acme/journeys', feed: 'acme/changes', after: 'acme/', end: 'acme0' }
*/
MATCH (f:Follower {key: $own})
OPTIONAL MATCH (g:Feed {key: $feed})
CALL () {
  MATCH (u:Unplaced)
  WHERE u.key > $after AND u.key < $end
  WITH u.key AS key
  ORDER BY key
  LIMIT 1
  RETURN count(key) AS changes
}
CALL () {
  MATCH (u:Unthreaded)
  WHERE u.key > $after AND u.key < $end
  WITH u.key AS key
  ORDER BY key
  LIMIT 1
  RETURN count(key) AS households
}
RETURN f.position AS position, f.run_id AS run_id, f.followed_at AS followed_at, g.last AS last,
       changes > 0 AS unplaced, households > 0 AS waiting
