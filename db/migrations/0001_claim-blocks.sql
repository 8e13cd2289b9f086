CREATE TABLE `claim_blocks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`scope` integer NOT NULL,
	`lane_id` integer NOT NULL,
	`day` integer NOT NULL,
	`released` integer NOT NULL,
	`hashes` blob NOT NULL,
	`seqs` blob NOT NULL
);
