CREATE TABLE `alert_conditions` (
	`key` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`connection_id` text NOT NULL,
	`subject` text,
	`text` text NOT NULL,
	`since_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `alert_settings` (
	`id` integer PRIMARY KEY NOT NULL,
	`url` text,
	`secret` blob,
	`kinds_off` text NOT NULL,
	`rejection_rate_limit` real NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`connection_id` text,
	`subject` text,
	`text` text NOT NULL,
	`since_ms` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`delivery` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`last_attempt_at_ms` integer,
	`last_status` integer,
	`last_answer` text,
	`ended_at_ms` integer
);
--> statement-breakpoint
CREATE INDEX `alerts_delivery` ON `alerts` (`delivery`);--> statement-breakpoint
CREATE INDEX `alerts_created` ON `alerts` (`created_at_ms`);--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`until_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `catalogue_hours` (
	`name_id` integer NOT NULL,
	`hour` integer NOT NULL,
	`last_seen_at_ms` integer NOT NULL,
	`delivered` integer NOT NULL,
	`filtered` integer NOT NULL,
	`skipped` integer NOT NULL,
	`rejected` integer NOT NULL,
	PRIMARY KEY(`name_id`, `hour`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `catalogue_hours_hour` ON `catalogue_hours` (`hour`);--> statement-breakpoint
CREATE TABLE `catalogue_names` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`connection_id` text NOT NULL,
	`kind` text NOT NULL,
	`type` text NOT NULL,
	`event` text NOT NULL,
	`is_other` integer DEFAULT false NOT NULL,
	`first_seen_at_ms` integer NOT NULL,
	`last_seen_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `catalogue_names_name` ON `catalogue_names` (`connection_id`,`kind`,`is_other`,`type`,`event`);