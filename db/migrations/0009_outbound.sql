CREATE TABLE `first_exposures` (
	`connection` integer NOT NULL,
	`hash` blob NOT NULL,
	`day` integer NOT NULL,
	PRIMARY KEY(`connection`, `hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `first_exposures_day` ON `first_exposures` (`day`);--> statement-breakpoint
CREATE TABLE `forward_seen` (
	`lane_id` integer NOT NULL,
	`hash` blob NOT NULL,
	`seq` integer NOT NULL,
	`received_at_ms` integer NOT NULL,
	PRIMARY KEY(`lane_id`, `hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `forward_seen_received` ON `forward_seen` (`lane_id`,`received_at_ms`);--> statement-breakpoint
CREATE TABLE `webhook_hours` (
	`connection_id` text NOT NULL,
	`hour` integer NOT NULL,
	`requests` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `hour`)
) WITHOUT ROWID;
