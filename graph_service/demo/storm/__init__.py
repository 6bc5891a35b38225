"""DFW_STORM_24: a made-up hailstorm over Anytown whose every cause is known, so that credit can be graded."""
