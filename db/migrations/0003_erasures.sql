CREATE TABLE `erased_ids` (
	`connection_id` text NOT NULL,
	`hash` blob NOT NULL,
	`erased_at_ms` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `erasure_key` (
	`id` integer PRIMARY KEY NOT NULL,
	`sealed` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `erasures` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`connection_id` text NOT NULL,
	`origin` text NOT NULL,
	`person` blob,
	`created_at_ms` integer NOT NULL,
	`finished_at_ms` integer,
	`until_request` integer NOT NULL,
	`seen_request` integer DEFAULT 0 NOT NULL,
	`messages` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `erasures_id_unique` ON `erasures` (`id`);--> statement-breakpoint
CREATE INDEX `erasures_connection` ON `erasures` (`connection_id`);