CREATE TABLE `attempt_counts` (
	`lane_id` integer NOT NULL,
	`status` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`duration_ms` integer DEFAULT 0 NOT NULL,
	`within_50` integer DEFAULT 0 NOT NULL,
	`within_100` integer DEFAULT 0 NOT NULL,
	`within_250` integer DEFAULT 0 NOT NULL,
	`within_500` integer DEFAULT 0 NOT NULL,
	`within_1000` integer DEFAULT 0 NOT NULL,
	`within_2500` integer DEFAULT 0 NOT NULL,
	`within_5000` integer DEFAULT 0 NOT NULL,
	`within_10000` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`lane_id`, `status`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `idempotent_calls` (
	`hash` blob PRIMARY KEY NOT NULL,
	`body_hash` blob NOT NULL,
	`started_at_ms` integer NOT NULL,
	`answer` blob
);
--> statement-breakpoint
CREATE INDEX `idempotent_calls_started` ON `idempotent_calls` (`started_at_ms`);
--> statement-breakpoint
CREATE TABLE `search_blocks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lane_id` integer NOT NULL,
	`block` integer NOT NULL,
	`outcomes` integer NOT NULL,
	`received_min_at_ms` integer NOT NULL,
	`received_max_at_ms` integer NOT NULL,
	`filter` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `search_blocks_place` ON `search_blocks` (`lane_id`,`block`);
--> statement-breakpoint
CREATE TRIGGER `search_blocks_outcome` AFTER UPDATE OF `outcome` ON `entries` BEGIN
	UPDATE `search_blocks` SET `outcomes` = `outcomes` | (1 << NEW.`outcome`) WHERE `lane_id` = NEW.`lane_id` AND `block` = NEW.`seq` / 4096;
END;
