CREATE TABLE `job_files` (
	`job_id` text NOT NULL,
	`n` integer NOT NULL,
	`file` text NOT NULL,
	`etag` text NOT NULL,
	`bytes` integer NOT NULL,
	PRIMARY KEY(`job_id`, `n`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `job_notes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` text NOT NULL,
	`kind` text NOT NULL,
	`file` text NOT NULL,
	`count` integer NOT NULL,
	`detail` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `job_notes_what` ON `job_notes` (`job_id`,`kind`,`file`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`connection_id` text NOT NULL,
	`lane_id` integer NOT NULL,
	`spec` text NOT NULL,
	`status` text NOT NULL,
	`error` text,
	`rate` integer,
	`force` integer DEFAULT false NOT NULL,
	`handler` text NOT NULL,
	`dry_run` integer DEFAULT false NOT NULL,
	`plan` text,
	`checkpoint` text,
	`fill_epoch` integer DEFAULT 0 NOT NULL,
	`closed` integer DEFAULT false NOT NULL,
	`units_total` integer DEFAULT 0 NOT NULL,
	`units_done` integer DEFAULT 0 NOT NULL,
	`outside_window` integer DEFAULT 0 NOT NULL,
	`not_selected` integer DEFAULT 0 NOT NULL,
	`unsent` integer DEFAULT 0 NOT NULL,
	`per_second` integer DEFAULT 0 NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`mark_done` integer DEFAULT 0 NOT NULL,
	`mark_at_ms` integer DEFAULT 0 NOT NULL,
	`created_at_ms` integer NOT NULL,
	`started_at_ms` integer,
	`ended_at_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_id_unique` ON `jobs` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_lane_id_unique` ON `jobs` (`lane_id`);--> statement-breakpoint
CREATE INDEX `jobs_connection` ON `jobs` (`connection_id`);--> statement-breakpoint
CREATE INDEX `jobs_ended` ON `jobs` (`ended_at_ms`);--> statement-breakpoint
CREATE TABLE `redriven` (
	`lane_id` integer NOT NULL,
	`seq` integer NOT NULL,
	`origin_lane_id` integer NOT NULL,
	`origin_seq` integer NOT NULL,
	`sole` integer NOT NULL,
	`outcome` integer NOT NULL,
	`reason` text,
	`path` text,
	`detail` text,
	`settings_version` integer NOT NULL,
	`open` integer DEFAULT true NOT NULL,
	PRIMARY KEY(`lane_id`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `redriven_origin` ON `redriven` (`origin_lane_id`,`origin_seq`);